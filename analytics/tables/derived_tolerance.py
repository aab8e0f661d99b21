"""The derived tables of what treatment did to the patient: laboratory grades, scores."""

from __future__ import annotations

import dataframely as dy


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
    is_least = dy.Bool(description="Whether the value, or its baseline, is a bound that leaves worse grades possible.")
    date = dy.Date(nullable=True, description="First day of the worst grade.")
    comparator = dy.String(nullable=True, description="< or > where that value is a bound.")
    value = dy.Float64(nullable=True, description="That value, in the standard unit.")
    n_values = dy.Int32(description="Values of the period.")
    n_ungraded = dy.Int32(
        description="Values that could not be graded: no limit of normal, or bounds that leave it open."
    )
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


class ReportedToxicities(dy.Schema):
    """One row a line and term: the worst toxicity that a clinician graded."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    term = dy.String(primary_key=True, description="Term as written in the source.")
    grade = dy.Int32(description="Worst grade, 1 to 5.")
    date = dy.Date(description="First day of the worst grade.")
    n_events = dy.Int32(description="Rows of that term in the line.")
    is_serious = dy.Bool(description="Whether any of them was serious.")
    file = dy.String(description="Source file of the worst one.")
    row = dy.UInt32(description="Line of that file.")
