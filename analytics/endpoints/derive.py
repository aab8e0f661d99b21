"""Every derived table of a study, in the order they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from analytics.catalogue.response_rules import PROGRESSION_RULES, RESPONSE_RULES
from analytics.catalogue.settings import Settings
from analytics.endpoints.after_complete_response import apply_reading_after_complete
from analytics.endpoints.assessments import derive_given_assessments, derive_lesion_assessments
from analytics.endpoints.best_response import derive_best_responses
from analytics.endpoints.data_cutoff import select_until_cutoff
from analytics.endpoints.growth_rates import derive_growth_rates
from analytics.endpoints.lab_grades import derive_lab_grades
from analytics.endpoints.lesion_outcomes import derive_lesion_outcomes
from analytics.endpoints.line_readings import derive_line_readings
from analytics.endpoints.recist import assess_readings
from analytics.endpoints.recist_choices import apply_recist_choices
from analytics.endpoints.reported_toxicities import derive_reported_toxicities
from analytics.endpoints.self_check import check_derived
from analytics.endpoints.times import derive_times_to_event
from analytics.longitudinal.comparable_days import derive_comparable_days
from analytics.longitudinal.line_baselines import derive_line_baselines
from analytics.longitudinal.line_cycles import derive_line_cycles, derive_line_doses
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_changes import derive_marker_changes
from analytics.longitudinal.marker_features import derive_marker_features
from analytics.longitudinal.marker_progressions import derive_marker_progressions
from analytics.longitudinal.marker_responses import derive_marker_responses
from analytics.longitudinal.marker_values import derive_marker_values
from analytics.longitudinal.scores import derive_score_changes
from analytics.tables.accepted import name_sheets


def derive_all(
    tables: Mapping[str, pl.LazyFrame], settings: Settings, let_go: Callable[[str], object] = lambda _table: None
) -> dict[str, pl.DataFrame]:
    """Derive all tables of ``DERIVED_TABLES`` from accepted ones.

    What was observed after the data cut-off is in none of them. Each stage is held in memory before the next
    reads it. Everything is within one patient, so a study may be derived in parts of whole patients and the
    parts put one after the other.

    Parameters
    ----------
    let_go
        Called with the name of each of the largest tables as soon as it is read no more.

    Raises
    ------
    ContradictionError
        If the tables contradict each other: our bug, and nothing is published.
    """
    whole = {name: name_sheets(table) for name, table in tables.items()}
    tables = select_until_cutoff(whole, settings)

    def forget(name: str) -> None:
        del whole[name], tables[name]
        let_go(name)

    lines = derive_lines(tables, settings).collect()
    lesion_outcomes = derive_lesion_outcomes(tables)
    marker_values = derive_marker_values(tables, lines.lazy(), settings).collect()
    responses = derive_marker_responses(marker_values.lazy(), lines.lazy(), RESPONSE_RULES, settings).collect()
    comparable = derive_comparable_days(marker_values.lazy())
    progressions = derive_marker_progressions(marker_values.lazy(), PROGRESSION_RULES, comparable).collect()
    features = derive_marker_features(marker_values.lazy(), lines.lazy(), comparable).collect()
    baselines = derive_line_baselines(tables, lines, marker_values, settings)
    readings = derive_line_readings(tables, lines, settings)
    forget("lesions")
    lab_grades = derive_lab_grades(tables, lines, settings)
    recist = apply_recist_choices(
        assess_readings(readings, settings),
        lines,
        marker_values,
        tables,
        settings,
    )
    growth = derive_growth_rates(readings, recist)
    del readings
    assessments = {
        "given": apply_reading_after_complete(derive_given_assessments(tables, settings), lines, settings),
        "lesions": apply_reading_after_complete(derive_lesion_assessments(recist, ""), lines, settings),
    }
    best = derive_best_responses(lines, assessments, settings)
    made = {
        "marker_responses": responses.lazy(),
        "marker_progressions": progressions.lazy(),
        "recist_assessments": recist.lazy(),
    }
    times = derive_times_to_event(whole, lines.lazy(), settings, made).collect()
    forget("labs")
    cycles = derive_line_cycles(tables, lines)
    derived = {
        "lines": lines,
        "line_baselines": baselines,
        "line_cycles": cycles,
        "line_doses": derive_line_doses(cycles),
        "marker_values": marker_values,
        "marker_responses": responses,
        "marker_progressions": progressions,
        "marker_changes": derive_marker_changes(marker_values.lazy(), comparable),
        "marker_features": features,
        "recist_assessments": recist,
        "growth_rates": growth,
        "lesion_outcomes": lesion_outcomes,
        "best_responses": best,
        "lab_grades": lab_grades,
        "reported_toxicities": derive_reported_toxicities(tables, lines),
        "score_changes": derive_score_changes(tables, lines, settings),
        "times_to_event": times,
    }
    check_derived(derived)
    return derived
