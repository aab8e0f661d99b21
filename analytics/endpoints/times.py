"""Times to event: one row a line, endpoint and rule set, with what happened, why, and the row it stands on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from analytics.catalogue.endpoints import ENDPOINTS, RULE_SETS, Endpoint, RuleSet
from analytics.catalogue.response_rules import PROGRESSION_RULES, RESPONSE_RULES
from analytics.catalogue.settings import Settings
from analytics.endpoints.after_complete_response import apply_reading_after_complete
from analytics.endpoints.assessments import derive_given_assessments, derive_lesion_assessments
from analytics.endpoints.baseline_scans import find_lines_without_baseline
from analytics.endpoints.clinical_benefit import derive_benefit
from analytics.endpoints.confirmed_response import CONFIRMED, derive_confirmed_response
from analytics.endpoints.data_cutoff import select_until_cutoff
from analytics.endpoints.endpoint_times import Assessed, derive_endpoint_times
from analytics.endpoints.marker_records import derive_marker_records
from analytics.endpoints.missed import derive_anchors, select_schedule
from analytics.endpoints.observation import derive_observation, derive_scan_records
from analytics.endpoints.recist import derive_recist_assessments
from analytics.endpoints.recist_choices import apply_recist_choices
from analytics.endpoints.records import RecordBook, sort_rows
from analytics.longitudinal.keys import sort_by_line
from analytics.longitudinal.marker_progressions import derive_marker_progressions
from analytics.longitudinal.marker_responses import derive_marker_responses
from analytics.longitudinal.marker_values import derive_marker_values

_BENEFIT = "benefit"

_OF_STATUS = ("pid", "kind", "date", "date_precision", "_file", "_row")
"""What is read of ``vital_status``, once for all that ask."""

EVERY_TIME: tuple[tuple[str, str], ...] = tuple(
    (endpoint.code, rule_set.code)
    for rule_set in RULE_SETS
    for endpoint in ENDPOINTS
    if not rule_set.endpoints or endpoint.code in rule_set.endpoints
)
"""Every catalogue endpoint under every rule set that is for it."""


def _derive_assessments(
    rule_set: RuleSet, tables: Mapping[str, pl.LazyFrame], recist: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    if rule_set.progression_from == "lesions":
        return derive_lesion_assessments(recist, rule_set.date_rule)
    return derive_given_assessments(tables, settings, with_clinical=rule_set.progression_from == "clinical")


@dataclass(frozen=True, slots=True)
class _Source:
    """What one source of assessments shows, made once for all rule sets that read it.

    Attributes
    ----------
    assessments
        One a patient and day, with the numbers of their records in ``record_at``.
    seen
        Lines with ``progression`` and ``response``.
    scans
        The scans that may date a censoring, by the rule for them.
    """

    assessments: pl.DataFrame
    seen: pl.DataFrame
    scans: dict[str, pl.DataFrame]

    def select_scans(self, rule: str) -> pl.DataFrame:
        """Return the scans that may date a censoring under ``rule``, in order."""
        if rule not in self.scans:
            # an examination that was not done dates nothing
            counts = pl.col("response") != "ND" if rule == "any" else pl.col("is_adequate")
            self.scans[rule] = sort_rows(self.assessments, counts)
        return self.scans[rule]


def _read_source(found: pl.DataFrame, observed: pl.DataFrame, book: RecordBook) -> _Source:
    numbers = book.enter_known(found, pl.col("table"), pl.col("is_imputed"))
    assessments = found.with_columns(numbers.alias("record_at"))
    return _Source(assessments, derive_scan_records(observed, assessments), {})


def _derive_seen(source: _Source, endpoints: list[Endpoint], settings: Settings) -> pl.DataFrame:
    """Return what the assessments show of each line, with benefit and confirmation where these are asked for."""
    seen, asked = source.seen, {name for endpoint in endpoints for name in (*endpoint.events, endpoint.origin)}
    if _BENEFIT in asked:
        seen = derive_benefit(seen, source.assessments, settings)
    return derive_confirmed_response(seen, source.assessments, settings) if CONFIRMED in asked else seen


def _code_files(table: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """Hold file names as codes: records are copied many times, and codes are small."""
    if column not in table.collect_schema():
        return table
    return table.with_columns(pl.col(column).cast(pl.Categorical))


def _derive_what_is_read(
    tables: Mapping[str, pl.LazyFrame], lines: pl.LazyFrame, settings: Settings
) -> dict[str, pl.LazyFrame]:
    """Derive the tables of markers and lesions that endpoints stand on."""
    values = derive_marker_values(tables, lines, settings).collect()
    recist = derive_recist_assessments(tables, lines, settings).collect()
    return {
        "marker_responses": derive_marker_responses(values.lazy(), lines, RESPONSE_RULES, settings),
        "marker_progressions": derive_marker_progressions(values.lazy(), PROGRESSION_RULES),
        "recist_assessments": apply_recist_choices(recist, lines.collect(), values, tables, settings).lazy(),
    }


def derive_times_to_event(
    tables: Mapping[str, pl.LazyFrame],
    lines: pl.LazyFrame,
    settings: Settings,
    made: Mapping[str, pl.LazyFrame] | None = None,
    wanted: Collection[tuple[str, str]] = EVERY_TIME,
) -> pl.LazyFrame:
    """Derive the times to the wanted endpoints of every line: by default each under every rule set that is for it.

    Parameters
    ----------
    tables
        Accepted tables by name.
    lines
        ``derived.Lines``.
    settings
        The data cut-off is applied here, and the planned assessments come from here or from ``schedule``.
    made
        ``marker_responses``, ``marker_progressions`` and ``recist_assessments`` where they are made already:
        all of them, or none.
    wanted
        The endpoints and rule sets to derive, as pairs of their codes.

    Returns
    -------
    pl.LazyFrame
        Schema ``derived.TimesToEvent``: every line has one row a wanted endpoint and rule set, as event,
        censored or excluded with its reason. ``days`` = date − start + 1.

    Raises
    ------
    SettingsError
        If the data cut-off is not a date or the assessment schedule is not known.
    """
    tables = {**tables, "vital_status": tables["vital_status"].select(_OF_STATUS).collect().lazy()}
    seen_tables = select_until_cutoff(tables, settings)
    ready = made or _derive_what_is_read(seen_tables, lines, settings)
    lines = _code_files(lines, "file")
    recist = _code_files(ready["recist_assessments"], "file").collect()
    progressions = ready["marker_progressions"]
    for column in ("file", "last_file", "changed_file"):
        progressions = _code_files(progressions, column)
    responses = _code_files(ready["marker_responses"], "deciding_file").collect()
    schedule = tables["schedule"].collect()
    book = RecordBook()
    of_marker = derive_marker_records(responses, progressions.collect(), tables["labs"], settings, book)
    eager = lines.collect()
    observed = derive_observation(tables, eager, of_marker, settings, book)
    asked = [rule_set for rule_set in RULE_SETS if rule_set.code in {code for _, code in wanted}]
    if any(rule_set.censors_missed for rule_set in asked):
        plan = select_schedule(schedule, settings)
        observed = observed.with_columns(derive_anchors(observed, tables["patients"], plan))
    if any(rule_set.needs_baseline for rule_set in asked):
        observed = observed.with_columns(find_lines_without_baseline(tables, sort_by_line(eager), settings))
    parts: dict[tuple[str, str], pl.DataFrame] = {}
    read: dict[tuple[str, str], _Source] = {}
    for rule_set in RULE_SETS:
        endpoints = [endpoint for endpoint in ENDPOINTS if (endpoint.code, rule_set.code) in wanted]
        if not endpoints:
            continue
        named = (rule_set.progression_from, rule_set.date_rule)
        if named not in read:
            shown = _derive_assessments(rule_set, seen_tables, recist, settings)
            found = apply_reading_after_complete(shown, eager, settings)
            read[named] = _read_source(found, observed, book)
        source = read[named]
        assessed = Assessed(source.select_scans(rule_set.censoring_scan), book.read(), schedule, settings)
        seen = _derive_seen(source, endpoints, settings)
        for endpoint in endpoints:
            parts[endpoint.code, rule_set.code] = derive_endpoint_times(seen, endpoint, rule_set, assessed)
    # every part is in the order of patient and line: putting the parts in order is all the sorting there is
    return pl.concat([parts[key] for key in sorted(parts)]).lazy()
