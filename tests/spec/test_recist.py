"""RECIST 1.1 from lesions: sums, nadir, exact thresholds, non-target and new lesions, overall response."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.growth_rates import derive_growth_rates
from analytics.endpoints.line_readings import derive_line_readings
from analytics.endpoints.recist import assess_readings, derive_recist_assessments
from analytics.longitudinal import key_lookup
from analytics.longitudinal.lines import derive_lines
from analytics.tables.derived import GrowthRates, RecistAssessments
from tests.by_hand import accept_by_hand

MONTHS = 91 / 30.4375
"""From the scan of 2019-12-20 to that of 2020-03-20."""

START = """
    patient_id | treatment_id | category | agent          | start
    P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
    """
SCANS = """
    patient_id | imaging_id | date       | modality
    P1         | s0         | 2019-12-20 | CT
    P1         | s1         | 2020-03-20 | CT
    P1         | s2         | 2020-06-20 | CT
    P1         | s3         | 2020-09-20 | CT
    """


def read_lesions(lesions: str, imaging: str = SCANS, **settings: object) -> pl.DataFrame:
    tables = accept_by_hand({"treatments": START, "imaging": imaging, "lesions": lesions})
    chosen = Settings(**settings)
    assessments = derive_recist_assessments(tables, derive_lines(tables, chosen), chosen).collect()
    RecistAssessments.validate(assessments)
    return assessments


def write_target(*sizes: str) -> str:
    """Write one liver target through the scans; a word stands for how it was (not) measured."""
    rows = ["patient_id | imaging_id | lesion_id | role | organ | longest_mm | measured"]
    for scan, size in enumerate(sizes):
        number, how = (size, "yes") if size[0].isdigit() else ("", size)
        rows.append(f"P1 | s{scan} | T01 | target | liver | {number} | {how}")
    return "\n".join(rows)


def one_target(*sizes: str, imaging: str = SCANS, **settings: object) -> pl.DataFrame:
    return read_lesions(write_target(*sizes), imaging, **settings)


def growth_of(lesions: str, imaging: str = SCANS) -> pl.DataFrame:
    tables = accept_by_hand({"treatments": START, "imaging": imaging, "lesions": lesions})
    readings = derive_line_readings(tables, derive_lines(tables, Settings()).collect(), Settings())
    growth = derive_growth_rates(readings, assess_readings(readings, Settings()))
    GrowthRates.validate(growth)
    return growth


@pytest.mark.parametrize(
    ("baseline", "later", "response"),
    [
        ("100", "70", "PR"),  # exactly 30 % smaller
        ("100", "70.1", "SD"),
        ("50", "60", "PD"),  # exactly 20 % larger, 10 mm
        ("50", "59.9", "SD"),
        ("25", "30", "PD"),  # exactly 20 % and exactly 5 mm
        ("24.9", "29.9", "PD"),  # exactly 5 mm, more than 20 %
        ("24.9", "29.8", "SD"),  # 20 % but not 5 mm
        ("30.3", "35.3", "SD"),  # 5 mm but not 20 %
        ("18.7", "23.7", "PD"),  # 5 mm exactly, where binary fractions would fail
        ("40", "not_visible", "CR"),
        ("40", "too_small", "PR"),
        ("40", "not_assessed", "NE"),
        ("40", "excised", "NE"),
        ("40", "irradiated", "NE"),
    ],
)
def test_one_target_at_the_edges(baseline: str, later: str, response: str):
    """L3, L5: thresholds are exact, too small counts 5 mm, not measured is not 0."""
    assert one_target(baseline, later)["response"][0] == response


def test_targets_that_were_not_seen_at_the_baseline_do_not_respond_by_staying_away():
    """L5: 0 mm is no target of 10; it is no complete response either, and whatever is seen of it is progression."""
    assessments = one_target("not_visible", "not_visible", "12", "not_visible")
    assert assessments["response"].to_list() == ["NON_CR_NON_PD", "PD", "NON_CR_NON_PD"]
    assert assessments["change_pct"].to_list() == [None, None, None]


@pytest.mark.parametrize(
    ("before", "target"), [("8", "NON_CR_NON_PD"), ("9.9", "NON_CR_NON_PD"), ("10", "CR"), ("16", "CR")]
)
def test_a_target_node_that_was_normal_at_the_baseline_does_not_respond_by_staying_normal(before: str, target: str):
    """L5: a node below 10 mm is no target, let alone one that responded at a change of 0 %."""
    lesions = f"""
        patient_id | imaging_id | lesion_id | role   | nodal | short_mm | measured
        P1         | s0         | T01       | target | Y     | {before} | yes
        P1         | s1         | T01       | target | Y     | 8        | yes
        """
    assert read_lesions(lesions).select("target", "response").rows() == [(target, target)]


def test_beside_a_diseased_target_a_normal_node_hides_no_complete_response():
    lesions = """
        patient_id | imaging_id | lesion_id | role   | nodal | longest_mm | short_mm | measured
        P1         | s0         | T01       | target | N     | 30         |          | yes
        P1         | s0         | T02       | target | Y     |            | 8        | yes
        P1         | s1         | T01       | target | N     |            |          | not_visible
        P1         | s1         | T02       | target | Y     |            | 8        | yes
        """
    assert read_lesions(lesions)["response"].to_list() == ["CR"]


@pytest.mark.parametrize(
    ("non_target", "response"),
    [("", "NON_CR_NON_PD"), ("NE", "NE"), ("NON_CR_NON_PD", "NON_CR_NON_PD"), ("CR", "CR"), ("PD", "PD")],
)
def test_beside_targets_without_disease_at_the_baseline_the_non_targets_decide(non_target: str, response: str):
    """L5, L6: such targets are none, so the answer is that of non-target disease only."""
    imaging = f"""
        patient_id | imaging_id | date       | modality | non_target
        P1         | s0         | 2019-12-20 | CT       |
        P1         | s1         | 2020-03-20 | CT       | {non_target}
        """
    found = one_target("not_visible", "not_visible", imaging=imaging)
    assert found.select("target", "response").rows() == [("NON_CR_NON_PD", response)]


NOTHING_ELSE = """
    patient_id | imaging_id | lesion_id | role       | longest_mm | measured
    P1         | s0         | N01       | non_target |            | {before}
    P1         | s1         | N01       | non_target |            | not_visible
    """


@pytest.mark.parametrize(
    ("before", "response"), [("yes", "CR"), ("not_assessed", "NON_CR_NON_PD"), ("not_visible", "NON_CR_NON_PD")]
)
@pytest.mark.parametrize("target", ["", "T01 | target | | not_visible"])
def test_nor_do_other_lesions_that_were_not_seen_at_the_baseline(before: str, response: str, target: str):
    """L6: where nothing was seen at the baseline, nothing has responded."""
    targets = "".join(f"    P1 | s{scan} | {target}\n" for scan in (0, 1) if target)
    found = read_lesions(NOTHING_ELSE.format(before=before) + targets)
    assert found["response"].to_list() == [response]


def test_beside_a_target_that_vanished_what_was_gone_before_hides_no_complete_response():
    rows = "    P1 | s0 | T01 | target | 30 | yes\n    P1 | s1 | T01 | target | | not_visible\n"
    found = read_lesions(NOTHING_ELSE.format(before="not_visible") + rows)
    assert found.select("target", "non_target", "response").rows() == [("CR", "CR", "CR")]


def test_progression_is_read_from_the_nadir_and_the_nadir_includes_the_baseline():
    """L3: 50 → 30 is a response; 36 is 20 % and 6 mm above the nadir 30."""
    assessments = one_target("50", "30", "36")
    assert assessments["nadir_mm"].to_list() == [50, 30]
    assert assessments["response"].to_list() == ["PR", "PD"]


def test_a_tumour_that_grows_slowly_is_held_against_its_baseline():
    """L3: 50 → 55 → 60 mm; against the 55 before it would be 9 % only."""
    assessments = one_target("50", "55", "60")
    assert assessments["nadir_mm"].to_list() == [50, 50]
    assert assessments["response"].to_list() == ["SD", "PD"]


@pytest.mark.parametrize(("grown", "response"), [("9.9", "CR"), ("10", "PD")])
def test_a_node_that_grows_below_10_mm_stays_normal(grown: str, response: str):
    """L3: 4 → 9.9 mm is more than 20 % and 5 mm above the nadir, of a node that is none of the tumour."""
    lesions = "patient_id | imaging_id | lesion_id | role | nodal | short_mm | measured\n"
    lesions += "".join(f"P1 | s{scan} | T01 | target | Y | {mm} | yes\n" for scan, mm in enumerate(["20", "4", grown]))
    assert read_lesions(lesions)["response"].to_list() == ["CR", response]


def test_an_incomplete_sum_is_no_nadir_but_may_show_progression():
    """L2: the missing lesion can only add to the sum."""
    lesions = """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured
        P1         | s0         | T01       | target | 30         | yes
        P1         | s0         | T02       | target | 20         | yes
        P1         | s1         | T01       | target | 10         | yes
        P1         | s1         | T02       | target |            | not_assessed
        P1         | s2         | T01       | target | 62         | yes
        P1         | s2         | T02       | target |            | not_assessed
        """
    assessments = read_lesions(lesions)
    assert assessments["response"].to_list() == ["NE", "PD"]
    assert assessments["nadir_mm"].to_list() == [50, 50]
    assert assessments["is_complete"].to_list() == [False, False]


def test_nodes_below_10_mm_are_complete_response_though_the_sum_is_not_0():
    """L3: the short axis of a node; and the liver target that returns is progression although the nadir was 9."""
    lesions = """
        patient_id | imaging_id | lesion_id | role   | nodal | longest_mm | short_mm | measured
        P1         | s0         | T01       | target | N     | 30         |          | yes
        P1         | s0         | T02       | target | Y     | 30         | 18       | yes
        P1         | s1         | T01       | target | N     |            |          | not_visible
        P1         | s1         | T02       | target | Y     | 25         | 9.9      | yes
        P1         | s2         | T01       | target | N     | 2          |          | yes
        P1         | s2         | T02       | target | Y     | 25         | 9.9      | yes
        """
    assessments = read_lesions(lesions)
    assert assessments["sum_mm"].to_list() == [9.9, 11.9]
    assert assessments["response"].to_list() == ["CR", "PD"]
    assert read_lesions(lesions.replace("9.9 ", "10.0"))["response"].to_list() == ["PR", "PR"]


@pytest.mark.parametrize(
    ("tracer", "responses"), [("none", ["CR", "PD"]), ("68Ga-DOTATATE", ["CR", "PD"]), ("18F-FDG", ["NE", "SD"])]
)
def test_a_tumour_without_glucose_uptake_is_not_gone(tracer: str, responses: list[str]) -> None:
    scans = f"""
        patient_id | imaging_id | date       | modality | tracer
        P1         | s0         | 2019-12-20 | CT       | none
        P1         | s1         | 2020-03-20 | PET_CT   | {tracer}
        P1         | s2         | 2020-06-20 | CT       | none
        """
    assert one_target("30", "not_visible", "30", imaging=scans)["response"].to_list() == responses


@pytest.mark.parametrize(
    ("target", "non_target", "new", "overall"),
    [
        ("not_visible", "CR", "N", "CR"),
        ("not_visible", "NON_CR_NON_PD", "N", "PR"),
        ("not_visible", "NE", "N", "PR"),
        ("30", "NON_CR_NON_PD", "N", "PR"),
        ("30", "NE", "N", "PR"),
        ("50", "NON_CR_NON_PD", "N", "SD"),
        ("50", "NE", "N", "SD"),
        ("not_assessed", "NON_CR_NON_PD", "N", "NE"),
        ("70", "CR", "N", "PD"),
        ("30", "PD", "N", "PD"),
        ("not_visible", "CR", "Y", "PD"),
        ("not_assessed", "NE", "Y", "PD"),
    ],
)
def test_overall_response(target: str, non_target: str, new: str, overall: str):
    """L6, L7: the table of RECIST 1.1, row by row; made by hand, since no published tool derives it."""
    imaging = f"""
        patient_id | imaging_id | date       | modality | non_target   | new_lesion
        P1         | s0         | 2019-12-20 | CT       |              |
        P1         | s1         | 2020-03-20 | CT       | {non_target} | {new}
        """
    assert one_target("50", target, imaging=imaging)["response"].to_list() == [overall]


@pytest.mark.parametrize(("seen", "overall"), [("yes", "NON_CR_NON_PD"), ("not_visible", "CR"), ("not_assessed", "NE")])
def test_without_targets_the_non_targets_decide(seen: str, overall: str):
    """L6: non-target disease only."""
    lesions = f"""
        patient_id | imaging_id | lesion_id | role       | organ | measured
        P1         | s0         | N01       | non_target | bone  | yes
        P1         | s1         | N01       | non_target | bone  | {seen}
        """
    assert read_lesions(lesions)["response"].to_list() == [overall]


def test_a_lesion_called_new_at_the_baseline_is_not_new_to_the_line():
    lesions = """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured
        P1         | s0         | T01       | target | 30         | yes
        P1         | s0         | X01       | new    | 12         | yes
        P1         | s1         | T01       | target | 30         | yes
        P1         | s1         | X01       | new    | 12         | yes
        P1         | s2         | T01       | target | 30         | yes
        P1         | s2         | X02       | new    | 8          | yes
        """
    assessments = read_lesions(lesions)
    assert assessments["response"].to_list() == ["SD", "PD"]
    assert assessments["has_new_lesion"].to_list() == [False, True]


def test_merged_lesions_count_once_and_pieces_are_added():
    """L4: T01 and T02 grow together; T03 breaks in two."""
    lesions = """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured
        P1         | s0         | T01       | target | 20         | yes
        P1         | s0         | T02       | target | 20         | yes
        P1         | s0         | T03       | target | 30         | yes
        P1         | s1         | T01+T02   | target | 38         | yes
        P1         | s1         | T03/1     | target | 12         | yes
        P1         | s1         | T03/2     | target | 14         | yes
        """
    assessments = read_lesions(lesions)
    assert assessments.select("sum_mm", "n_measured", "is_complete", "response").rows() == [(64.0, 3, True, "SD")]


@pytest.mark.parametrize(
    ("rule", "day"),
    [("first_sign", "2020-03-20"), ("earliest_scan", "2020-03-18"), ("latest_scan", "2020-03-27")],
)
def test_the_progression_date_is_the_scan_that_shows_it(rule: str, day: str):
    """Decision on dates: a new lesion dates by its scan, a target sum by the last scan among its components."""
    imaging = """
        patient_id | imaging_id | date       | modality | timepoint | new_lesion
        P1         | s0         | 2019-12-20 | CT       | baseline  |
        P1         | s2         | 2020-03-18 | CT       | month 3   |
        P1         | s1         | 2020-03-20 | MRI      | month 3   | Y
        P1         | s3         | 2020-03-27 | CT       | month 3   |
        """
    lesions = """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured
        P1         | s0         | T01       | target | 30         | yes
        P1         | s1         | T01       | target | 50         | yes
        """
    assessments = read_lesions(lesions, imaging, pd_date_rule=rule)
    assert assessments.select("response", pl.col("date").cast(pl.String)).rows() == [("PD", day)]


def test_a_sum_measured_over_several_days_dates_by_the_last():
    """L1: scans of one timepoint are one visit, and its sum is of all its lesions."""
    imaging = """
        patient_id | imaging_id | date       | modality | timepoint
        P1         | s0         | 2019-12-20 | CT       | baseline
        P1         | s1         | 2020-03-18 | CT       | month 3
        P1         | s2         | 2020-03-27 | MRI      | month 3
        """
    lesions = """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured
        P1         | s0         | T01       | target | 30         | yes
        P1         | s0         | T02       | target | 30         | yes
        P1         | s1         | T01       | target | 40         | yes
        P1         | s2         | T02       | target | 40         | yes
        """
    assessments = read_lesions(lesions, imaging)
    assert assessments.select("response", pl.col("date").cast(pl.String)).rows() == [("PD", "2020-03-27")]


def test_recist_1_0_asks_for_no_5_mm():
    assert one_target("20", "24", size_criteria="RECIST_1_0")["response"].to_list() == ["PD"]
    assert one_target("20", "24")["response"].to_list() == ["SD"]


def test_scans_that_measure_nothing_and_scans_before_the_baseline_window_do_not_count():
    imaging = """
        patient_id | imaging_id | date       | modality
        P1         | s0         | {day}      | CT
        P1         | s1         | 2020-03-20 | {modality}
        """
    assert one_target("50", "80", imaging=imaging.format(day="2019-10-03", modality="CT")).height == 1
    assert one_target("50", "80", imaging=imaging.format(day="2019-10-02", modality="CT")).height == 0
    assert one_target("50", "80", imaging=imaging.format(day="2019-12-20", modality="planar")).height == 0


@pytest.mark.parametrize(
    ("later", "rate"), [("120", 100 * (1.2 ** (3 / MONTHS) - 1)), ("100", 0.0), ("70", 100 * (0.7 ** (3 / MONTHS) - 1))]
)
def test_growth_rate_near_three_months(later: str, rate: float):
    """A sphere of that diameter: 100 → 120 mm in three months is 20 % a month."""
    growth = growth_of(write_target("100", later))
    assert growth["rate_pct"].to_list() == pytest.approx([rate])
    assert growth["is_fast"].to_list() == [rate >= 0.8]


def test_no_growth_rate_outside_two_to_four_months_or_with_a_new_lesion():
    imaging = """
        patient_id | imaging_id | date       | modality | new_lesion
        P1         | s0         | 2019-12-20 | CT       |
        P1         | s1         | {day}      | CT       | {new}
        """
    for day, new in (("2020-06-20", ""), ("2020-03-20", "Y")):
        assert growth_of(write_target("100", "120"), imaging.format(day=day, new=new)).is_empty()


def test_nodes_are_not_in_the_growth_rate():
    """The short axis of a node is no diameter of a sphere: 20 → 24 mm beside a steady node is 20 % in diameter."""
    rows = """
        patient_id | imaging_id | lesion_id | role   | organ      | nodal | longest_mm | short_mm | measured
        P1         | s0         | T01       | target | liver      |       | {liver}    |          | yes
        P1         | s0         | T02       | target | lymph_node | Y     | 30         | 20       | yes
        P1         | s1         | T01       | target | liver      |       | {later}    |          | yes
        P1         | s1         | T02       | target | lymph_node | Y     | 30         | 20       | yes
        """
    growth = growth_of(rows.format(liver=20, later=24))
    assert growth["rate_pct"].to_list() == pytest.approx([100 * (1.2 ** (3 / MONTHS) - 1)])
    only_nodes = "\n".join(line for line in rows.splitlines() if "T01" not in line)
    assert growth_of(only_nodes).is_empty()


EARLIER = """
    patient_id | imaging_id | date       | modality | new_lesion
    P1         | a          | {day}      | CT       |
    P1         | b          | 2019-12-20 | CT       | {new}
    """
TARGETS = """
    patient_id | imaging_id | lesion_id | role   | longest_mm | measured
    P1         | a          | T01       | target | 50         | {how}
    P1         | a          | T02       | target | 30         | yes
    P1         | a          | T09       | target | 90         | yes
    P1         | b          | T01       | target | 60         | yes
    P1         | b          | T02       | target | 40         | yes
    """


def growth_before(day: str = "2019-06-20", new: str = "", how: str = "yes") -> pl.DataFrame:
    return growth_of(TARGETS.format(how=how), EARLIER.format(day=day, new=new))


def test_growth_before_the_treatment_is_that_of_its_targets():
    """80 → 100 mm in 183 days; the lesion that is no target at the baseline does not count."""
    [row] = growth_before().to_dicts()
    assert (row["period"], str(row["from_date"]), str(row["date"])) == ("before", "2019-06-20", "2019-12-20")
    assert row["rate_pct"] == pytest.approx(100 * ((100 / 80) ** (3 / (183 / 30.4375)) - 1))
    assert row["is_fast"]


@pytest.mark.parametrize(
    "changed", [{"day": "2019-10-21"}, {"day": "2018-12-19"}, {"new": "Y"}, {"how": "not_assessed"}]
)
def test_no_growth_before_from_too_near_too_far_or_unlike_visits(changed: dict[str, str]):
    assert growth_before(**changed).is_empty()


def test_growth_before_reaches_from_two_to_twelve_months():
    assert growth_before(day="2019-10-20").height == 1
    assert growth_before(day="2018-12-20").height == 1


def test_many_lesion_names_are_looked_up_another_way(monkeypatch: pytest.MonkeyPatch):
    source = {
        "treatments": "patient_id | treatment_id | category | start \n P1 | T1 | SSA | 2020-02-01",
        "imaging": """
            patient_id | imaging_id | date       | modality
            P1         | s0         | 2020-01-20 | CT
            P1         | s1         | 2020-05-01 | CT
        """,
        "lesions": """
            patient_id | imaging_id | lesion_id | role       | longest_mm
            P1         | s0         | L1        | target     | 40
            P1         | s0         | L2        | non_target | 12
            P1         | s1         | L1        | target     | 20
            P1         | s1         | L2        | non_target | 12
            P1         | s1         | L3        | new        | 15
        """,
    }
    tables = accept_by_hand(source)
    lines = derive_lines(tables, Settings())
    by_place = derive_recist_assessments(tables, lines, Settings()).collect()
    assert by_place["sum_mm"].to_list() == [20.0]
    assert by_place["has_new_lesion"].to_list() == [True]
    monkeypatch.setattr(key_lookup, "LARGEST_KEY", 0)
    assert derive_recist_assessments(tables, lines, Settings()).collect().equals(by_place)


def test_a_target_that_the_baseline_does_not_have_leaves_the_sum_incomplete():
    """L2: complete is a sum of the baseline's own set; another target may be a new lesion, and is never passed over."""
    rows = """
        patient_id | imaging_id | lesion_id | role   | organ | longest_mm | measured
        P1         | s0         | T01       | target | liver | 20         | yes
        P1         | s1         | T01       | target | liver | {first}    | yes
        P1         | s1         | T02       | target | liver | 15         | {how}
        P1         | s2         | T01       | target | liver | {first}    | yes
        """
    seen = read_lesions(rows.format(first=20, how="yes"))
    assert seen.select("is_complete", "sum_mm", "response").rows() == [(False, 20.0, "NE"), (True, 20.0, "SD")]
    assert read_lesions(rows.format(first=25, how="yes"))["response"].to_list() == ["PD", "PD"]
    assert read_lesions(rows.format(first=20, how="not_visible"))["response"].to_list() == ["SD", "SD"]


@pytest.mark.parametrize(("piece", "response"), [("50", "PD"), ("45", "NE"), ("30", "NE")])
def test_what_is_known_of_a_split_target_may_show_progression(piece: str, response: str):
    """L2: 40 mm before; one piece alone of 50 mm is 20 % and 10 mm more, whatever the other one measures."""
    seen = read_lesions(
        f"""
        patient_id | imaging_id | lesion_id | role   | organ | longest_mm | measured
        P1         | s0         | T01       | target | liver | 40         | yes
        P1         | s1         | T01/1     | target | liver | {piece}    | yes
        P1         | s1         | T01/2     | target | liver |            | not_assessed
        """
    )
    assert seen.select("is_complete", "response").rows() == [(False, response)]
