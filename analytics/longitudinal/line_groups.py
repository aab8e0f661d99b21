"""Which courses make one line of therapy: combinations, sessions, restarts, and SSA carried along."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import LINES_PER_PATIENT

_IDS_OF_A_KIND = 2**50

_ASKED = (
    "pid", "treatment_key", "category", "line", "start", "open_end", "rank", "repeat_key", "is_procedure",
)  # fmt: skip


def _number(kind: int, number: pl.Expr) -> pl.Expr:
    """Return an id that lines of different kinds never share: stated, seeded, undated, SSA alone."""
    return number.cast(pl.Int64) + kind * _IDS_OF_A_KIND


def _is_same_patient() -> pl.Expr:
    return pl.col("pid").eq_missing(pl.col("pid").shift(1))


def _derive_seeds(courses: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Group dated courses other than SSA into lines; ``seed`` numbers the lines.

    A course joins the one before it when both overlap and start together (a combination), or when it
    repeats the same treatment within the pause allowed (a session or a restart).
    """
    together = (pl.col("start") - pl.col("start").shift(1)).dt.total_days() <= settings.combination_days
    overlaps = pl.col("start") <= pl.col("open_end").shift(1)
    pause = pl.duration(days=settings.retreatment_gap_days)
    repeats = pl.col("repeat_key").eq_missing(pl.col("repeat_key").shift(1)) & (
        (pl.col("start") - pause) <= pl.col("open_end").shift(1)
    )
    joins = _is_same_patient() & ((together & overlaps) | repeats)
    return courses.sort("pid", "start", "rank", "treatment_key").with_columns(
        seed=(~joins.fill_null(value=False)).cum_sum().cast(pl.Int64)
    )


def _derive_ssa_spells(courses: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Merge SSA courses into spells: escalation, change of SSA and short pauses are one spell.

    Returns the SSA courses with ``spell`` and ``spell_start``.
    """
    reach = pl.col("open_end").cum_max().over("pid").shift(1)
    pause = pl.duration(days=settings.retreatment_gap_days)
    goes_on = _is_same_patient() & ((pl.col("start") - pause) <= reach)
    return (
        courses.filter((pl.col("category") == "SSA") & pl.col("start").is_not_null())
        .sort("pid", "start", "treatment_key")
        .with_columns(spell=(~goes_on.fill_null(value=False)).cum_sum().cast(pl.Int64))
        .with_columns(spell_start=pl.col("start").min().over("spell"))
    )


def _select_spells_with_partner(spells: pl.DataFrame, partners: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the spells started together with, during or soon after a drug line: they join it."""
    lines = (
        partners.filter(~pl.col("is_procedure"))
        .group_by("pid", "line_id")
        .agg(line_start=pl.col("start").min(), line_end=pl.col("open_end").max())
    )
    begins_early = pl.col("line_start") <= pl.col("spell_start") + pl.duration(days=settings.combination_days)
    # a far-future end must not be moved beyond the calendar: the days are taken off the other side
    still_acts = pl.col("spell_start") - pl.duration(days=settings.maintenance_days) <= pl.col("line_end")
    return (
        spells.select("pid", "spell", "spell_start")
        .unique("spell")
        .join(lines, on="pid")
        .filter(begins_early & still_acts)
        .select("spell")
        .unique()
    )


def derive_line_members(courses: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Give every course that makes a line its ``line_id``; SSA courses that only join one are left out.

    Numbers typed in ``treatments.line`` are kept: courses of a patient with one number are one line.
    Undated courses without a number are lines of their own, since nothing says what they overlap.
    """
    is_stated, is_dated, is_ssa = (
        pl.col("line").is_not_null(),
        pl.col("start").is_not_null(),
        pl.col("category") == "SSA",
    )
    # what the courses say beside is looked up when their lines are known
    asked = courses.select(_ASKED).with_row_index("place")
    stated = asked.filter(is_stated).with_columns(
        line_id=_number(0, pl.col("pid").cast(pl.Int64) * LINES_PER_PATIENT + pl.col("line")), stated_no="line"
    )
    unstated = asked.filter(~is_stated)
    seeded = _derive_seeds(unstated.filter(is_dated & ~is_ssa), settings).with_columns(
        line_id=_number(1, pl.col("seed"))
    )
    undated = unstated.filter(~is_dated).with_columns(line_id=_number(2, pl.col("treatment_key")))
    making = pl.concat([stated, seeded, undated], how="diagonal")
    spells = _derive_ssa_spells(unstated, settings)
    partners = making.filter(is_dated & ~is_ssa).select("pid", "line_id", "start", "open_end", "is_procedure")
    joined = _select_spells_with_partner(spells, partners, settings)
    alone = spells.join(joined, on="spell", how="anti").with_columns(line_id=_number(3, pl.col("spell")))
    members = pl.concat([making, alone], how="diagonal").select("place", "line_id", "stated_no")
    return courses[members["place"]].with_columns(members.select("line_id", "stated_no"))
