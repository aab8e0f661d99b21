"""One door for files: a folder or archive of files named after the tables, or one workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from analytics.durable import hash_file
from analytics.errors import LayoutError, SourceError
from analytics.intake.archive import unpack_gzip, unpack_zip
from analytics.intake.columnar import read_columnar_pieces
from analytics.intake.delimited import read_delimited_pieces
from analytics.intake.deliveries import (
    COLUMNAR,
    PACKED,
    WORKBOOKS,
    find_layout,
    laid_out_files,
    laid_out_parts,
    named_files,
    unused_files,
)
from analytics.intake.headers import Delivery
from analytics.intake.layout import Layout, read_layout
from analytics.intake.own_copy import copy_delivery
from analytics.intake.readable import CORRECTIONS, READABLE
from analytics.intake.reshape import reshape_table
from analytics.intake.stretch import Piece, whole_tables
from analytics.intake.text_table import TextTable
from analytics.intake.unreadable import naming_the_file
from analytics.intake.workbook import read_sheet_as, read_workbook
from analytics.tables.registry import SHEET_ORDER
from analytics.tables.study import InputFile

READ_FIRST = ("study", "assays", "schedule", CORRECTIONS, "patients")
"""Tables that must be known before the rows of patients can be sorted, in the order in which they are read."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of how many are done."""


@dataclass(slots=True)
class Opened:
    """A source that is being read.

    Attributes
    ----------
    pieces
        The tables as text, under our column names, in pieces of some rows; the study sheet, corrections and
        patients first, the pieces of a file one after the other.
    inputs
        The files by name, each once its first piece was read.
    unused
        Names of files and sheets that fit no table.
    settings
        What the layout declares.
    """

    pieces: Iterator[Piece]
    inputs: dict[str, InputFile]
    unused: tuple[str, ...]
    settings: Mapping[str, str]


def open_source(
    path: Path, scratch: Path, declared_encoding: str, progress: Progress, layout: Path | None = None
) -> Opened:
    """Open a folder or a workbook to be read piece by piece; nothing is interpreted yet.

    Parameters
    ----------
    scratch
        Folder for what is unpacked; it must outlive the reading.
    layout
        How its files become tables; without one it is looked for in the folder, or beside the file.

    Raises
    ------
    SourceError
        If the path is missing or a file in it cannot be read, here or while it is read.
    LayoutError
        If no file or sheet is named after a table and no layout names one.
    """
    reading = _Reading(scratch, declared_encoding, progress)
    with naming_the_file(path.name):
        if not path.exists():
            raise SourceError("There is no such file or folder.", str(path), "Check the path.")
        return _open_any(path, reading, find_layout(path, layout))


def _open_any(path: Path, reading: _Reading, layout: Path | None) -> Opened:
    """Open a folder, a zip archive of one, or one file."""
    suffix = path.suffix.casefold()
    if path.is_dir():
        return _open_folder(path, reading, layout)
    if suffix == ".zip":
        members = reading.scratch / "members"
        members.mkdir(mode=0o700, parents=True)
        unpack_zip(path, members)
        reading.inputs[path.name] = InputFile(path.name, path.stat().st_size, hash_file(path))
        return _open_folder(members, reading, layout or find_layout(members, None))
    if _is_workbook(path) or layout is not None:
        return _open_file_alone(path, reading, layout)
    raise SourceError(
        "A source is a folder of tables, a .zip of one, or one workbook.",
        path.name,
        "Put the file in a folder, named after its table, for example labs.csv; or give a layout.",
    )


def _open_folder(folder: Path, reading: _Reading, layout_file: Path | None) -> Opened:
    layout = read_layout(layout_file) if layout_file else Layout()
    spoken_for = {part.file for _, part in layout.parts}
    deliveries = [*laid_out_files(folder, layout), *named_files(folder, spoken_for)]
    if not deliveries:
        raise _nothing_named(folder)
    used = {delivery.path for delivery in deliveries} | ({layout_file} if layout_file else set[Path]())
    unused = list(unused_files(folder, used))
    held: list[TextTable] = []
    for path in dict.fromkeys(delivery.path for delivery in deliveries if _is_workbook(delivery.path)):
        taken = {part.sheet for _, part in layout.parts if part.file == path.name}
        more, _, sheets = read_workbook(path, READABLE, taken)
        held.extend(more)
        unused.extend(f"{path.name}, sheet {sheet}" for sheet in sheets)
    pieces = chain(reading.read([*deliveries, *held], layout), reading.note(_layout_facts(layout_file)))
    return Opened(pieces, reading.inputs, tuple(unused), layout.settings)


