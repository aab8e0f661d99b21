"""A delivery read once: its settings, who is in it, and its rows in buckets of whole patients."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.missed import select_schedule
from analytics.intake.corrections import Corrections, Tray
from analytics.intake.effective_settings import effective_settings, latest_day
from analytics.intake.heads import Heads
from analytics.intake.identity import look_alike_findings, select_look_alikes
from analytics.intake.ledger import make_ledger
from analytics.intake.part import Part, accept_lookups
from analytics.intake.readable import CORRECTIONS
from analytics.intake.register import NOBODY, Register, first_free_number, make_register
from analytics.intake.settle import Ground
from analytics.intake.shelf import BUCKET_PATIENTS, Shelf
from analytics.intake.source import READ_FIRST, Progress, open_source
from analytics.intake.stretch import Piece, Stretch, shell_of
from analytics.intake.structure import is_complete, structure_findings
from analytics.intake.tallies import add_up
from analytics.intake.text_table import TextTable, join_pieces
from analytics.tables.registry import LOOKUPS
from analytics.tables.study import InputFile


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a reading.

    Attributes
    ----------
    source
        Folder of tables, archive or workbook.
    changes
        Settings that win over the ``study`` sheet.
    layout
        How the source's own files become tables; None looks for one beside it.
    as_of
        Today: no date may lie after it unless the setting ``extract_date`` says another day.
    is_withdrawn
        Whether a patient has withdrawn; None if nobody has.
    patients_before
        ``patient_id`` and ``pid`` of the version before: who was numbered keeps the number.
    bucket_patients
        Patient numbers a bucket.
    """

    source: Path
    changes: Mapping[str, Any]
    layout: Path | None
    as_of: date | None
    is_withdrawn: Callable[[str], bool] | None
    patients_before: pl.DataFrame = field(default_factory=lambda: NOBODY)
    bucket_patients: int = BUCKET_PATIENTS


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery of which every file was read, and of patients nothing is accepted yet.

    Attributes
    ----------
    settings, inputs
        The effective settings, and every file read.
    ground, lookups
        What all parts share; the lookup sheets, accepted.
    shelf
        The rows of patients.
    findings
        What is known of the delivery so far: its shape, its corrections, its lookup sheets.
    """

    settings: Settings
    inputs: tuple[InputFile, ...]
    ground: Ground
    lookups: Part
    shelf: Shelf
    findings: pl.DataFrame
    _heads: Heads
    _corrections: Corrections

    @property
    def look_alikes(self) -> frozenset[str]:
        """Return the ids on the patients sheet that differ from another one only in writing."""
        return frozenset(select_look_alikes(self.shelf.register.patients.get_column("patient_id")))

    def close(
        self, outcomes: pl.DataFrame, tallies: pl.DataFrame, alike: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Close the account when every bucket was worked on.

        Parameters
        ----------
        outcomes, tallies
            Those of all parts.
        alike
            The accepted patients among ``look_alikes``, with their place.

        Returns
        -------
        The findings that belong to no part, and the ledger.

        Raises
        ------
        AssertionError
            If a row was lost.
        """
        ledger = make_ledger(self._heads.read_counts(), pl.concat([self.lookups.outcomes, outcomes]))
        found = [self.findings, add_up(pl.concat([self.lookups.tallies, tallies])), look_alike_findings(alike)]
        return pl.concat(found), pl.concat([ledger, self._corrections.ledger()])


def select_alike(patients: pl.LazyFrame, look_alikes: frozenset[str]) -> pl.LazyFrame:
    """Return the place of each accepted patient whose id differs from another one only in writing."""
    named = patients.filter(pl.col("patient_id").is_in(look_alikes))
    return named.select("patient_id", "_file", "_sheet", "_row")


def prepare_source(order: Order, scratch: Path, progress: Progress) -> Prepared:
    """Read a source and sort its rows into buckets of whole patients.

    Parameters
    ----------
    scratch
        An empty folder of the caller's, for what is unpacked and for the rows that wait.

    Raises
    ------
    SourceError, LayoutError, SettingsError
        As `analytics.intake.accept.accept_source` says.
    """
    opened = open_source(order.source, scratch, str(order.changes.get("encoding", "")), progress, order.layout)
    heads = Heads()
    pieces = heads.noting(opened.pieces)
    first, rest = _read_first(pieces)
    settings = effective_settings(opened.settings, first, order.changes)
    corrections = Corrections(table for table in first if table.table == CORRECTIONS)
    tray = Tray([table for table in first if table.table != CORRECTIONS])
    if not _are_sound(tray.tables):
        deque(rest, maxlen=0)
        structure_findings(heads.of_tables, opened.unused)
    corrections.apply(tray, lambda name: name in READ_FIRST)
    shelf = _fill_shelf(order, scratch / "rows", tray.tables, rest)
    structure = structure_findings(heads.of_tables, opened.unused)
    corrections.apply(shelf, lambda name: name not in READ_FIRST)
    ground = Ground(settings, latest_day(settings, order.as_of))
    lookups = accept_lookups([table for table in tray.tables if table.table in LOOKUPS], ground)
    # a schedule that is not known stops every derivation: better before anything is read of patients
    select_schedule(lookups.tables["schedule"], settings)
    return Prepared(
        settings,
        tuple(opened.inputs.values()),
        replace(
            ground,
            assays=lookups.tables["assays"],
            withdrawn=_withdrawn(order, shelf.register),
            look_alikes=shelf.register.find_look_alikes(),
            has_imaging=heads.has_rows("imaging"),
        ),
        lookups,
        shelf,
        pl.concat([structure, corrections.findings(), lookups.findings]),
        heads,
        corrections,
    )


def _withdrawn(order: Order, register: Register) -> frozenset[str]:
    return frozenset(filter(order.is_withdrawn, register.all_ids())) if order.is_withdrawn else frozenset()


def _read_first(pieces: Iterator[Piece]) -> tuple[list[TextTable], Iterator[Piece]]:
    """Return the tables of ``READ_FIRST``, each file whole, and the pieces of the others."""
    first: dict[object, list[TextTable]] = {}
    for piece in pieces:
        if isinstance(piece, Stretch) or piece.table not in READ_FIRST:
            return [join_pieces(parts) for parts in first.values()], chain([piece], pieces)
        first.setdefault((piece.table, piece.file, piece.sheet, piece.header), []).append(piece)
    return [join_pieces(parts) for parts in first.values()], iter(())


def _are_sound(tables: list[TextTable]) -> bool:
    """Say whether there is a patients sheet and none of the sheets lacks a column it needs."""
    return any(table.table == "patients" for table in tables) and all(is_complete(table) for table in tables)


def _fill_shelf(order: Order, folder: Path, sheets: list[TextTable], rest: Iterator[Piece]) -> Shelf:
    """Number the patients and sort all rows; once a table lacks a column, it is only read what else is wrong."""
    before = order.patients_before
    register = make_register([table for table in sheets if table.table == "patients"], before)
    shelf = Shelf(folder, register, order.bucket_patients, max(register.n_numbers, first_free_number(before)))
    for table in sheets:
        if table.table == "patients":
            shelf.put(table)
    is_sound = True
    for piece in rest:
        is_sound = is_sound and is_complete(shell_of(piece))
        if is_sound:
            shelf.put(piece)
    return shelf
