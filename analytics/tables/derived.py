"""The derived tables: treatment lines, marker values in a line, marker responses, times to event."""

from __future__ import annotations

import dataframely as dy


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
        nullable=True, description="Sum of administered activity.", metadata={"unit": "GBq"}
    )
    has_concurrent_ssa = dy.Bool(description="Whether an SSA was given during the line; it does not make a line.")
    next_line_date = dy.Date(nullable=True, description="Start of the next anticancer line; ends observation.")
    prior_lines = dy.Int32(description="Anticancer lines before this one.")
    age_years = dy.Float64(nullable=True, description="Age at the start.", metadata={"unit": "years"})
    sex = dy.String(nullable=True, description="Sex.")
    site = dy.String(nullable=True, description="Hospital or centre.")
    primary_site = dy.String(nullable=True, description="Organ of the primary.")
    histology = dy.String(nullable=True, description="Tumour type.")
    grade = dy.String(nullable=True, description="Grade at the last diagnosis or specimen before the start.")
    ki67_pct = dy.Float64(nullable=True, description="Latest Ki-67 before the start.", metadata={"unit": "%"})
    metastatic_sites = dy.List(dy.String(), nullable=True, description="Known sites of metastases.")
    has_bone_metastases = dy.Bool(nullable=True, description="Whether bone metastases were known.")
    is_liver_only = dy.Bool(nullable=True, description="Whether the liver was the only metastatic site.")
    consent_to_research = dy.String(nullable=True, description="N keeps the patient out of every analysis.")
    file = dy.String(description="Source file of the first treatment row.")
    row = dy.UInt32(description="Line of that file.")


class MarkerValues(dy.Schema):
    """One row a marker value inside a line's window: baseline window to the day before the next line."""

    pid = dy.UInt32(description="Patient key.")
    line_no = dy.Int32(description="Line it is read against.")
    analyte = dy.String(description="Biomarker code.")
    date = dy.Date(description="Day used in analysis.")
    days = dy.Int32(
        description="date − start + 1 on or after the start, date − start before it.",
        metadata={"unit": "days"},
    )
    value = dy.Float64(description="Value or bound in the reported unit.")
    comparator = dy.String(nullable=True, description="<, <=, >, >= or ~ as reported.")
    unit = dy.String(nullable=True, description="Reported unit.")
    fold_uln = dy.Float64(
        nullable=True,
        description="Value as a multiple of that assay's upper limit.",
        metadata={"unit": "× ULN"},
    )
    assay_id = dy.String(nullable=True, description="Assay.")
    assay_group = dy.String(description="Values with one label may be compared.")
    is_baseline = dy.Bool(description="Whether it is the baseline of its line and assay group.")
    change_pct = dy.Float64(
        nullable=True, description="Change from the baseline of the same assay group.", metadata={"unit": "%"}
    )
    is_bound = dy.Bool(description="Whether the value is a quantitation limit.")
    ppi = dy.String(description="yes, no or unknown: PPI within the washout.")
    egfr_low = dy.String(description="yes, no or unknown: eGFR below the assessable limit.")
    is_assessable = dy.Bool(
        description="False under PPI or with low eGFR, for the markers these raise; one verdict a day."
    )
    has_unclear_date = dy.Bool(
        description="Whether its possible days lie on both sides of the start; then it decides nothing."
    )
    series = dy.String(
        description="Values with one series and compared_unit are compared: assay group, and specimen if it is unknown."
    )
    compared_unit = dy.String(nullable=True, description="Standard unit, or the reported one without a safe factor.")
    compared_uln = dy.Float64(nullable=True, description="Upper limit of normal in compared_unit.")
    day_low = dy.Float64(description="Lower bound of the day's value in compared_unit (geometric mean of several).")
    day_high = dy.Float64(
        allow_inf=True, description="Upper bound of the day's value; infinite above the measuring range."
    )
    file = dy.String(description="Source file.")
    row = dy.UInt32(description="Line of that file.")


