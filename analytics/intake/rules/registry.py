"""Every rule of intake by its id."""

from __future__ import annotations

from analytics.intake.rules.cells import CELL_RULES
from analytics.intake.rules.clinic import CLINIC_RULES
from analytics.intake.rules.labs import LAB_RULES
from analytics.intake.rules.structure import STRUCTURE_RULES
from analytics.tables.findings import Rule

RULES: dict[str, Rule] = {rule.rule_id: rule for rule in (*STRUCTURE_RULES, *CELL_RULES, *LAB_RULES, *CLINIC_RULES)}
