"""The derived tables: treatment lines, times to event, and every other by name."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.derived_disease import BestResponses, GrowthRates, LesionOutcomes, RecistAssessments
from analytics.tables.derived_lines import LINE_TABLES
from analytics.tables.derived_markers import (
    MarkerChanges,
    MarkerFeatures,
    MarkerProgressions,
    MarkerResponses,
    MarkerValues,
)
from analytics.tables.derived_tolerance import LabGrades, ReportedToxicities, ScoreChanges


class Lines(dy.Schema):
    """One row a treatment line, the unit of analysis; time zero is its first administration."""

    pid = dy.UInt32(primary_key=True, description="Dense integer key of the patient.")
    line_no = dy.Int32(primary_key=True, description="Order of the line within the patient, from 1.")
    patient_id = dy.String(description="Study code of the patient.")
    treatment = dy.String(description="Group of the line: PRRT, SSA, targeted, chemotherapy, liver_directed, …")
    agents = dy.String(description="Drugs of the line in alphabetical order, joined by « + ».")
    treatment_ids = dy.List(dy.String(), description="The treatments rows that make the line.")
    start_date = dy.Date(nullable=True, description="First administration; null when no date is known.")
    start_lo = dy.Date(nullable=True, description="Earliest possible start.")
    start_hi = dy.Date(nullable=True, description="Latest possible start.")
    start_precision = dy.String(nullable=True, description="D, M or Y.")
    end_date = dy.Date(nullable=True, description="Last day; null while it goes on or when unknown.")
    is_ongoing = dy.Bool(description="Whether the line was still given at the last contact.")
    stop_reason = dy.String(nullable=True, description="Why the line was stopped.")
    n_cycles = dy.Int32(description="Administrations recorded in cycles; 0 for drugs without cycles.")
    cumulative_activity_gbq = dy.Float64(
        nullable=True,
        description="Sum of administered activity; null where a cycle's is unknown.",
        metadata={"unit": "GBq"},
    )
    has_concurrent_ssa = dy.Bool(description="Whether an SSA was given during the line; it does not make a line.")
    next_line_date = dy.Date(nullable=True, description="Start of the next anticancer line; ends observation.")
    prior_lines = dy.Int32(description="Anticancer lines before this one.")
    age_years = dy.Float64(nullable=True, description="Age at the start.", metadata={"unit": "years"})
    sex = dy.String(nullable=True, description="Sex.")
    site = dy.String(nullable=True, description="Hospital or centre.")
    primary_site = dy.String(nullable=True, description="Organ of the primary.")
    histology = dy.String(nullable=True, description="Tumour type.")
    grade = dy.String(nullable=True, description="Grade as reported at the last diagnosis before the start.")
    grade_computed = dy.String(
        nullable=True,
        description="G1 to G3 by the WHO edition of the settings, from Ki-67 and mitoses of the latest well-"
        "differentiated specimen; none for lung and thymus.",
    )
    ki67_pct = dy.Float64(nullable=True, description="Latest Ki-67 before the start.", metadata={"unit": "%"})
    consent_to_research = dy.String(nullable=True, description="N keeps the patient out of every analysis.")
    file = dy.String(description="Source file of the first treatment row.")
    row = dy.UInt32(description="Line of that file.")


class TimesToEvent(dy.Schema):
    """One row a line, endpoint and rule set; ``days`` = date − start + 1."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    endpoint = dy.String(primary_key=True, description="Endpoint code.")
    rule_set = dy.String(primary_key=True, description="Rule set.")
    start_date = dy.Date(nullable=True, description="Time zero.")
    end_date = dy.Date(nullable=True, description="Date of the event or censoring.")
    days = dy.Int32(nullable=True, description="end − start + 1; null when excluded.", metadata={"unit": "days"})
    happened = dy.Bool(nullable=True, description="True: event; false: censored; null: excluded.")
    reason = dy.String(description="What happened, or why censored or excluded.")
    code = dy.Int32(nullable=True, description="0 event; 1… reason of censoring, as in the endpoint's list.")
    date_used = dy.String(nullable=True, description="Which record gave the date.")
    rule_id = dy.String(description="Rule that decided.")
    source_table = dy.String(nullable=True, description="Table of that record.")
    source_file = dy.String(nullable=True, description="File (and sheet) of that record.")
    source_row = dy.UInt32(nullable=True, description="Line of that record.")
    is_imputed = dy.Bool(description="Whether a partial date was filled in the start or the end.")
    last_negative_date = dy.Date(
        nullable=True,
        description="The event lies after this day; the day itself of a death, a treatment or a censoring.",
    )
    first_positive_date = dy.Date(nullable=True, description="… and not after this one; null without event.")


DERIVED_TABLES: dict[str, type[dy.Schema]] = {
    "lines": Lines,
    **LINE_TABLES,
    "marker_values": MarkerValues,
    "marker_responses": MarkerResponses,
    "marker_progressions": MarkerProgressions,
    "marker_changes": MarkerChanges,
    "marker_features": MarkerFeatures,
    "recist_assessments": RecistAssessments,
    "growth_rates": GrowthRates,
    "lesion_outcomes": LesionOutcomes,
    "best_responses": BestResponses,
    "lab_grades": LabGrades,
    "reported_toxicities": ReportedToxicities,
    "score_changes": ScoreChanges,
    "times_to_event": TimesToEvent,
}
"""Every derived table of a study, in the order they are made."""
