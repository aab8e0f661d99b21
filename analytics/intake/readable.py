"""The tables that can be read and the columns each may have."""

from __future__ import annotations

from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

KNOWN_COLUMNS: dict[str, frozenset[str]] = {name: frozenset(facts_of(schema)) for name, schema in SOURCE_TABLES.items()}
"""The columns of every source table, by table."""

CORRECTIONS = "corrections"
CORRECTION_COLUMNS = ("table", "patient_id", "key", "column", "old_value", "new_value", "reason", "who", "when")
"""The sheet of corrections: «key» names the row within its patient as «column=value; column=value»."""

READABLE: dict[str, frozenset[str]] = KNOWN_COLUMNS | {CORRECTIONS: frozenset(CORRECTION_COLUMNS)}
"""Those, and the corrections."""
