"""Every format an answer leaves in; a new one is a module and a line here."""

from __future__ import annotations

from analytics.export.adtte import write_adtte
from analytics.export.aggregate_tables import (
    write_bands,
    write_best_changes,
    write_characteristics,
    write_endpoints,
    write_flow,
    write_response,
    write_subjects,
)
from analytics.export.figure_files import write_figure, write_waterfall
from analytics.export.readers import write_readers, write_readme
from analytics.export.release import LEVELS, Format
from analytics.export.summary import write_summary
from analytics.export.survival_tables import write_curve, write_guyot, write_risk_table

EVERY_KIND = frozenset({"cohort", "survival", "response", "trajectory", "endpoints"})
SURVIVAL, RESPONSE = frozenset({"survival"}), frozenset({"response"})
COHORT, TRAJECTORY, ENDPOINTS = frozenset({"cohort"}), frozenset({"trajectory"}), frozenset({"endpoints"})
BOTH, FULL = frozenset(LEVELS), frozenset(LEVELS[1:])

FORMATS: tuple[Format, ...] = (
    Format("curve table", SURVIVAL, BOTH, write_curve),
    Format("risk table", SURVIVAL, BOTH, write_risk_table),
    Format("Guyot files", SURVIVAL, BOTH, write_guyot),
    Format("readers of the curve", SURVIVAL, BOTH, write_readers),
    Format("ADaM times to event", SURVIVAL, FULL, write_adtte),
    Format("response table", RESPONSE, BOTH, write_response),
    Format("best changes", RESPONSE, FULL, write_best_changes),
    Format("figure", SURVIVAL | RESPONSE | TRAJECTORY, BOTH, write_figure),
    Format("waterfall", RESPONSE, FULL, write_waterfall),
    Format("characteristics", COHORT, BOTH, write_characteristics),
    Format("bands", TRAJECTORY, BOTH, write_bands),
    Format("endpoint counts", ENDPOINTS, BOTH, write_endpoints),
    Format("flow", EVERY_KIND, BOTH, write_flow),
    Format("subjects", EVERY_KIND, FULL, write_subjects),
    Format("summary", EVERY_KIND, BOTH, write_summary),
    Format("read me", EVERY_KIND, BOTH, write_readme),
)
