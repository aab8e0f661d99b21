"""Text cells that a spreadsheet cannot mistake for formulas.

A text cell is prefixed with an apostrophe when, after spaces, byte-order marks and control characters, it starts
with ``=``, ``+``, ``-``, ``@``, ``|`` or ``%`` (also in full width), or when it starts with a tab or a carriage
return. Columns of numbers and dates are never touched, so that -38.2 stays a number.
"""

from __future__ import annotations

import polars as pl

_STARTS_A_FORMULA = r"^(?:[\t\r]|[\s\x00-\x1f\x7f\x{feff}]*[=+\-@|%＝＋－＠｜％])"


def disarm_texts(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with the text cells that start a formula prefixed; categories become texts."""
    text = pl.col(pl.String, pl.Categorical).cast(pl.String)
    return table.with_columns(
        pl.when(text.str.contains(_STARTS_A_FORMULA)).then("'" + text).otherwise(text).name.keep()
    )
