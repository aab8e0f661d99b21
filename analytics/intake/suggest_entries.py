"""Which tables one file can fill, and by which of its columns: several of ours, measured columns, dated events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analytics.intake.header_words import ALL_WORDS, DAY_WORDS, EVENT_WORDS, bare, bare_words, words_of
from analytics.intake.measured import Measured, read_measured
from analytics.intake.readable import KNOWN_COLUMNS
from analytics.intake.text_table import TextTable
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

ALONE_ENOUGH = {
    "patients": ("sex", "birth_date", "birth_year"),
    "diagnoses": ("primary_site", "histology", "diagnosis_date"),
}
"""Tables proposed beside the one a file fits best, where it has one of these columns."""


KNOWN_BARE: frozenset[str] = frozenset(map(bare, ALL_WORDS)).union(*map(bare_words, (*EVENT_WORDS.values(), DAY_WORDS)))
"""Every name a column may have, as names are compared."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which of our columns one file can fill: our column → the hospital's columns that may hold it."""

    table: str
    candidates: dict[str, tuple[str, ...]]

    @property
    def merit(self) -> int:
        """Return how many columns can be filled; none without the patient."""
        return len(self.candidates) if "patient_id" in self.candidates else 0

    @property
    def headers(self) -> frozenset[str]:
        """Return the hospital's columns that may be used, that of the patient left out."""
        found = (names for column, names in self.candidates.items() if column != "patient_id")
        return frozenset(name for names in found for name in names)


def match_tables(table: TextTable) -> list[Match]:
    """Return what the columns of a file can fill of each of our tables, the best first."""
    return sorted((_match(table.header, name) for name in KNOWN_COLUMNS), key=lambda match: -match.merit)


def best_matches(matches: list[Match]) -> list[Match]:
    """Return the match a file fits best; several where they ask for the same columns, none where nothing fits."""
    best = [match for match in matches if match.merit == matches[0].merit and match.merit > 1]
    share = any(one.headers & other.headers for one in best for other in best if one is not other)
    return best if share else best[:1]


def more_matches(matches: list[Match], best: Match) -> Iterator[Match]:
    """Yield the tables that a file fills beside the best one, each with the columns that are left for it."""
    for match in matches:
        telling = ALONE_ENOUGH.get(match.table, ())
        left = {column: names for column, names in match.candidates.items() if not set(names) & best.headers}
        if match.table != best.table and any(column in left for column in telling):
            yield Match(match.table, left)


def measured_columns(table: TextTable) -> tuple[Measured, ...]:
    """Return the columns named after an analyte, where a file has the patient but no column of results."""
    labs = _match(table.header, "labs").candidates
    if "patient_id" not in labs or "value_text" in labs or "analyte" in labs:
        return ()
    return tuple(found for found in map(read_measured, table.header) if found is not None)


def day_of_sample(table: TextTable) -> tuple[str, ...]:
    """Return the columns that may hold the day of the sample."""
    named = _match(table.header, "labs").candidates.get("collected", ())
    return named or tuple(header for header in table.header if bare(header) in bare_words(DAY_WORDS))


def said_beside(table: TextTable) -> Match:
    """Return what a file of measured columns says of every sample beside its patient and day."""
    labs = _match(table.header, "labs").candidates
    return Match("labs", {column: names for column, names in labs.items() if column not in ("patient_id", "collected")})


def is_known(text: str) -> bool:
    """Say whether a text is a name of a column, however it is spelled, or of something measured."""
    return bare(text) in KNOWN_BARE or read_measured(text) is not None


def dated_events(table: TextTable) -> Iterator[tuple[str, str]]:
    """Yield the kind of vital status and the column of each column that holds the day of one."""
    for kind, words in EVENT_WORDS.items():
        yield from ((kind, header) for header in table.header if bare(header) in bare_words(words))


def _match(headers: tuple[str, ...], name: str) -> Match:
    found = {
        column: tuple(header for header in headers if bare(header) in {bare(word) for word in words_of(column)})
        for column in facts_of(SOURCE_TABLES[name])
    }
    return Match(name, {column: names for column, names in found.items() if names})
