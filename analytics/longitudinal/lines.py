"""Lines of therapy: the unit of analysis, from treatments and cycles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.courses import derive_courses
from analytics.longitudinal.covariates import derive_covariates
from analytics.longitudinal.keys import is_first_of, sort_by_line
from analytics.longitudinal.line_groups import derive_line_members
from analytics.tables.derived import Lines
from analytics.tables.results import IntArray


def _select_single(alone: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of one course, which is what `_reduce_courses` makes of it."""
    return alone.select(
        "line_id", "pid", "patient_id", "treatment", "stated_no", "is_procedure", "treatment_key", "n_cycles",
        pl.col("cumulative_activity_gbq").round(6),
        "start", "start_lo", "start_hi", "start_precision", "_file", "_row", "open_end", "is_ongoing", "stop_reason",
        end_date="end",
    )  # fmt: skip


def _reduce_courses(members: pl.DataFrame) -> pl.DataFrame:
    """Reduce the courses of each line to one row; dates are those of the part that names the line."""
    leads = (pl.col("category") != "SSA") | (pl.col("treatment").first().over("line_id") == "SSA")
    ordered = members.sort("line_id", "rank", "start", "treatment_key", nulls_last=True)
    leading = ordered.filter(leads).sort("line_id", "start", "rank", "treatment_key", nulls_last=True)
    dates = leading.group_by("line_id").agg(
        pl.col("start", "start_lo", "start_hi", "start_precision").first(),
        pl.col("_file", "_row").first(),
        pl.col("open_end").max(),
        pl.when(pl.col("end").null_count() == 0).then(pl.col("end").max()).alias("end_date"),
        pl.col("is_ongoing").any(),
        # why it ended is why its last part did: a part that was changed for another did not end the line
        pl.col("stop_reason").sort_by("open_end", pl.col("stop_reason").is_not_null(), maintain_order=True).last(),
    )
    lacks_activity = (
        (pl.col("category") == "PRRT") & (pl.col("n_cycles") > 0) & pl.col("cumulative_activity_gbq").is_null()
    )
    sums = ordered.group_by("line_id").agg(
        pl.col("pid", "patient_id", "treatment").first(),
        pl.col("stated_no").first(),
        pl.col("is_procedure").all(),
        pl.col("treatment_key").min(),
        pl.col("n_cycles").sum(),
        pl.when(pl.col("cumulative_activity_gbq").is_not_null().any() & ~lacks_activity.any())
        # to the kilobecquerel, so that the order of adding up leaves no trace
        .then(pl.col("cumulative_activity_gbq").sum().round(6))
        .alias("cumulative_activity_gbq"),
    )
    return sums.join(dates, on="line_id")


def _derive_line_rows(members: pl.DataFrame) -> pl.DataFrame:
    """Return one row a line; most lines have one course, and are taken as they are."""
    is_together = members["line_id"].is_duplicated()
    alone = _select_single(members.filter(~is_together))
    together = _reduce_courses(members.filter(is_together))
    return pl.concat([alone, together.select(alone.columns)])


def _number_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Number the lines of each patient: as typed where every line has a number, else by start.

    The next line is the next one to start; an undated line cannot end observation.
    """
    ordered = lines.sort("pid", "start", "stated_no", "treatment_key", nulls_last=True)
    place = pl.int_range(pl.len())
    by_start = place - pl.when(is_first_of("pid")).then(place).forward_fill() + 1
    unstated = ordered.filter(pl.col("stated_no").is_null())["pid"].unique()
    all_stated = ~pl.col("pid").is_in(unstated.implode())
    same_patient = pl.col("pid") == pl.col("pid").shift(-1)
    return ordered.with_columns(
        line_no=pl.when(all_stated).then("stated_no").otherwise(by_start).cast(pl.Int32),
        next_line_date=pl.when(same_patient).then(pl.col("start").shift(-1)),
    ).with_columns(prior_lines=pl.col("line_no") - 1)


def _select_overlapping(lines: pl.DataFrame, courses: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the SSA given during each line or as its maintenance, as ``line`` (its place) and ``treatment_key``."""
    reach = pl.when(pl.col("is_procedure")).then(0).otherwise(settings.maintenance_days)
    begins_within = pl.col("ssa_start") - pl.duration(days=reach) <= pl.col("open_end")
    begins_before_next = (pl.col("ssa_start") < pl.col("next_line_date")).fill_null(value=True)
    ssa = courses.filter(pl.col("category") == "SSA").select(
        "pid", "treatment_key", ssa_start="start", ssa_end="open_end"
    )
    return (
        lines.lazy()
        .with_row_index("line")
        .filter(pl.col("treatment") != "SSA")
        .select("line", "pid", "start", "open_end", "is_procedure", "next_line_date")
        .join(ssa.lazy(), on="pid")
        .filter(begins_within & begins_before_next & (pl.col("ssa_end") >= pl.col("start")))
        .select("line", "treatment_key")
        .collect()
    )


