"""Assessments: one radiological response a patient and day, out of all that readers gave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.endpoints import ADEQUATE_RESPONSES, RADIOLOGICAL_CRITERIA, WORST_LAST
from analytics.catalogue.settings import Settings
from analytics.coded_texts import few_texts
from analytics.longitudinal.keys import compute_day_key, sort_by_key, spread_rows
from analytics.longitudinal.runs import differs_from_before
from analytics.tables.results import IntArray

_RANKS = 2 * (len(RADIOLOGICAL_CRITERIA) + 1) * (len(WORST_LAST) + 1)
"""More than the ranks of the assessments of one day."""

_NEVER = -1
"""Key of an assessment that does not count."""

_CRITERIA = pl.Enum(RADIOLOGICAL_CRITERIA)


def derive_given_assessments(
    tables: Mapping[str, pl.LazyFrame], settings: Settings, *, with_clinical: bool = False
) -> pl.DataFrame:
    """Derive one assessment a day from the responses given by readers.

    Returns
    -------
    pl.DataFrame
        ``pid``, ``date``, ``response``, ``criteria``, ``reader``, ``is_adequate``, ``is_imputed``,
        ``table``, ``file``, ``row``; sorted by (pid, date). A response without a day of its own takes that of its
        examination; an examination marked inadequate shows progression or nothing (NE). ``with_clinical``
        lets a clinical verdict without an examination count. Where the settings name a reader nobody else's count.
    """
    name = pl.col("reader").str.to_lowercase()
    is_asked = name.eq_missing(settings.response_reader.lower()) if settings.response_reader else pl.lit(value=True)
    responses = (
        tables["responses"]
        .filter(is_asked)
        .select("pid", "imaging_id", "response", "criteria", "reader", "date", "date_precision", "_file", "_row")
        .collect()
    )
    given = pl.concat([responses, _find_examinations(responses, tables["imaging"])], how="horizontal")
    order_key = _compute_order_key(given, with_clinical=with_clinical)
    # rows are ordered by one number; what they say is carried along by those that are kept
    place = np.flatnonzero(order_key != _NEVER)
    keyed = given.select("_file", "_row")[place].with_columns(order_key=order_key[place], place=place)
    ordered = sort_by_key(keyed, "order_key", "_file", "_row")
    day_key = ordered["order_key"].to_numpy() // _RANKS
    last = np.append(differs_from_before(day_key)[1:], True)[: len(day_key)]
    chosen = given[ordered["place"].to_numpy()[last]].with_columns(
        date=pl.coalesce("date", "scan_date"), response=_compute_shown(pl.col("is_inadequate").fill_null(value=False))
    )
    return chosen.select(
        "pid",
        "response",
        "criteria",
        "reader",
        "date",
        is_imputed=pl.coalesce("date_precision", "scan_precision") != "D",
        is_adequate=pl.col("response").is_in(ADEQUATE_RESPONSES),
        table=pl.lit("responses"),
        file="_file",
        row="_row",
    )


def _look_up(texts: pl.Series, meaning: pl.Expr) -> IntArray:
    """Return what each of ``texts`` means as a number: each different text is looked at once, as column ``text``."""
    numbers, distinct = few_texts(texts)
    return distinct.to_frame("text").select(meaning.cast(pl.Int64)).to_series().to_numpy()[numbers]


def _compute_order_key(given: pl.DataFrame, *, with_clinical: bool) -> IntArray:
    """Return patient, day and rank as one number: preferred criteria, then a central reader, then the worst, come last.

    ``_NEVER`` where there is no day, or the criteria are not of radiology; ``with_clinical`` lets a clinical verdict
    without an examination count.
    """
    text, last = pl.col("text"), len(WORST_LAST)
    preferred = _look_up(
        given["criteria"], text.cast(_CRITERIA, strict=False).to_physical().cast(pl.Int64).fill_null(-1)
    )
    is_central = _look_up(given["reader"], (text.str.to_lowercase() == "central").fill_null(value=False))
    worst = _look_up(given["response"], text.cast(pl.Enum(WORST_LAST)).to_physical().cast(pl.Int64).fill_null(last))
    is_inadequate = given["is_inadequate"].fill_null(value=False).to_numpy()
    shows_nothing = np.array([word in ADEQUATE_RESPONSES for word in (*WORST_LAST, None)])
    worst[is_inadequate & shows_nothing[worst]] = WORST_LAST.index("NE")
    preference = (len(RADIOLOGICAL_CRITERIA) - preferred) * 2 + is_central
    key = given.select(compute_day_key(pl.coalesce("date", "scan_date")).fill_null(_NEVER)).to_series().to_numpy()
    counts = (key != _NEVER) & (preferred >= 0)
    if not with_clinical:
        is_clinical = preferred == RADIOLOGICAL_CRITERIA.index("clinical")
        counts &= ~is_clinical | given["imaging_id"].is_not_null().to_numpy()
    return np.where(counts, key * _RANKS + preference * (last + 1) + worst, _NEVER)


def _compute_shown(is_inadequate: pl.Expr) -> pl.Expr:
    """Return what a response shows: what is not progression needs an examination that suffices for it."""
    hides = is_inadequate & pl.col("response").is_in(ADEQUATE_RESPONSES)
    return pl.when(hides).then(pl.lit("NE")).otherwise("response")


def _find_examinations(responses: pl.DataFrame, imaging: pl.LazyFrame) -> pl.DataFrame:
    """Return ``scan_date``, ``scan_precision`` and ``is_inadequate`` of each response where they can decide something.

    Few responses lack a day and few examinations are inadequate: looking up the others by their text ids would
    cost more than all the rest.
    """
    is_undated = pl.col("date").is_null() & pl.col("imaging_id").is_not_null()
    asked = responses.filter(is_undated)["pid"].unique()
    is_inadequate = (pl.col("adequate") == "N").fill_null(value=False)
    examinations = (
        imaging.filter(is_inadequate | pl.col("pid").is_in(asked.implode()))
        .select("pid", "imaging_id", scan_date="date", scan_precision="date_precision", is_inadequate=is_inadequate)
        .collect(engine="streaming")
    )
    looked_up = (
        responses.lazy()
        .select("pid", "imaging_id")
        .with_row_index("place")
        .filter(pl.col("pid").is_in(examinations["pid"].unique().implode()))
        .join(examinations.lazy(), on=["pid", "imaging_id"])
        .drop("pid", "imaging_id")
        .collect()
    )
    return spread_rows(looked_up, "place", responses.height)


def derive_lesion_assessments(recist: pl.DataFrame, date_rule: str) -> pl.DataFrame:
    """Return the responses derived from lesions in the shape of given ones.

    ``date_rule`` names the column that dates a progression; empty: the assessment's own date.
    """
    dated = pl.when(pl.col("response") == "PD").then(date_rule or "date").otherwise("date")
    rows = recist.with_columns(response=_compute_shown(pl.col("is_inadequate"))).select(
        "pid",
        "response",
        "criteria",
        pl.lit("lesions").alias("reader"),
        dated.alias("date"),
        "is_imputed",
        pl.col("response").is_in(ADEQUATE_RESPONSES).alias("is_adequate"),
        pl.lit("imaging").alias("table"),
        "file",
        "row",
        day_key=compute_day_key(dated),
    )
    return (rows if rows["day_key"].is_sorted() else rows.sort("day_key", maintain_order=True)).drop("day_key")
