"""What was known of the disease when a line started; nothing seen later counts."""

from __future__ import annotations

from itertools import permutations

import pytest

from analytics.catalogue.settings import Settings
from analytics.longitudinal.line_baselines import derive_line_baselines
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_values import derive_marker_values
from analytics.tables.derived_lines import LineBaselines
from tests.by_hand import accept_by_hand

START = """
    patient_id | treatment_id | category | agent          | start
    P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
    """


def baseline_of(**grids: str) -> dict[str, object]:
    tables = accept_by_hand({"treatments": START} | grids)
    lines = derive_lines(tables, Settings())
    values = derive_marker_values(tables, lines, Settings()).collect()
    found = derive_line_baselines(tables, lines.collect(), values, Settings())
    LineBaselines.validate(found)
    return found.row(0, named=True)


def test_without_records_nothing_is_known():
    known = baseline_of()
    assert {value for name, value in known.items() if name not in ("pid", "line_no")} == {None}


def test_sites_of_metastases_come_from_diagnoses_and_from_lesions_seen_by_the_start():
    diagnoses = """
        patient_id | diagnosis_no | diagnosis_date | primary_site | metastatic_sites
        P1         | 1            | 2015-01-01     | lung         | liver
        P1         | 2            | 2020-02-01     |              | brain
        """
    imaging = """
        patient_id | imaging_id | date       | modality
        P1         | s0         | 2020-01-01 | CT
        P1         | s1         | 2020-01-02 | CT
        """
    lesions = """
        patient_id | imaging_id | lesion_id | organ | measured
        P1         | s0         | N01       | bone  | {seen}
        P1         | s0         | N02       | lung  | yes
        P1         | s1         | N03       | skin  | yes
        """
    known = baseline_of(diagnoses=diagnoses, imaging=imaging, lesions=lesions.format(seen="yes"))
    assert known["metastatic_sites"] == ["bone", "liver"]
    assert (known["has_bone_metastases"], known["is_liver_only"]) == (True, False)
    assert known["extent"] == "liver_and_beyond"
    unseen = baseline_of(diagnoses=diagnoses, imaging=imaging, lesions=lesions.format(seen="not_visible"))
    assert (unseen["is_liver_only"], unseen["extent"]) == (True, "liver_only")


@pytest.mark.parametrize(
    ("day", "start", "sites"),
    [
        ("2019-12", "2020-01-15", ["bone"]),
        ("2020-01", "2020-01-15", None),
        ("2020-01", "2020-01", ["bone"]),
        ("2020-01-20", "2020-01", None),
        ("2020-01-15", "2020-01-15", ["bone"]),
    ],
)
def test_a_scan_that_may_lie_after_the_start_tells_no_metastases(day: str, start: str, sites: list[str] | None):
    """V12; known to the same month, both are taken as of one day."""
    known = baseline_of(
        treatments=START.replace("2020-01-01", start),
        imaging=f"patient_id | imaging_id | date | modality\nP1 | s0 | {day} | CT",
        lesions="patient_id | imaging_id | lesion_id | organ | measured\nP1 | s0 | N01 | bone | yes",
    )
    assert known["metastatic_sites"] == sites


def test_a_presacral_primary_is_no_metastasis_of_itself():
    known = baseline_of(
        diagnoses="patient_id | diagnosis_no | primary_site\nP1 | 1 | presacral_retroperitoneal",
        imaging="patient_id | imaging_id | date | modality\nP1 | s0 | 2019-12-01 | CT",
        lesions="patient_id | imaging_id | lesion_id | organ | measured\n"
        "P1 | s0 | N01 | presacral | yes\nP1 | s0 | N02 | liver | yes",
    )
    assert (known["metastatic_sites"], known["is_liver_only"]) == (["liver"], True)


def test_burden_is_that_of_the_last_day_with_lesions_before_the_start():
    imaging = """
        patient_id | imaging_id | date       | modality
        P1         | s0         | 2019-10-01 | CT
        P1         | s1         | 2019-12-01 | CT
        """
    lesions = """
        patient_id | imaging_id | lesion_id | role       | nodal | longest_mm | short_mm | measured
        P1         | s0         | T01       | target     | N     | 90         |          | yes
        P1         | s1         | T01       | target     | N     | 40         |          | yes
        P1         | s1         | T02       | target     | Y     | 30         | 18       | {second}
        P1         | s1         | N01       | non_target | N     |            |          | yes
        P1         | s1         | N02       | non_target | N     |            |          | not_visible
        """
    known = baseline_of(imaging=imaging, lesions=lesions.format(second="yes"))
    assert (known["n_lesions"], known["target_sum_mm"]) == (3, 58.0)
    lost = lesions.replace("| 30         | 18       | {second}", "|            |          | not_assessed")
    known = baseline_of(imaging=imaging, lesions=lost)
    assert (known["n_lesions"], known["target_sum_mm"]) == (2, None)