def _list_parts(lines: pl.DataFrame, members: pl.DataFrame, overlapping: pl.DataFrame) -> tuple[IntArray, IntArray]:
    """Return the places of lines and the keys of the treatments that are part of each, in order."""
    places = lines.select("line_id").with_row_index("line")
    own = members.select("line_id", "treatment_key").join(places, on="line_id").select("line", "treatment_key")
    parts = pl.concat([own, overlapping])
    n_treatments = 1 + int(parts["treatment_key"].to_numpy().max(initial=0))
    # line and treatment as one number: texts are looked up when little is left to do
    key = parts.select(pl.col("line").cast(pl.Int64) * n_treatments + pl.col("treatment_key")).to_series()
    return np.divmod(key.unique().sort().to_numpy(), n_treatments)


def _derive_parts(
    lines: pl.DataFrame, members: pl.DataFrame, courses: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return the agents and treatment ids of each line, with the SSA given during it or as its maintenance.

    ``courses`` are in the order of ``treatment_key``.
    """
    line, treatment_key = _list_parts(lines, members, _select_overlapping(lines, courses, settings))
    course = np.searchsorted(courses["treatment_key"].to_numpy(), treatment_key)
    is_ssa_line = (lines["treatment"] == "SSA").to_numpy()[line]
    all_parts = (
        courses.select("treatment_id", agent=pl.coalesce("agent", "category"), is_ssa=pl.col("category") == "SSA")[
            course
        ]
        .with_columns(line=pl.Series(line), is_ssa_line=pl.Series(is_ssa_line))
        .with_columns(is_added_ssa=pl.col("is_ssa") & ~pl.col("is_ssa_line"))
    )
    is_alone = is_first_of("line") & is_first_of("line").shift(-1, fill_value=True)
    alone = all_parts.filter(is_alone).select(
        "line",
        agents="agent",
        treatment_ids=pl.concat_list("treatment_id"),
        has_concurrent_ssa="is_added_ssa",
    )
    several = all_parts.filter(~is_alone)
    agents = several.select("line", "agent").unique().sort("line", "agent")
    together = pl.concat(
        [
            # texts of a list are joined in a fifth of the time those of a group are
            agents.group_by("line", maintain_order=True)
            .agg(agents="agent")
            .with_columns(pl.col("agents").list.join(" + ")),
            several.group_by("line", maintain_order=True)
            .agg(treatment_ids="treatment_id", has_concurrent_ssa=pl.col("is_added_ssa").any())
            .drop("line"),
        ],
        how="horizontal",
    )
    return pl.concat([alone, together]).sort("line").drop("line")


def derive_lines(tables: Mapping[str, pl.LazyFrame], settings: Settings) -> pl.LazyFrame:
    """Derive the treatment lines of every patient.

    PRRT with an SSA is one line, an SSA carried through or escalated is none, and neither are
    bone-protecting or symptomatic drugs and palliative radiotherapy of a painful site. A number typed in
    ``treatments.line`` is respected. Time zero is the first administration: for PRRT the first cycle.

    Parameters
    ----------
    tables
        Accepted tables by name; ``treatments``, ``cycles``, ``patients``, ``diagnoses`` and ``pathology``
        are read.
    settings
        ``combination_days``, ``maintenance_days`` and ``retreatment_gap_days`` decide what joins.

    Returns
    -------
    pl.LazyFrame
        Schema ``derived.Lines``, sorted by (pid, line_no); undated lines have a null start.
    """
    courses = derive_courses(tables, settings)
    members = derive_line_members(courses, settings)
    lines = _number_lines(_derive_line_rows(members))
    parts = _derive_parts(lines, members, courses, settings)
    named = pl.concat([lines, parts], how="horizontal").rename({"start": "start_date", "_file": "file", "_row": "row"})
    return (
        derive_covariates(named, tables, settings)
        .select(pl.col(name).cast(column.dtype) for name, column in Lines.columns().items())
        .pipe(sort_by_line)
        .lazy()
    )
