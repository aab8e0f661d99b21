"""Lookup sheets: assays, planned schedule, study settings."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.columns import code, integer, number, partial_date, text
from analytics.tables.row import Row


class Assays(Row):
    """One row an assay over the time it was in use."""

    assay_id = text("Name of the assay, as in ``labs.assay_id``.", essential=True)
    analyte = code("analyte", "What it measures.", essential=True)
    maker = text("Maker and kit.")
    unit = text("Unit it reports in.")
    uln = number("Upper limit of normal.", "as unit", low=0)
    lln = number("Lower limit of normal.", "as unit", low=0)
    lloq = number("Lower limit of quantitation.", "as unit", low=0)
    uloq = number("Upper limit of quantitation.", "as unit", low=0)
    factor_to_standard = number("Factor to the standard unit, from the maker; empty: never converted.", low=0)
    comparable_group = text("Assays with one label may be compared; empty: comparable with itself only.")
    valid_from = partial_date("First day this row holds.")
    valid_to = partial_date("Last day this row holds.")


class Schedule(Row):
    """One row a phase of the planned assessment schedule."""

    schedule_id = text("Name of the schedule.", essential=True, key=True)
    phase = integer("Order of the phase.", low=1, essential=True, key=True)
    anchor = code("schedule_anchor", "What the phase is counted from.", essential=True)
    start_offset_days = integer("Days from the anchor to the first target.", "days", essential=True)
    interval_days = integer("Days between targets.", "days", low=1, essential=True)
    early_days = integer("Allowed days before a target.", "days", low=0)
    late_days = integer("Allowed days after a target.", "days", low=0)
    repeats = integer("How many targets; empty: without end.", low=1)


class StudySettings(Row):
    """One row a setting that changes an answer; written into every export."""

    setting = text("Name of the setting.", essential=True, key=True)
    value = text("Its value.", essential=True)


LOOKUP_TABLES: dict[str, type[dy.Schema]] = {"assays": Assays, "schedule": Schedule, "study": StudySettings}