@pytest.mark.parametrize("uptake", ["not_assessed", "not_visible", "yes"])
def test_uptake_after_the_last_sizes_hides_no_burden(uptake: str):
    imaging = """
        patient_id | imaging_id | date       | modality | tracer
        P1         | s0         | 2019-12-01 | CT       | none
        P1         | f0         | 2019-12-05 | PET_CT   | 18F-FDG
        """
    lesions = """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured     | suv_max
        P1         | s0         | T01       | target | 40         | yes          |
        P1         | s0         | T02       | target | 20         | yes          |
        P1         | f0         | T01       | target |            | {uptake}     | 7.5
        """
    known = baseline_of(imaging=imaging, lesions=lesions.format(uptake=uptake))
    assert (known["n_lesions"], known["target_sum_mm"]) == (2, 60.0)


def test_laboratory_baselines_in_multiples_of_the_limit():
    labs = """
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-01 | 400        | 100
        P1         | ALP     | 2019-10-03 | 300        | 120
        P1         | ALP     | 2019-10-02 | 999        | 120
        P1         | ALP     | 2020-01-02 | 999        | 120
        P1         | EGFR    | 2019-12-20 | 62         |
        """
    known = baseline_of(labs=labs)
    assert (known["cga_fold_uln"], known["alp_fold_uln"], known["egfr"]) == pytest.approx((4.0, 2.5, 62.0))
    under_ppi = "patient_id | kind | start\nP1 | PPI | 2019-11-01"
    assert baseline_of(labs=labs, concomitants=under_ppi)["cga_fold_uln"] is None
    older = labs.replace("2019-10-03", "2019-10-02").replace("2019-10-02 | 999 ", "2019-09-02 | 999 ")
    assert baseline_of(labs=older)["alp_fold_uln"] is None


TWO_TRACERS = """
    patient_id | imaging_id | date       | modality | tracer        | krenning | netpet
    P1         | r0         | 2019-10-01 | PET_CT   | 68Ga-DOTATATE | 3        |
    P1         | f0         | {fdg}      | PET_CT   | 18F-FDG       |          | {grade}
    """
SEEN = """
    patient_id | imaging_id | lesion_id | measured
    P1         | r0         | L1        | {receptor}
    P1         | f0         | L1        | {fdg}
    """


@pytest.mark.parametrize(
    ("receptor", "fdg", "status", "netpet"),
    [
        ("yes", "not_visible", "negative", "P1"),
        ("yes", "yes", "positive", "P2-P4"),
        ("not_visible", "yes", "positive", "P5"),
        ("not_visible", "not_visible", "negative", "P0"),
    ],
)
def test_netpet_groups_by_the_lesions_seen(receptor: str, fdg: str, status: str, netpet: str):
    lesions = SEEN.format(receptor=receptor, fdg=fdg)
    known = baseline_of(imaging=TWO_TRACERS.format(fdg="2019-11-01", grade=""), lesions=lesions)
    assert (known["krenning"], known["fdg_status"], known["netpet"]) == (3, status, netpet)


@pytest.mark.parametrize(
    ("grade", "later", "known"),
    [
        ("P1", "yes", ("positive", "P2-P4")),
        ("P1", "not_visible", ("negative", "P1")),
        ("P4b", "yes", ("positive", "P4b")),
        ("P4b", "not_visible", ("negative", "P1")),
    ],
)
def test_a_reader_graded_an_earlier_scan(grade: str, later: str, known: tuple[str, str]):
    """What a later FDG scan shows is not contradicted by the grade of an earlier one."""
    earlier = "    P1 | f9 | 2019-05-01 | PET_CT | 18F-FDG | | " + grade
    imaging = TWO_TRACERS.format(fdg="2019-10-20", grade="") + earlier
    found = baseline_of(imaging=imaging, lesions=SEEN.format(receptor="yes", fdg=later))
    assert (found["fdg_status"], found["netpet"]) == known


