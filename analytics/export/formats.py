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
from analytics.export.balance import write_balance
from analytics.export.comparison_tables import write_means, write_sensitivity, write_subgroups
from analytics.export.competing_tables import write_incidence, write_interval_models, write_turnbull
from analytics.export.course_tables import write_course, write_own_courses
from analytics.export.figure_files import write_figure, write_log_hazards, write_waterfall
from analytics.export.marker_figures import write_growth_models, write_own_course_figures, write_spider
from analytics.export.marker_tables import write_agreement, write_growth, write_imputation
from analytics.export.model_figures import (
    write_adjusted_figure,
    write_effect_figure,
    write_influence_figure,
    write_schoenfeld_figure,
)
from analytics.export.model_tables import (
    write_adjusted_curves,
    write_coefficients,
    write_effect_curves,
    write_influence,
    write_missing,
    write_model_tests,
    write_schoenfeld,
)
from analytics.export.readers import write_readers, write_readme
from analytics.export.regrowth_tables import write_regrowth
from analytics.export.release import LEVELS, Format
from analytics.export.summary import write_summary
from analytics.export.survival_tables import write_curve, write_guyot, write_risk_table
from analytics.export.tally_tables import write_tally, write_tally_details

COMPETING, INTERVALS = frozenset({"competing_risks"}), frozenset({"interval_censored"})
COMPARISON, SUBGROUPS, SENSITIVITY = frozenset({"comparison"}), frozenset({"subgroups"}), frozenset({"sensitivity"})
COURSE, AGREEMENT = frozenset({"course"}), frozenset({"agreement"})
GROWTH, REGROWTH, IMPUTATION = frozenset({"growth"}), frozenset({"regrowth"}), frozenset({"imputation"})
MARKER = COURSE | AGREEMENT | GROWTH | REGROWTH | IMPUTATION
MODELS = COMPETING | INTERVALS | SUBGROUPS | SENSITIVITY | {"regression", "time_dependent", "response_model"}
SURVIVAL, RESPONSE = frozenset({"survival", "landmark"}), frozenset({"response"})
CURVES = SURVIVAL | {"switching"}
TALLIES = frozenset({"best_response", "rule_changes", "choices", "readings", "toxicity", "symptoms", "surveillance"})
EVERY_KIND = MODELS | COMPARISON | CURVES | MARKER | TALLIES | {"cohort", "response", "trajectory", "endpoints"}
REGRESSION = frozenset({"regression", "time_dependent", "response_model"})
COHORT, TRAJECTORY, ENDPOINTS = frozenset({"cohort"}), frozenset({"trajectory"}), frozenset({"endpoints"})
BOTH, FULL = frozenset(LEVELS), frozenset(LEVELS[1:])

FORMATS: tuple[Format, ...] = (
    Format("curve table", CURVES, BOTH, write_curve),
    Format("risk table", CURVES, BOTH, write_risk_table),
    Format("Guyot files", SURVIVAL, BOTH, write_guyot),
    Format("proportional hazards by eye", SURVIVAL, FULL, write_log_hazards),
    Format("readers of the curve", CURVES, BOTH, write_readers),
    Format("ADaM times to event", SURVIVAL, FULL, write_adtte),
    Format("response table", RESPONSE, BOTH, write_response),
    Format("best changes", RESPONSE, FULL, write_best_changes),
    Format("figure", CURVES | RESPONSE | TRAJECTORY | MARKER | MODELS, BOTH, write_figure),
    Format("areas under the curves", COMPARISON, FULL, write_figure),
    Format("waterfall", RESPONSE, FULL, write_waterfall),
    Format("spider", TRAJECTORY, FULL, write_spider),
    Format("characteristics", COHORT, BOTH, write_characteristics),
    Format("bands", TRAJECTORY, BOTH, write_bands),
    Format("endpoint counts", ENDPOINTS, BOTH, write_endpoints),
    Format("coefficients", REGRESSION, BOTH, write_coefficients),
    Format("tests of a model", REGRESSION, BOTH, write_model_tests),
    Format("effect curves", REGRESSION, BOTH, write_effect_curves),
    Format("effect figure", REGRESSION, BOTH, write_effect_figure),
    Format("missing values", REGRESSION, BOTH, write_missing),
    Format("Schoenfeld residuals", REGRESSION, FULL, write_schoenfeld),
    Format("influence of lines", REGRESSION, FULL, write_influence),
    Format("adjusted curves", REGRESSION, FULL, write_adjusted_curves),
    Format("adjusted figure", REGRESSION, FULL, write_adjusted_figure),
    Format("influence figure", REGRESSION, FULL, write_influence_figure),
    Format("Schoenfeld figure", REGRESSION, FULL, write_schoenfeld_figure),
    Format("course of a marker", COURSE, BOTH, write_course),
    Format("agreement with scans", AGREEMENT, BOTH, write_agreement),
    Format("growth rates", GROWTH, BOTH, write_growth),
    Format("models of growth", GROWTH, BOTH, write_growth_models),
    Format("decay and regrowth", REGROWTH, BOTH, write_regrowth),
    Format("imputed model", IMPUTATION, BOTH, write_imputation),
    Format("people's own courses", COURSE, FULL, write_own_courses),
    Format("own course figures", COURSE, FULL, write_own_course_figures),
    Format("cumulative incidence", COMPETING, BOTH, write_incidence),
    Format("Turnbull estimate", INTERVALS, FULL, write_turnbull),
    Format("models of intervals", INTERVALS, BOTH, write_interval_models),
    Format("restricted means", COMPARISON, BOTH, write_means),
    Format("forest of subgroups", SUBGROUPS, BOTH, write_subgroups),
    Format("sensitivity analyses", SENSITIVITY, BOTH, write_sensitivity),
    Format("balance of weighted groups", SURVIVAL | COMPARISON | MODELS, BOTH, write_balance),
    Format("counts", TALLIES, BOTH, write_tally),
    Format("rows behind the counts", TALLIES, FULL, write_tally_details),
    Format("flow", EVERY_KIND, BOTH, write_flow),
    Format("subjects", EVERY_KIND, FULL, write_subjects),
    Format("summary", EVERY_KIND, BOTH, write_summary),
    Format("read me", EVERY_KIND, BOTH, write_readme),
)
