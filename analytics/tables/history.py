"""One patient's history: a marker in time beside what was given, seen and decided, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from analytics.tables.results import Method

HISTORY_VALUES: dict[str, pl.DataType] = {
    "date": pl.Date(),
    "date_lo": pl.Date(),
    "date_hi": pl.Date(),
    "date_text": pl.String(),
    "value": pl.Float64(),
    "comparator": pl.String(),
    "value_text": pl.String(),
    "unit": pl.String(),
    "amount": pl.Float64(),
    "amount_unit": pl.String(),
    "uln": pl.Float64(),
    "fold_uln": pl.Float64(),
    "assay": pl.String(),
    "assay_group": pl.String(),
    "is_bound": pl.Boolean(),
    "change_from_baseline_pct": pl.Float64(),
    "change_from_previous_pct": pl.Float64(),
    "beyond_noise": pl.Boolean(),
    "flags": pl.List(pl.String()),
    "is_assessable": pl.Boolean(),
    "comment": pl.String(),
    "file": pl.String(),
    "row": pl.UInt32(),
}
"""One row a value, oldest first, the undated last. ``date`` is the day drawn, inside ``date_lo`` to
``date_hi``; null when the source gives none. ``value`` is in the reported ``unit``; ``amount`` is the same in the
standard unit where the conversion needs no assay factor, so that one assay's reports in two units compare.
``is_bound``: the value is a quantitation limit (<, >).
Changes are within one assay group and null where either value is a bound; ``beyond_noise`` compares the
change from the previous value with the reference change, null where there is none. ``flags`` are words.
``is_assessable`` is false where a condition at the time may have raised the value, so that it decides no response.
"""

HISTORY_PATH: dict[str, pl.DataType] = {
    "assay_group": pl.String(),
    "amount_unit": pl.String(),
    "segment": pl.Int32(),
    "date": pl.Date(),
    "amount": pl.Float64(),
    "fold_uln": pl.Float64(),
}
"""The points a line may join: one a day (geometric mean), within one ``segment``; a new segment starts at
an assay change, after a long gap and after a value at a quantitation limit."""

HISTORY_SPELLS: dict[str, pl.DataType] = {
    "lane": pl.String(),
    "label": pl.String(),
    "start": pl.Date(),
    "end": pl.Date(),
    "start_lo": pl.Date(),
    "start_hi": pl.Date(),
    "is_ongoing": pl.Boolean(),
    "is_event": pl.Boolean(),
    "is_confounder": pl.Boolean(),
    "letters": pl.String(),
    "detail": pl.String(),
    "comment": pl.String(),
}
"""One row a spell (a drug, a condition) or an event of one day (a cycle, a procedure, a scan) in its lane.

``letters`` is what stands on the mark itself: the cycle number, or the response (CR, PR, SD, PD). Rows
without ``start`` cannot be placed in time and stand in the table only.
"""


HISTORY_COURSES: dict[str, pl.DataType] = {
    "line_no": pl.Int32(),
    "treatment": pl.String(),
    "date": pl.Date(),
    "fitted": pl.Float64(),
    "value_low": pl.Float64(),
    "value_high": pl.Float64(),
}
"""The patient's own fitted curve in each line, × ULN, with the limits in which 95 % of single values are expected."""


def no_courses() -> pl.DataFrame:
    """Return the curves of a patient who has none."""
    return pl.DataFrame(schema=HISTORY_COURSES)


@dataclass(frozen=True, slots=True)
class Card:
    """One glance: a title, the number or word that answers it, and what must be read beside it."""

    title: str
    headline: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientHistory:
    """Everything the page of one patient shows of one analyte.

    ``facts`` are (label, value) for the header; ``unit`` is the unit of the latest amount. ``zero_date`` is
    the day the time axis counts from, with its words in ``zero_label``; ``None`` when nothing is dated.
    ``last_contact`` is the last day anything is known of, where spells that go on end. ``transient`` holds
    the (first, last) days after each PRRT cycle in which a rise may be transient. ``lesions`` has one row a reader,
    lesion and examination, ``outcomes`` one row a line and endpoint, ``courses`` the patient's own fitted curves.
    ``notes`` are sentences to be read beside the chart.
    """

    patient_id: str
    facts: tuple[tuple[str, str], ...]
    analyte: str
    analyte_name: str
    analytes: tuple[str, ...]
    unit: str
    zero_date: date | None
    zero_label: str
    last_contact: date | None
    values: pl.DataFrame
    path: pl.DataFrame
    spells: pl.DataFrame
    transient: tuple[tuple[date, date], ...]
    lesions: pl.DataFrame
    outcomes: pl.DataFrame
    cards: tuple[Card, ...]
    notes: tuple[str, ...]
    methods: tuple[Method, ...] = ()
    courses: pl.DataFrame = field(default_factory=no_courses)
