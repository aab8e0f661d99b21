"""The questions there are, each in one sentence; nothing heavy is loaded, so that the command line can tell them."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "cohort": "Who is in, and what was known of them at the start of each line.",
    "survival": "Time to an endpoint by group: Kaplan-Meier curves, medians, hazard ratios and their test.",
    "comparison": "Restricted mean survival by group, with difference and ratio, weighted and pairwise tests.",
    "regression": "A model of the time to an endpoint, adjusted for covariates: Cox, Firth or parametric.",
    "competing_risks": "Cumulative incidence of progression with death competing, and models of both hazards.",
    "interval_censored": "Progression known only to lie between two visits: Turnbull's curve beside the usual one.",
    "subgroups": "The effect of a treatment in subgroups, with tests of interaction.",
    "sensitivity": "Endpoints, rule sets and models side by side.",
    "response": "Marker response by group: rates with limits, differences, waterfall.",
    "trajectory": "A marker in windows of time by group, as observed.",
    "endpoints": "Every endpoint counted: events, censored and excluded, with reasons.",
    "rule_changes": "How many lines each other rule set would move, and how: event, censored, left out, another day.",
    "choices": "The same for other choices: partial dates, size criteria, dates of progression; derived anew.",
    "best_response": "Best, objective and confirmed response and disease control by group, with exact limits.",
    "readings": "Readers' responses beside those derived from lesions, and every visit that differs.",
    "toxicity": "Worst toxicity after the start: graded from laboratory values, and as reported.",
    "symptoms": "Symptoms and quality of life at the last score: better, the same or worse.",
    "surveillance": "What is due, done, late or missed by a named schedule, as of a day.",
    "landmark": "Do responders live longer without progression? Compared from a landmark day on.",
    "switching": "The same by Simon-Makuch curves: a person counts as a responder from the response on.",
    "course": "How a marker moves under each treatment: curves of a mixed model, people differing in level and slope.",
    "growth": "How fast a marker or the diameters grow before and on treatment, and what that foretells.",
    "regrowth": "How fast a marker or the diameters fall on treatment and grow again: the best of four curves a line.",
    "agreement": "Does the marker say what the scan says: sensitivity and specificity at matched windows.",
    "response_model": "On what response depends: logistic, penalised, ordinal or repeated-response models.",
    "imputation": "A Cox model of the complete lines and, beside it, with the missing imputed.",
    "time_dependent": "The hazard by the marker's last value or slope so far, in a time-dependent Cox model.",
}
"""What each question answers, by its name on the command line; `analytics.questions.ask.QUESTIONS` answers them."""
