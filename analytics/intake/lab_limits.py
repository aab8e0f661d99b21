"""Upper limits, conversions and assay groups of laboratory values, from the row and the assays sheet."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.coded_texts import number_rows
from analytics.intake.lab_values import normalise_unit
from analytics.intake.parse import STATUS

_ASSAY_COLUMNS = {
    "assay_id": pl.String(),
    "analyte": pl.String(),
    "valid_from_lo": pl.Date(),
    "valid_to_hi": pl.Date(),
    "_assay_unit": pl.String(),
    "_assay_scale": pl.Float64(),
    "_assay_uln": pl.Float64(),
    "_assay_factor": pl.Float64(),
    "_assay_group": pl.String(),
    "_assay_found": pl.Boolean(),
}
_ASKED = ("assay_id", "analyte", "specimen", "_unit")
"""What the assays sheet says of a value depends on these, and on the day where its rows are dated."""


def derive_lab_limits(labs: pl.DataFrame, assays: pl.DataFrame) -> pl.DataFrame:
    """Add the companions of a value that depend on its assay.

    ``uln_used`` (reported unit), ``fold_uln``, ``value_standard``, ``unit_standard``, ``assay_group``. The
    limit is the row's own, else the assay's for that date, turned into the reported unit where that is safe.
    ``_assay_found`` says whether the assays sheet has a row for the value, ``_is_assay_open`` that its day is known
    too roughly to tell which.
    """
    known = labs.hstack(_facts_of_rows(labs, _assay_facts(assays)))
    of_assay = pl.coalesce("_same_uln", pl.col("_standard_uln") / pl.col("_factor"))
    factor, uln = pl.coalesce("_factor", "_same_factor"), pl.coalesce("uln", of_assay)
    with_limits = known.with_columns(uln_used=pl.when(uln > 0).then(uln), value_standard=pl.col("value") * factor)
    has_standard = pl.col("value_standard").is_not_null()
    is_apart = ~has_standard & pl.col("_unit").is_not_null() & pl.col("value").is_not_null()
    return with_limits.with_columns(
        fold_uln=pl.col("value") / pl.col("uln_used"),
        unit_standard=pl.when(has_standard).then(pl.col("_standard")),
        assay_group=pl.when(is_apart).then(pl.col("_group_apart")).otherwise(pl.col("_group")),
    ).drop("_same_factor", "_same_uln", "_standard_uln", "_group", "_group_apart")


def _facts_of_rows(labs: pl.DataFrame, assays: pl.DataFrame) -> pl.DataFrame:
    """Return what the assays sheet says of each value: looked up once an assay and unit, if days do not matter."""
    asked = labs.select(*_ASKED, "collected_lo", "collected_hi")
    is_dated = assays.select(pl.any_horizontal(pl.col("valid_from_lo", "valid_to_hi").is_not_null()).any()).item()
    few = None if is_dated else number_rows(asked.select(_ASKED))
    if few is None:
        return _facts(_join_by_day(asked, assays) if is_dated else _join_assay(asked, assays))
    numbers, places = few
    return _facts(_join_assay(asked[places], assays))[numbers]


def _join_by_day(asked: pl.DataFrame, assays: pl.DataFrame) -> pl.DataFrame:
    """Join the row of the assays sheet that holds on every day a value may be of; none if there are two."""
    on_first = _join_assay(asked, assays)
    is_range = asked.select((pl.col("collected_lo") < pl.col("collected_hi")).fill_null(value=False)).to_series()
    if not is_range.any():
        return on_first
    on_last = _join_assay(asked.with_columns(collected_lo="collected_hi"), assays)
    facts = _facts_in(assays)
    is_other = [on_first.get_column(name).ne_missing(on_last.get_column(name)) for name in facts]
    is_open = pl.DataFrame(is_other).select(pl.any_horizontal(pl.all())).to_series()
    kept = (pl.when(~is_open).then(pl.col(name)).alias(name) for name in facts)
    return on_first.with_columns(*kept, _is_assay_open=is_open)


def _facts(joined: pl.DataFrame) -> pl.DataFrame:
    """Return limit, factor and group of values; the limit also in the standard unit, where that is safe.

    The group is the label of values that may be compared. A unit that cannot be converted without the assay is
    part of it, so that ng/mL and U/L of an unknown assay never meet.
    """
    is_same_unit = pl.col("_unit") == pl.col("_assay_unit")
    is_open = pl.col("_is_assay_open") if "_is_assay_open" in joined.columns else pl.lit(value=False)
    assay = pl.concat_str([pl.col("assay_id"), pl.col("specimen")], separator=", ", ignore_nulls=True)
    named = pl.when(pl.col("assay_id").is_not_null()).then(assay).otherwise(pl.lit("unknown"))
    group = pl.coalesce("_assay_group", named)
    return joined.select(
        "_assay_unit",
        "_assay_uln",
        "_assay_found",
        is_open.alias("_is_assay_open"),
        _same_factor=pl.when(is_same_unit).then(pl.col("_assay_factor")),
        _same_uln=pl.when(is_same_unit).then(pl.col("_assay_uln")),
        _standard_uln=pl.col("_assay_uln") * pl.col("_assay_scale"),
        _group=group,
        _group_apart=pl.concat_str([group, pl.col("_unit")], separator=", "),
    )


def _assay_facts(assays: pl.DataFrame) -> pl.DataFrame:
    rows: list[dict[str, object]] = []
    for row in assays.iter_rows(named=True):
        unit = normalise_unit(row["unit"], row["analyte"]) if row["unit"] else None
        factors = {known.unit: known.factor for known in BIOMARKER_BY_CODE[row["analyte"]].units}
        facts: dict[str, object] = {
            "_assay_unit": unit,
            "_assay_scale": factors.get(unit or ""),
            "_assay_uln": row["uln"],
            "_assay_factor": row["factor_to_standard"],
            "_assay_group": row["comparable_group"],
            "_assay_found": True,
        }
        rows.append({name: row[name] for name in _ASSAY_COLUMNS if name not in facts} | facts)
    return pl.DataFrame(rows, schema=_ASSAY_COLUMNS)


def find_overlaps(assays: pl.DataFrame) -> pl.Series:
    """Return the days on which a later row of the same assay holds beside each row, as text; null where none does."""
    rows = assays.select("assay_id", "analyte", "valid_from_lo", "valid_to_hi", STATUS).with_row_index("_n")
    used = rows.filter(pl.col(STATUS).is_null())
    begins, ends = pl.col("valid_from_lo_right"), pl.col("valid_to_hi")
    both = used.join(used, on=["assay_id", "analyte"], suffix="_right").filter(
        pl.col("valid_from_lo").is_null() | (begins > pl.col("valid_from_lo")), begins < ends
    )
    until = pl.min_horizontal(ends, "valid_to_hi_right").dt.strftime("%Y-%m-%d")
    days = both.group_by("_n").agg(_days=pl.format("{} to {}", begins.dt.strftime("%Y-%m-%d"), until).min())
    return rows.join(days, on="_n", how="left", maintain_order="left").get_column("_days")


def _join_assay(labs: pl.DataFrame, assays: pl.DataFrame) -> pl.DataFrame:
    """Join to each value the row of its assay that holds on its day; the latest row if several do."""
    if assays.select("assay_id", "analyte").is_duplicated().any():
        return _join_latest(labs, assays)
    joined = labs.join(assays, on=["assay_id", "analyte"], how="left", maintain_order="left")
    if assays.select(pl.any_horizontal(pl.col("valid_from_lo", "valid_to_hi").is_not_null()).any()).item():
        joined = joined.with_columns(pl.when(_holds()).then(pl.col(name)).alias(name) for name in _facts_in(assays))
    return joined.drop("valid_from_lo", "valid_to_hi")


def _facts_in(assays: pl.DataFrame) -> tuple[str, ...]:
    return tuple(name for name in assays.columns if name.startswith("_assay_"))


def _holds() -> pl.Expr:
    """Return whether the row of the assay holds on the day of the value; one without dates always does."""
    holds = (pl.col("valid_from_lo").is_null() | (pl.col("valid_from_lo") <= pl.col("collected_lo"))) & (
        pl.col("valid_to_hi").is_null() | (pl.col("collected_lo") <= pl.col("valid_to_hi"))
    )
    is_undated = pl.col("valid_from_lo").is_null() & pl.col("valid_to_hi").is_null()
    return holds.fill_null(value=False) | is_undated


def _join_latest(labs: pl.DataFrame, assays: pl.DataFrame) -> pl.DataFrame:
    """Join to each value the latest of the rows of its assay that hold on its day."""
    numbered = labs.with_row_index("_n")
    candidates = numbered.filter(pl.col("assay_id").is_not_null()).select("_n", "assay_id", "analyte", "collected_lo")
    matches = (
        candidates.join(assays, on=["assay_id", "analyte"], how="inner")
        .filter(_holds())
        .sort("_n", "valid_from_lo", nulls_last=False)
        .unique("_n", keep="last", maintain_order=True)
        .drop("assay_id", "analyte", "collected_lo", "valid_from_lo", "valid_to_hi")
    )
    return numbered.join(matches, on="_n", how="left", maintain_order="left").drop("_n")
