"""Small files that help the reader: scripts that open the curve in R and Python, and a README."""

from __future__ import annotations

from analytics.export.release import Release
from analytics.export.sentences import MONTHS

_READ_R = """\
# Reads the curve of this folder; base R, no packages. Column names follow broom's tidy() of a survfit.
curve <- read.csv("curve.csv", check.names = FALSE)
groups <- unique(curve$strata)
joined <- if (curve$estimate_type[1] == "life table") "l" else "s"
plot(NULL, xlim = range(curve$time), ylim = c(0, 1), xlab = "Months", ylab = curve$outcome[1])
for (i in seq_along(groups)) {
  part <- curve[curve$strata == groups[i], ]
  lines(part$time, part$estimate, type = joined, col = i, lty = i)
  lines(part$time, part$conf.low, type = joined, col = i, lty = 3)
  lines(part$time, part$conf.high, type = joined, col = i, lty = 3)
}
legend("topright", legend = groups, col = seq_along(groups), lty = seq_along(groups), bty = "n")
"""

_READ_PYTHON = '''\
"""Reads the curve of this folder with the standard library alone: group -> list of (months, survival, low, high)."""

import csv
from pathlib import Path


def read_curve(folder=Path(__file__).parent):
    curves = {}
    with (folder / "curve.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            numbers = (row["time"], row["estimate"], row["conf.low"], row["conf.high"])
            curves.setdefault(row["strata"], []).append(tuple(float(n) if n else None for n in numbers))
    return curves


if __name__ == "__main__":
    for group, points in read_curve().items():
        print(group, len(points), "points; last:", points[-1])
'''

_FILES: dict[str, str] = {
    "curve.csv": "the curve: one row a distinct time and group, from time 0; std.error is that of log S, cloglog is "
    "log(−log S); n.risk counts just before the time",
    "risk_table.csv": "at risk, events and censored before, and at or before, each time; the three add up to the group",
    "guyot_*.txt": "input of Guyot's algorithm; at risk counts just before the time; several groups are numbered in "
    "the order of summary.json",
    "counts.csv": "lines or people by topic, category and group; the categories of a topic add up",
    "details.csv": "the rows behind the counts with days and source lines (row-level: keep it inside)",
    "subjects.csv": "one row a line or value the answer rests on (row-level: keep it inside)",
    "adtte.json": "times to event as ADaM ADTTE in Dataset-JSON 1.1 (row-level: keep it inside)",
    "adtte.xpt": "the same as a SAS transport file, version 5 (row-level: keep it inside)",
    "response.csv": "responders by group with limits, shares between 0 and 1",
    "response_comparisons.csv": "difference and ratio of the shares of the evaluable, with limits",
    "not_evaluable.csv": "why lines are not evaluable",
    "best_changes.csv": "best change of each evaluable line, per cent (row-level: keep it inside)",
    "characteristics.csv": "lines by characteristic, category and group",
    "bands.csv": "quantiles of the marker in multiples of the upper limit of normal, by window",
    "endpoints.csv": "events, censorings and exclusions by reason",
    "coefficients.csv": "a model's terms with ratios and limits, reference levels included; spline terms at the full "
    "level only",
    "tests.csv": "tests of the whole model, of each variable of several terms, and of the bend of each spline",
    "proportionality.csv": "score test of proportional hazards, each term and all together",
    "effect_curves.*": "ratio along each continuous variable against its median",
    "missing.csv": "lines without each variable of a model",
    "influence.*": "what each line moves each coefficient by, in standard errors (row-level: keep it inside)",
    "adjusted_curves.*": "survival of each group as if all were the same people, by the model",
    "balance.csv": "differences of the weighted groups in standard deviations, before and after weighting",
    "log_hazards.*": "cumulative hazards on logarithmic axes, parallel where hazards are proportional",
    "schoenfeld.*": "scaled Schoenfeld residuals of each event (row-level: keep it inside)",
    "cif.csv": "cumulative incidence of each cause; n.risk counts just before the time",
    "hazards.csv": "cause-specific and subdistribution hazard ratios of the first cause",
    "turnbull.csv": "survival by intervals: mass lies in (left, right] (shows single visits: keep it inside)",
    "interval_medians.csv": "medians by detection, by intervals (low and high bound it), its limits, how much "
    "later detection dates it, and by each model",
    "interval_coefficients.csv": "ratios of the models of everybody's intervals",
    "modelled_curves.csv": "survival by each parametric model; beyond follow-up it is the model's word alone",
    "restricted_means.csv": "mean time without the event up to the horizon",
    "contrasts.csv": "differences and ratios of restricted means against the reference",
    "group_tests.csv": "the log-rank family, and pairs of groups after Holm",
    "forest.csv": "ratio in everybody and in each subgroup",
    "interactions.csv": "tests that the subgroups of a variable share one ratio",
    "sensitivity.csv": "the same comparison by endpoint, rule set and model",
    "course.csv": "typical person's curve by group in multiples of the upper limit, limits of the average and of "
    "single values, arithmetic mean, people still measured",
    "spread.csv": "how people differ in level and slope (ln × ULN), and how single values scatter",
    "patients.csv": "each person's level and slope beside the group's, with limits (row-level: keep it inside)",
    "own_courses.*": "people's own fitted curves (row-level: keep it inside)",
    "residuals.*": "residuals of the mixed model against a normal distribution (row-level: keep it inside)",
    "spider.*": "single treatment lines behind the bands of their group (row-level: keep it inside)",
    "agreement.csv": "sensitivity, specificity, predictive values, agreement and kappa of marker and scan",
    "pairs.csv": "the four counts behind them",
    "growth.csv": "quartiles of the growth rates by group and period, % a month",
    "model_before_treatment.*, model_on_treatment.*": "what the growth rates foretell: forests of the models",
    "regrowth.csv": "quartiles of growth and decay rates by group, with the doubling and halving times they mean; each "
    "row says its unit",
    "regrowth_models.csv": "lines by the curve of decay and regrowth chosen, or by why there is none",
    "flow.csv": "who is left after each step of the selection, and why the others are not",
    "summary.json": "the answer in numbers and words, with methods to cite",
    "figure.*": "the figure, drawn from the same result",
    "waterfall.*": "best change of every evaluable line (row-level: keep it inside)",
}


def write_readers(_release: Release) -> dict[str, bytes]:
    """Write ``read_curve.R`` and ``read_curve.py``."""
    return {"read_curve.R": _READ_R.encode(), "read_curve.py": _READ_PYTHON.encode()}


def write_readme(release: Release) -> dict[str, bytes]:
    """Write ``README.txt``: what was asked, at which level, and what each file holds."""
    answer = release.answer
    level = (
        f"Level: safe. Every count is of nobody or of at least {release.settings.floor_patients} people; smaller ones "
        "were merged or withheld (empty cell). Answers about overlapping selections must be looked at together before "
        "they are given out."
        if release.is_safe
        else "Level: full. The folder holds row-level data of patients: keep it where such data may be."
    )
    files = [f"  {name}: {meaning}." for name, meaning in _FILES.items()]
    lines = [
        f"Lutetia: {answer.question.kind} in study {answer.study_name}, data version {answer.study_version}.",
        "",
        *answer.summary,
        *answer.notes,
        "",
        level,
        MONTHS,
        "A text cell that a spreadsheet could take for a formula starts with an apostrophe.",
        "",
        "Files that may be here:",
        *files,
        "  manifest.json: SHA-256 of every file, settings, versions and the call that made them.",
    ]
    return {"README.txt": ("\n".join(lines) + "\n").encode()}