class MarkerResponses(dy.Schema):
    """One row a line, marker and rule: did it respond, and which values decided."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    analyte = dy.String(primary_key=True, description="Biomarker code.")
    rule_id = dy.String(primary_key=True, description="Named rule.")
    status = dy.String(description="responder, non_responder, undetermined or not_evaluable.")
    reason = dy.String(description="In words, why.")
    is_confirmed = dy.Bool(nullable=True, description="Whether a second value confirmed the response.")
    response_date = dy.Date(nullable=True, description="Day of the deciding value.")
    baseline_value = dy.Float64(nullable=True, description="Baseline, in compared_unit.")
    baseline_fold_uln = dy.Float64(nullable=True, description="Baseline as a multiple of the upper limit.")
    compared_unit = dy.String(nullable=True, description="Unit of baseline_value and best_value.")
    best_value = dy.Float64(nullable=True, description="Lowest comparable value after the start.")
    best_change_pct = dy.Float64(
        nullable=True, description="Change of that value from baseline.", metadata={"unit": "%"}
    )
    best_is_bound = dy.Bool(nullable=True, description="Whether that value is a quantitation limit.")
    has_flag = dy.Bool(description="Whether PPI use or renal function was unknown at a deciding value.")
    baseline_file = dy.String(nullable=True, description="Source file of the baseline.")
    baseline_row = dy.UInt32(nullable=True, description="Line of the baseline.")
    deciding_file = dy.String(nullable=True, description="Source file of the deciding value.")
    deciding_row = dy.UInt32(nullable=True, description="Line of the deciding value.")


class MarkerProgressions(dy.Schema):
    """One row a line, marker with a baseline, and rule of marker progression."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    analyte = dy.String(primary_key=True, description="Biomarker code.")
    rule_id = dy.String(primary_key=True, description="Named rule.")
    progression_date = dy.Date(nullable=True, description="Day of the first satisfying value; null: none.")
    value = dy.Float64(nullable=True, description="That value, in compared_unit.")
    reference_value = dy.Float64(nullable=True, description="What it was compared with, in compared_unit.")
    file = dy.String(nullable=True, description="Source file of that value.")
    row = dy.UInt32(nullable=True, description="Line of that file.")
    last_value_date = dy.Date(description="Last comparable value of the line.")
    last_file = dy.String(description="Its source file.")
    last_row = dy.UInt32(description="Line of that file.")


class MarkerFeatures(dy.Schema):
    """One row a line, marker and series: the shape of the marker from its baseline on."""

    pid = dy.UInt32(description="Patient key.")
    line_no = dy.Int32(description="Line.")
    analyte = dy.String(description="Biomarker code.")
    series = dy.String(description="Values that may be compared.")
    compared_unit = dy.String(nullable=True, description="Unit of the values.")
    n_values = dy.Int32(description="Assessable days, baseline included.")
    baseline_value = dy.Float64(description="Baseline, or the limit it lies beyond.")
    nadir_value = dy.Float64(description="Smallest value, baseline included.")
    nadir_date = dy.Date(description="Its first day.")
    last_value = dy.Float64(description="Last value.")
    last_date = dy.Date(description="Its day.")
    last_change_pct = dy.Float64(nullable=True, description="Change from baseline.", metadata={"unit": "%"})
    rise_from_nadir_pct = dy.Float64(nullable=True, description="Last over nadir.", metadata={"unit": "%"})
    verdict_on_noise = dy.String(
        nullable=True, description="within, «beyond: rise» or «beyond: fall»: last change against the reference change."
    )
    log_area = dy.Float64(
        nullable=True,
        description="Area under ln(value / baseline), trapezoidal, from the baseline on.",
        metadata={"unit": "months"},
    )
    slope_per_month = dy.Float64(
        nullable=True, description="Slope of ln(value) by least squares.", metadata={"unit": "1/month"}
    )
    slope_low = dy.Float64(nullable=True, description="Lower 95 % limit.", metadata={"unit": "1/month"})
    slope_high = dy.Float64(nullable=True, description="Upper 95 % limit.", metadata={"unit": "1/month"})
    doubling_time_months = dy.Float64(
        nullable=True,
        description="ln 2 / slope; null unless the limits exclude no growth.",
        metadata={"unit": "months"},
    )
    change_week_4_pct = dy.Float64(nullable=True, description="Change in days 22 to 42.", metadata={"unit": "%"})
    change_week_12_pct = dy.Float64(nullable=True, description="Change in days 71 to 98.", metadata={"unit": "%"})
    change_month_6_pct = dy.Float64(nullable=True, description="Change in days 153 to 213.", metadata={"unit": "%"})
    has_transient_rise = dy.Bool(description="After PRRT: 20 % up within six months and no longer at the last value.")


