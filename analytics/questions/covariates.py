"""What a model may adjust for: only what was known at time zero of a line, with unit, kind and reference level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.questions.groups import AFTER_TIME_ZERO, GROUPINGS, REMEDIES
from analytics.tables.results import Refusal
from analytics.tables.study import Study

Form = Literal["levels", "spline", "line"]


@dataclass(frozen=True, slots=True)
class Covariate:
    """One variable: a column of ``lines`` or ``line_baselines``, or the baseline of a marker (``analyte``).

    ``form`` is how it enters by default: ``levels`` against ``reference`` (empty: the most frequent), a natural
    ``spline``, or a straight ``line``. ``step`` is one ``unit`` in words. With ``is_log2`` the logarithm enters.
    """

    name: str
    label: str
    form: Form
    unit: str = ""
    column: str = ""
    analyte: str = ""
    reference: str = ""
    step: str = ""
    is_log2: bool = False


def _marker(code: str, name: str) -> Covariate:
    label = f"Baseline {name}"
    return Covariate(f"log2_{code.lower()}_fold_uln", label, "spline", "log2 × ULN", analyte=code, step="doubling")


_USUAL_REFERENCES = {
    "grade": "G1",
    "grade_computed": "G1",
    "concurrent_ssa": "false",
    "bone_metastases": "false",
    "liver_only": "false",
    "extent": "liver_only",
    "sstr_status": "positive",
    "fdg_status": "negative",
    "netpet": "P1",
}

COVARIATES: dict[str, Covariate] = {
    covariate.name: covariate
    for covariate in (
        *(
            Covariate(
                grouping.name,
                grouping.meaning,
                "levels",
                column=grouping.column,
                reference=grouping.reference or _USUAL_REFERENCES.get(grouping.name, ""),
            )
            for grouping in GROUPINGS.values()
            if grouping.column
        ),
        Covariate("age_years", "Age at the start", "spline", "years", "age_years", step="year"),
        Covariate("ki67_pct", "Ki-67 before the start", "spline", "%", "ki67_pct", step="percentage point"),
        Covariate("prior_lines", "Lines before this one", "line", "lines", "prior_lines", step="line"),
        Covariate(
            "log2_alp_fold_uln",
            "Baseline alkaline phosphatase",
            "spline",
            "log2 × ULN",
            "alp_fold_uln",
            step="doubling",
            is_log2=True,
        ),
        Covariate("egfr", "Estimated GFR at the start", "spline", "mL/min/1.73m2", "egfr", step="mL/min/1.73m2"),
        Covariate("target_sum_mm", "Sum of target diameters at the start", "spline", "mm", "target_sum_mm", step="mm"),
        Covariate(
            "growth_before_pct",
            "Tumour growth before the start",
            "line",
            "%/month",
            "growth_before_pct",
            step="percentage point a month",
        ),
        Covariate("n_lesions", "Lesions seen before the start", "line", "lesions", "n_lesions", step="lesion"),
        *(_marker(marker.code, marker.name) for marker in BIOMARKERS if marker.kind == "marker"),
    )
}
"""Every covariate by name; those of `GROUPINGS` are categories, the others are continuous."""


def find_covariate(name: str) -> Covariate | Refusal:
    """Return the covariate called ``name``, or the refusal that says why it cannot be used."""
    if name in AFTER_TIME_ZERO:
        return Refusal(
            "covariate_after_time_zero",
            f"«{name}» is known only after time zero, so as a fixed covariate it would favour those who lived long "
            "enough to have it (immortal time).",
            f"Adjust for what was known at the start. {REMEDIES}",
        )
    if name not in COVARIATES:
        return Refusal(
            "unknown_covariate",
            f"There is no covariate «{name}».",
            f"Use any of: {', '.join(COVARIATES)}.",
        )
    return COVARIATES[name]


def derive_covariates(study: Study, lines: pl.DataFrame, covariates: tuple[Covariate, ...]) -> pl.DataFrame:
    """Return ``lines`` with one more column a covariate, named after it: text for levels, else numbers.

    A marker's baseline is the last assessable value up to the day of the start; it does not ask for a later value.
    Several values of that day are their geometric mean; a value beyond a quantitation limit enters as the limit.
    """
    for covariate in covariates:
        if covariate.analyte:
            lines = lines.join(_baselines(study, covariate), on=["pid", "line_no"], how="left", maintain_order="left")
        else:
            kind = pl.String if covariate.form == "levels" else pl.Float64
            value = pl.col(covariate.column).cast(kind)
            lines = lines.with_columns((value.log(2) if covariate.is_log2 else value).alias(covariate.name))
    return lines


def _baselines(study: Study, covariate: Covariate) -> pl.DataFrame:
    is_last = pl.col("date") == pl.col("date").max().over("pid", "line_no")
    return (
        study.table("marker_values")
        .filter(
            (pl.col("analyte") == covariate.analyte)
            & pl.col("is_baseline")
            & pl.col("is_assessable")
            & (pl.col("fold_uln") > 0)
        )
        .filter(is_last)
        .group_by("pid", "line_no")
        .agg(pl.col("fold_uln").log(2).mean().alias(covariate.name))
        .collect()
    )
