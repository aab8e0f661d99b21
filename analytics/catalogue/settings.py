"""Every setting that can change an answer: default, unit, meaning and source.

Precedence: command line, then protocol, then the ``study`` sheet, then these defaults.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from analytics.errors import SettingsError


def _setting(default: Any, unit: str, meaning: str, source: str = "house") -> Any:
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The effective settings of a study; immutable, written into every manifest."""

    extract_date: str = _setting("", "date", "Day the source was extracted; later dates are errors.")
    data_cutoff: str = _setting("", "date", "Questions use nothing after this day; empty: no cut-off.")
    decimal_mark: str = _setting("", "", "Decimal mark of the source: «.» or «,»; empty: must be unambiguous.")
    thousands_mark: str = _setting(
        "", "", "Thousands mark of the source, if it uses one, a blank as «space»; empty: none."
    )
    encoding: str = _setting(
        "", "", "Encoding of text files that are not UTF-8, e.g. cp1252; empty: such files are refused."
    )
    date_form: str = _setting("", "", "Form of local dates, e.g. dd.mm.yyyy; empty: ISO 8601 only.")
    dates: str = _setting(
        "calendar", "", "calendar, or relative: whole days from each patient's own anchor, never turned into dates."
    )
    baseline_window_days: int = _setting(90, "days", "Baseline: last assessable value from this many days before.")
    response_confirmation_days: int = _setting(21, "days", "Second value that confirms a marker response.", "admiral")
    ppi_washout_days: int = _setting(14, "days", "PPI use ended less than this ago still raises CgA.", "mosli2012")
    egfr_not_assessable_below: float = _setting(30.0, "mL/min/1.73m2", "CgA is not assessable below this eGFR.")
    egfr_window_days: int = _setting(90, "days", "An eGFR this old still describes a marker value.")
    floor_patients: int = _setting(5, "patients", "Smallest group shown at the safe disclosure level.")
    min_group_patients: int = _setting(5, "patients", "Fewer in a group: no hazard ratio.")
    min_group_events: int = _setting(5, "events", "Fewer events in a group: no hazard ratio.")
    min_events_per_parameter: float = _setting(5.0, "events", "Fewer events per model parameter: refused.")
    note_events_per_parameter: float = _setting(10.0, "events", "Fewer events per model parameter: a note.")
    sd_minimum_days: int = _setting(42, "days", "Stable disease counts from this many days after start.", "recist11")
    confirmation_days: int = _setting(28, "days", "Second scan that confirms CR or PR.", "recist11")
    confirmation_max_ne: int = _setting(
        1, "assessments", "Not evaluable assessments allowed between a response and its confirmation.", "admiral"
    )
    confirmation_accepts_sd: str = _setting(
        "N", "", "Y: one stable assessment may lie between a partial response and its confirmation.", "admiral"
    )
    pd_date_rule: str = _setting(
        "first_sign",
        "",
        "Which scan dates progression: first_sign, earliest_scan, latest_scan, scheduled_visit.",
    )
    cr_needs_normal_markers: str = _setting(
        "N", "", "Y: a complete response from lesions needs CgA at or below its upper limit.", "recist11"
    )
    after_complete_response: str = _setting(
        "leave", "", "Disease a reader sees after a complete response: leave, or progression.", "recist11"
    )
    response_reader: str = _setting(
        "", "", "Reader whose responses alone decide; empty: all together, of one day a central one's."
    )
    who_edition: str = _setting("2019", "", "WHO edition by which grades are computed: 2019 or 2010.", "who2019")
    gap_days: int = _setting(183, "days", "A marker line is broken over a gap longer than this.")
    combination_days: int = _setting(
        28, "days", "Drugs started this close to each other, and overlapping, are one line."
    )
    retreatment_gap_days: int = _setting(
        183, "days", "The same treatment given again after a longer pause is a new line."
    )
    maintenance_days: int = _setting(
        91, "days", "An SSA started this soon after another line's last dose is its maintenance, not new therapy."
    )
    marker_progression_rule: str = _setting("DOUBLED", "", "Rule of marker progression for TTBP and BPFS.", "gcig")
    size_criteria: str = _setting(
        "RECIST_1_1", "", "Criteria applied to lesions: RECIST_1_1 or RECIST_1_0.", "recist11"
    )
    baseline_scan_days: int = _setting(
        90, "days", "Baseline of lesions: last measured visit from this many days before the start."
    )
    tracer_window_days: int = _setting(
        365, "days", "Receptor and FDG scans this old still describe the disease at a line's start."
    )
    paired_scan_days: int = _setting(
        31, "days", "FDG and receptor scans this close to each other make a NETPET group.", "netpet"
    )
    visit_span_days: int = _setting(
        28, "days", "Scans with one timepoint label this close to each other are one visit."
    )
    assessment_schedule: str = _setting(
        "", "", "Schedule that tells a missed assessment; empty: the only one of the source, if there is one."
    )
    assessment_interval_days: int = _setting(
        0, "days", "Planned interval of assessments where no schedule is given; 0: unknown, never guessed."
    )
    assessment_tolerance_days: int = _setting(14, "days", "Days an assessment may be late.")
    max_missed_assessments: int = _setting(
        2, "assessments", "An event after so many missed in a row is censored (FDA-style rules).", "fda_endpoints"
    )
    response_rule: str = _setting("ELECT50", "", "Marker response rule.", "clarinet_elect_pool")
    index_rule: str = _setting("first_administration", "", "Time zero of a line.")
    duplicate_rule: str = _setting("refuse", "", "Conflicting rows with one key: refuse, or latest_status.")
    max_plausible_177lu_gbq: float = _setting(12.0, "GBq", "Largest activity of one 177Lu cycle believed.")
    max_plausible_90y_gbq: float = _setting(6.0, "GBq", "Largest activity of one 90Y cycle believed.")
    max_plausible_111in_gbq: float = _setting(20.0, "GBq", "Largest activity of one 111In cycle of PRRT believed.")
    max_plausible_225ac_gbq: float = _setting(0.05, "GBq", "Largest activity of one 225Ac cycle believed.")
    max_plausible_tare_gbq: float = _setting(30.0, "GBq", "Largest activity of one radioembolisation believed.")

    max_diameter_mm: float = _setting(500.0, "mm", "Largest lesion believed.")
    max_suv: float = _setting(300.0, "SUV", "Largest uptake believed.")
    target_min_mm: float = _setting(10.0, "mm", "Smallest target lesion, longest diameter.", "recist11")
    target_min_node_mm: float = _setting(15.0, "mm", "Smallest target node, short axis.", "recist11")
    max_targets: int = _setting(5, "lesions", "Most target lesions.", "recist11")
    max_targets_per_organ: int = _setting(2, "lesions", "Most target lesions in one organ.", "recist11")
    response_scan_days: int = _setting(28, "days", "A response rests on a scan no further away than this.")
    jump_factor: float = _setting(10.0, "", "Neighbouring values that differ by this factor are queried.")
    min_urine_volume_ml: float = _setting(500.0, "mL", "Less in a 24 h collection is queried.")
    max_urine_volume_ml: float = _setting(6000.0, "mL", "More in a 24 h collection is queried.")
    min_cycle_gap_days: int = _setting(28, "days", "Cycles closer than this are queried.")
    max_cycle_gap_days: int = _setting(182, "days", "Cycles further apart than this are queried.")
    max_cumulative_177lu_gbq: float = _setting(45.0, "GBq", "A larger sum of 177Lu activities is queried.")
    first_believed_year: int = _setting(1900, "year", "Dates before this year are queried.")
    max_years_before_diagnosis: int = _setting(20, "years", "Records earlier than this are queried.")

    def with_changes(self, changes: Mapping[str, Any], where: str) -> Settings:
        """Return the settings with ``changes`` applied, each parsed to its setting's type.

        Raises
        ------
        SettingsError
            If a name is unknown or a value is not of the setting's type; ``where`` says who asked.
        """
        known = {item.name: item for item in fields(self)}
        parsed: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                near = f" Did you mean «{close[0]}»?" if close else ""
                raise SettingsError(f"There is no setting «{name}».{near}", where, f"Known: {', '.join(known)}.")
            default: Any = getattr(self, name)
            kind = cast("type[Any]", type(default))
            try:
                parsed[name] = kind(value)
            except (TypeError, ValueError):
                raise SettingsError(
                    f"Setting «{name}» cannot be «{value}».",
                    where,
                    f"It needs a value like {default!r}.",
                ) from None
        return replace(self, **parsed)

    def as_rows(self) -> list[tuple[str, str, str, str, str]]:
        """Return (name, value, unit, meaning, source) for manifests and pages."""
        return [
            (
                item.name,
                str(getattr(self, item.name)),
                item.metadata["unit"],
                item.metadata["meaning"],
                item.metadata["source"],
            )
            for item in fields(self)
        ]