class BestResponses(dy.Schema):
    """One row a line and source of assessments: its best response, confirmed and not, up to progression."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    source = dy.String(primary_key=True, description="given: by readers; lesions: derived.")
    n_assessments = dy.Int32(description="Assessments after the start, up to progression and the next line.")
    best_response = dy.String(description="CR, PR, SD, NON_CR_NON_PD, PD, NE or MISSING.")
    best_date = dy.Date(nullable=True, description="First day of that response.")
    confirmed_response = dy.String(description="The same where CR and PR need confirmation.")
    confirmed_date = dy.Date(nullable=True, description="Its first day.")
    response_date = dy.Date(nullable=True, description="First CR or PR.")
    confirmed_response_date = dy.Date(nullable=True, description="First CR or PR that was confirmed.")
    benefit_date = dy.Date(
        nullable=True, description="First response, or disease not progressed after the least time of stability."
    )


class LabGrades(dy.Schema):
    """One row a line, analyte and period: the worst CTCAE v5 grade of its laboratory values."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    analyte = dy.String(primary_key=True, description="Analyte.")
    period = dy.String(
        primary_key=True, description="baseline, cycle 1, cycle 2, … to the next cycle, or follow_up without cycles."
    )
    term = dy.String(description="CTCAE term.")
    grade = dy.Int32(nullable=True, description="Worst grade, 0 to 4; null: no value could be graded.")
    date = dy.Date(nullable=True, description="First day of the worst grade.")
    value = dy.Float64(nullable=True, description="That value, in the standard unit.")
    n_values = dy.Int32(description="Values of the period.")
    n_ungraded = dy.Int32(description="Values that could not be graded, for want of a limit of normal.")
    file = dy.String(nullable=True, description="Source file of that value.")
    row = dy.UInt32(nullable=True, description="Line of that file.")


class ScoreChanges(dy.Schema):
    """One row a line, item and later day: a symptom or quality-of-life score against its baseline."""

    pid = dy.UInt32(description="Patient key.")
    line_no = dy.Int32(description="Line.")
    item = dy.String(description="Item.")
    date = dy.Date(description="Day.")
    days = dy.Int32(description="date − start + 1.", metadata={"unit": "days"})
    value = dy.Float64(description="Score.")
    baseline = dy.Float64(nullable=True, description="Last score from the baseline window to the start.")
    change = dy.Float64(nullable=True, description="value − baseline.")
    verdict = dy.String(nullable=True, description="better, worse or same, by the least meaningful change of the item.")
    file = dy.String(description="Source file.")
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
    source_file = dy.String(nullable=True, description="File of that record.")
    source_row = dy.UInt32(nullable=True, description="Line of that record.")
    is_imputed = dy.Bool(description="Whether a partial date was filled in the start or the end.")
    last_negative_date = dy.Date(
        nullable=True, description="The event lies after this day; the censoring date without event."
    )
    first_positive_date = dy.Date(nullable=True, description="… and not after this one; null without event.")


class RecistAssessments(dy.Schema):
    """One row a visit after a line's start: the response derived from its lesions, beside any given one."""

    pid = dy.UInt32(description="Patient key.")
    line_no = dy.Int32(description="Line whose baseline it is read against.")
    date = dy.Date(description="Day of the assessment; a progression is dated by pd_date_rule.")
    first_date = dy.Date(description="First scan of the visit.")
    last_date = dy.Date(description="Last scan of the visit.")
    criteria = dy.String(description="Size criteria.")
    n_targets = dy.Int32(description="Target lesions at the baseline.")
    n_measured = dy.Int32(description="Target lesions measured at this visit.")
    is_complete = dy.Bool(description="Whether every target of the baseline was measured.")
    baseline_mm = dy.Float64(nullable=True, description="Sum at the baseline.", metadata={"unit": "mm"})
    sum_mm = dy.Float64(nullable=True, description="Sum at this visit.", metadata={"unit": "mm"})
    nadir_mm = dy.Float64(
        nullable=True, description="Smallest complete sum before, baseline included.", metadata={"unit": "mm"}
    )
    change_pct = dy.Float64(
        nullable=True, description="Change of a complete sum from the baseline.", metadata={"unit": "%"}
    )
    target = dy.String(description="Target response: CR, PR, SD, PD, NE, NA.")
    non_target = dy.String(description="Non-target response: CR, NON_CR_NON_PD, PD, NE, NA.")
    has_new_lesion = dy.Bool(description="Whether a new lesion was seen.")
    response = dy.String(description="Overall response.")
    is_inadequate = dy.Bool(description="Whether every scan of the visit was called inadequate.")
    is_imputed = dy.Bool(description="Whether the scan's date was partial.")
    file = dy.String(description="Source file of the first scan.")
    row = dy.UInt32(description="Line of that file.")


DERIVED_TABLES: dict[str, type[dy.Schema]] = {
    "lines": Lines,
    "marker_values": MarkerValues,
    "marker_responses": MarkerResponses,
    "marker_progressions": MarkerProgressions,
    "marker_features": MarkerFeatures,
    "recist_assessments": RecistAssessments,
    "best_responses": BestResponses,
    "lab_grades": LabGrades,
    "score_changes": ScoreChanges,
    "times_to_event": TimesToEvent,
}
"""Every derived table of a study, in the order they are made."""
