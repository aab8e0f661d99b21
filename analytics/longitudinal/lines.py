"""Lines of therapy: the unit of analysis, from treatments and cycles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.coded_texts import few_texts
from analytics.longitudinal.courses import derive_courses
from analytics.longitudinal.covariates import derive_covariates
from analytics.longitudinal.keys import is_first_of, sort_by_line
from analytics.longitudinal.line_groups import derive_line_members
from analytics.longitudinal.line_rows import derive_line_rows
from analytics.longitudinal.runs import as_index, differs_from_before, list_places
from analytics.tables.derived import Lines
from analytics.tables.results import IntArray


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


def _find_overlapping(lines: pl.DataFrame, courses: pl.DataFrame, settings: Settings) -> tuple[IntArray, IntArray]:
    """Return the SSA given during each line or as its maintenance: places of lines and keys of treatments."""
    ssa = courses.select("pid", "treatment_key", ssa_start="start", ssa_end="open_end").filter(
        courses["category"] == "SSA"
    )
    others = np.flatnonzero((lines["treatment"] != "SSA").to_numpy())
    # both are in the order of patients
    patient, asked = ssa["pid"].to_numpy(), lines["pid"].to_numpy()[others]
    begin = np.searchsorted(patient, asked, side="left")
    lengths = np.searchsorted(patient, asked, side="right") - begin
    course, line = list_places(begin, lengths), np.repeat(others, lengths)
    reach = pl.when(pl.col("is_procedure")).then(0).otherwise(settings.maintenance_days)
    begins_within = pl.col("ssa_start") - pl.duration(days=reach) <= pl.col("open_end")
    begins_before_next = (pl.col("ssa_start") < pl.col("next_line_date")).fill_null(value=True)
    pairs = pl.concat(
        [
            lines.select("start", "open_end", "is_procedure", "next_line_date")[line],
            ssa.select("ssa_start", "ssa_end", "treatment_key")[course],
        ],
        how="horizontal",
    )
    overlaps = begins_within & begins_before_next & (pl.col("ssa_end") >= pl.col("start"))
    chosen = np.flatnonzero(pairs.select(overlaps.fill_null(value=False)).to_series().to_numpy())
    return line[chosen], pairs["treatment_key"].to_numpy()[chosen]


def _list_parts(
    lines: pl.DataFrame, members: pl.DataFrame, overlapping: tuple[IntArray, IntArray]
) -> tuple[IntArray, IntArray]:
    """Return the places of lines and the keys of the treatments that are part of each, in order."""
    line_id = lines["line_id"].to_numpy()
    order = np.argsort(line_id)
    own = order[np.searchsorted(line_id, members["line_id"].to_numpy(), sorter=order)]
    line = np.concatenate([own, overlapping[0]])
    treatment_key = np.concatenate([members["treatment_key"].to_numpy(), overlapping[1]])
    n_treatments = 1 + int(treatment_key.max(initial=0))
    # line and treatment as one number: texts are looked up when little is left to do
    key = np.sort(line * n_treatments + treatment_key)
    return np.divmod(key[differs_from_before(key)], n_treatments)


def _join_agents(several: pl.DataFrame) -> pl.Series:
    """Return the agents of each line, each once, in the order of their names; ``several`` are in that of the lines."""
    numbers, names = few_texts(several["agent"])
    rank = names.rank("ordinal").fill_null(0).cast(pl.Int64).to_numpy()
    in_order = names.sort()
    key = np.sort(several["line"].to_numpy() * (len(names) + 1) + rank[numbers])
    line, place = np.divmod(key[differs_from_before(key)], len(names) + 1)
    agents = pl.DataFrame({"line": line, "agent": in_order.drop_nulls().gather(as_index(place - 1))})
    # texts of a list are joined in a fifth of the time those of a group are
    joined = agents.group_by("line", maintain_order=True).agg("agent")
    return joined.select(pl.col("agent").list.join(" + ")).to_series()


def _derive_parts(
    lines: pl.DataFrame, members: pl.DataFrame, courses: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return the agents and treatment ids of each line, with the SSA given during it or as its maintenance.

    ``courses`` are in the order of ``treatment_key``.
    """
    line, treatment_key = _list_parts(lines, members, _find_overlapping(lines, courses, settings))
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
    together = (
        several.group_by("line", maintain_order=True)
        .agg(treatment_ids="treatment_id", has_concurrent_ssa=pl.col("is_added_ssa").any())
        .with_columns(_join_agents(several).alias("agents"))
        .select(alone.columns)
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
    lines = _number_lines(derive_line_rows(members))
    parts = _derive_parts(lines, members, courses, settings)
    named = pl.concat([lines, parts], how="horizontal").rename({"start": "start_date", "_file": "file", "_row": "row"})
    return (
        derive_covariates(named, tables, settings)
        .select(pl.col(name).cast(column.dtype) for name, column in Lines.columns().items())
        .pipe(sort_by_line)
        .lazy()
    )
