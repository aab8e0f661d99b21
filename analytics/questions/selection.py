"""Select the lines a question is about, and say at every step who left and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from analytics.catalogue.sites import HISTOLOGIES
from analytics.errors import RefusedError, UsageError
from analytics.questions.conditions import describe_condition, parse_condition
from analytics.questions.groups import Grouping
from analytics.questions.question import Selection
from analytics.tables.cohort_results import FlowStep
from analytics.tables.study import Study

NOT_NET: dict[str, str] = {entry.code: entry.reason for entry in HISTOLOGIES if not entry.is_net_cohort}


@dataclass(frozen=True, slots=True)
class Selected:
    """The lines left, with a ``group`` column, and the steps that led there."""

    lines: pl.DataFrame
    flow: tuple[FlowStep, ...]


class Funnel:
    """Narrows a table of lines step by step and keeps the count of each step."""

    def __init__(self, lines: pl.DataFrame, label: str) -> None:
        self.lines = lines
        self.flow: list[FlowStep] = [FlowStep(label, _people(lines), lines.height, 0, "")]

    def keep(self, condition: pl.Expr, label: str, reason: str) -> None:
        """Keep the lines for which ``condition`` is true (null counts as false)."""
        kept = self.lines.filter(condition)
        removed = self.lines.height - kept.height
        self.lines = kept
        self.flow.append(FlowStep(label, _people(kept), kept.height, removed, reason if removed else ""))


def select_lines(study: Study, selection: Selection, grouping: Grouping) -> Selected:
    """Select treatment lines and give each its group.

    Returns
    -------
    Selected
        ``lines`` has the columns of the derived tables ``lines`` and ``line_baselines``, ``growth_before_pct`` (the
        tumour growth rate before the line, % a month), and ``group`` (text).

    Raises
    ------
    UsageError
        If a date of the selection is not ISO 8601, or a condition cannot be understood.
    RefusedError
        If a period is asked of a study whose dates are days from an anchor.
    """
    funnel = Funnel(study.table("lines").collect(), "all treatment lines")
    funnel.keep(pl.col("consent_to_research").fill_null("Y") != "N", "consent to research", "no consent to research")
    funnel.keep(~pl.col("histology").fill_null("").is_in(list(NOT_NET)), "NET cohort", "; ".join(NOT_NET.values()))
    for column, wanted, label in (
        ("treatment", selection.treatments, "treatment"),
        ("primary_site", selection.primary_sites, "primary site"),
        ("grade", selection.grades, "grade"),
        ("site", selection.hospitals, "hospital"),
    ):
        if wanted:
            funnel.keep(
                pl.col(column).is_in(list(wanted)),
                f"{label}: {', '.join(wanted)}",
                f"other {label} or none recorded",
            )
    # joined to those left: to join all lines first costs more than the rest of a question
    growth = study.table("growth_rates").filter(pl.col("period") == "before")
    before = growth.select("pid", "line_no", growth_before_pct="rate_pct").collect()
    for at_start in (study.table("line_baselines").collect(), before):
        funnel.lines = funnel.lines.join(at_start, on=["pid", "line_no"], how="left", maintain_order="left")
    for condition in selection.where:
        said = describe_condition(condition)
        funnel.keep(parse_condition(condition), said, f"not {said}, or not recorded")
    _keep_period(funnel, study, selection)
    _choose_lines(funnel, study, selection)
    group = pl.col(grouping.column).cast(pl.String).fill_null(grouping.missing) if grouping.column else pl.lit("all")
    return Selected(funnel.lines.with_columns(group=group), tuple(funnel.flow))


def _keep_period(funnel: Funnel, study: Study, selection: Selection) -> None:
    if study.settings.dates == "relative" and (selection.started_from or selection.started_to):
        raise RefusedError(
            "A period of the calendar cannot be chosen: the dates of this study are days from each patient's anchor.",
            "",
            "Ask without a period.",
        )
    start = pl.col("start_date")
    if selection.started_from:
        first = _iso_date(selection.started_from)
        funnel.keep(start >= first, f"started from {first}", f"started before {first} or on an unknown day")
    if selection.started_to:
        last = _iso_date(selection.started_to)
        funnel.keep(start <= last, f"started to {last}", f"started after {last} or on an unknown day")


def _choose_lines(funnel: Funnel, study: Study, selection: Selection) -> None:
    if selection.choose == "first_line":
        funnel.keep(
            pl.col("line_no") == pl.col("line_no").min().over("pid"),
            "first line of each patient in the selection",
            "a later line of the same patient",
        )
    elif selection.choose == "decision_point":
        after = selection.decision_after
        keys = _lines_after_progression(study, after)
        funnel.keep(
            pl.struct("pid", "line_no").is_in(keys.implode()),
            f"started directly after progression on {after}",
            f"not started directly after progression on {after}",
        )


def _lines_after_progression(study: Study, treatment: str) -> pl.Series:
    """Return the (pid, line_no) of lines whose line before was ``treatment`` and ended in progression."""
    progressed = (
        study.table("times_to_event")
        .filter(
            (pl.col("endpoint") == "PFS_ALL")
            & (pl.col("rule_set") == "default")
            & pl.col("happened")
            & (pl.col("reason").str.starts_with("progression"))
        )
        .select("pid", "line_no", progression_date="end_date")
    )
    before = study.table("lines").filter(pl.col("treatment") == treatment)
    starts = study.table("lines").select("pid", "line_no", next_start="start_date")
    return (
        before.join(progressed, on=["pid", "line_no"], how="left")
        .with_columns(line_no=pl.col("line_no") + 1)
        .join(starts, on=["pid", "line_no"])
        .filter((pl.col("stop_reason") == "progression") | (pl.col("progression_date") <= pl.col("next_start")))
        .select(pl.struct("pid", "line_no").alias("key"))
        .collect()["key"]
    )


def _iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"«{text}» is not a date.", "", "Write it as 2024-03-31.") from None


def _people(lines: pl.DataFrame) -> int:
    return lines["pid"].n_unique()
