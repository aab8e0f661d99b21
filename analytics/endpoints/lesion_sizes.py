"""Lesion sizes in tenths of a millimetre, by visit and lesion; merged and split lesions resolved."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.longitudinal.keys import is_first_of

_FLAGS = ["is_node", "is_seen", "is_unknown", "is_target", "is_called_new"]


def _is_any_of(column: str, *codes: str) -> pl.Expr:
    return pl.any_horizontal(*((pl.col(column) == code).fill_null(value=False) for code in codes))


def compute_tenths(criteria: SizeCriteria) -> pl.Expr:
    """Return the size of a lesion row in tenths of a millimetre; null where it was not measured.

    Not visible is 0 and too small to measure is a fixed size; not assessed, excised or irradiated is not
    0 but unknown, since a lesion that left by a local treatment did not respond.
    """
    longest, short = pl.col("longest_mm"), pl.coalesce("short_mm", "longest_mm")
    size = pl.when(_is_any_of("nodal", "Y")).then(short).otherwise(longest) if criteria.uses_short_axis else longest
    measured = (size * 10).round().cast(pl.Int32)
    return (
        pl.when(pl.col("measured").is_null() | (pl.col("measured") == "yes"))
        .then(measured)
        .when(pl.col("measured") == "too_small")
        .then(measured.fill_null(criteria.too_small_tenths))
        .when(pl.col("measured") == "not_visible")
        .then(pl.lit(0, dtype=pl.Int32))
    )


def _read_rows(lesions: pl.LazyFrame, criteria: SizeCriteria) -> pl.DataFrame:
    """Return the lesion rows as numbers; ``run`` counts the stretches of rows from one reading of one scan."""
    rows = lesions.select(
        "pid",
        "imaging_id",
        "reader",
        "lesion_id",
        tenths=compute_tenths(criteria),
        is_node=_is_any_of("nodal", "Y"),
        is_seen=pl.col("measured").is_null() | _is_any_of("measured", "yes", "too_small"),
        is_unknown=_is_any_of("measured", "not_assessed", "not_evaluable", "excised", "irradiated"),
        is_target=_is_any_of("role", "target"),
        is_called_new=_is_any_of("role", "new"),
    ).collect(engine="streaming")
    # a category of this table alone, so that its codes stay small
    return rows.with_columns(
        pl.col("lesion_id").cast(pl.Categorical(pl.Categories.random())),
        run=pl.struct("pid", "imaging_id", "reader").rle_id(),
    )


def _derive_readings(rows: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Return visit, date and ``is_metabolic`` of each run; no visit where none counts or another reader is kept.

    One reader a visit is kept: a central one, else the first by name.
    """
    on_scan = ["pid", "imaging_id"]
    runs = (
        rows.filter(is_first_of("run"))
        .lazy()
        .select(*on_scan, "reader")
        .join(
            scans.lazy().select(*on_scan, "visit", "date", "is_metabolic"),
            on=on_scan,
            how="left",
            maintain_order="left",
        )
        .select("visit", "date", "is_metabolic", "reader")
        .collect(engine="streaming")
    )
    if runs["reader"].n_unique() <= 1:
        return runs.drop("reader")
    is_local = (pl.col("reader").str.to_lowercase() != "central").fill_null(value=True)
    chosen = (
        runs.sort("visit", is_local, "reader", nulls_last=False)
        .unique("visit", keep="first", maintain_order=True)
        .select("visit", chosen="reader")
    )
    return runs.join(chosen, on="visit", how="left", maintain_order="left").select(
        pl.when(pl.col("reader").eq_missing(pl.col("chosen"))).then("visit"), "date", "is_metabolic"
    )


def _place_rows(rows: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are read, with visit and date, those of one visit together."""
    readings = _derive_readings(rows, scans)
    placed = rows.drop("pid", "imaging_id", "reader", "run").insert_column(0, readings["visit"].gather(rows["run"]))
    placed.insert_column(1, readings["date"].gather(rows["run"]))
    if readings["is_metabolic"].any():
        placed = _forget_unseen(placed, readings["is_metabolic"].gather(rows["run"]))
    read = placed.filter(pl.col("visit").is_not_null()) if placed["visit"].has_nulls() else placed
    return read if read["visit"].is_sorted() else read.sort("visit")


def _forget_unseen(placed: pl.DataFrame, is_metabolic: pl.Series) -> pl.DataFrame:
    """Call not assessed, instead of gone, what took up no glucose: that says nothing of its size."""
    is_unseen = is_metabolic & (placed["tenths"] == 0) & ~placed["is_seen"]
    return placed.with_columns(tenths=pl.when(~is_unseen).then("tenths"), is_unknown=pl.col("is_unknown") | is_unseen)


def _select_largest(sizes: pl.DataFrame) -> pl.DataFrame:
    """Keep the largest of several measurements of one lesion at one visit."""
    return sizes.sort(
        "visit", "lesion_id", "tenths", "date", "is_seen", "is_unknown", "is_target", "is_called_new",
        descending=[False, False, True, False, True, False, False, False], nulls_last=True,
    ).unique(["visit", "lesion_id"], keep="first", maintain_order=True)  # fmt: skip


def _resolve_parents(sizes: pl.DataFrame) -> pl.DataFrame:
    """Give merged lesions («T01+T02») to their first parent, the others then count 0; add up pieces («T01/2»)."""
    is_compound = sizes["lesion_id"].str.contains_any(["+", "/"])
    plain, compound = sizes.filter(~is_compound), sizes.filter(is_compound).sort("visit", "lesion_id")
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
            pl.col("date", *_FLAGS).first(),
        )
        .sort("visit")
        .select(sizes.columns)
    )


def _resolve(sizes: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Resolve the visits of several scans or with merged or split lesions, which are few; keep the others."""
    names = sizes["lesion_id"].unique()
    compound = names.filter(names.cast(pl.String).str.contains_any(["+", "/"]).fill_null(value=False))
    of_several = scans.filter(~is_first_of("visit"))["visit"]
    of_compound = sizes.filter(pl.col("lesion_id").is_in(compound.implode()))["visit"]
    is_plain = ~sizes["visit"].is_in(pl.concat([of_several, of_compound]).unique().implode())
    if is_plain.all():
        return sizes
    resolved = _resolve_parents(
        _select_largest(sizes.filter(~is_plain).with_columns(pl.col("lesion_id").cast(pl.String)))
    )
    coded = resolved.with_columns(pl.col("lesion_id").cast(sizes.schema["lesion_id"]))
    return pl.concat([sizes.filter(is_plain), coded])


def derive_lesion_sizes(lesions: pl.LazyFrame, scans: pl.DataFrame, criteria: SizeCriteria) -> pl.DataFrame:
    """Derive one row a visit and lesion: ``visit``, ``lesion``, ``tenths``, ``is_node``, ``is_seen``.

    ``lesion`` numbers the names of lesions (one number a name, over all patients); ``is_target`` and
    ``is_called_new`` say what the row calls it; ``is_unknown`` marks one not assessed; ``date`` is that of
    its scan. The rows of one visit stand together. ``scans`` are those of ``derive_visits``.
    """
    placed = _place_rows(_read_rows(lesions, criteria), scans)
    return _resolve(placed, scans).select(
        "visit", "date", "tenths", *_FLAGS, lesion=pl.col("lesion_id").to_physical().cast(pl.Int64)
    )
