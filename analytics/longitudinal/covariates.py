"""What was known of the patient and the tumour when a line started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.catalogue.grades import GRADE_EDITION_BY_NAME, GradeEdition
from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError
from analytics.longitudinal.keys import EARLIEST_DAY, sort_by_key
from analytics.longitudinal.runs import as_index, list_places
from analytics.tables.results import BoolArray, IntArray

DAYS_PER_YEAR = 365.25

_DAYS = 2**23
"""More days than any calendar here has: line and day make one number."""

NOT_BY_KI67: tuple[str, ...] = ("lung", "thymus")
"""Primaries whose grade follows other rules (WHO 2021: mitoses and necrosis), so that none is computed."""


def _derive_persons(patients: pl.LazyFrame) -> pl.LazyFrame:
    mid_year = pl.date(pl.col("birth_year"), 7, 1)
    return patients.select("pid", "sex", "site", "consent_to_research", birth=pl.coalesce("birth_date", mid_year))


@dataclass(frozen=True, slots=True)
class _Told:
    """Rows of a table beside each line of their patient: of every pair the ``line`` and the row, ``source``."""

    line: IntArray
    source: IntArray
    n_lines: int

    def find_known(self, lines: pl.DataFrame, possible: pl.Series) -> BoolArray:
        """Return of which pairs the row may lie before the start: by its first ``possible`` day, or without a day."""
        start, day = lines["start_date"].to_physical(), possible.to_physical()
        return (day.gather(self.source) <= start.gather(self.line)).fill_null(value=True).to_numpy()

    def order(self, dates: pl.Series, tie: pl.Series) -> _Told:
        """Return the pairs in the order of lines, then of ``dates``, null first, and of ``tie``, null last."""
        day = (dates.to_physical().cast(pl.Int64) + EARLIEST_DAY + 1).fill_null(0)
        pairs = pl.DataFrame({"source": self.source, "tie": tie.gather(self.source)})
        key = pl.Series(self.line * _DAYS + day.gather(self.source).to_numpy())
        in_order = sort_by_key(pairs.with_columns(key=key, line=pl.Series(self.line)), "key", "tie")
        return _Told(in_order["line"].to_numpy(), in_order["source"].to_numpy(), self.n_lines)

    def find_last(self, holds: BoolArray) -> IntArray:
        """Return the row of the last pair of each line for which it ``holds``, −1 where there is none."""
        found = np.full(self.n_lines, -1)
        # of several rows written to one place the last one stays
        found[self.line[holds]] = self.source[holds]
        return found

    def find_first(self, holds: BoolArray) -> IntArray:
        """Return the row of the first pair of each line for which it ``holds``, −1 where there is none."""
        return _Told(self.line[::-1], self.source[::-1], self.n_lines).find_last(holds[::-1])


def _pair(lines: pl.DataFrame, rows: pl.DataFrame) -> _Told:
    """Return the rows of a table beside each line of their patient."""
    order = np.argsort(rows["pid"].to_numpy(), kind="stable")
    pid, asked = rows["pid"].to_numpy()[order], lines["pid"].to_numpy()
    begin = np.searchsorted(pid, asked, side="left")
    lengths = np.searchsorted(pid, asked, side="right") - begin
    source = order[list_places(begin, lengths)]
    return _Told(np.repeat(np.arange(lines.height), lengths), source, lines.height)


def _derive_tumours(lines: pl.DataFrame, diagnoses: pl.DataFrame, told: _Told) -> pl.DataFrame:
    """Return the latest diagnosis known at each start; what never changes is taken from any diagnosis."""
    in_order = told.order(diagnoses["diagnosis_date"], diagnoses["diagnosis_no"])
    is_known = in_order.find_known(lines, diagnoses["diagnosis_date_lo"])

    def choose(name: str, *, also_unknown: bool) -> pl.Series:
        is_told = diagnoses[name].is_not_null().to_numpy()[in_order.source]
        found = in_order.find_last(is_told & is_known)
        if also_unknown:
            found = np.where(found < 0, in_order.find_first(is_told), found)
        return diagnoses[name].gather(as_index(found))

    return pl.DataFrame([choose(name, also_unknown=name != "grade") for name in ("grade", "primary_site", "histology")])


def _find_latest_ki67(
    lines: pl.DataFrame, rows: pl.DataFrame, told: _Told, seen: str, seen_lo: str
) -> tuple[IntArray, pl.Series]:
    """Return the day (0 without one) and the value of the latest Ki-67 that may lie before each start, −1 without."""
    in_order = told.order(rows[seen], rows["ki67_pct"])
    is_told = rows["ki67_pct"].is_not_null().to_numpy()[in_order.source]
    found = as_index(in_order.find_last(is_told & in_order.find_known(lines, rows[seen_lo])))
    day = (rows[seen].to_physical().cast(pl.Int64) + EARLIEST_DAY + 1).fill_null(0).gather(found).fill_null(-1)
    return day.to_numpy(), rows["ki67_pct"].gather(found)


def _derive_ki67(
    lines: pl.DataFrame, diagnoses: pl.DataFrame, pathology: pl.DataFrame, told: _Told, of_specimen: _Told
) -> pl.Series:
    """Return the latest Ki-67 of a specimen or a diagnosis that may lie before the start; of one day the specimen's."""
    day, ki67 = _find_latest_ki67(lines, diagnoses, told, "seen", "seen_lo")
    day_of_specimen, ki67_of_specimen = _find_latest_ki67(lines, pathology, of_specimen, "date", "date_lo")
    is_specimen = pl.Series(day_of_specimen >= day)
    return ki67_of_specimen.zip_with(is_specimen, ki67)


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


