"""Checks across rows and tables, made when every row is settled: nothing is taken out, people are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from analytics.intake.checks import Check, findings_of
from analytics.intake.parse import STATUS


@dataclass(frozen=True, slots=True)
class Review:
    """A table with what its checks need from its neighbours, and the checks."""

    table: str
    frame: pl.DataFrame
    checks: tuple[Check, ...]


def review_findings(reviews: Iterator[Review]) -> Iterator[pl.DataFrame]:
    """Yield the findings of each check that fires."""
    for review in reviews:
        for check in review.checks if review.frame.height else ():
            hits = review.frame.filter(check.fires.fill_null(value=False))
            if hits.height:
                yield findings_of(check, review.table, hits)


def used(settled: Mapping[str, pl.DataFrame], table: str) -> pl.DataFrame:
    """Return the accepted rows of a settled table; the table itself, uncopied, when all were accepted."""
    rows = settled[table]
    is_whole = rows.get_column(STATUS).null_count() == rows.height
    return rows if is_whole else rows.filter(pl.col(STATUS).is_null())


def day_text(column: str) -> pl.Expr:
    """Return a date column as ISO text."""
    return pl.col(column).dt.strftime("%Y-%m-%d")
