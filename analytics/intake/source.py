"""One door for files: a folder or archive of files named after the tables, or one workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics.errors import LayoutError, SourceError
from analytics.intake.archive import unpack_gzip, unpack_zip
from analytics.intake.columnar import hash_file, read_columnar
from analytics.intake.delimited import read_delimited
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
from analytics.intake.readable import CORRECTIONS, READABLE
from analytics.intake.reshape import reshape_table
from analytics.intake.text_table import TextTable
from analytics.intake.workbook import read_sheet_as, read_workbook
from analytics.tables.registry import SHEET_ORDER
from analytics.tables.study import InputFile

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of how many are done."""


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was read.

    Attributes
    ----------
    tables, corrections
        The tables as text, under our column names.
    inputs
        The files.
    unused
        Names of files and sheets that fit no table.
    settings
        What the layout declares.
    """

    tables: tuple[TextTable, ...]
    corrections: tuple[TextTable, ...]
    inputs: tuple[InputFile, ...]
    unused: tuple[str, ...]
    settings: Mapping[str, str]


def read_source(path: Path, declared_encoding: str, progress: Progress, layout: Path | None = None) -> Source:
    """Read a folder or a workbook; nothing is interpreted yet.

    Parameters
    ----------
    layout
        How its files become tables; without one it is looked for in the folder, or beside the file.

    Raises
    ------
    SourceError
        If the path is missing or a file in it cannot be read.
    LayoutError
        If no file or sheet is named after a table and no layout names one.
    """
    if not path.exists():
        raise SourceError("There is no such file or folder.", str(path), "Check the path.")
    with TemporaryDirectory() as scratch:
        source = _read_any(path, Path(scratch), declared_encoding, progress, find_layout(path, layout))
    if not source.tables:
        raise LayoutError(
            "Nothing here is named after a table.",
            path.name,
            f"Name the files or sheets {', '.join(SHEET_ORDER)}, or give a layout; patients is needed.",
        )
    return source


def _read_any(path: Path, scratch: Path, declared_encoding: str, progress: Progress, layout: Path | None) -> Source:
    """Read a folder, a zip archive of one, or one file; ``scratch`` is for what is unpacked."""
    suffix = path.suffix.casefold()
    if path.is_dir():
        return _read_folder(path, scratch, declared_encoding, progress, layout)
    if suffix == ".zip":
        members = scratch / "members"
        members.mkdir()
        unpack_zip(path, members)
        source = _read_folder(members, scratch, declared_encoding, progress, layout or find_layout(members, None))
        archive = InputFile(path.name, path.stat().st_size, hash_file(path))
        return replace(source, inputs=(archive, *source.inputs))
    if _is_workbook(path) or layout is not None:
        return _read_file_alone(path, scratch, declared_encoding, progress, layout)
    raise SourceError(
        "A source is a folder of tables, a .zip of one, or one workbook.",
        path.name,
        "Put the file in a folder, named after its table, for example labs.csv; or give a layout.",
    )


def _read_folder(
    folder: Path, scratch: Path, declared_encoding: str, progress: Progress, layout_file: Path | None
) -> Source:
    layout = read_layout(layout_file) if layout_file else Layout()
    spoken_for = {part.file for _, part in layout.parts}
    deliveries = [*laid_out_files(folder, layout), *named_files(folder, spoken_for)]
    tables, inputs = _read_deliveries(deliveries, layout, scratch, declared_encoding, progress)
    unused = list(unused_files(folder, {delivery.path for delivery in deliveries}))
    for path in dict.fromkeys(delivery.path for delivery in deliveries if _is_workbook(delivery.path)):
        taken = {part.sheet for _, part in layout.parts if part.file == path.name}
        more, _, sheets = read_workbook(path, READABLE, taken)
        tables = (*tables, *more)
        unused.extend(f"{path.name}, sheet {sheet}" for sheet in sheets)
    return _source_of(tables, (*inputs, *_layout_facts(layout_file)), tuple(unused), layout)


def _read_file_alone(
    path: Path, scratch: Path, declared_encoding: str, progress: Progress, layout_file: Path | None
) -> Source:
    """Read one file by its layout and, of a workbook, the sheets named after tables."""
    layout = read_layout(layout_file) if layout_file else Layout()
    deliveries = list(laid_out_parts(path, layout))
    tables, inputs = _read_deliveries(deliveries, layout, scratch, declared_encoding, progress)
    unused: tuple[str, ...] = ()
    if _is_workbook(path):
        progress(path.name, 0, 1)
        more, facts, sheets = read_workbook(path, READABLE, {part.sheet for _, part in layout.parts})
        tables, inputs = (*tables, *more), (facts,)
        unused = tuple(f"sheet {sheet}" for sheet in sheets)
    return _source_of(tables, (*inputs, *_layout_facts(layout_file)), unused, layout)


def _read_deliveries(
    deliveries: list[Delivery], layout: Layout, scratch: Path, declared_encoding: str, progress: Progress
) -> tuple[tuple[TextTable, ...], tuple[InputFile, ...]]:
    encoding = declared_encoding or layout.settings.get("encoding", "")
    tables: list[TextTable] = []
    inputs: dict[str, InputFile] = {}
    for done, delivery in enumerate(deliveries):
        progress(delivery.name, done, len(deliveries))
        table, facts = _read_file(delivery, scratch, encoding)
        encoding = encoding or _encoding_of(table)
        tables.append(reshape_table(table, delivery.layout) if delivery.layout else table)
        inputs[facts.name] = facts
    return tuple(tables), tuple(inputs.values())


def _source_of(
    tables: tuple[TextTable, ...], inputs: tuple[InputFile, ...], unused: tuple[str, ...], layout: Layout
) -> Source:
    return Source(
        tables=tuple(table for table in tables if table.table != CORRECTIONS),
        corrections=tuple(table for table in tables if table.table == CORRECTIONS),
        inputs=inputs,
        unused=unused,
        settings=layout.settings,
    )


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


def _read_file(delivery: Delivery, scratch: Path, declared_encoding: str) -> tuple[TextTable, InputFile]:
    path = delivery.path
    if path.suffix.casefold() in PACKED:
        plain = replace(delivery, path=unpack_gzip(path, scratch))
        table, _ = _read_file(plain, scratch, declared_encoding)
        return table, InputFile(delivery.name, path.stat().st_size, hash_file(path))
    if path.suffix.casefold() in COLUMNAR:
        return read_columnar(delivery)
    if path.suffix.casefold() in WORKBOOKS:
        return read_sheet_as(delivery)
    return read_delimited(delivery, declared_encoding)
