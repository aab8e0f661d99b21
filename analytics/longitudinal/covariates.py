"""What was known of the patient and the tumour when a line started."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

DAYS_PER_YEAR = 365.25

NOT_BY_KI67: tuple[str, ...] = ("lung", "thymus")
"""Primaries whose grade follows other rules (WHO 2021: mitoses and necrosis), so that none is computed."""


def _derive_persons(patients: pl.LazyFrame) -> pl.LazyFrame:
    mid_year = pl.date(pl.col("birth_year"), 7, 1)
    return patients.select("pid", "sex", "site", "consent_to_research", birth=pl.coalesce("birth_date", mid_year))


def _derive_tumours(starts: pl.LazyFrame, diagnoses: pl.LazyFrame) -> pl.LazyFrame:
    """Return the latest diagnosis known at each start; what never changes is taken from any diagnosis."""
    known = (pl.col("diagnosis_date_lo") <= pl.col("start_date")).fill_null(value=True)
    held = ("grade",)
    fixed = ("primary_site", "histology")
    return (
        starts.join(diagnoses.drop("start_date", strict=False), on="pid")
        .with_columns(is_known=known)
        .sort("pid", "line_no", "diagnosis_date", "diagnosis_no", nulls_last=False)
        .group_by("pid", "line_no", maintain_order=True)
        .agg(
            *(pl.col(name).filter(pl.col("is_known") & pl.col(name).is_not_null()).last() for name in held),
            *(
                pl.coalesce(
                    pl.col(name).filter(pl.col("is_known") & pl.col(name).is_not_null()).last(),
                    pl.col(name).drop_nulls().first(),
                )
                for name in fixed
            ),
        )
    )


def _derive_ki67(starts: pl.LazyFrame, tables: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Return the latest Ki-67 of a specimen or a diagnosis that may lie before the start."""
    of_diagnosis = tables["diagnoses"].select(
        "pid",
        "ki67_pct",
        seen=pl.coalesce("ki67_date", "diagnosis_date"),
        seen_lo=pl.coalesce("ki67_date_lo", "diagnosis_date_lo"),
        order=pl.lit(0),
    )
    of_specimen = tables["pathology"].select("pid", "ki67_pct", seen="date", seen_lo="date_lo", order=pl.lit(1))
    known = (pl.col("seen_lo") <= pl.col("start_date")).fill_null(value=True)
    return (
        starts.join(pl.concat([of_diagnosis, of_specimen]).filter(pl.col("ki67_pct").is_not_null()), on="pid")
        .filter(known)
        .sort("pid", "line_no", "seen", "order", "ki67_pct", nulls_last=False)
        .group_by("pid", "line_no", maintain_order=True)
        .agg(pl.col("ki67_pct").last())
    )


def compute_grade() -> pl.Expr:
    """Return the grade of a well-differentiated tumour from ``ki67_pct`` and ``mitoses`` (per 2 mm²).

    The higher of the two decides (WHO 2019): G1 below 3 % and 2 mitoses, G2 to 20 of either, else G3. Ten
    high-power fields count as the 2 mm² the classification equates them with.
    """
    ki67, mitoses = pl.col("ki67_pct"), pl.col("mitoses")
    by_ki67 = pl.when(ki67 > 20).then(3).when(ki67 >= 3).then(2).when(ki67.is_not_null()).then(1)
    by_mitoses = pl.when(mitoses > 20).then(3).when(mitoses >= 2).then(2).when(mitoses.is_not_null()).then(1)
    worst = pl.max_horizontal(by_ki67, by_mitoses)
    return pl.when(worst.is_not_null()).then(pl.format("G{}", worst))


def _derive_computed_grade(starts: pl.LazyFrame, pathology: pl.LazyFrame) -> pl.LazyFrame:
    """Return the grade of the latest well-differentiated specimen that may lie before each start."""
    graded = pathology.filter(pl.col("differentiation") == "well").select(
        "pid", "date", "date_lo", "specimen_no", grade_computed=compute_grade()
    )
    known = (pl.col("date_lo") <= pl.col("start_date")).fill_null(value=True)
    return (
        starts.join(graded.filter(pl.col("grade_computed").is_not_null()), on="pid")
        .filter(known)
        .sort("pid", "line_no", "date", "specimen_no", nulls_last=False)
        .group_by("pid", "line_no", maintain_order=True)
        .agg(pl.col("grade_computed").last())
    )


def derive_covariates(lines: pl.DataFrame, tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Add age, sex, centre, tumour and consent to lines (``pid``, ``line_no``, ``start_date``).

    A fact whose possible dates all lie after the start is not used. ``age_years`` counts years of 365.25
    days, from the middle of the birth year when only that is known.
    """
    starts = lines.lazy().select("pid", "line_no", "start_date")
    on_line = ["pid", "line_no"]
    age = (pl.col("start_date") - pl.col("birth")).dt.total_days() / DAYS_PER_YEAR
    return (
        lines.lazy()
        .join(_derive_persons(tables["patients"]), on="pid", how="left")
        .join(_derive_tumours(starts, tables["diagnoses"]), on=on_line, how="left")
        .join(_derive_ki67(starts, tables), on=on_line, how="left")
        .join(_derive_computed_grade(starts, tables["pathology"]), on=on_line, how="left")
        .with_columns(
            age_years=age,
            grade_computed=pl.when(~pl.col("primary_site").is_in(NOT_BY_KI67).fill_null(value=False)).then(
                "grade_computed"
            ),
        )
        .collect()
    )
