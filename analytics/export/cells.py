"""Tables as CSV that a spreadsheet cannot mistake for formulas."""

from __future__ import annotations

import polars as pl

from analytics.tables.relative_days import count_days
from analytics.tables.safe_cells import disarm_texts


def table_as_csv(table: pl.DataFrame) -> bytes:
    """Return the table as CSV (UTF-8, comma, point, line feed); missing and NaN are empty cells.

    Days that stand for counts from an anchor leave as the counts.
    """
    flat = count_days(table).with_columns(
        *(
            pl.col(name).cast(pl.List(pl.String)).list.join(";")
            for name, kind in table.schema.items()
            if isinstance(kind, pl.List)
        ),
        *(pl.col(name).fill_nan(None) for name, kind in table.schema.items() if kind.is_float()),
    )
    return disarm_texts(flat).write_csv().encode("utf-8")