@pytest.mark.parametrize(("beside", "netpet"), [("yes", None), ("not_visible", "P5")])
def test_a_lesion_seen_by_fdg_of_which_the_receptor_scan_says_nothing_leaves_the_group_open(beside: str, netpet: str):
    """L5: what was not noted was not found missing. One lesion without receptors is enough for P5."""
    lesions = SEEN.format(receptor=beside, fdg="yes") + "    P1 | f0 | L2 | yes\n"
    known = baseline_of(imaging=TWO_TRACERS.format(fdg="2019-11-01", grade=""), lesions=lesions)
    assert (known["fdg_status"], known["netpet"]) == ("positive", netpet)


@pytest.mark.parametrize(("day", "known"), [("2019-12", ("positive", 2)), ("2020-01", (None, None))])
def test_a_scan_that_may_lie_after_the_start_tells_no_receptor_status(day: str, known: tuple[object, ...]):
    """V12: the line began on 2020-01-01, a scan of «2020-01» is hardly of that day."""
    scans = f"""
        patient_id | imaging_id | date  | modality | tracer        | krenning
        P1         | r0         | {day} | PET_CT   | 68Ga-DOTATATE | 2
        P1         | f0         | {day} | PET_CT   | 18F-FDG       |
        """
    found = baseline_of(imaging=scans, lesions=SEEN.format(receptor="yes", fdg="yes"))
    assert (found["fdg_status"], found["krenning"]) == known


def test_scans_more_than_31_days_apart_make_no_netpet_group_but_a_reader_may_grade_them():
    lesions = SEEN.format(receptor="yes", fdg="yes")
    apart = baseline_of(imaging=TWO_TRACERS.format(fdg="2019-11-02", grade=""), lesions=lesions)
    assert (apart["fdg_status"], apart["netpet"]) == ("positive", None)
    graded = baseline_of(imaging=TWO_TRACERS.format(fdg="2019-11-02", grade="P4b"), lesions=lesions)
    assert graded["netpet"] == "P4b"
    unlisted = baseline_of(imaging=TWO_TRACERS.format(fdg="2019-11-02", grade="P1"))
    assert (unlisted["fdg_status"], unlisted["netpet"]) == ("negative", "P1")


def test_two_values_of_one_day_are_their_geometric_mean():
    """Decision 9: as CgA, so ALP and eGFR."""
    labs = """
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-01 | 200        | 100
        P1         | CGA     | 2019-12-01 | 800        | 100
        P1         | ALP     | 2019-12-01 | 120        | 120
        P1         | ALP     | 2019-12-01 | 480        | 120
        P1         | EGFR    | 2019-12-01 | 50         |
        P1         | EGFR    | 2019-12-01 | 72         |
        P1         | EGFR    | 2019-11-01 | 99         |
        """
    known = baseline_of(labs=labs)
    assert (known["cga_fold_uln"], known["alp_fold_uln"], known["egfr"]) == pytest.approx((4.0, 2.0, 60.0))


def test_the_mean_of_a_day_is_the_same_to_the_last_digit_in_any_order():
    def mean_of(values: tuple[float, ...]) -> tuple[float, ...]:
        rows = [
            f"P1 | {analyte} | 2019-12-01 | {value} | {uln}"
            for analyte, uln in (("CGA", "1"), ("ALP", "1"), ("EGFR", ""))
            for value in values
        ]
        known = baseline_of(labs="\n".join(["patient_id | analyte | collected | value_text | uln", *rows]))
        return known["cga_fold_uln"], known["alp_fold_uln"], known["egfr"]

    # their logarithms add up to two different numbers, by the order
    assert len({mean_of(values) for values in permutations((58.3, 69.1, 36.2))}) == 1


def test_that_receptors_were_not_determined_again_takes_nothing_back():
    diagnoses = "patient_id | diagnosis_no | diagnosis_date | sstr_status\nP1 | 2 | 2019-01-01 | not_done\n"
    assert baseline_of(diagnoses=diagnoses)["sstr_status"] == "not_done"
    assert baseline_of(diagnoses=diagnoses + "P1 | 1 | 2015-01-01 | positive")["sstr_status"] == "positive"


def test_receptor_status_is_that_of_the_latest_diagnosis_before_the_start():
    diagnoses = """
        patient_id | diagnosis_no | diagnosis_date | sstr_status
        P1         | 1            | 2015-01-01     | negative
        P1         | 2            | 2019-01-01     | positive
        P1         | 3            | 2020-06-01     | mixed
        """
    assert baseline_of(diagnoses=diagnoses)["sstr_status"] == "positive"