def _open_file_alone(path: Path, reading: _Reading, layout_file: Path | None) -> Opened:
    """Open one file by its layout and, of a workbook, the sheets named after tables."""
    layout = read_layout(layout_file) if layout_file else Layout()
    found: list[Delivery | TextTable] = list(laid_out_parts(path, layout))
    unused: tuple[str, ...] = ()
    if _is_workbook(path):
        reading.progress(path.name, 0, 1)
        more, facts, sheets = read_workbook(path, READABLE, {part.sheet for _, part in layout.parts})
        reading.inputs[facts.name] = facts
        found.extend(more)
        unused = tuple(f"sheet {sheet}" for sheet in sheets)
    if not found:
        raise _nothing_named(path)
    pieces = chain(reading.read(found, layout), reading.note(_layout_facts(layout_file)))
    return Opened(pieces, reading.inputs, unused, layout.settings)


def _nothing_named(path: Path) -> LayoutError:
    workbooks = sorted(file.name for file in path.iterdir() if _is_workbook(file)) if path.is_dir() else []
    if workbooks:
        return LayoutError(
            f"Nothing here is named after a table; a workbook of a folder is read only where a layout names its sheets "
            f"({', '.join(workbooks)}).",
            path.name,
            f"Give the workbook itself as the source, for example {path.name}/{workbooks[0]}, or a layout.",
        )
    return LayoutError(
        "Nothing here is named after a table.",
        path.name,
        f"Name the files or sheets {', '.join(SHEET_ORDER)}, or give a layout; patients is needed.",
    )


def _rank(table: str) -> int:
    """Return when a table is read: the study sheet may say how the others are written."""
    return READ_FIRST.index(table) if table in READ_FIRST else len(READ_FIRST)


@dataclass(slots=True)
class _Reading:
    """The files of a source on their way in; ``encoding`` is known once the study sheet was read."""

    scratch: Path
    encoding: str
    progress: Progress
    inputs: dict[str, InputFile] = field(default_factory=dict[str, InputFile])

    def read(self, found: Sequence[Delivery | TextTable], layout: Layout) -> Iterator[Piece]:
        """Yield the pieces of files, and sheets that were read with their workbook, those first others depend on."""
        self.encoding = self.encoding or layout.settings.get("encoding", "")
        ordered = sorted(found, key=lambda one: _rank(one.table))
        for done, one in enumerate(ordered):
            if isinstance(one, TextTable):
                yield one
                continue
            self.progress(one.name, done, len(ordered))
            with naming_the_file(one.name):
                pieces, facts = _read_file(one, self.scratch, self.encoding)
                self.inputs[facts.name] = facts
                if _can_wait(one):
                    yield from pieces
                    continue
                for table in whole_tables(pieces):
                    self.encoding = self.encoding or _encoding_of(table)
                    yield from reshape_table(table, one.layout) if one.layout else (table,)

    def note(self, facts: tuple[InputFile, ...]) -> Iterator[TextTable]:
        """Yield nothing, and count some more files among the inputs."""
        self.inputs |= {file.name: file for file in facts}
        yield from ()


def _layout_facts(layout_file: Path | None) -> tuple[InputFile, ...]:
    """Return the layout as one of the inputs: another layout makes another version."""
    if layout_file is None:
        return ()
    return (InputFile(layout_file.name, layout_file.stat().st_size, hash_file(layout_file), "layout"),)


def _is_workbook(path: Path) -> bool:
    return path.suffix.casefold() in WORKBOOKS


def _encoding_of(table: TextTable) -> str:
    """Return the encoding the study sheet declares for the other files, if this is the study sheet."""
    if table.table != "study" or table.rows.width < 3:
        return ""
    pairs = {str(row[1]).strip(): row[2] for row in table.rows.iter_rows()}
    return str(pairs.get("encoding") or "").strip()


def _can_wait(delivery: Delivery) -> bool:
    """Say whether the rows of a file need not be looked at before those of their bucket are."""
    return delivery.table not in READ_FIRST and delivery.layout is None


def _read_file(delivery: Delivery, scratch: Path, declared_encoding: str) -> tuple[Iterator[Piece], InputFile]:
    path = delivery.path
    if path.suffix.casefold() in PACKED:
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        plain = replace(delivery, path=unpack_gzip(path, scratch))
        pieces, _ = _read_file(plain, scratch, declared_encoding)
        return pieces, InputFile(delivery.name, path.stat().st_size, hash_file(path))
    if _is_workbook(path):
        table, facts = read_sheet_as(delivery)
        return iter([table]), facts
    held = copy_delivery(delivery, scratch) if _can_wait(delivery) else delivery
    if path.suffix.casefold() in COLUMNAR:
        return read_columnar_pieces(held)
    return read_delimited_pieces(held, declared_encoding)
