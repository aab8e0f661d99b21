"""What goes wrong in real extracts: an ordered list, applied after the clean world exists, each trace recorded.

A row is spoilt at most once, by the first of the list that takes it, so that every record in the truth
stands for exactly one thing to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from synthetic_data.assays import ASSAYS

_NUMBER = pl.col("value_text").cast(pl.Float64, strict=False)
_LLOQ = pl.col("assay_id").replace_strict({kit.assay_id: kit.lloq for kit in ASSAYS}, default=None)
_ULOQ = pl.col("assay_id").replace_strict({kit.assay_id: kit.uloq for kit in ASSAYS}, default=None)
_DAY = pl.col("collected").str.to_date("%Y-%m-%d")
_EXCEL_EPOCH = pl.date(1899, 12, 30)
_OTHER_UNITS: dict[str, tuple[str, str, float, int]] = {
    "HB": ("g/L", "g/dL", 0.1, 1),
    "CREAT": ("umol/L", "mg/dL", 1 / 88.4, 2),
    "5HIAA_U24": ("umol/24h", "mg/24h", 1 / 5.231, 1),
}


@dataclass(frozen=True, slots=True)
class Imperfection:
    """One thing that goes wrong.

    ``concerns`` says which rows of ``table`` it can happen to; ``original`` what becomes of cells of the
    row, and ``copy``, where there is one, of a second row that appears; ``removes_next`` takes the row below
    away. ``can_be_seen`` takes back a choice (column ``_chosen``) that would leave nothing to be seen by anyone.
    ``trace`` is the column recorded, ``finding`` the rule of the data check that should speak up; where it is
    empty ``silence`` says why none should. Its rate is the scenario's ``imperfections.<name>``.
    """

    name: str
    table: str
    trace: str
    finding: str
    concerns: pl.Expr
    original: Mapping[str, pl.Expr] = field(default_factory=dict[str, pl.Expr])
    copy: Mapping[str, pl.Expr] | None = None
    removes_next: bool = False
    can_be_seen: pl.Expr | None = None
    silence: str = ""


def _in_other_unit(column: str) -> pl.Expr:
    """Return what a cell of a row becomes when its laboratory reports in the analyte's other unit."""
    expression = pl.lit(None)
    for analyte, (unit, other, factor, places) in _OTHER_UNITS.items():
        cells = {
            "unit": pl.lit(other),
            "value_text": (_NUMBER * factor).round(places).cast(pl.String),
            "uln": (pl.col("uln") * factor).round(_LIMIT_PLACES),
            "lln": (pl.col("lln") * factor).round(_LIMIT_PLACES),
        }
        is_it = (pl.col("analyte") == analyte) & (pl.col("unit") == unit)
        expression = pl.when(is_it).then(cells[column]).otherwise(expression)
    return expression


def _stand_out() -> pl.Expr:
    """Fewer values of the patient are in the other unit than stay as they were: else no unit is the usual one."""
    same = ("_owner", "analyte")
    stay = ~pl.col("_is_spoilt") & ~pl.col("_chosen")
    return pl.col("_chosen").sum().over(same) < stay.sum().over(same)


_ANY = pl.lit(value=True)
_HAS_POINT = pl.col("value_text").str.contains(".", literal=True)
_OTHER_VALUE = (_NUMBER * 1.3 + 1).round(1).cast(pl.String)

_MM = pl.col("longest_mm").cast(pl.Int64, strict=False)
_LIMIT_PLACES = 2
_FIRST_TARGET_LATER = (
    (pl.col("lesion_id") == "T01") & (pl.col("reader") == "local") & pl.col("imaging_id").str.starts_with("I")
    & (pl.col("imaging_id") != "I1-00") & (_MM > 0)
)  # fmt: skip
_NEXT_IS_NEIGHBOUR = (
    _FIRST_TARGET_LATER
    & (pl.col("lesion_id").shift(-1) == "T02")
    & (pl.col("imaging_id").shift(-1) == pl.col("imaging_id"))
    & (_MM.shift(-1) > 0)
)


def _sum_of_two() -> pl.Expr:
    return (_MM + _MM.shift(-1)).cast(pl.String)


