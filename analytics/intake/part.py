"""The text rows of some whole patients → their accepted tables, and the account of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.accepted_form import accepted_form
from analytics.intake.deaths import derive_death_days
from analytics.intake.known_ids import KnownIds, known_ids
from analytics.intake.lab_values import parse_lab_values
from analytics.intake.ledger import count_outcomes
from analytics.intake.parse import dialect_of, parse_table
from analytics.intake.review import Review, review_findings
from analytics.intake.review_course import review_cycles, review_follow_up, review_scores
from analytics.intake.review_labs import review_labs
from analytics.intake.review_loose import review_loose
from analytics.intake.review_scans import review_lesions, review_responses, review_tracers
from analytics.intake.review_specimens import review_specimens
from analytics.intake.settle import Desk, Ground
from analytics.intake.tallies import part_findings
from analytics.intake.text_table import NO_RAGGED, PID, ROW, TextTable
from analytics.tables.registry import LOOKUPS, PATIENT_TABLES


@dataclass(frozen=True, slots=True)
class Part:
    """What was taken of some whole patients, or of the lookup sheets.

    Attributes
    ----------
    tables
        The tables in accepted form, those of patients in the order of ``pid``.
    findings, tallies
        Findings that are complete, and those still to be added up over the parts; see `tallies`.
    outcomes
        How many rows of each file and table came to what; see `ledger.count_outcomes`.
    """

    tables: dict[str, pl.DataFrame]
    findings: pl.DataFrame
    tallies: pl.DataFrame
    outcomes: pl.DataFrame


def accept_part(waiting: Iterable[TextTable], ground: Ground) -> Part:
    """Take every row of some whole patients that can be used.

    Parameters
    ----------
    waiting
        Their rows, each with the number of its patient; a table is taken when the one before is parsed, and its
        text is let go.
    ground
        What all parts share.
    """
    desk = Desk(ground)
    settled = desk.settle(parse_tables(waiting, ground.settings, PATIENT_TABLES))
    asked = list(review_findings(_reviews(settled, ground)))
    findings, tallies = part_findings([*desk.findings, *asked])
    outcomes = count_outcomes(settled)
    vital_status = settled["vital_status"]
    tables = {name: accepted_form(name, settled.pop(name)) for name in PATIENT_TABLES}
    tables["vital_status"] = derive_death_days(tables["vital_status"], vital_status, tables)
    return Part(tables, findings, tallies, outcomes)


def accept_lookups(waiting: Iterable[TextTable], ground: Ground) -> Part:
    """Take every row of the lookup sheets that can be used."""
    desk = Desk(ground)
    settled = desk.settle_lookups(parse_tables(waiting, ground.settings, LOOKUPS))
    findings, tallies = part_findings(desk.findings)
    tables = {name: accepted_form(name, frame) for name, frame in settled.items()}
    return Part(tables, findings, tallies, count_outcomes(settled))


def parse_tables(waiting: Iterable[TextTable], settings: Settings, names: tuple[str, ...]) -> dict[str, pl.DataFrame]:
    """Return each of the tables ``names`` parsed, from all its files; empty where there are no rows."""
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in names}
    tables = iter(waiting)
    known: KnownIds | None = None
    while (table := _next_in_one_chunk(tables)) is not None:
        # the patients sheets come first
        if known is None and table.table != "patients" and parts.get("patients"):
            known = known_ids(pl.concat(parts["patients"], how="diagonal"))
        parts[table.table].append(_parse(table, settings, known))
        del table
    return {
        name: pl.concat(frames, how="diagonal") if frames else _parse(_nothing(name), settings)
        for name, frames in parts.items()
    }


def _next_in_one_chunk(tables: Iterator[TextTable]) -> TextTable | None:
    """Take the next table, each column in one chunk; a column at a time, so that its text is not held twice."""
    table = next(tables, None)
    if table is None:
        return None
    shell, columns = replace(table, rows=table.rows.clear()), table.rows.get_columns()
    del table
    whole: list[pl.Series] = []
    while columns:
        whole.append(columns.pop(0).rechunk())
    return replace(shell, rows=pl.DataFrame(whole))


def _reviews(settled: Mapping[str, pl.DataFrame], ground: Ground) -> Iterator[Review]:
    settings = ground.settings
    yield from review_labs(settled, settings, ground.assays)
    yield from review_specimens(settled)
    yield from review_lesions(settled, settings)
    yield from review_tracers(settled)
    yield from review_responses(settled, settings, has_imaging=ground.has_imaging)
    yield from review_cycles(settled, settings)
    yield from review_follow_up(settled, settings)
    yield from review_scores(settled)
    yield from review_loose(settled)


def _parse(part: TextTable, settings: Settings, known: KnownIds | None = None) -> pl.DataFrame:
    frame = parse_table(part, settings, known)
    if part.table != "labs":
        return frame
    return parse_lab_values(frame, dialect_of(part, "value_text", settings).marks)


def _nothing(table: str) -> TextTable:
    return TextTable(table, "", None, pl.DataFrame(schema={ROW: pl.UInt32(), PID: pl.UInt32()}), NO_RAGGED)
