"""Scores of the QLQ-C30 from the answers to its questions."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.quality_of_life import QUESTION_CODES, QUESTIONNAIRE_SCALES

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


def derive_scale_scores(noted: pl.DataFrame) -> pl.DataFrame:
    """Return scores (``pid``, ``item``, ``date``, ``value``, ``file``, ``row``) with answers made into scales.

    A scale is scored when at least half of its questions were answered that day, from the mean of those; a
    score that the source gives for the day stands. The row is that of the first answer.

    Notes
    -----
    EORTC QLQ-C30 scoring manual, 3rd edition: raw score = mean of the answered questions; 0 to 100.
    """
    answers = noted.join(_QUESTIONS, on="item").sort(*_DAY, "file", "row")
    given = noted.join(_QUESTIONS.select("item"), on="item", how="anti")
    if answers.is_empty():
        return given
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
    return pl.concat([given, scored.select(given.columns)])
