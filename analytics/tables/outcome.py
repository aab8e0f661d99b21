"""What became of the patient: vital status."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.columns import code, partial_date, text
from analytics.tables.row import Row


class VitalStatus(Row):
    """One row a proof of life, a death, or an end of observation."""

    patient_id = text("Study code of the patient.", essential=True)
    date = partial_date("Day of the contact, death or end.", required=True)
    kind = code("vital_kind", "What is known of that day.", essential=True)
    cause = code("death_cause", "Cause of death.")
    source = code("vital_source", "Where it is known from.")


OUTCOME_TABLES: dict[str, type[dy.Schema]] = {"vital_status": VitalStatus}
