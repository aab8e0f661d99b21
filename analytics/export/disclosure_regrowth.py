"""Decay and regrowth at the safe level: small counts merged, quartiles of many with two figures."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.estimation.regrowth_models import MODELS
from analytics.export.coarse_time import is_enough
from analytics.export.disclosure_marker import FIGURES, PEOPLE_BEYOND_A_QUARTILE
from analytics.export.linked_tables import Part, join_parts, merge_parts
from analytics.export.merging import merge_flow_to, refuse_small, select_groups
from analytics.export.rounding import round_figures
from analytics.questions.question import Answer
from analytics.questions.regrowth import RATES
from analytics.questions.regrowth_wording import describe_regrowth
from analytics.tables.marker_results import RateQuartiles, RegrowthGroup, RegrowthResult
from analytics.tables.results import Refusal

OTHER_CURVES, OTHER_REASONS = "other curves together", "other reasons together"


def make_safe_regrowth(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the groups of enough people of whom enough have a curve and enough, or none, have not."""
    exact = cast("RegrowthResult", answer.result)
    allowed = select_groups(answer.subjects, floor)
    safe = [
        _safe_group(group, answer.subjects.filter(pl.col("group") == group.group), floor)
        for group in exact.groups
        if group.group in allowed
    ]
    groups = tuple(group for group in safe if group is not None)
    if not groups:
        return refuse_small(floor)
    shown = answer.subjects.filter(pl.col("group").is_in([group.group for group in groups]))
    result = replace(exact, groups=groups)
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, shown, floor),
        summary=describe_regrowth(result),
        notes=(
            *answer.notes,
            f"Safe level: curves and reasons of fewer than {floor} people stand together; quartiles have two figures "
            f"and {floor} people beyond them.",
        ),
    )


def _safe_group(group: RegrowthGroup, lines: pl.DataFrame, floor: int) -> RegrowthGroup | None:
    has_curve = pl.col("model").is_not_null()
    fitted, others = lines.filter(has_curve), lines.filter(~has_curve)
    if fitted["pid"].n_unique() < floor or not is_enough(others["pid"].n_unique(), floor):
        return None
    models, reasons = _count(fitted, "model", OTHER_CURVES, floor), _count(others, "reason", OTHER_REASONS, floor)
    is_whole = {name for name, _ in models} <= {model.name for model in MODELS}
    beyond = pl.col("n_beyond") > 0
    may_tell = all(is_enough(lines.filter(part)["pid"].n_unique(), floor) for part in (beyond, ~beyond))
    rates = tuple(
        _safe_rate(rate, lines.drop_nulls(column)["pid"].n_unique(), floor, may_count=is_whole)
        for rate, column in zip(group.rates, RATES, strict=True)
    )
    return replace(group, models=models, reasons=reasons, n_beyond=group.n_beyond if may_tell else None, rates=rates)


def _count(lines: pl.DataFrame, column: str, together: str, floor: int) -> tuple[tuple[str, int], ...]:
    """Return the lines by curve or reason, those of few people merged."""
    parts = [
        Part((str(name),), frozenset((int(pid), int(line)) for pid, line in rows.select("pid", "line_no").rows()))
        for (name,), rows in lines.sort(column).group_by(column, maintain_order=True)
    ]
    merged = merge_parts(parts, floor, (together,))
    if any(part.n_people < floor for part in merged):
        merged = [join_parts(parts, (together,))]
    return tuple((part.labels[0], len(part.lines)) for part in merged)


def _safe_rate(rate: RateQuartiles, n_people: int, floor: int, *, may_count: bool) -> RateQuartiles:
    """Return quartiles with people enough beyond them; how many have a rate follows from the curves, or is withheld."""
    enough = n_people >= PEOPLE_BEYOND_A_QUARTILE * floor
    low, middle, high = (
        round_figures(part, FIGURES) if enough and part is not None else None
        for part in (rate.lower_quartile, rate.median, rate.upper_quartile)
    )
    return RateQuartiles(rate.rate, rate.unit, rate.n_lines if may_count else None, low, middle, high)
