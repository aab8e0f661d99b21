"""What was known of the patient and the tumour when a line started."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.catalogue.grades import GRADE_EDITION_BY_NAME, GradeEdition
from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError
from analytics.longitudinal.keys import EARLIEST_DAY, sort_by_key
from analytics.longitudinal.runs import as_index
from analytics.tables.results import BoolArray, IntArray

DAYS_PER_YEAR = 365.25

_DAYS = 2**24
"""More than twice the days of any calendar: line and day make one number."""

NOT_BY_KI67: tuple[str, ...] = ("lung", "thymus")
"""Primaries whose grade follows other rules (WHO 2021: mitoses and necrosis), so that none is computed."""


def _derive_persons(patients: pl.LazyFrame) -> pl.LazyFrame:
    mid_year = pl.date(pl.col("birth_year"), 7, 1)
    return patients.select("pid", "sex", "site", "consent_to_research", birth=pl.coalesce("birth_date", mid_year))


def _compute_seen_key(date: pl.Expr, order: int | pl.Expr = 0) -> pl.Expr:
    """Return line, day and ``order`` (0 or 1) as one number; of a line a row without a date comes first."""
    day = (date.cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY + 1).fill_null(0)
    return pl.col("line").cast(pl.Int64) * _DAYS + day * 2 + order


def _derive_tumours(starts: pl.DataFrame, diagnoses: pl.LazyFrame) -> pl.DataFrame:
    """Return the latest diagnosis known at each start; what never changes is taken from any diagnosis."""
    facts = diagnoses.select(
        "pid", "diagnosis_date", "diagnosis_date_lo", "diagnosis_no", "grade", "primary_site", "histology"
    ).collect()
    known = (pl.col("diagnosis_date_lo") <= pl.col("start_date")).fill_null(value=True)
    joined = (
        starts.lazy()
        .join(
            facts.lazy()
            .select("pid", "diagnosis_date", "diagnosis_date_lo", "diagnosis_no")
            .with_row_index("source"),
            on="pid",
        )
        .select(
            "line", "diagnosis_no", "source", is_known=known, seen_key=_compute_seen_key(pl.col("diagnosis_date"))
        )
        .collect()
    )  # fmt: skip
    rows = sort_by_key(joined, "seen_key", "diagnosis_no")
    line, source, is_known = (rows[name].to_numpy() for name in ("line", "source", "is_known"))

    def choose(name: str, *, also_unknown: bool) -> pl.Series:
        told = facts[name].is_not_null().to_numpy()[source]
        last = _find_last(line, told & is_known, starts.height)
        if also_unknown:
            first = _find_last(line[::-1], told[::-1], starts.height)
            last = np.where((last < 0) & (first >= 0), len(line) - 1 - first, last)
        return facts[name].gather(as_index(np.where(last < 0, -1, np.append(source, 0)[last])))

    return pl.DataFrame([choose(name, also_unknown=name != "grade") for name in ("grade", "primary_site", "histology")])


def _find_last(line: IntArray, holds: BoolArray, n_lines: int) -> IntArray:
    """Return for each of ``n_lines`` the last row of it for which it ``holds``, −1 where there is none."""
    found, rows = np.full(n_lines, -1), np.flatnonzero(holds)
    # of several rows written to one place the last one stays
    found[line[rows]] = rows
    return found


def _choose_last(rows: pl.DataFrame, name: str, n_lines: int) -> pl.Series:
    """Return the last value of each line; ``rows`` are in order."""
    last = _find_last(rows["line"].to_numpy(), np.ones(rows.height, dtype=np.bool_), n_lines)
    return rows[name].gather(as_index(last))


def _derive_ki67(starts: pl.DataFrame, tables: Mapping[str, pl.LazyFrame]) -> pl.Series:
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
    rows = (
        starts.lazy()
        .join(pl.concat([of_diagnosis, of_specimen]).filter(pl.col("ki67_pct").is_not_null()), on="pid")
        .filter(known)
        .select("line", "ki67_pct", seen_key=_compute_seen_key(pl.col("seen"), pl.col("order")))
        .collect()
    )
    return _choose_last(sort_by_key(rows, "seen_key", "ki67_pct"), "ki67_pct", starts.height)


def find_edition(settings: Settings) -> GradeEdition:
    """Return the edition by which grades are computed.

    Raises
    ------
    SettingsError
        If the catalogue has no such edition.
    """
    if settings.who_edition not in GRADE_EDITION_BY_NAME:
        known = ", ".join(GRADE_EDITION_BY_NAME)
        raise SettingsError(f"There is no WHO edition «{settings.who_edition}».", "who_edition", f"Known: {known}.")
    return GRADE_EDITION_BY_NAME[settings.who_edition]


def compute_grade(edition: GradeEdition) -> pl.Expr:
    """Return the grade of a well-differentiated tumour from ``ki67_pct`` and ``mitoses`` (per 2 mm²).

    The higher of the two decides; one that was not counted, or over an area that is not told, does not. Ten
    high-power fields count as the 2 mm² the classification equates them with.
    """
    ki67, mitoses = pl.col("ki67_pct"), pl.when(pl.col("mitoses_per").is_not_null()).then("mitoses")
    is_second = ki67 >= edition.ki67_second if edition.is_second_included else ki67 > edition.ki67_second
    by_ki67 = pl.when(ki67 > edition.second_up_to).then(3).when(is_second).then(2).when(ki67.is_not_null()).then(1)
    by_mitoses = (
        pl.when(mitoses > edition.second_up_to)
        .then(3)
        .when(mitoses >= edition.mitoses_second)
        .then(2)
        .when(mitoses.is_not_null())
        .then(1)
    )
    worst = pl.max_horizontal(by_ki67, by_mitoses)
    return pl.when(worst.is_not_null()).then(pl.format("G{}", worst))


def _derive_computed_grade(starts: pl.DataFrame, pathology: pl.LazyFrame, edition: GradeEdition) -> pl.Series:
    """Return the grade of the latest well-differentiated specimen that may lie before a start, the highest of a day."""
    graded = pathology.filter(pl.col("differentiation") == "well").select(
        "pid", "date", "date_lo", grade_computed=compute_grade(edition)
    )
    known = (pl.col("date_lo") <= pl.col("start_date")).fill_null(value=True)
    rows = (
        starts.lazy()
        .join(graded.filter(pl.col("grade_computed").is_not_null()), on="pid")
        .filter(known)
        .select("line", "grade_computed", seen_key=_compute_seen_key(pl.col("date")))
        .collect()
    )
    return _choose_last(sort_by_key(rows, "seen_key", "grade_computed"), "grade_computed", starts.height)


def derive_covariates(lines: pl.DataFrame, tables: Mapping[str, pl.LazyFrame], settings: Settings) -> pl.DataFrame:
    """Add age, sex, centre, tumour and consent to lines (``pid``, ``line_no``, ``start_date``).

    A fact whose possible dates all lie after the start is not used. ``age_years`` counts years of 365.25
    days, from the middle of the birth year when only that is known. Grades are computed by the WHO edition
    of the settings.

    Raises
    ------
    SettingsError
        If the catalogue has no such edition.
    """
    starts = lines.select("pid", "start_date").with_row_index("line")
    age = (pl.col("start_date") - pl.col("birth")).dt.total_days() / DAYS_PER_YEAR
    persons = _derive_persons(tables["patients"]).collect()
    is_graded = ~pl.col("primary_site").is_in(NOT_BY_KI67).fill_null(value=False)
    return pl.concat(
        [
            lines.join(persons, on="pid", how="left", maintain_order="left"),
            _derive_tumours(starts, tables["diagnoses"]),
            pl.DataFrame(
                [
                    _derive_ki67(starts, tables),
                    _derive_computed_grade(starts, tables["pathology"], find_edition(settings)),
                ]
            ),
        ],
        how="horizontal",
    ).with_columns(age_years=age, grade_computed=pl.when(is_graded).then("grade_computed"))
