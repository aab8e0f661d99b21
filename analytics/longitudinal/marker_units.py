"""Marker units: a treatment line and a marker as one integer, in the order of patient, line and marker."""

from __future__ import annotations

import polars as pl

from analytics.longitudinal.keys import compute_line_key
from analytics.longitudinal.series import MARKERS

UNIT_ANALYTES: tuple[str, ...] = tuple(sorted(MARKERS))


def compute_unit_key() -> pl.Expr:
    """Return (pid, line_no, analyte) as one Int64."""
    place = pl.col("analyte").cast(pl.Enum(UNIT_ANALYTES)).to_physical().cast(pl.Int64)
    return compute_line_key() * len(UNIT_ANALYTES) + place


def is_unit_of(analyte: str) -> pl.Expr:
    """Return whether ``unit_key`` is of the marker ``analyte``."""
    return pl.col("unit_key") % len(UNIT_ANALYTES) == UNIT_ANALYTES.index(analyte)
