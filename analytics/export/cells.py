"""Tables as CSV that a spreadsheet cannot mistake for formulas.

A text cell is prefixed with an apostrophe when, after spaces, byte-order marks and control characters, it starts
with ``=``, ``+``, ``-``, ``@``, ``|`` or ``%`` (also in full width), or when it starts with a tab or a carriage
return. Columns of numbers and dates are never touched, so that -38.2 stays a number.
"""

from __future__ import annotations

import polars as pl

from analytics.tables.relative_days import count_days

_STARTS_A_FORMULA = r"^(?:[\t\r]|[\s\x00-\x1f\x7f\x{feff}]*[=+\-@|%＝＋－＠｜％])"


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
    return flat.with_columns(_disarm(pl.col(pl.String, pl.Categorical).cast(pl.String))).write_csv().encode("utf-8")


def _disarm(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_STARTS_A_FORMULA)).then("'" + text).otherwise(text).name.keep()
