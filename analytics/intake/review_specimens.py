"""Values of a marker that name no specimen beside others that do: they are of two series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from analytics.intake.checks import Check
from analytics.intake.parse import STATUS
from analytics.intake.review import Review

UNKNOWN = "unknown"
"""The group of values that name no assay: there a specimen alone tells series apart."""


def review_specimens(settled: Mapping[str, pl.DataFrame]) -> Iterator[Review]:
    """Yield the count of values that are not compared with others of their patient for want of a specimen."""
    labs = settled["labs"]
    if labs.get_column("specimen").null_count() in (0, labs.height):
        return
    is_used = pl.col(STATUS).is_null() & pl.col("value").is_not_null() & pl.col("_is_marker")
    columns = ("pid", "analyte", "specimen", "assay_group", "_file", "_sheet", "_row")
    values = labs.lazy().filter(is_used).select(columns).collect()
    unnamed, named = (values.filter(pl.col("specimen").is_null() == is_null) for is_null in (True, False))
    same_group = named.filter(pl.col("assay_group") != UNKNOWN).select("pid", "analyte", "assay_group")
    apart = unnamed.join(named, on=["pid", "analyte"], how="semi").join(
        same_group, on=["pid", "analyte", "assay_group"], how="anti", maintain_order="left"
    )
    fields = {"analyte": pl.col("analyte").first()}
    check = Check("V101", "specimen", pl.lit(value=True), fields, per=("analyte",), counts={"n": pl.len()})
    yield Review("labs", apart, (check,))
