"""Scores of the QLQ-C30 from the answers to its questions."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.quality_of_life import QUESTION_CODES, QUESTIONNAIRE_SCALES, SUMMARISED, SUMMARY_CODE

_QUESTIONS = pl.DataFrame(
    [
        (QUESTION_CODES[number], scale.code, scale.item_range, scale.is_function, len(scale.questions))
        for scale in QUESTIONNAIRE_SCALES
        for number in scale.questions
    ],
    schema={
        "item": pl.String,
        "scale": pl.String,
        "item_range": pl.Float64,
        "is_function": pl.Boolean,
        "n_questions": pl.Int32,
    },
    orient="row",
)
_DAY = ["pid", "item", "date"]
_IS_FUNCTION = {scale.code: scale.is_function for scale in SUMMARISED}


def derive_scale_scores(noted: pl.DataFrame) -> pl.DataFrame:
    """Return scores (``pid``, ``item``, ``date``, ``value``, ``file``, ``row``) with answers made into scales.

    A scale is scored when at least half of its questions were answered that day, from the mean of those; a
    score that the source gives for the day stands. The row is that of the first answer. The summary score needs
    all of its thirteen scales that day.

    Notes
    -----
    EORTC QLQ-C30 scoring manual, 3rd edition: raw score = mean of the answered questions; 0 to 100.
    """
    answers = noted.join(_QUESTIONS, on="item").sort(*_DAY, "file", "row")
    given = noted.join(_QUESTIONS.select("item"), on="item", how="anti")
    if answers.is_empty():
        return _add_summary(given)
    share = (pl.col("raw") - 1) / pl.col("item_range")
    scored = (
        answers.unique(_DAY, keep="first", maintain_order=True)
        .sort("pid", "scale", "date", "file", "row")
        .group_by("pid", "scale", "date", maintain_order=True)
        .agg(
            pl.col("item_range", "is_function", "n_questions", "file", "row").first(),
            raw=pl.col("value").mean(),
            n_answered=pl.len(),
        )
        .filter(2 * pl.col("n_answered") >= pl.col("n_questions"))
        .with_columns(value=pl.when("is_function").then(1 - share).otherwise(share) * 100, item="scale")
        .join(given, on=_DAY, how="anti")
    )
    return _add_summary(pl.concat([given, scored.select(given.columns)]))


def _add_summary(scores: pl.DataFrame) -> pl.DataFrame:
    """Add the summary score of each day on which all its scales are known, unless the source gives one."""
    scales = scores.filter(pl.col("item").is_in(list(_IS_FUNCTION))).sort(*_DAY, "file", "row")
    is_function = pl.col("item").replace_strict(_IS_FUNCTION, return_dtype=pl.Boolean)
    summaries = (
        scales.unique(_DAY, keep="first", maintain_order=True)
        .with_columns(good=pl.when(is_function).then("value").otherwise(100 - pl.col("value")))
        .group_by("pid", "date", maintain_order=True)
        .agg(pl.col("file", "row").first(), value=pl.col("good").mean(), n=pl.len())
        .filter(pl.col("n") == len(SUMMARISED))
        .with_columns(item=pl.lit(SUMMARY_CODE))
        .join(scores, on=_DAY, how="anti")
    )
    return pl.concat([scores, summaries.select(scores.columns)])
