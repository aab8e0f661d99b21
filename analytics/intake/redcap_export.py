"""What an export of REDCap shows: its columns, its repeating forms, what stands in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analytics.errors import LayoutError
from analytics.intake.delimited import read_delimited
from analytics.intake.deliveries import DELIMITED
from analytics.intake.examine import clean_header
from analytics.intake.headers import Delivery
from analytics.intake.redcap_fields import FIELD, FORM, LABEL, REPEAT, plain_label
from analytics.intake.unreadable import naming_the_file


@dataclass(frozen=True, slots=True)
class Export:
    """What the exported file itself shows: its name, its columns, its repeating forms, its texts by column.

    ``repeating`` has for each repeating form what the export calls it: its name, or in an export of labels its label.
    ``several`` are the columns that are filled in several rows of one record, ``shared`` the tables of several forms.
    """

    name: str
    record: str
    columns: tuple[str, ...]
    repeating: Mapping[str, str]
    texts: Mapping[str, frozenset[str]]
    several: frozenset[str]
    shared: frozenset[str] = frozenset()

    def has(self, field: str) -> bool:
        """Say whether a field, or a box of it, was exported."""
        name = clean_header(field)
        return name in self.columns or any(column.startswith(f"{name}___") for column in self.columns)


def find_export(export: Path, dictionary: Path) -> Path:
    """Return the export itself, where its folder was given.

    Raises
    ------
    LayoutError
        If the folder holds none, or several files that may be it.
    """
    if not export.is_dir():
        return export
    found = [
        file
        for file in sorted(export.iterdir())
        if file.suffix.casefold() in DELIMITED and file.resolve() != dictionary.resolve()
    ]
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise LayoutError(
            f"This folder does not show which file is the export; it holds {names}.",
            str(export),
            f"Name the file: lutetia check EXPORT.csv --redcap-dictionary {dictionary.name}.",
        )
    return found[0]


def look_at(export: Path, record: str, encoding: str) -> Export:
    """Return what an export shows, of which the field ``record`` names the records."""
    columns, rows = read_rows(export, encoding)
    texts = {name: frozenset(row[name] for row in rows) - {""} for name in columns}
    repeating = {clean_header(text): text for text in texts.get(REPEAT, frozenset())}
    id_column = clean_header(record)
    filled = Counter((row.get(id_column, ""), name) for row in rows for name, text in row.items() if text)
    several = frozenset(name for (_, name), times in filled.items() if times > 1)
    return Export(export.name, record, columns, repeating, texts, several)


def refuse_labels(fields: list[dict[str, str]], export: Export) -> None:
    """Refuse an export whose header has the labels of the fields.

    Raises
    ------
    LayoutError
        Saying which export is needed.
    """
    names = {clean_header(field[FIELD]) for field in fields}
    unseen = [field for field in fields if not export.has(field[FIELD])]
    labels = {clean_header(plain_label(field.get(LABEL, ""))) for field in unseen} - names - {""}
    if labels & set(export.columns):
        raise LayoutError(
            "The header of this export has the labels of the fields and not their names.",
            export.name,
            "Export the project again as raw data, with the names of the variables.",
        )


def read_rows(path: Path, encoding: str) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """Return the columns of a dictionary or an export by their cleaned names, and its rows."""
    delivery = Delivery(path, path.name, "", frozenset({FIELD, FORM, REPEAT}))
    with naming_the_file(path.name):
        table, _ = read_delimited(delivery, encoding)
    rows = table.rows.select(table.header).iter_rows()
    columns = tuple(map(clean_header, table.header))
    return columns, [dict(zip(columns, (str(cell or "").strip() for cell in row), strict=True)) for row in rows]
