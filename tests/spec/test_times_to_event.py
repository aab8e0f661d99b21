"""Time to event: what is an event, what ends observation, where a line without event is censored.

Every patient below started PRRT on 2020-01-01, the first day of the clock.
"""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.endpoints import ENDPOINTS
from analytics.catalogue.settings import Settings
from analytics.endpoints.assessments import derive_given_assessments
from analytics.endpoints.derive import derive_all
from analytics.endpoints.times import derive_times_to_event
from analytics.errors import SettingsError
from analytics.longitudinal.lines import derive_lines
from analytics.tables.derived import TimesToEvent
from tests.by_hand import accept_by_hand, accept_cells
from tests.endpoints.test_oracle import simulate

PRRT = "P1 | T1 | PRRT | 177Lu-DOTATATE | 2020-01-01 |"


def times_of(
    responses: str = "",
    deaths: str = "",
    treatments: str = "",
    tables: dict[str, str] | None = None,
    **settings: object,
) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return (days, happened, reason) of line 1 by endpoint and rule set.

    ``responses``: «day response» by commas; ``deaths``: «day kind»; ``treatments``: further rows.
    """
    grids = {
        "treatments": f"patient_id | treatment_id | category | agent | start | end\n{PRRT}\n{treatments}",
        "responses": "patient_id | date | criteria | response\n"
        + "\n".join("P1 | {} | RECIST_1_1 | {}".format(*part.split()) for part in responses.split(",") if part.strip()),
        "vital_status": "patient_id | date | kind\n"
        + "\n".join("P1 | {} | {}".format(*part.split()) for part in deaths.split(",") if part.strip()),
    }
    accepted = accept_by_hand(grids | (tables or {}))
    chosen = Settings(**settings)
    times = derive_times_to_event(accepted, derive_lines(accepted, chosen), chosen).collect()
    TimesToEvent.validate(times)
    return {
        (row["endpoint"], row["rule_set"]): (row["days"], row["happened"], row["reason"])
        for row in times.filter(line_no=1).iter_rows(named=True)
    }


def pfs_of(*arguments: object, rule_set: str = "default", **named: object) -> tuple[object, ...]:
    return times_of(*arguments, **named)[("PFS", rule_set)]


def test_days_count_the_first_day_as_one():
    """T10: progression on 2020-04-01 is day 92."""
    assert pfs_of("2020-04-01 PD") == (92, True, "progression")


def test_the_earliest_of_progression_and_death_is_the_event():
    """T1, and on one day progression gives the words."""
    assert pfs_of("2020-04-01 PD", "2020-03-01 death") == (61, True, "death")
    assert pfs_of("2020-04-01 PD", "2020-04-01 death") == (92, True, "progression")


def test_an_event_beats_a_later_censoring_and_the_first_progression_counts():
    """T3."""
    assert pfs_of("2020-04-01 PD, 2020-07-01 SD, 2020-10-01 PD", "2021-01-01 alive_contact") == (
        92,
        True,
        "progression",
    )


def test_without_event_the_last_adequate_scan_dates_the_censoring():
    """R11: the scan that could not be evaluated does not."""
    assert pfs_of("2020-04-01 SD, 2020-07-01 NE", "2021-01-01 alive_contact") == (92, False, "no event")


def test_admiral_counts_the_scan_that_could_not_be_evaluated():
    """R10 (b), as a named rule set."""
    assert pfs_of("2020-04-01 SD, 2020-07-01 NE", rule_set="admiral") == (183, False, "no event")


def test_a_scan_that_was_not_done_dates_no_censoring():
    """R10 (b): admiral counts what could not be evaluated, and knows no assessment that was not done."""
    assert pfs_of("2020-04-01 SD, 2020-07-01 ND", rule_set="admiral") == (92, False, "no event")


def test_without_an_adequate_scan_the_line_is_censored_on_day_one():
    assert pfs_of("2020-04-01 NE") == (1, False, "no adequate assessment after the start")
    assert pfs_of() == (1, False, "no adequate assessment after the start")


def test_several_responses_of_a_day_count_as_the_worst():
    """R1."""
    assert pfs_of("2020-04-01 SD, 2020-04-01 PD") == (92, True, "progression")
    assert pfs_of("2020-04-01 SD, 2020-04-01 NE") == (92, False, "no event")


def test_a_central_reading_of_a_day_stands_before_a_local_one():
    readers = {
        "responses": """
            patient_id | date       | criteria   | reader  | response
            P1         | 2020-04-01 | RECIST_1_1 | local   | PD
            P1         | 2020-04-01 | RECIST_1_1 | central | SD
            """
    }
    assert pfs_of(tables=readers) == (92, False, "no event")


@pytest.mark.parametrize(
    ("reader", "pfs", "dor"),
    [
        ("", (94, True, "progression"), "no response"),
        ("A", (183, False, "no event"), "no event"),
        ("b", (94, True, "progression"), "no response"),
        ("C", (1, False, "no adequate assessment after the start"), "no response"),
    ],
)
def test_the_series_of_one_reader_may_decide_alone(reader: str, pfs: tuple[object, ...], dor: str):
    """R1: two readers on different days are two series; without a choice they count together, and V102 tells of it."""
    series = {
        "responses": """
            patient_id | date       | criteria   | reader | response
            P1         | 2020-04-01 | RECIST_1_1 | A      | SD
            P1         | 2020-04-03 | RECIST_1_1 | B      | PD
            P1         | 2020-07-01 | RECIST_1_1 | A      | PR
            """
    }
    found = times_of(tables=series, response_reader=reader)
    assert found[("PFS", "default")] == pfs
    assert found[("DOR", "default")][2] == dor


def test_recist_stands_before_other_criteria_and_biochemical_progression_is_none():
    criteria = {
        "responses": """
            patient_id | date       | criteria    | response
            P1         | 2020-04-01 | Choi        | PD
            P1         | 2020-04-01 | RECIST_1_1  | SD
            P1         | 2020-07-01 | biochemical | PD
            P1         | 2020-08-01 | symptomatic | PD
            """
    }
    assert pfs_of(tables=criteria) == (92, False, "no event")


def test_clinical_progression_without_a_scan_counts_only_where_the_rules_say_so():
    clinical = {
        "responses": """
            patient_id | date       | criteria | response
            P1         | 2020-04-01 | clinical | PD
            """
    }
    assert pfs_of(tables=clinical)[1] is False
    assert pfs_of(tables=clinical, rule_set="clinical") == (92, True, "progression")


def test_a_scan_marked_inadequate_shows_no_absence_of_progression():
    marked = {
        "imaging": """
            patient_id | imaging_id | date       | modality | adequate
            P1         | s1         | 2020-04-01 | CT       |
            P1         | s2         | 2020-07-01 | CT       | N
            """,
        "responses": """
            patient_id | imaging_id | date | criteria   | response
            P1         | s1         |      | RECIST_1_1 | SD
            P1         | s2         |      | RECIST_1_1 | SD
            """,
    }
    assert pfs_of(tables=marked) == (92, False, "no event")


def test_a_scan_marked_inadequate_shows_no_response_and_no_benefit():
    """What does not suffice for a response is none: not for its time, its duration or the best response."""
    scans = "patient_id | imaging_id | date | modality | adequate\n"
    given = "patient_id | imaging_id | date | criteria | response\n"
    for day in ("2020-04-01", "2020-07-01"):
        scans += f"P1 | {day} | {day} | CT | N\n"
        given += f"P1 | {day} | | RECIST_1_1 | PR\n"
    found = times_of(tables={"imaging": scans, "responses": given})
    assert found[("TTR", "default")] == (1, False, "no adequate assessment after the start")
    assert found[("TTCB", "default")] == (1, False, "no adequate assessment after the start")
    assert found[("DOR", "default")] == (None, None, "no response")
    seen = derive_given_assessments(accept_by_hand({"imaging": scans, "responses": given}), Settings())
    assert seen.select("response", "is_adequate").rows() == [("NE", False), ("NE", False)]


@pytest.mark.parametrize(
    ("baseline", "adequate", "pfs"),
    [
        ("2019-12-20", "", (92, True, "progression")),
        ("2019-10-03", "", (92, True, "progression")),  # 90 days before
        ("2019-10-02", "", (1, False, "no baseline assessment")),
        ("2019-12-20", "N", (1, False, "no baseline assessment")),
        (None, "", (92, True, "progression")),  # a source without examinations does not show what was done
    ],
)
def test_without_a_baseline_the_fda_style_rules_censor_on_day_one(baseline, adequate, pfs):
    """The others do not ask for one; nor can one be missed where no examination is on record."""
    head = "patient_id | imaging_id | date | modality | adequate"
    scans = {"imaging": f"{head}\nP1 | s0 | {baseline} | CT | {adequate}"} if baseline else None
    found = times_of("2020-04-01 PD", tables=scans, assessment_interval_days=90)
    assert found[("PFS", "fda")] == pfs
    assert found[("PFS", "default")] == found[("PFS", "ema")] == (92, True, "progression")


EVEROLIMUS = "P1 | T2 | targeted | everolimus | 2020-06-01 |"


def test_new_therapy_ends_observation_and_names_the_censoring_however_old_the_scan():
    """T6, T7: censored at the scan before, for the reason of the new therapy."""
    found = pfs_of("2020-04-01 SD, 2020-09-01 PD", "", EVEROLIMUS)
    assert found == (92, False, "new therapy before the event")


def test_an_event_on_the_day_new_therapy_starts_counts():
    """T6."""
    assert pfs_of("2020-06-01 PD", "", EVEROLIMUS) == (153, True, "progression")


def test_ema_rules_ignore_new_therapy():
    assert pfs_of("2020-04-01 SD, 2020-09-01 PD", "", EVEROLIMUS, rule_set="ema") == (245, True, "progression")
    assert times_of("2020-04-01 SD, 2020-09-01 PD", "", EVEROLIMUS)[("PFS_ALL", "default")][0] == 245


def test_progression_on_the_first_day_belongs_to_the_line_before():
    """The scan of the day of the start is the baseline: it led to the treatment."""
    assert pfs_of("2020-01-01 PD, 2020-04-01 SD") == (92, False, "no event")


def test_ssa_carried_through_and_palliative_radiotherapy_do_not_end_observation():
    both = "P1 | T2 | SSA | lanreotide | 2020-02-01 |\nP1 | T3 | bone_protecting | zoledronate | 2020-03-01 |"
    assert pfs_of("2020-09-01 PD", "", both) == (245, True, "progression")


def test_the_data_cutoff_ends_observation_for_every_endpoint():
    found = times_of("2020-04-01 SD, 2020-09-01 PD", "2020-10-01 death", data_cutoff="2020-08-31")
    assert found[("PFS", "default")] == (92, False, "no event by the data cut-off")
    assert found[("OS", "default")] == (244, False, "no event by the data cut-off")
    with pytest.raises(SettingsError, match="not a date"):
        times_of(data_cutoff="31.8.2020")


def test_overall_survival_is_censored_at_the_last_day_known_alive():
    """Any dated record is a proof of life; a patient called lost is censored as lost."""
    assert times_of("2020-04-01 SD", "2020-03-01 alive_contact")[("OS", "default")] == (92, False, "no event")
    assert times_of("", "2020-03-01 lost")[("OS", "default")] == (61, False, "lost to follow-up")
    assert times_of("", "2020-03-01 death")[("OS", "default")] == (61, True, "death")
    assert times_of("", "2020-01-01 death")[("OS", "default")] == (1, True, "death")


def test_of_several_proofs_of_life_on_one_day_the_one_listed_last_is_cited():
    """T2: a scan read on the day of a contact; the reading stands after the contact in the list."""
    accepted = accept_by_hand(
        {
            "treatments": f"patient_id | treatment_id | category | agent | start | end\n{PRRT}",
            "vital_status": "patient_id | date | kind\nP1 | 2020-04-01 | alive_contact",
            "responses": "patient_id | date | criteria | response\nP1 | 2020-04-01 | RECIST_1_1 | SD",
        }
    )
    times = derive_times_to_event(accepted, derive_lines(accepted, Settings()), Settings()).collect()
    assert times.filter(endpoint="OS").select("days", "source_table").row(0) == (92, "responses")


def test_time_to_progression_censors_deaths():
    assert times_of("2020-04-01 SD", "2020-06-01 death")[("TTP", "default")] == (92, False, "death before the event")


def test_time_to_next_treatment_censors_deaths_and_its_variant_counts_them():
    found = times_of("", "2020-06-01 death")
    assert found[("TTNT", "default")] == (153, False, "death before the event")
    assert found[("TTNT_DEATH", "default")] == (153, True, "death")
    assert times_of("", "", EVEROLIMUS)[("TTNT", "default")] == (153, True, "next treatment")


def test_duration_of_response_starts_at_the_first_response():
    found = times_of("2020-04-01 PR, 2020-07-01 PD")
    assert found[("TTR", "default")] == (92, True, "response")
    assert found[("DOR", "default")] == (92, True, "progression")
    assert times_of("2020-04-01 SD, 2020-07-01 PD")[("DOR", "default")] == (None, None, "no response")
    assert times_of("2020-04-01 PD, 2020-07-01 PR")[("DOR", "default")] == (None, None, "no response")


@pytest.mark.parametrize(
    ("responses", "duration", "time"),
    [
        # 2020-04-29 is 28 days after the response
        ("2020-04-01 PR, 2020-04-29 PR, 2020-07-01 PD", (92, True, "progression"), (92, True, "confirmed response")),
        ("2020-04-01 PR, 2020-04-28 PR, 2020-07-01 PD", None, (183, False, "progression before the event")),
        ("2020-04-01 PR, 2020-07-01 PD", None, (183, False, "progression before the event")),
        # the first partial response is not confirmed, the second one is
        (
            "2020-03-01 PR, 2020-04-01 SD, 2020-07-01 PR, 2020-10-01 PR",
            (93, False, "no event"),
            (183, True, "confirmed response"),
        ),
        ("2020-04-01 PD, 2020-07-01 PR, 2020-10-01 PR", None, (92, False, "progression before the event")),
    ],
)
def test_a_confirmed_response_is_dated_by_the_response(
    responses: str, duration: tuple[object, ...] | None, time: tuple[object, ...]
):
    """R6: not by the scan that confirms it; without confirmation there is neither time nor duration."""
    found = times_of(responses)
    assert found[("DOR_CONF", "default")] == (duration or (None, None, "no confirmed response"))
    assert found[("TTR_CONF", "default")] == time


def test_a_response_confirmed_in_the_next_line_is_not_confirmed():
    found = times_of("2020-04-01 PR, 2020-09-01 PR", "", EVEROLIMUS)
    assert found[("DOR", "default")] == (1, False, "new therapy before the event")
    assert found[("DOR_CONF", "default")] == (None, None, "no confirmed response")
    assert found[("TTR_CONF", "default")] == (153, False, "new therapy before the event")


@pytest.mark.parametrize(("rule_set", "source"), [("default", "given"), ("lesions", "lesions")])
def test_the_confirmed_response_of_times_is_that_of_best_responses(rule_set: str, source: str):
    """R6, on every line of simulated patients."""
    derived = derive_all(accept_cells(simulate(300, seed=6)), Settings())
    best = derived["best_responses"].filter(source=source).select("pid", "line_no", day="confirmed_response_date")
    both = derived["times_to_event"].filter(rule_set=rule_set).join(best, on=["pid", "line_no"])
    durations = both.filter((pl.col("endpoint") == "DOR_CONF") & pl.col("happened").is_not_null())
    responded = both.filter((pl.col("endpoint") == "TTR_CONF") & pl.col("happened"))
    # some of these patients are simulated as scanned after their death
    assert durations.height >= responded.height > 5
    assert durations["start_date"].to_list() == durations["day"].to_list()
    assert responded["end_date"].to_list() == responded["day"].to_list()
    left_out = both.filter(pl.col("reason") == "no confirmed response")
    assert left_out["day"].null_count() == left_out.height > 100


def test_a_response_to_the_next_line_is_not_one_to_this():
    assert times_of("2020-09-01 PR", "", EVEROLIMUS)[("DOR", "default")] == (None, None, "no response")


def test_a_response_on_the_day_the_next_line_starts_is_one_to_this():
    """T6: the scan of that day was read before the treatment it led to."""
    found = times_of("2020-06-01 PR", "", EVEROLIMUS)
    assert found[("TTR", "default")] == (153, True, "response")
    assert found[("DOR", "default")] == (1, False, "new therapy before the event")


def test_lines_left_out_say_why():
    """T4: nothing vanishes silently."""
    patients = "patient_id | consent_to_research\nP1 | {}"
    merkel = "patient_id | diagnosis_no | histology\nP1 | 1 | Merkel_cell_carcinoma"
    assert pfs_of(tables={"patients": patients.format("N")}) == (None, None, "no consent to research")
    assert pfs_of(tables={"diagnoses": merkel})[2].startswith("Merkel cell carcinoma")
    assert pfs_of("", "2019-12-31 death") == (None, None, "start after death")
    assert pfs_of(data_cutoff="2019-12-31") == (None, None, "started after the data cut-off")


EVERY_12_WEEKS = {
    "schedule": """
        schedule_id | phase | anchor | start_offset_days | interval_days
        plan        | 1     | index  | 84                | 84
        """
}


@pytest.mark.parametrize(
    ("seen", "progressed", "happened"),
    [
        ("2020-03-25", "2020-06-17", True),  # no window missed
        ("2020-03-25", "2020-09-09", True),  # one missed
        ("2020-03-25", "2020-12-02", False),  # two missed
        ("2020-05-05", "2020-12-02", False),
        ("2020-05-06", "2020-12-02", True),  # half-way between two targets a scan belongs to the later
    ],
)
def test_an_event_after_two_missed_assessments_is_censored_by_fda_rules(seen: str, progressed: str, happened: bool):
    """Windows meet half-way between the planned days: 84, 168, 252, 336 after the start."""
    found = pfs_of(f"{seen} SD, {progressed} PD", tables=EVERY_12_WEEKS, rule_set="fda")
    assert found[1] is happened
    if not happened:
        assert found[2] == "event after missed assessments"


@pytest.mark.parametrize(
    ("anchor", "index_date", "happened"),
    [
        ("last_treatment_start", "", False),  # seen near day 84, progressed near day 336
        ("index", "", False),
        ("index", "2019-12-01", True),  # seen near day 168, progressed near day 336
    ],
)
def test_planned_windows_are_counted_from_what_the_schedule_says(anchor: str, index_date: str, happened: bool):
    """1.6: PRRT began on 2020-01-01; the index date of the study is another day."""
    tables = {
        "schedule": EVERY_12_WEEKS["schedule"].replace("| index  |", f"| {anchor} |"),
        "patients": f"patient_id | index_date\nP1 | {index_date}",
    }
    found = pfs_of("2020-04-13 SD, 2020-11-01 PD", tables=tables, rule_set="fda")
    assert found[1] is happened


@pytest.mark.parametrize(("progressed", "happened"), [("2020-10-01", True), ("2020-10-02", False)])
def test_without_a_schedule_the_gap_decides(progressed: str, happened: bool):
    """More than two intervals of 84 days and the tolerance of 14 after the scan of 2020-04-02."""
    found = pfs_of(f"2020-04-02 SD, {progressed} PD", assessment_interval_days=84, rule_set="fda")
    assert found[1] is happened


def test_an_interval_is_never_guessed():
    assert pfs_of("2020-04-01 PD", rule_set="fda") == (None, None, "no assessment schedule or interval is known")


def test_biochemical_progression_and_its_survival():
    labs = {
        "labs": """
            patient_id | analyte | collected  | value_text | uln
            P1         | CGA     | 2019-12-20 | 400        | 100
            P1         | CGA     | 2020-04-01 | 900        | 100
            P1         | CGA     | 2020-05-01 | 950        | 100
            """
    }
    found = times_of("", "2020-06-01 death", tables=labs)
    assert found[("TTBP", "default")] == (92, True, "biochemical progression")
    assert found[("BPFS", "default")] == (92, True, "biochemical progression")
    assert times_of()[("TTBP", "default")] == (None, None, "no baseline value of the marker")


TWO_ASSAYS = """
    patient_id | analyte | collected  | value_text | uln | assay_id
    P1         | CGA     | 2019-12-20 | 400        | 100 | A
    P1         | CGA     | 2020-04-01 | 390        | 100 | A
    P1         | CGA     | 2020-06-01 | 900        | 100 | B
    P1         | CGA     | 2020-07-01 | 100        | 100 | B
    """


def test_a_change_of_assay_ends_the_wait_for_biochemical_events():
    """5.9 and decision 8: what the other assay says is compared with nothing; the last value of the group dates."""
    found = times_of("", "2021-06-01 alive_contact", tables={"labs": TWO_ASSAYS}, data_cutoff="2021-01-01")
    assert found[("TTBP", "default")] == (92, False, "change of assay before the event")
    # no response can be seen from the first value of the other assay on
    assert found[("TTBR", "default")] == (153, False, "change of assay before the event")
    # a death would still count
    assert found[("BPFS", "default")] == (92, False, "no event by the data cut-off")
    tables = accept_by_hand(
        {"treatments": f"patient_id | treatment_id | category | agent | start | end\n{PRRT}", "labs": TWO_ASSAYS}
    )
    times = derive_times_to_event(tables, derive_lines(tables, Settings()), Settings()).collect()
    cited = times.filter(endpoint="TTBR").select("date_used", "source_table", "source_row", "code").row(0)
    assert cited == ("end of observation", "labs", 4, 9)


def test_who_is_measured_by_the_former_assay_again_is_compared_again():
    """Decision 8: within a group; the value between is of another one."""
    labs = TWO_ASSAYS + "    P1 | CGA | 2020-09-01 | 850 | 100 | A\n    P1 | CGA | 2020-10-01 | 860 | 100 | A\n"
    assert times_of("", tables={"labs": labs})[("TTBP", "default")] == (245, True, "biochemical progression")
    stable = labs.replace("850", "410").replace("860", "405")
    assert times_of("", tables={"labs": stable})[("TTBP", "default")] == (275, False, "no event")


def test_an_assay_that_has_a_baseline_of_its_own_is_no_change():
    both = TWO_ASSAYS + "    P1 | CGA | 2019-12-21 | 420 | 100 | B\n"
    assert times_of("", tables={"labs": both})[("TTBR", "default")] == (183, True, "biochemical response")


@pytest.mark.parametrize("baseline", ["2019-12-20", "2020-01-01"])
def test_a_marker_not_measured_again_is_censored_on_day_one(baseline: str):
    """R11: as a line without an adequate scan is; the baseline, days before, does not date it."""
    labs = {"labs": f"patient_id | analyte | collected | value_text\nP1 | CGA | {baseline} | 400"}
    found = times_of("", "", EVEROLIMUS, tables=labs)
    for endpoint in ("TTBP", "BPFS"):
        assert found[(endpoint, "default")] == (1, False, "no comparable value after the start")
    tables = accept_by_hand(
        {"treatments": f"patient_id | treatment_id | category | agent | start | end\n{PRRT}"} | labs
    )
    row = derive_times_to_event(tables, derive_lines(tables, Settings()), Settings()).collect()
    cited = row.filter(endpoint="BPFS").select("date_used", "source_table", "source_row", "code").row(0)
    assert cited == ("start of the line", "treatments", 2, 3)


def test_every_time_names_the_row_it_stands_on():
    """T9: what happened, which record was used, and its table, file and line."""
    accepted = accept_by_hand(
        {
            "treatments": f"patient_id | treatment_id | category | agent | start | end\n{PRRT}",
            "responses": """
                patient_id | date       | criteria   | response
                P1         | 2020-03-01 | RECIST_1_1 | SD
                P1         | 2020-06-01 | RECIST_1_1 | PD
                """,
        }
    )
    times = derive_times_to_event(accepted, derive_lines(accepted, Settings()), Settings()).collect()
    row = times.filter(endpoint="PFS", rule_set="default").row(0, named=True)
    assert (row["reason"], row["date_used"]) == ("progression", "scan that shows progression")
    assert (row["source_table"], row["source_file"], row["source_row"]) == ("responses", "responses.csv", 3)
    assert row["rule_id"] == "first_progression"


def test_progression_counts_from_the_first_day_after_the_start():
    """R5: there is no least time for progression."""
    assert pfs_of("2020-01-02 PD") == (2, True, "progression")


def test_a_partial_date_is_used_and_marked():
    """D1, D2: a scan known to the month counts from its first day."""
    accepted = accept_by_hand(
        {
            "treatments": f"patient_id | treatment_id | category | agent | start | end\n{PRRT}",
            "responses": "patient_id | date | criteria | response\nP1 | 2020-06 | RECIST_1_1 | PD",
        }
    )
    times = derive_times_to_event(accepted, derive_lines(accepted, Settings()), Settings()).collect()
    row = times.filter(endpoint="PFS", rule_set="default").row(0, named=True)
    assert (str(row["end_date"]), row["days"], row["is_imputed"]) == ("2020-06-01", 153, True)


def test_every_line_has_every_endpoint():
    """T12."""
    found = times_of("2020-04-01 SD")
    assert {endpoint for endpoint, rules in found if rules == "default"} == {entry.code for entry in ENDPOINTS}


def marker_times(values: str, *arguments: str, **settings: object) -> dict[str, tuple[object, ...]]:
    """Return the biochemical endpoints; ``values``: «day value» by commas, the first one the baseline."""
    rows = "\n".join("P1 | CGA | {} | {} | 100".format(*part.split()) for part in values.split(","))
    labs = {"labs": f"patient_id | analyte | collected | value_text | uln\n{rows}"}
    found = times_of(*arguments, tables=labs, **settings)
    return {code: found[(code, "default")] for code in ("TTBR", "DOBR", "TTBP", "BPFS")}


def test_time_to_biochemical_response_and_its_duration():
    """M1, T8: from 400 to 200 on day 92, doubled from 200 on day 183 and confirmed."""
    found = marker_times("2019-12-20 400, 2020-04-01 200, 2020-07-01 400, 2020-08-01 420")
    assert found["TTBR"] == (92, True, "biochemical response")
    assert found["DOBR"] == (92, True, "biochemical progression")
    assert found["TTBP"] == (183, True, "biochemical progression")


def test_without_biochemical_response_the_line_is_censored_at_the_end_of_observation():
    """T8: at the day of death, of the next therapy, of the cut-off, else at the last comparable value."""
    values = "2019-12-20 400, 2020-04-01 300"
    assert marker_times(values)["TTBR"] == (92, False, "no event")
    assert marker_times(values, "", "2020-06-01 death")["TTBR"] == (153, False, "death before the event")
    assert marker_times(values, "", "", EVEROLIMUS)["TTBR"] == (153, False, "new therapy before the event")
    late = marker_times(values, data_cutoff="2020-05-01")["TTBR"]
    assert late == (122, False, "no event by the data cut-off")
    assert marker_times(values)["DOBR"] == (None, None, "no biochemical response before biochemical progression")


def test_a_response_after_a_transient_rise_counts_but_its_duration_is_not_told():
    """The rise was called progression before: what follows it is no duration of a first response."""
    found = marker_times("2019-12-20 400, 2020-03-01 900, 2020-04-01 850, 2020-09-01 150")
    assert found["TTBP"] == (61, True, "biochemical progression")
    assert found["TTBR"] == (245, True, "biochemical response")
    assert found["DOBR"][2] == "no biochemical response before biochemical progression"


def test_a_line_whose_response_cannot_be_judged_is_not_in_the_time_to_it():
    assert marker_times("2019-12-20 400")["TTBR"] == (None, None, "biochemical response could not be judged")
    with pytest.raises(SettingsError, match="no marker rule"):
        marker_times("2019-12-20 400", response_rule="HALF")


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ("2020-02-11 SD, 2020-05-01 SD", (122, True, "clinical benefit")),  # day 42 of the line: 41 days after
        ("2020-02-12 SD, 2020-05-01 SD", (43, True, "clinical benefit")),
        ("2020-02-01 PR, 2020-05-01 SD", (32, True, "clinical benefit")),
        ("2020-05-01 NON_CR_NON_PD", (122, True, "clinical benefit")),
        ("2020-05-01 PD, 2020-08-01 SD", (122, False, "progression before the event")),
        ("2020-05-01 NE", (1, False, "no adequate assessment after the start")),
    ],
)
def test_clinical_benefit_is_response_or_stability_for_long_enough(responses: str, expected: tuple[object, ...]):
    """R3: the least time of stability is 42 days after the start."""
    assert times_of(responses)[("TTCB", "default")] == expected


def test_the_cut_off_of_one_patient_ends_observation_where_it_is_earlier():
    found = times_of("2020-04-01 SD, 2020-09-01 PD", "2020-08-31 data_cutoff, 2020-10-01 death")
    assert found[("PFS", "default")] == (92, False, "no event by the data cut-off")
    earlier = times_of("2020-04-01 SD", "2020-08-31 data_cutoff", data_cutoff="2020-03-01")
    assert earlier[("PFS", "default")][0] == 1


AGAIN = "2020-04-01 CR, 2020-07-01 PR, 2020-10-01 SD"


def test_a_partial_response_after_a_complete_one_is_left_as_the_reader_called_it():
    """R8: asked about by a finding, never repaired silently."""
    assert pfs_of(AGAIN) == (275, False, "no event")


def test_disease_seen_again_after_a_complete_response_may_be_called_progression():
    """R8: the declared option; the line before keeps its own complete response."""
    assert pfs_of(AGAIN, after_complete_response="progression") == (183, True, "progression")
    found = pfs_of("2020-04-01 CR, 2020-09-01 PR", "", EVEROLIMUS, after_complete_response="progression")
    assert found == (92, False, "new therapy before the event")
    assert pfs_of("2020-04-01 PR, 2020-07-01 SD", after_complete_response="progression")[1] is False
    with pytest.raises(SettingsError, match="no reading of disease"):
        pfs_of(AGAIN, after_complete_response="repair")


def test_who_was_seen_alive_after_having_been_lost_is_not_lost():
    assert times_of("", "2020-04-01 lost")[("OS", "default")] == (92, False, "lost to follow-up")
    assert times_of("", "2020-04-01 lost, 2020-10-01 alive_contact")[("OS", "default")] == (275, False, "no event")
