"""One door for files: a folder of CSV or Parquet files named after the tables, or one workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analytics.errors import LayoutError, SourceError
from analytics.intake.columnar import read_columnar
from analytics.intake.delimited import Delivery, read_delimited
from analytics.intake.examine import clean_header
from analytics.intake.text_table import TextTable
from analytics.intake.workbook import read_workbook
from analytics.tables.columns import facts_of
from analytics.tables.registry import SHEET_ORDER, SOURCE_TABLES
from analytics.tables.study import InputFile

DELIMITED = (".csv", ".tsv", ".txt")
COLUMNAR = (".parquet", ".arrow")
WORKBOOKS = (".xlsx",)

KNOWN_COLUMNS: dict[str, frozenset[str]] = {name: frozenset(facts_of(schema)) for name, schema in SOURCE_TABLES.items()}
"""The columns of every source table, by table."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of how many are done."""


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was read: the tables as text, the files' facts, and the names that fit no table."""

    tables: tuple[TextTable, ...]
    inputs: tuple[InputFile, ...]
    unused: tuple[str, ...]


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
    if path.is_dir():
        source = _read_folder(path, declared_encoding, progress)
    elif path.suffix.casefold() in WORKBOOKS:
        progress(path.name, 0, 1)
        tables, facts, unused = read_workbook(path, KNOWN_COLUMNS)
        source = Source(tables, (facts,), tuple(f"sheet {name}" for name in unused))
    else:
        raise SourceError(
            "A source is a folder of tables or one .xlsx workbook.",
            path.name,
            "Put the file in a folder, named after its table, for example labs.csv.",
        )
    if not source.tables:
        raise LayoutError(
            "Nothing here is named after a table.",
            path.name,
            f"Name the files or sheets {', '.join(SHEET_ORDER)}; patients is needed.",
        )
    return source


def _read_folder(folder: Path, declared_encoding: str, progress: Progress) -> Source:
    deliveries = list(_deliveries(folder))
    tables: list[TextTable] = []
    inputs: list[InputFile] = []
    for done, delivery in enumerate(deliveries):
        progress(delivery.name, done, len(deliveries))
        if delivery.path.suffix.casefold() in DELIMITED:
            table, facts = read_delimited(delivery, declared_encoding)
        else:
            table, facts = read_columnar(delivery)
        tables.append(table)
        inputs.append(facts)
    used = {delivery.path for delivery in deliveries}
    return Source(tuple(tables), tuple(inputs), tuple(_unused(folder, used)))


def _deliveries(folder: Path) -> Iterator[Delivery]:
    """Yield the files that hold a table, in the order of the tables, then of their names.

    A table may come in parts: ``labs.csv``, ``labs-2024.csv``.
    """
    files = sorted(file for file in folder.iterdir() if file.is_file())
    for table in SHEET_ORDER:
        for file in files:
            is_table = file.suffix.casefold() in (*DELIMITED, *COLUMNAR)
            if is_table and table_of_file(file) == table:
                yield Delivery(file, file.name, table, KNOWN_COLUMNS[table])


def table_of_file(file: Path) -> str:
    """Return the table a file is named after; the part after a hyphen numbers the parts of a table.

    Examples
    --------
    >>> table_of_file(Path("Labs-2024.csv"))
    'labs'
    """
    whole = clean_header(file.stem)
    return whole if whole in SOURCE_TABLES else clean_header(file.stem.partition("-")[0])


def _unused(folder: Path, used: set[Path]) -> Iterator[str]:
    """Yield the names of files that look like tables but are named after none."""
    for file in sorted(folder.iterdir()):
        is_table = file.suffix.casefold() in (*DELIMITED, *COLUMNAR, *WORKBOOKS)
        if file.is_file() and is_table and file not in used:
            yield file.name
