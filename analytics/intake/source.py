"""One door for files: a folder or archive of files named after the tables, or one workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics.errors import LayoutError, SourceError
from analytics.intake.archive import unpack_gzip, unpack_zip
from analytics.intake.columnar import hash_file, read_columnar
from analytics.intake.delimited import read_delimited
from analytics.intake.examine import clean_header
from analytics.intake.headers import Delivery
from analytics.intake.layout import LAYOUT_FILE, Layout, read_layout
from analytics.intake.readable import CORRECTIONS, READABLE
from analytics.intake.reshape import reshape_table
from analytics.intake.text_table import TextTable
from analytics.intake.workbook import read_sheet_as, read_workbook
from analytics.tables.registry import SHEET_ORDER
from analytics.tables.study import InputFile

DELIMITED = (".csv", ".tsv", ".txt")
COLUMNAR = (".parquet", ".arrow")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
PACKED = (".gz",)

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


def read_source(path: Path, declared_encoding: str, progress: Progress) -> Source:
    """Read a folder or a workbook; nothing is interpreted yet.

    Raises
    ------
    SourceError
        If the path is missing or a file in it cannot be read.
    LayoutError
        If no file or sheet is named after a table.
    """
    if not path.exists():
        raise SourceError("There is no such file or folder.", str(path), "Check the path.")
    with TemporaryDirectory() as scratch:
        source = _read_any(path, Path(scratch), declared_encoding, progress)
    if not source.tables:
        raise LayoutError(
            "Nothing here is named after a table.",
            path.name,
            f"Name the files or sheets {', '.join(SHEET_ORDER)}; patients is needed.",
        )
    return source


def _read_any(path: Path, scratch: Path, declared_encoding: str, progress: Progress) -> Source:
    """Read a folder, a zip archive of one, or a workbook; ``scratch`` is for what is unpacked."""
    suffix = path.suffix.casefold()
    if path.is_dir():
        return _read_folder(path, scratch, declared_encoding, progress)
    if suffix == ".zip":
        members = scratch / "members"
        members.mkdir()
        unpack_zip(path, members)
        source = _read_folder(members, scratch, declared_encoding, progress)
        archive = InputFile(path.name, path.stat().st_size, hash_file(path))
        return replace(source, inputs=(archive, *source.inputs))
    if suffix in WORKBOOKS:
        progress(path.name, 0, 1)
        tables, facts, unused = read_workbook(path, READABLE)
        return Source(
            tables=tuple(table for table in tables if table.table != CORRECTIONS),
            corrections=tuple(table for table in tables if table.table == CORRECTIONS),
            inputs=(facts,),
            unused=tuple(f"sheet {name}" for name in unused),
            settings={},
        )
    raise SourceError(
        "A source is a folder of tables, a .zip of one, or one workbook.",
        path.name,
        "Put the file in a folder, named after its table, for example labs.csv.",
    )


def _layout_of(path: Path) -> Layout:
    return read_layout(path) if path.exists() else Layout()


def _read_folder(folder: Path, scratch: Path, declared_encoding: str, progress: Progress) -> Source:
    layout = _layout_of(folder / LAYOUT_FILE)
    deliveries = [*_laid_out(folder, layout), *_deliveries(folder, {part.file for _, part in layout.parts})]
    encoding = declared_encoding or layout.settings.get("encoding", "")
    tables: list[TextTable] = []
    inputs: dict[str, InputFile] = {}
    for done, delivery in enumerate(deliveries):
        progress(delivery.name, done, len(deliveries))
        table, facts = _read_file(delivery, scratch, encoding)
        encoding = encoding or _encoding_of(table)
        tables.append(reshape_table(table, delivery.layout) if delivery.layout else table)
        inputs[facts.name] = facts
    used = {delivery.path for delivery in deliveries}
    return Source(
        tables=tuple(table for table in tables if table.table != CORRECTIONS),
        corrections=tuple(table for table in tables if table.table == CORRECTIONS),
        inputs=tuple(inputs.values()),
        unused=tuple(_unused(folder, used)),
        settings=layout.settings,
    )


def _laid_out(folder: Path, layout: Layout) -> Iterator[Delivery]:
    """Yield what the layout names."""
    for table, part in layout.parts:
        path = folder / part.file
        if not part.file or not path.is_file():
            raise LayoutError(f"The layout names a file «{part.file}», which is not there.", LAYOUT_FILE, "Correct it.")
        yield Delivery(path, part.file, table, frozenset(clean_header(name) for name in part.reported), part)


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


def _deliveries(folder: Path, spoken_for: set[str]) -> Iterator[Delivery]:
    """Yield the other files that hold a table: the study sheet, then the others in order, then by name.

    A table may come in parts: ``labs.csv``, ``labs-2024.csv``. The study sheet comes first because it may
    declare how the others are written.
    """
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name not in spoken_for)
    for table in ("study", *SHEET_ORDER[:-1], CORRECTIONS):
        for file in files:
            if _is_table_file(file) and table_of_file(file) == table:
                yield Delivery(file, file.name, table, READABLE[table])


def table_of_file(file: Path) -> str:
    """Return the table a file is named after; the part after a hyphen numbers the parts of a table.

    Examples
    --------
    >>> table_of_file(Path("Labs-2024.csv"))
    'labs'
    """
    stem = file.name.partition(".")[0]
    whole = clean_header(stem)
    return whole if whole in READABLE else clean_header(stem.partition("-")[0])


def _is_table_file(file: Path) -> bool:
    suffixes = [suffix.casefold() for suffix in file.suffixes]
    plain = suffixes[:-1] if suffixes[-1:] and suffixes[-1] in PACKED else suffixes
    return plain[-1:] != [] and plain[-1] in (*DELIMITED, *COLUMNAR)


def _unused(folder: Path, used: set[Path]) -> Iterator[str]:
    """Yield the names of files that look like tables but are named after none."""
    for file in sorted(folder.iterdir()):
        is_table = _is_table_file(file) or file.suffix.casefold() in WORKBOOKS
        if file.is_file() and is_table and file not in used:
            yield file.name