def _derive_computed_grade(
    lines: pl.DataFrame, pathology: pl.DataFrame, of_specimen: _Told, edition: GradeEdition
) -> pl.Series:
    """Return the grade of the latest well-differentiated specimen that may lie before a start, the highest of a day."""
    is_well = (pathology["differentiation"] == "well").fill_null(value=False)
    graded = pathology.select(pl.when(pl.lit(is_well)).then(compute_grade(edition)).alias("grade_computed")).to_series()
    in_order = of_specimen.order(pathology["date"], graded)
    is_graded = graded.is_not_null().to_numpy()[in_order.source]
    found = in_order.find_last(is_graded & in_order.find_known(lines, pathology["date_lo"]))
    return graded.gather(as_index(found))


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
    age = (pl.col("start_date") - pl.col("birth")).dt.total_days() / DAYS_PER_YEAR
    persons = _derive_persons(tables["patients"]).collect()
    diagnoses = (
        tables["diagnoses"]
        .select(
            "pid", "diagnosis_date", "diagnosis_date_lo", "diagnosis_no", "grade", "primary_site", "histology",
            "ki67_pct",
            seen=pl.coalesce("ki67_date", "diagnosis_date"),
            seen_lo=pl.coalesce("ki67_date_lo", "diagnosis_date_lo"),
        )
        .collect()
    )  # fmt: skip
    pathology = (
        tables["pathology"]
        .select("pid", "date", "date_lo", "differentiation", "mitoses", "mitoses_per", "ki67_pct")
        .collect()
    )
    told, of_specimen = _pair(lines, diagnoses), _pair(lines, pathology)
    is_graded = ~pl.col("primary_site").is_in(NOT_BY_KI67).fill_null(value=False)
    return pl.concat(
        [
            lines.join(persons, on="pid", how="left", maintain_order="left"),
            _derive_tumours(lines, diagnoses, told),
            pl.DataFrame(
                [
                    _derive_ki67(lines, diagnoses, pathology, told, of_specimen).alias("ki67_pct"),
                    _derive_computed_grade(lines, pathology, of_specimen, find_edition(settings)),
                ]
            ),
        ],
        how="horizontal",
    ).with_columns(age_years=age, grade_computed=pl.when(is_graded).then("grade_computed"))
