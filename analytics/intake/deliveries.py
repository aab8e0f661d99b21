"""Which file or sheet holds which table: by its name, or as a layout says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analytics.errors import LayoutError
from analytics.intake.examine import clean_header
from analytics.intake.headers import Delivery
from analytics.intake.layout import LAYOUT_FILE, Layout
from analytics.intake.readable import CORRECTIONS, READABLE
from analytics.tables.registry import SHEET_ORDER

DELIMITED = (".csv", ".tsv", ".txt")
COLUMNAR = (".parquet", ".arrow")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
PACKED = (".gz",)


def find_layout(source: Path, given: Path | None) -> Path | None:
    """Return the layout of a source: the one given, else ``layout.toml`` in the folder.

    Beside a file ``registry.xlsx`` it is ``registry.layout.toml``.

    Raises
    ------
    LayoutError
        If the layout given is not there.
    """
    if given is not None:
        if not given.is_file():
            raise LayoutError("There is no such layout.", str(given), "Check the path.")
        return given
    beside = source / LAYOUT_FILE if source.is_dir() else source.with_name(f"{source.stem}.{LAYOUT_FILE}")
    return beside if beside.is_file() else None


def laid_out_files(folder: Path, layout: Layout) -> Iterator[Delivery]:
    """Yield what the layout names of a folder.

    Raises
    ------
    LayoutError
        If a file it names is not there.
    """
    for table, part in layout.parts:
        path = folder / part.file
        if not part.file or not path.is_file():
            raise LayoutError(f"The layout names a file «{part.file}», which is not there.", layout.name, "Correct it.")
        yield Delivery(path, part.file, table, part.known, part)


def laid_out_parts(file: Path, layout: Layout) -> Iterator[Delivery]:
    """Yield what the layout names of one file; an entry may leave the file's name out.

    Raises
    ------
    LayoutError
        If it names another file.
    """
    for table, part in layout.parts:
        if part.file not in ("", file.name):
            raise LayoutError(
                f"The layout names a file «{part.file}», but the source is «{file.name}».",
                layout.name,
                "Give the folder of both as source, or correct the layout.",
            )
        yield Delivery(file, file.name, table, part.known, part)


def named_files(folder: Path, spoken_for: set[str]) -> Iterator[Delivery]:
    """Yield the files named after a table: the study sheet, then the others in order, then by name.

    A table may come in parts: ``labs.csv``, ``labs-2024.csv``. The study sheet comes first because it may
    declare how the others are written.
    """
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name not in spoken_for)
    for table in ("study", *SHEET_ORDER[:-1], CORRECTIONS):
        for file in files:
            if is_table_file(file) and table_of_file(file) == table:
                yield Delivery(file, file.name, table, READABLE[table])


def unused_files(folder: Path, used: set[Path]) -> Iterator[str]:
    """Yield the names of files that no table comes from, and of folders of such files; hidden ones are none of ours."""
    for file in sorted(folder.iterdir()):
        if file.name.startswith((".", "__")):
            continue
        if file.is_file() and file not in used:
            yield file.name
        elif file.is_dir() and _holds_tables(file, used):
            yield f"{file.name}/"


def _holds_tables(folder: Path, used: set[Path]) -> bool:
    """Return whether a folder holds files that tables could be read from and none is; a study store holds none."""
    if (folder / "CURRENT").is_file() or any(folder in path.parents for path in used):
        return False
    return any(_may_be_table(file) for file in folder.rglob("*"))


def _may_be_table(file: Path) -> bool:
    is_named = is_table_file(file) and table_of_file(file) in READABLE
    return is_named or file.suffix.casefold() in WORKBOOKS


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


def is_table_file(file: Path) -> bool:
    """Return whether a file, packed or not, is of a format that holds one table."""
    suffixes = [suffix.casefold() for suffix in file.suffixes]
    plain = suffixes[:-1] if suffixes[-1:] and suffixes[-1] in PACKED else suffixes
    return plain[-1:] != [] and plain[-1] in (*DELIMITED, *COLUMNAR)
