"""Layout: how a hospital's own files, columns and codes become the tables, written in TOML by a person."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analytics.catalogue.settings import Settings
from analytics.errors import LayoutError
from analytics.intake.codes import nearest
from analytics.intake.examine import clean_header
from analytics.intake.possible_settings import name_marks, refuse_impossible
from analytics.intake.readable import KNOWN_COLUMNS

LAYOUT_FILE = "layout.toml"

WRITTEN = ("date_form", "decimal_mark", "thousands_mark")
"""The settings that a file may have of its own."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WideColumn(_Strict):
    """One measured column of a wide table: each filled cell becomes a row.

    ``column`` is the hospital's column, ``into`` the table's column its cells go to, ``constants`` what else
    the rows say, for example analyte and unit.
    """

    column: str
    into: str = "value_text"
    constants: dict[str, str] = Field(default_factory=dict)


class TableLayout(_Strict):
    """Where the rows of one table come from.

    Attributes
    ----------
    file, sheet
        File of the source folder, or sheet of the workbook.
    columns
        Column of the table → column of the hospital.
    constants
        Column of the table → what every row says there.
    codes
        Column of the table → (code of the hospital → code of the table).
    joined
        Column of the table → columns of the hospital whose texts make it up, with a blank between.
    ticked
        Column of the table → (column of the hospital, a box to tick → the code it stands for).
    missing
        Texts that mean a cell is empty, for example "-99"; of the whole layout and of this table.
    written
        How this file alone writes dates and numbers: ``date_form``, ``decimal_mark``, ``thousands_mark``.
    where
        Column of the hospital → the value a row must have to belong to this table.
    filled, any_filled
        Columns of the hospital that must be filled, or of which one must be, for a row to belong to this table.
    wide
        Measured columns of which each becomes rows of its own.
    """

    file: str = ""
    sheet: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    joined: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    ticked: dict[str, dict[str, str]] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    written: dict[str, str] = Field(default_factory=dict)
    where: dict[str, str] = Field(default_factory=dict)
    filled: tuple[str, ...] = ()
    any_filled: tuple[str, ...] = ()
    wide: tuple[WideColumn, ...] = ()

    @property
    def known(self) -> frozenset[str]:
        """Return the columns of the hospital this layout names, cleaned, to find the header by."""
        return frozenset(clean_header(name) for name in self.reported)

    @property
    def reported(self) -> frozenset[str]:
        """Return every column of the hospital this layout names."""
        wide = (entry.column for entry in self.wide)
        parts = (column for columns in (*self.joined.values(), *self.ticked.values()) for column in columns)
        return frozenset((*self.columns.values(), *parts, *self.where, *self.filled, *self.any_filled, *wide))

    @property
    def filled_once(self) -> tuple[str, ...]:
        """Return our columns that every row of the file fills, each as often as the layout says what is in it."""
        return (*self.columns, *self.constants, *self.joined, *self.ticked)

    @property
    def takes_some_rows(self) -> bool:
        """Return whether only some rows of the file belong to this table."""
        return bool(self.where or self.filled or self.any_filled)


class Layout(_Strict):
    """A whole layout: settings of the source, and its tables; a table may come from several files.

    ``name`` is the file it was read from, for messages.
    """

    name: str = LAYOUT_FILE
    settings: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    tables: dict[str, TableLayout | tuple[TableLayout, ...]] = Field(default_factory=dict)

    @property
    def parts(self) -> tuple[tuple[str, TableLayout], ...]:
        """Return (table, layout) of every file or sheet to read."""
        return tuple(
            (table, _with_marks(part, self.name).model_copy(update={"missing": (*self.missing, *part.missing)}))
            for table, entry in self.tables.items()
            for part in (entry if isinstance(entry, tuple) else (entry,))
        )


def read_layout(path: Path) -> Layout:
    """Read a layout and check that it names tables and columns that exist.

    Raises
    ------
    LayoutError
        Naming the line or the entry that is wrong.
    """
    try:
        layout = Layout.model_validate(tomllib.loads(path.read_text(encoding="utf-8")) | {"name": path.name})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LayoutError(f"The layout is not TOML ({error}).", path.name, "Look at that line.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise LayoutError(f"The entry {place} is wrong ({first['msg']}).", path.name, "See docs/layouts.md.") from None
    for table, part in layout.parts:
        _check_part(table, part, path.name)
    return layout


def _with_marks(part: TableLayout, name: str) -> TableLayout:
    """Return the layout of a table with the marks of its file as marks, where it says how that is written.

    Raises
    ------
    LayoutError
        If it says anything else there.
    SettingsError
        If a mark or form is none.
    """
    other = next((setting for setting in part.written if setting not in WRITTEN), None)
    if other is not None:
        hint = f"Use {', '.join(WRITTEN)}; other settings hold for all files."
        raise LayoutError(f"How a file is written is not said by «{other}».", name, hint)
    settings = name_marks(Settings().with_changes(part.written, name))
    refuse_impossible(settings)
    return part.model_copy(update={"written": {setting: getattr(settings, setting) for setting in part.written}})


def _check_part(table: str, part: TableLayout, name: str) -> None:
    if table not in KNOWN_COLUMNS:
        raise LayoutError(
            f"There is no table «{table}».{nearest(table, frozenset(KNOWN_COLUMNS))}", name, "Correct it."
        )
    wide = (column for entry in part.wide for column in (entry.into, *entry.constants))
    for column in (*part.filled_once, *part.codes, *wide):
        if column not in KNOWN_COLUMNS[table]:
            near = nearest(column, KNOWN_COLUMNS[table])
            raise LayoutError(f"Table {table} has no column «{column}».{near}", name, "Correct the layout.")
    for column in (*part.joined, *part.ticked):
        if not part.joined.get(column, part.ticked.get(column)):
            raise LayoutError(f"Nothing is named that makes up «{column}» of {table}.", name, "Name its columns.")
    twice = next((column for column, n in Counter(part.filled_once).items() if n > 1), "") or next(
        (entry.into for entry in part.wide if entry.into in (*part.filled_once, *entry.constants)), ""
    )
    if twice:
        raise LayoutError(
            f"The layout of {table} says twice what is in «{twice}».",
            name,
            "Name it once, under columns, constants, joined, ticked or wide.",
        )
    filled = {*part.columns, *(entry.into for entry in part.wide)}
    idle = next((column for column in part.codes if column not in filled), "")
    if idle:
        hint = "Name its column under columns or wide; constants, joined and ticked are codes of ours already."
        raise LayoutError(f"The codes of «{idle}» of {table} translate no column.", name, hint)
    if not part.file and not part.sheet:
        raise LayoutError(f"The layout of {table} names no file and no sheet.", name, 'Write file = "…".')
