"""Worked cases in which we differ on purpose from admiral and admiralonco, each difference stated.

Whatever follows the first progression is always cut; nothing is carried forward; a line without a start is left
out; texts that are no ISO date are turned away.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.best_response import compute_best_responses
from analytics.endpoints.records import RecordBook, derive_last_alive
from analytics.endpoints.times import derive_times_to_event
from analytics.intake.dates import parse_date
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_features import derive_marker_features
from analytics.longitudinal.marker_values import derive_marker_values
from tests.by_hand import Tables, accept_by_hand
from tests.endpoints.worked_cases import assess, changes_of, dates_of, expected_of, read_case, time_to


def answers_of(case: str, column: str) -> dict[str, tuple[str, str]]:
    """Return yes or no, and the day, of each expected subject from one column of our best responses."""
    found = {str(int(subject)): row for subject, row in assess(case).items()}
    answers: dict[str, tuple[str, str]] = {}
    for subject in expected_of(case):
        day = found.get(str(int(subject)), {}).get(column)
        answers[subject] = ("Y" if day else "N", str(day or ""))
    return answers


@pytest.mark.parametrize(
    ("case", "column", "subject"),
    [
        ("confirmed_response_no_pd_cut", "confirmed_response_date", "1"),  # PR and CR after progression
        ("response_unconfirmed_no_pd_cut", "response_date", "3"),  # CR after progression
        ("clinical_benefit_no_pd_cut", "benefit_date", "06"),  # SD after progression
    ],
)
def test_what_follows_progression_is_no_response(case: str, column: str, subject: str):
    """R2, R3: admiral can be asked not to cut at progression; here one subject then says no, the others agree."""
    expected, found = expected_of(case), answers_of(case, column)
    assert found.pop(subject) == ("N", "")
    assert expected.pop(subject)[0] == "Y"
    assert found == expected


def test_best_confirmed_response_after_progression_stays_progression():
    """R2, R4: subject 9 is stable after progression, which admiral counts when it is asked not to cut."""
    expected, found = expected_of("cbor_no_pd_cut"), assess("cbor_no_pd_cut")
    assert expected.pop("9") == ("SD", "2020-03-06")
    assert found["9"]["confirmed_response"] == "PD"
    del expected["8"]  # without a row: MISSING there; not asked of the function here
    assert {subject: found[subject]["confirmed_response"] for subject in expected} == {
        subject: response for subject, (response, _) in expected.items()
    }


def rows_kept(rows: list[tuple[str, str, str]]) -> dict[str, int]:
    """Return how many assessments (subject, day, response) of each subject count."""
    subjects = sorted({subject for subject, _, _ in rows})
    table = pl.DataFrame(
        [
            {"line": subjects.index(subject), "start_date": dt.date(2010, 1, 1), "date": day, "response": response}
            for subject, day, response in rows
        ],
        schema_overrides={"line": pl.UInt32},
    ).with_columns(pl.col("date").str.to_date())
    found = compute_best_responses(table, Settings())
    return {subjects[line]: n for line, n in found.select("line", "n_assessments").rows()}


@pytest.mark.parametrize("case", ["filter_up_to_pd_event_table", "filter_up_to_pd_same_table"])
def test_assessments_count_up_to_the_first_progression(case: str):
    """R2: the assessment that shows progression is kept, a second one is not."""
    overall = [row for row in read_case(case, "input_adrs") if row["PARAMCD"] == "OVR"]
    kept = rows_kept([(row["USUBJID"], row["ADT"], row["AVALC"]) for row in overall])
    expected = [row["USUBJID"] for row in read_case(case, "expected")]
    assert kept == {subject: expected.count(subject) for subject in expected}


def test_visits_count_up_to_the_first_progression():
    """R2: in the order of visits; a subject without progression keeps every row."""
    rows = read_case("flag_up_to_first_pd", "input_response")
    kept = rows_kept([(row["USUBJID"], f"2020-01-{1 + int(row['AVISITN']):02d}", row["AVALC"]) for row in rows])
    flagged = [row["USUBJID"] for row in read_case("flag_up_to_first_pd", "expected") if row["ANL02FL"] == "Y"]
    assert kept == {subject: flagged.count(subject) for subject in flagged}


def test_every_subject_gets_every_category():
    """T12: time to the first adverse event of each kind; whoever has none is censored at the end of treatment."""
    treated = {row["USUBJID"]: row for row in read_case("tte_by_vars", "input_adsl")}
    events = read_case("tte_by_vars", "input_ae")
    expected = read_case("tte_by_vars", "expected")
    for kind in ("Flu", "Cough"):
        subjects = {
            code: {
                "start": row["TRTSDT"],
                "alive": str(dt.date.fromisoformat(row["TRTEDT"]) + dt.timedelta(days=10)),
                "new_therapy": min(
                    (event["AESTDT"] for event in events if (event["USUBJID"], event["AEDECOD"]) == (code, kind)),
                    default="",
                ),
            }
            for code, row in treated.items()
        }
        found = {
            f"0{pid}": (day, happened) for pid, (day, happened, _) in dates_of(time_to("TTNT", subjects, [])).items()
        }
        wanted = {row["USUBJID"]: (row["ADT"], row["CNSR"] == "0") for row in expected if row["PARCAT2"] == kind}
        assert found == wanted


def test_reasons_of_censoring():
    """T6, T7, T9: the dates agree; three words for «no assessment after the start» are one here."""
    subjects, scans = changes_of("tte_censoring_reasons", -10)
    expected = {row["USUBJID"]: row for row in read_case("tte_censoring_reasons", "expected")}
    found = {f"0{pid}": answer for pid, answer in dates_of(time_to("PFS", subjects, scans)).items()}
    assert {code: day for code, (day, _, _) in found.items()} == {code: row["ADT"] for code, row in expected.items()}
    words = {
        "END OF STUDY": "no event by the data cut-off",
        "NEW DRUG": "new therapy before the event",
        "NO BASELINE ASSESSMENT": "no adequate assessment after the start",
        "NO POST-BASELINE ASSESSMENT": "no adequate assessment after the start",
        "NO ASSESSMENTS": "no adequate assessment after the start",
        "WORSENING": "progression",
    }
    assert {code: reason for code, (_, _, reason) in found.items()} == {
        code: words[row["EVNTDESC"]] for code, row in expected.items()
    }


def test_progression_free_survival_to_the_day():
    """T1, R10 (b): admiral keeps the hour; the days agree under the rules that count every assessment."""
    subjects: dict[str, dict[str, str]] = {
        row["USUBJID"]: {"start": row["TRTSDTM"][:10], "death": row["DTHDT"]}
        for row in read_case("tte_pfs_datetime", "input_adsl")
    }
    rows = read_case("tte_pfs_datetime", "input_adrs")
    for row in rows:
        if row["AVALC"] == "PD":
            subjects[row["USUBJID"]]["progression"] = row["ADTM"][:10]
    found = dates_of(time_to("PFS", subjects, [(row["USUBJID"], row["ADTM"][:10]) for row in rows]))
    expected = {
        int(row["USUBJID"]): (row["ADTM"][:10], row["CNSR"] == "0") for row in read_case("tte_pfs_datetime", "expected")
    }
    assert {pid: (day, happened) for pid, (day, happened, _) in found.items()} == expected


def test_a_line_without_a_start_is_left_out_with_its_reason():
    """T4, T5: admiral keeps such a subject with a date and no time; here it is excluded and counted."""
    case = "tte_missing_start"
    treated = [f"P{row['USUBJID']} | T1 | PRRT | | {row['TRTSDT']}" for row in read_case(case, "input_adsl")]
    dead = [f"P{row['USUBJID']} | {row['ASTDT']} | death" for row in read_case(case, "input_ae")]
    grids = {
        "treatments": "\n".join(["patient_id | treatment_id | category | agent | start", *treated]),
        "vital_status": "\n".join(["patient_id | date | kind", *dead]),
    }
    tables = accept_by_hand(grids)
    times = derive_times_to_event(tables, derive_lines(tables, Settings()), Settings()).collect()
    survival = times.filter(endpoint="OS", rule_set="default").select("happened", "reason").rows()
    assert survival == [(None, "no start date"), (None, "no start date"), (True, "death")]


def alive_tables(case: str) -> Tables:
    reported = read_case(case, "input_ae")
    treated = read_case(case, "input_adsl")
    return accept_by_hand(
        {
            "toxicities": "patient_id | term | grade | start | end\n"
            + "\n".join(f"P{row['USUBJID']} | AE | 1 | {row['AESTDT']} | {row['AEENDT']}" for row in reported),
            "treatments": "patient_id | treatment_id | category | agent | end\n"
            + "\n".join(f"P{row['USUBJID']} | T1 | PRRT | | {row['TRTEDTM'][:10]}" for row in treated),
            "vital_status": "patient_id | date | kind\n"
            + "\n".join(f"P{row['USUBJID']} | {row['DTHDTC']} | death" for row in treated if row["DTHDTC"]),
        }
    )


@pytest.mark.parametrize(
    ("case", "column"), [("last_alive_date", "LSTALVDT"), ("last_alive_datetime_traceable", "LSTALVDTM")]
)
def test_the_last_day_known_alive(case: str, column: str):
    """T2, T9: the latest of adverse events and treatment, with the row it stands on; a death is no proof of life."""
    book = RecordBook()
    last = derive_last_alive(alive_tables(case), book)
    rows = pl.concat([last, book.read()[last["alive_at"].to_list()]], how="horizontal")
    alive = {row["pid"]: row for row in rows.iter_rows(named=True)}
    expected = read_case(case, "expected")
    assert {pid: str(row["alive"]) for pid, row in alive.items()} == {
        int(row["USUBJID"]) - 1: row[column][:10] for row in expected if row[column]
    }
    assert (alive[0]["table"], alive[0]["row"]) == ("toxicities", 3)
    assert (alive[2]["table"], alive[2]["row"]) == ("treatments", 4)


def test_days_are_counted_as_admiral_counts_study_days():
    """D4, T10: the first day is 1 and there is no day 0; before the start the plain difference."""
    for row in read_case("durations_and_study_days", "expected"):
        if not row["STARTDT"]:
            continue
        grids = {
            "treatments": f"patient_id | treatment_id | category | agent | start\nP1 | T1 | PRRT | | {row['STARTDT']}",
            "labs": f"patient_id | analyte | collected | value_text\nP1 | CGA | {row['ADT']} | 100",
        }
        tables = accept_by_hand(grids)
        values = derive_marker_values(tables, derive_lines(tables, Settings()), Settings()).collect()
        assert values["days"].to_list() == [int(row["ADY"])]


def test_nothing_is_carried_forward():
    """B3: a visit without a value stays without one; admiral adds three rows here, we none."""
    rows = [row for row in read_case("locf_visit_windows", "input_input") if row["AVAL"]]
    assert len(read_case("locf_visit_windows", "expected")) == 3
    start = dt.date(2020, 1, 1)
    labs = "\n".join(
        f"P{row['USUBJID']} | {'CGA' if row['PARAMCD'] == 'DIABP' else 'NSE'} | "
        f"{start + dt.timedelta(days=max(int(row['ADY']) - 1, 0))} | {row['AVAL']}"
        for row in rows
    )
    grids = {
        "treatments": "patient_id | treatment_id | category | agent | start\n"
        f"P1 | T1 | PRRT | | {start}\nP2 | T1 | PRRT | | {start}",
        "labs": f"patient_id | analyte | collected | value_text\n{labs}",
    }
    tables = accept_by_hand(grids)
    lines = derive_lines(tables, Settings())
    values = derive_marker_values(tables, lines, Settings())
    assert values.collect().height == len(rows)
    features = derive_marker_features(values, lines).collect().sort("pid", "analyte")
    shown = features.select("pid", "analyte", pl.col("change_week_4_pct").is_not_null()).rows()
    assert shown == [(0, "CGA", True), (0, "NSE", False), (1, "CGA", False)]


def test_partial_dates_are_filled_as_admiral_fills_them():
    """D1: month and day, at the first, the last or the middle; the flag is the largest part that was filled."""
    filled = {"first": lambda day: day.lo, "last": lambda day: day.hi}
    compared = 0
    for row in read_case("partial_date_imputation", "expected"):
        limits = [row[name] for name in ("min_date_1", "min_date_2", "max_date_1", "max_date_2")]
        if row["highest_imputation"] != "M" or row["date_imputation"] not in filled or any(limits):
            continue
        day = parse_date(row["dtc"], "")
        if day.problem is not None:  # a form with a missing part between others, or no ISO text: turned away here
            assert not row["dtc"] or row["dtc"].startswith("--") or "--" in row["dtc"] or "/" in row["dtc"], row["dtc"]
            continue
        assert str(filled[row["date_imputation"]](day)) == row["expected_date"], row
        assert {"D": "", "M": "D", "Y": "M"}[str(day.precision)] == row["expected_flag"], row
        compared += 1
    assert compared >= 10
