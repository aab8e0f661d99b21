"""How far a peer agrees with the core: row by row, in every column both have."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

ALIKE = 1e-9
"""Two numbers closer than this share of their size are the same: sums are added up in another order."""

KEYS: dict[str, list[str]] = {
    "lines": ["pid", "line_no"],
    "marker_values": ["pid", "line_no", "file", "row"],
    "marker_responses": ["pid", "line_no"],
    "recist": ["pid", "line_no", "file", "row"],
    "times": ["pid", "line_no", "endpoint"],
}
"""The tables compared, and what names a row of each."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of the rows of either side are on both and equal, in how many columns, and where they are not."""

    n_rows: int
    n_equal: int
    n_columns: int
    missing: tuple[str, ...]
    differing: tuple[str, ...]

    def __str__(self) -> str:
        every = self.n_equal == self.n_rows
        share = "all" if every else f"{100 * self.n_equal / self.n_rows:.3f} %"
        said = f"{share} of {self.n_rows:,} rows equal in {self.n_columns} columns"
        if self.missing:
            said += f"; not derived: {', '.join(self.missing)}"
        if self.differing:
            said += f"; at times different: {', '.join(self.differing)}"
        return said


def _are_equal(name: str, kind: pl.DataType) -> pl.Expr:
    ours, theirs = pl.col(name), pl.col(f"{name}_theirs")
    if not kind.is_float():
        return ours.eq_missing(theirs)
    return ours.eq_missing(theirs) | ((ours - theirs).abs() <= ALIKE * ours.abs()).fill_null(value=False)


def compare(table: str, ours: pl.DataFrame, theirs: pl.DataFrame) -> Agreement:
    """Compare one of the tables of ``KEYS``."""
    key = KEYS[table]
    columns = [name for name in ours.columns if name in theirs.columns and name not in key]
    typed = theirs.select(pl.col(name).cast(ours[name].dtype) for name in (*key, *columns))
    both = ours.select(*key, *columns, is_ours=True).join(
        typed.with_columns(is_theirs=True), on=key, how="full", coalesce=True, suffix="_theirs"
    )
    is_both = pl.col("is_ours").fill_null(value=False) & pl.col("is_theirs").fill_null(value=False)
    equal = both.select(is_both.alias("is_both"), *(_are_equal(name, ours[name].dtype).alias(name) for name in columns))
    found = equal.filter("is_both").select(pl.col(columns).all())
    return Agreement(
        n_rows=both.height,
        n_equal=equal.select(pl.all_horizontal(pl.all()).sum()).item(),
        n_columns=len(columns),
        missing=tuple(name for name in ours.columns if name not in theirs.columns),
        differing=tuple(name for name in columns if not found[name].item()),
    )
