"""What growth is measured from: values of a marker, or sums of diameters, in the year before and on treatment."""

from __future__ import annotations

import polars as pl

from analytics.endpoints.data_cutoff import select_until_cutoff
from analytics.questions.marker_series import KNOWN, derive_marker_days, keep_one_series
from analytics.tables.accepted import PLACE
from analytics.tables.study import Study

BEFORE, ON_TREATMENT = "before treatment", "on treatment"
LONGEST_BEFORE_DAYS = 365

VALUES = {"pid": pl.UInt32, "line_no": pl.Int32, "period": pl.String, "day": pl.Int64, "value": pl.Float64}
AS_VALUES = tuple(pl.col(name).cast(kind) for name, kind in VALUES.items())


def derive_marker_growth_values(study: Study, lines: pl.DataFrame, analyte: str, last_day: int) -> pl.DataFrame:
    """Return ``pid``, ``line_no``, ``period``, ``day`` and ``value`` (× ULN) of comparable values.

    Values at a quantitation limit have no logarithm of their own and are left out, as are those that cannot be
    assessed. On treatment: from the baseline to ``last_day`` of the line.
    """
    days = keep_one_series(derive_marker_days(study, lines, analyte))
    on_treatment = days.filter(
        (pl.col("beyond") == KNOWN) & (pl.col("is_baseline") | (pl.col("days") > 1)) & (pl.col("days") <= last_day)
    ).select("pid", "line_no", period=pl.lit(ON_TREATMENT), day=_without_gap("days"), value=pl.col("log_fold").exp())
    return _one_a_day(pl.concat([_before(study, lines, analyte), on_treatment.select(AS_VALUES)]))


def derive_diameter_growth_values(study: Study, lines: pl.DataFrame, last_day: int) -> pl.DataFrame:
    """Return the same of sums of diameters (mm): on treatment against the line's baseline, before it the line before's.

    Sums of other targets do not compare, so the rate before treatment is that on the targets of the line before; who
    has none has no such rate.
    """
    sums = _derive_sums(study)
    starts = lines.select("pid", "line_no", "start_date")
    on_treatment = sums.join(starts, on=["pid", "line_no"]).with_columns(period=pl.lit(ON_TREATMENT), day=_day())
    before = (
        sums.with_columns(pl.col("line_no") + 1)
        .join(starts, on=["pid", "line_no"])
        .with_columns(period=pl.lit(BEFORE), day=_day())
    )
    kept = pl.concat([
        before.filter(pl.col("day").is_between(1 - LONGEST_BEFORE_DAYS, 1)),
        on_treatment.filter(pl.col("day") <= last_day),
    ])  # fmt: skip
    return _one_a_day(kept.select(AS_VALUES))


def _before(study: Study, lines: pl.DataFrame, analyte: str) -> pl.DataFrame:
    """Return the values of the year before each line's start, of the assay with most of them."""
    judged = study.table("marker_values").filter(~pl.col("is_assessable")).select("file", "row")
    tables = {name: study.table(name) for name in ("labs", "vital_status")}
    values = (
        select_until_cutoff(tables, study.settings)["labs"]
        .filter(
            (pl.col("analyte") == analyte)
            & (pl.col("fold_uln") > 0)
            & ~pl.col("comparator").fill_null("").str.contains("[<>]")
            & (pl.col("ppi_within_2w").fill_null("") != "Y")
        )
        .join(judged, left_on=[PLACE, "_row"], right_on=["file", "row"], how="anti")
        .select("pid", "fold_uln", "assay_group", date="collected")
        .drop_nulls("date")
        .join(lines.lazy().select("pid", "line_no", "start_date"), on="pid")
        .with_columns(period=pl.lit(BEFORE), day=_day(), value="fold_uln")
        .filter(pl.col("day").is_between(1 - LONGEST_BEFORE_DAYS, 1))
        .collect()
    )
    most = values.group_by("pid", "line_no", "assay_group").len().sort("pid", "line_no", "len", "assay_group")
    chosen = most.unique(["pid", "line_no"], keep="last", maintain_order=True)
    kept = values.join(chosen, on=["pid", "line_no", "assay_group"], how="semi")
    return kept.select(AS_VALUES)


def _derive_sums(study: Study) -> pl.DataFrame:
    """Return the complete sums of diameters of each line with their dates, that of the baseline among them."""
    visits = study.table("recist_assessments").filter(pl.col("is_complete") & ~pl.col("is_inadequate"))
    later = visits.select("pid", "line_no", "date", value="sum_mm")
    first = visits.select("pid", "line_no", date="baseline_date", value="baseline_mm")
    return pl.concat([first, later]).filter(pl.col("value") > 0).unique().collect()


def _day() -> pl.Expr:
    return (pl.col("date") - pl.col("start_date")).dt.total_days() + 1


def _without_gap(name: str) -> pl.Expr:
    """Return days in which the day before the start is 0, for differences across the start."""
    return pl.when(pl.col(name) < 0).then(pl.col(name) + 1).otherwise(pl.col(name))


def _one_a_day(values: pl.DataFrame) -> pl.DataFrame:
    """Return one value a line, period and day, the geometric mean of several."""
    keys = ["pid", "line_no", "period", "day"]
    return values.group_by(keys).agg(pl.col("value").log().mean().exp()).sort(keys)
