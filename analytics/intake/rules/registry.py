"""Every rule of intake by its id."""

from __future__ import annotations

from analytics.intake.rules.cells import CELL_RULES
from analytics.intake.rules.clinic import CLINIC_RULES
from analytics.intake.rules.course import COURSE_RULES
from analytics.intake.rules.labs import LAB_RULES
from analytics.intake.rules.series import SERIES_RULES
from analytics.intake.rules.structure import STRUCTURE_RULES
from analytics.tables.findings import Rule

_ENTRIES = (*STRUCTURE_RULES, *CELL_RULES, *LAB_RULES, *SERIES_RULES, *CLINIC_RULES, *COURSE_RULES)

RULES: dict[str, Rule] = {rule.rule_id: rule for rule in _ENTRIES}
