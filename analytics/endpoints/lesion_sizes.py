"""Lesion sizes in tenths of a millimetre, by visit and lesion; merged and split lesions resolved."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.longitudinal.keys import encode_texts


def _select_reader(lesions: pl.DataFrame) -> pl.DataFrame:
    """Keep one reader a visit: a central one, else the first by name."""
    if lesions["reader"].null_count() == lesions.height:
        return lesions
    is_local = (pl.col("reader").str.to_lowercase() != "central").fill_null(value=True)
    chosen = (
        lesions.sort("visit", is_local, "reader", nulls_last=False)
        .unique("visit", keep="first", maintain_order=True)
        .select("visit", chosen="reader")
    )
    return (
        lesions.join(chosen, on="visit", maintain_order="left")
        .filter(pl.col("reader").eq_missing(pl.col("chosen")))
        .drop("chosen")
    )


def compute_tenths(criteria: SizeCriteria) -> pl.Expr:
    """Return the size of a lesion row in tenths of a millimetre; null where it was not measured.

    Not visible is 0 and too small to measure is a fixed size; not assessed, excised or irradiated is not
    0 but unknown, since a lesion that left by a local treatment did not respond.
    """
    longest, short = pl.col("longest_mm"), pl.coalesce("short_mm", "longest_mm")
    is_short = (pl.col("nodal") == "Y").fill_null(value=False) if criteria.uses_short_axis else pl.lit(value=False)
    measured = (pl.when(is_short).then(short).otherwise(longest) * 10).round().cast(pl.Int32)
    how = pl.col("measured").fill_null("yes")
    return (
        pl.when(how == "not_visible")
        .then(0)
        .when(how == "too_small")
        .then(measured.fill_null(criteria.too_small_tenths))
        .when(how == "yes")
        .then(measured)
    )


def _resolve_parents(lesions: pl.DataFrame) -> pl.DataFrame:
    """Give merged lesions («T01+T02») to their first parent, the others then count 0; add up pieces («T01/2»)."""
    is_compound = lesions["lesion_id"].str.contains_any(["+", "/"])
    if not is_compound.any():
        return lesions
    plain, compound = lesions.filter(~is_compound), lesions.filter(is_compound).sort("visit", "lesion_id")
    parents = (
        compound.with_columns(parent=pl.col("lesion_id").str.split("+"))
        .explode("parent")
        .with_columns(
            pl.col("parent").str.split("/").list.first().alias("lesion_id"),
            pl.col("parent") == pl.col("lesion_id").str.split("+").list.first(),
        )
        .with_columns(tenths=pl.when("parent").then("tenths").otherwise(pl.lit(0, dtype=pl.Int32)))
        .drop("parent")
    )
    return (
        pl.concat([plain, parents])
        .group_by("visit", "lesion_id", maintain_order=True)
        .agg(
            # one piece without a size leaves the whole without one
            pl.when(pl.col("tenths").null_count() == 0).then(pl.col("tenths").sum()).alias("tenths"),
            pl.col("pid", "role", "is_node", "is_seen", "is_unknown", "date").first(),
        )
        .select(lesions.columns)
    )


def _select_largest(sizes: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Keep the largest of several measurements of one lesion at one visit."""
    read_together = scans.filter(pl.len().over("visit") > 1).select("visit").unique()
    if read_together.is_empty():
        return sizes
    single = sizes.join(read_together, on="visit", how="anti")
    several = (
        sizes.join(read_together, on="visit")
        .sort("visit", "lesion_id", "tenths", "date", "is_seen", "is_unknown", "role", nulls_last=True,
              descending=[False, False, True, False, True, False, False])
        .unique(["visit", "lesion_id"], keep="first", maintain_order=True)
    )  # fmt: skip
    return pl.concat([single, several])


def derive_lesion_sizes(lesions: pl.LazyFrame, scans: pl.DataFrame, criteria: SizeCriteria) -> pl.DataFrame:
    """Derive one row a visit and lesion: ``visit``, ``lesion``, ``tenths``, ``is_node``, ``is_seen``.

    ``lesion`` numbers the names of lesions (one number a name, over all patients); ``is_target`` and
    ``is_called_new`` say what the row calls it; ``is_unknown`` marks one not assessed; ``date`` is that of
    its scan.
    """
    how = pl.col("measured").fill_null("yes")
    located = (
        lesions.select(
            "pid", "imaging_id", "lesion_id", "reader", "role", "nodal", "longest_mm", "short_mm", "measured"
        )
        .join(scans.lazy().select("pid", "imaging_id", "visit", "date"), on=["pid", "imaging_id"])
        .collect()
    )
    sized = _select_reader(located).select(
        "pid",
        "visit",
        "lesion_id",
        "role",
        "date",
        tenths=compute_tenths(criteria),
        is_node=(pl.col("nodal") == "Y").fill_null(value=False),
        is_seen=how.is_in(["yes", "too_small"]),
        is_unknown=how.is_in(["not_assessed", "not_evaluable", "excised", "irradiated"]),
    )
    resolved = _resolve_parents(_select_largest(sized, scans))
    return encode_texts(resolved, ["lesion_id"], "lesion").select(
        "visit", "lesion", "tenths", "is_node", "is_seen", "is_unknown", "date",
        is_target=(pl.col("role") == "target").fill_null(value=False),
        is_called_new=(pl.col("role") == "new").fill_null(value=False),
    )  # fmt: skip
