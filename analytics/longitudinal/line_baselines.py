"""What was known of the disease when a line started: sites, burden, receptors, laboratory baselines."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import compute_line_key, sort_by_line, spread_rows
from analytics.longitudinal.metastases import derive_burden, derive_metastases
from analytics.longitudinal.reading import find_scans
from analytics.longitudinal.receptor_status import derive_receptor_status
from analytics.tables.derived_lines import LineBaselines

_ON_LINE = ["pid", "line_no"]
_OF_SCAN = ["pid", "imaging_id", "date", "date_hi", "tracer", "krenning", "netpet"]
_OF_LESION = [
    "pid", "imaging_id", "lesion_id", "reader", "role", "organ", "nodal", "longest_mm", "short_mm", "measured",
]  # fmt: skip


def _derive_receptor_diagnosis(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame) -> pl.DataFrame:
    """Return ``sstr_status`` of the latest diagnosis that may lie before each start and states it.

    That it was not determined takes nothing from what an earlier one states.
    """
    known = (pl.col("diagnosis_date_lo") <= pl.col("start_date")).fill_null(value=True)
    return (
        tables["diagnoses"]
        .filter(pl.col("sstr_status").is_not_null())
        .select("pid", "diagnosis_no", "diagnosis_date", "diagnosis_date_lo", "sstr_status")
        .join(lines.lazy().select(*_ON_LINE, "start_date"), on="pid")
        .filter(known)
        .collect()
        .sort(*_ON_LINE, pl.col("sstr_status") != "not_done", "diagnosis_date", "diagnosis_no", nulls_last=False)
        .unique(_ON_LINE, keep="last", maintain_order=True)
        .select(*_ON_LINE, "sstr_status")
    )


def _average(values: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the geometric mean of the values of each line, the same in any order of rows; one value as it is."""
    mean = pl.when(pl.len() == 1).then(pl.col(name).first()).otherwise(pl.col(name).log().mean().exp())
    # put in order in a step of its own: within the mean the planner takes a sort for needless
    return values.sort(*_ON_LINE, name).group_by(_ON_LINE, maintain_order=True).agg(mean)


def _derive_marker_baseline(marker_values: pl.DataFrame, analyte: str) -> pl.DataFrame:
    """Return the last assessable baseline of a marker as a multiple of its limit; a bound counts as the limit."""
    is_baseline = (pl.col("analyte") == analyte) & pl.col("is_baseline") & pl.col("is_assessable")
    values = marker_values.filter(is_baseline & (pl.col("fold_uln") > 0))
    latest = values.filter(pl.col("date") == pl.col("date").max().over(_ON_LINE))
    return _average(latest.select(*_ON_LINE, cga_fold_uln="fold_uln"), "cga_fold_uln")


def _derive_lab_baseline(
    labs: pl.LazyFrame, lines: pl.DataFrame, analyte: str, value: str, name: str, settings: Settings
) -> pl.DataFrame:
    """Return the last value of an analyte from ``baseline_window_days`` before to the day of the start.

    Of several values of that day their geometric mean.
    """
    earliest = pl.col("start_date") - pl.duration(days=settings.baseline_window_days)
    surely_before = pl.coalesce("collected_hi", "collected") <= pl.col("start_lo")
    return (
        labs.filter((pl.col("analyte") == analyte) & pl.col(value).is_not_null() & pl.col("collected").is_not_null())
        .select("pid", "collected", "collected_hi", pl.col(value).alias(name))
        .join(lines.lazy().select(*_ON_LINE, "start_date", "start_lo"), on="pid")
        .filter((pl.col("collected") >= earliest) & (pl.col("collected") <= pl.col("start_date")) & surely_before)
        .filter(pl.col("collected") == pl.col("collected").max().over(_ON_LINE))
        .select(*_ON_LINE, name)
        .collect()
        .pipe(_average, name)
    )


def derive_line_baselines(
    tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, marker_values: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Derive ``derived.LineBaselines``: one row a line, null where nothing was known by its start."""
    labs, imaging = tables["labs"], tables["imaging"].select(_OF_SCAN).collect()
    lesions = tables["lesions"].select(_OF_LESION).collect()
    lesions = lesions.with_columns(find_scans(lesions, imaging))
    parts = (
        derive_metastases(tables, lines, lesions, imaging),
        derive_burden(lines, lesions, imaging, settings),
        _derive_receptor_diagnosis(tables, lines),
        derive_receptor_status(lines, lesions, imaging, settings),
        _derive_marker_baseline(marker_values, "CGA"),
        _derive_lab_baseline(labs, lines, "ALP", "fold_uln", "alp_fold_uln", settings),
        _derive_lab_baseline(labs, lines, "EGFR", "value_standard", "egfr", settings),
    )
    found = sort_by_line(lines.select(_ON_LINE))
    line_key = found.select(compute_line_key()).to_series()
    spread = [_spread(part, line_key) for part in parts]
    return pl.concat([found, *spread], how="horizontal").select(
        pl.col(name).cast(column.dtype) for name, column in LineBaselines.columns().items()
    )


def _spread(part: pl.DataFrame, line_key: pl.Series) -> pl.DataFrame:
    """Return what a part says of each line, null where it has none; ``line_key`` is in order."""
    places = part.select(place=line_key.search_sorted(part.select(compute_line_key()).to_series()))
    return spread_rows(pl.concat([part.drop(_ON_LINE), places], how="horizontal"), "place", len(line_key))
