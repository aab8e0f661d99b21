"""The derived tables of markers: values in a line, responses, progressions, features."""

from __future__ import annotations

import dataframely as dy


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
    has_atrophic_gastritis = dy.Bool(description="Whether the patient was known to have atrophic gastritis that day.")
    is_assessable = dy.Bool(
        description="False under PPI, with low eGFR or atrophic gastritis, for the markers these raise; one a day."
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
    negative_date = dy.Date(
        nullable=True,
        description="Day of the value before the response, where that surely was none; null under a rule of a window.",
    )


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
    negative_date = dy.Date(nullable=True, description="Day of the value before it, where that surely was no rise.")
    last_value_date = dy.Date(description="Last comparable value of the line.")
    last_file = dy.String(description="Its source file.")
    last_row = dy.UInt32(description="Line of that file.")
    changed_date = dy.Date(nullable=True, description="First value after it by another assay; null: none.")
    changed_file = dy.String(nullable=True, description="Its source file.")
    changed_row = dy.UInt32(nullable=True, description="Line of that file.")


class MarkerChanges(dy.Schema):
    """One row a later value of a series: its change from the baseline and from the value before."""

    pid = dy.UInt32(description="Patient key.")
    line_no = dy.Int32(description="Line.")
    analyte = dy.String(description="Biomarker code.")
    series = dy.String(description="Values that may be compared.")
    compared_unit = dy.String(nullable=True, description="Unit of the values.")
    date = dy.Date(description="Day of the value.")
    days = dy.Int32(description="date − start + 1.", metadata={"unit": "days"})
    from_baseline_pct = dy.Float64(nullable=True, description="Change from the baseline.", metadata={"unit": "%"})
    baseline_verdict = dy.String(
        nullable=True, description="rise or fall beyond the reference change value, else within; null: none is known."
    )
    previous_date = dy.Date(nullable=True, description="Day of the comparable value before.")
    from_previous_pct = dy.Float64(nullable=True, description="Change from that value.", metadata={"unit": "%"})
    previous_verdict = dy.String(nullable=True, description="The same for that change.")
    file = dy.String(description="Source file.")
    row = dy.UInt32(description="Line of that file.")


class MarkerFeatures(dy.Schema):
    """One row a line, marker and series: the shape of the marker from its baseline on."""

    pid = dy.UInt32(description="Patient key.")
    line_no = dy.Int32(description="Line.")
    analyte = dy.String(description="Biomarker code.")
    series = dy.String(description="Values that may be compared.")
    compared_unit = dy.String(nullable=True, description="Unit of the values.")
    n_values = dy.Int32(description="Assessable days, baseline included.")
    baseline_value = dy.Float64(description="Baseline, or the limit it lies beyond.")
    nadir_value = dy.Float64(description="Smallest value, or the limit it lies beyond, baseline included.")
    nadir_date = dy.Date(description="Its first day.")
    last_value = dy.Float64(description="Last value, or the limit it lies beyond.")
    last_date = dy.Date(description="Its day.")
    last_change_pct = dy.Float64(
        nullable=True, description="Change from baseline; null from or to a limit.", metadata={"unit": "%"}
    )
    rise_from_nadir_pct = dy.Float64(
        nullable=True, description="Last over nadir; null from or to a limit.", metadata={"unit": "%"}
    )
    verdict_on_noise = dy.String(
        nullable=True,
        description="within, «beyond: rise» or «beyond: fall»: last change against the reference change; null where "
        "none is known or a limit leaves it open.",
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
    change_month_3_pct = dy.Float64(nullable=True, description="Change in days 61 to 121.", metadata={"unit": "%"})
    change_month_6_pct = dy.Float64(nullable=True, description="Change in days 153 to 213.", metadata={"unit": "%"})
    has_transient_rise = dy.Bool(description="After PRRT: 20 % up within six months and no longer at the last value.")