def _part(share: float) -> pl.Expr:
    return (_MM * share).ceil().cast(pl.Int64).cast(pl.String)


IMPERFECTIONS: tuple[Imperfection, ...] = (
    Imperfection(
        "quantitation_limit", "labs", "value_text", "V33", (_NUMBER < _LLOQ) | (_NUMBER > _ULOQ),
        {"value_text": pl.when(_NUMBER < _LLOQ).then(pl.format("<{}", _LLOQ)).otherwise(pl.format(">{}", _ULOQ))},
    ),
    Imperfection("missing_value", "labs", "value_text", "V74", _ANY, {"value_text": pl.lit(None, dtype=pl.String)}),
    Imperfection(
        "pending_word", "labs", "value_text", "", _ANY, {"value_text": pl.lit("pending")},
        silence="the word is understood: no value yet",
    ),
    Imperfection("unit_missing", "labs", "unit", "V25", _ANY, {"unit": pl.lit(None, dtype=pl.String)}),
    Imperfection(
        "unit_mistaken", "labs", "value_text", "V23", pl.col("analyte").is_in(["HB", "CREAT"]),
        {"value_text": (_NUMBER * 1000).round(0).cast(pl.Int64).cast(pl.String)},
    ),
    Imperfection(
        "decimal_comma", "labs", "value_text", "", _HAS_POINT,
        {"value_text": pl.col("value_text").str.replace(".", ",", literal=True)},
        silence="the comma is understood: the value is the same",
    ),
    Imperfection(
        "excel_date", "labs", "collected", "V10", _ANY,
        {"collected": (_DAY - _EXCEL_EPOCH).dt.total_days().cast(pl.String)},
    ),
    Imperfection("two_digit_year", "labs", "collected", "V11", _ANY, {"collected": _DAY.dt.strftime("%d.%m.%y")}),
    Imperfection(
        "id_variant", "labs", "patient_id", "V06", _ANY,
        {"patient_id": pl.col("patient_id").str.replace("S-0*", "S")},
    ),
    Imperfection(
        "corrected", "labs", "value_text", "", _NUMBER.is_not_null(),
        {"value_text": _OTHER_VALUE}, {"status": pl.lit("corrected")},
        silence="the corrected row replaces the first",
    ),
    Imperfection("conflicting", "labs", "value_text", "V38", _NUMBER.is_not_null(), {}, {"value_text": _OTHER_VALUE}),
    Imperfection("doubled", "labs", "source_id", "V37", _ANY, {}, {}),
    Imperfection(
        "late_arriving", "labs", "comment", "", _ANY, {"comment": pl.lit("entered late")},
        silence="rows may come in any order",
    ),
    Imperfection(
        "unit_renamed", "labs", "unit", "", pl.col("unit") == "ng/mL", {"unit": pl.lit("ug/L")},
        silence="two names of one unit: the value is the same",
    ),
    # after all others that take rows of a series: what is the usual unit is then settled
    Imperfection(
        "unit_swapped", "labs", "unit", "V28", _in_other_unit("unit").is_not_null() & _NUMBER.is_not_null(),
        {column: _in_other_unit(column) for column in ("value_text", "unit", "uln", "lln")}, can_be_seen=_stand_out(),
    ),
    Imperfection("partial_date", "treatments", "start", "V18", _ANY, {"start": pl.col("start").str.head(7)}),
    Imperfection(
        "lesion_merged", "lesions", "lesion_id", "V43", _NEXT_IS_NEIGHBOUR,
        {"lesion_id": pl.lit("T01+T02"), "longest_mm": _sum_of_two()}, removes_next=True,
    ),
    Imperfection(
        "lesion_split", "lesions", "lesion_id", "V43", _FIRST_TARGET_LATER,
        {"lesion_id": pl.lit("T01a"), "longest_mm": _part(0.6)},
        {"lesion_id": pl.lit("T01b"), "longest_mm": _part(0.4)},
    ),
)  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    "labs": ("source_id",),
    "treatments": ("treatment_id",),
    "lesions": ("imaging_id", "reader", "lesion_id"),
}
"""What names a row within a patient, in each table that is spoilt."""
