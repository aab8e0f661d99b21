"""Lines made by hand with a baseline of chromogranin A at their start and later values."""

from __future__ import annotations

from datetime import date, timedelta

from tests.questions.conftest import START, HandMadeStudy


def day_of(day: int) -> date:
    """Return the date of a day of the line, the start being day 1."""
    return START + timedelta(days=day - 1)


def measured(study: HandMadeStudy, pid: int, *values: tuple[int, float], **more: object) -> None:
    """Give a line a CgA baseline of 10 at its start and later (day, value), all of one assay."""
    for day, value in ((1, 10.0), *values):
        known = {"pid": pid, "line_no": 1, "analyte": "CGA", "date": day_of(day), "days": day}
        bounds = {"value": value, "day_low": value, "day_high": value, "compared_uln": 1.0, "fold_uln": value}
        verdict = {"is_baseline": day == 1, "is_assessable": True, "ppi": "no", "egfr_low": "no"}
        study.rows["marker_values"].append(known | bounds | verdict | more)


def followed(study: HandMadeStudy, pid: int, days: int, *values: tuple[int, float], happened: bool = True) -> None:
    study.line(pid, treatment="PRRT").time(pid, days, happened=happened, start_date=START)
    measured(study, pid, *values)
