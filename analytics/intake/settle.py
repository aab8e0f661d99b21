"""What becomes of each row of each table: used, or not used and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.cell_checks import cell_checks, take_cautiously
from analytics.intake.checks import Check, apply_checks
from analytics.intake.clinic_checks import checks_of, death_checks
from analytics.intake.date_checks import date_checks, date_columns, life_checks, partial_date_checks, relative_checks
from analytics.intake.dates import RELATIVE
from analytics.intake.deaths import death_ranges
from analytics.intake.examinations import EXAMINATION, find_examinations, number_examinations
from analytics.intake.identity import missing_patient_check, unknown_patient_check
from analytics.intake.lab_checks import assay_checks, flag_checks, lab_limit_checks, lab_value_checks, lookup_checks
from analytics.intake.lab_limits import derive_lab_limits, find_overlaps
from analytics.intake.parse import STATUS
from analytics.intake.records import settle_records
from analytics.intake.retractions import left_out_findings
from analytics.tables.registry import LOOKUPS, PATIENT_TABLES


@dataclass(frozen=True, slots=True)
class Ground:
    """What is the same for every part of a study.

    Attributes
    ----------
    settings
        The effective settings.
    latest
        The last day a date may have, if one is known.
    withdrawn
        The ids of patients who have withdrawn.
    assays
        The accepted rows of the assays sheet.
    look_alikes
        For ids that are not on the patients sheet: the id there that looks like it, if there is one.
    has_imaging
        Whether the source lists examinations at all.
    """

    settings: Settings
    latest: date | None
    withdrawn: frozenset[str] = frozenset()
    assays: pl.DataFrame = field(default_factory=pl.DataFrame)
    look_alikes: Mapping[str, str] = field(default_factory=dict[str, str])
    has_imaging: bool = False


@dataclass(slots=True)
class Desk:
    """Where the tables of some patients are settled; the findings pile up here."""

    ground: Ground
    findings: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])

    @property
    def settings(self) -> Settings:
        """Return the effective settings."""
        return self.ground.settings

    def settle(self, parsed: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """Settle the tables of whole patients, those first that others refer to.

        ``parsed`` is emptied on the way, so that of each table only one form is held.

        Returns
        -------
        The tables with ``_status`` and the ranges of birth and death.
        """
        patients = self._settle_patients(parsed.pop("patients"))
        known = patients.filter(pl.col(STATUS).is_null()).get_column("pid")
        vital = self._check_rows("vital_status", parsed.pop("vital_status"), known)
        self._check("vital_status", vital, tuple(death_checks()))
        life = _life(patients, death_ranges(vital), self.ground.latest)
        settled = {
            "patients": self._finish("patients", patients, life),
            "vital_status": self._finish("vital_status", vital, life),
        }
        for name in PATIENT_TABLES:
            if name not in settled:
                rows = self._check_rows(name, parsed.pop(name), known)
                finished = self._finish(name, _with_context(name, rows, settled), life)
                settled[name] = number_examinations(finished) if name == "imaging" else finished
        return settled

    def _check(self, table: str, frame: pl.DataFrame, *stages: Sequence[Check]) -> pl.DataFrame:
        checked, found = apply_checks(table, frame, *stages)
        self.findings.extend(found)
        return checked

    def _cell_checks(self, table: str, frame: pl.DataFrame) -> tuple[Check, ...]:
        return _checks_of_cells(table, tuple(frame.columns), self.settings.dates == RELATIVE)

    def settle_lookups(self, parsed: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """Settle the sheets that are about no patient; they get a ``_status``."""
        settled: dict[str, pl.DataFrame] = {}
        for name in LOOKUPS:
            checked = self._check(name, parsed[name], self._cell_checks(name, parsed[name]))
            checks = (*date_checks(name, None, self.settings), *lookup_checks(name))
            rows = self._settle_records(name, checked)
            if name == "assays":
                rows = rows.with_columns(_overlap=find_overlaps(rows))
            settled[name] = self._check(name, rows, checks)
        return settled

    def _settle_records(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        settled, found = settle_records(table, frame, self.settings.duplicate_rule)
        self.findings.extend([*found, *left_out_findings(table, frame, settled)])
        return settled

    def _settle_patients(self, patients: pl.DataFrame) -> pl.DataFrame:
        present = self._withdraw(patients)
        checked = self._check("patients", present, (missing_patient_check(), *self._cell_checks("patients", present)))
        return self._settle_records("patients", take_cautiously("patients", checked))

    def _check_rows(self, table: str, frame: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
        """Check the patient and the cells of each row, then which rows say the same or the contrary."""
        identity = (missing_patient_check(), unknown_patient_check(known, self.ground.look_alikes))
        values = tuple(lab_value_checks()) if table == "labs" else ()
        checked = self._check(table, self._withdraw(frame), identity, self._cell_checks(table, frame), values)
        checked = take_cautiously(table, checked)
        return self._settle_records(table, checked)

    def _finish(self, table: str, frame: pl.DataFrame, life: pl.DataFrame) -> pl.DataFrame:
        """Check dates against the patient's life, then what belongs to this table alone."""
        known = frame.join(life, on="pid", how="left", maintain_order="left") if date_columns(table) else frame
        checked = self._check(table, known, *self._checks_of_life(table))
        if table == "labs":
            checked = derive_lab_limits(checked, self.ground.assays)
            checks = (*lab_limit_checks(), *flag_checks(checked.columns), *assay_checks(self.ground.assays))
            checked = self._check(table, checked, checks)
        return checked

    def _checks_of_life(self, table: str) -> tuple[tuple[Check, ...], tuple[Check, ...]]:
        return _checks_of_life(table, self.ground.latest, self.settings, self.ground.has_imaging)

    def _withdraw(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self.ground.withdrawn:
            return frame
        is_gone = pl.col("patient_id").is_in(self.ground.withdrawn)
        return frame.with_columns(pl.when(is_gone).then(pl.lit("withdrawn")).otherwise(STATUS).alias(STATUS))


@lru_cache(maxsize=128)
def _checks_of_cells(table: str, parsed: tuple[str, ...], is_relative: bool) -> tuple[Check, ...]:
    return (*cell_checks(table, parsed), *(relative_checks(table) if is_relative else ()))


@lru_cache(maxsize=128)
def _checks_of_life(
    table: str, latest: date | None, settings: Settings, has_imaging: bool
) -> tuple[tuple[Check, ...], tuple[Check, ...]]:
    """Return the checks against the patient's life and those of this table alone, then those that count."""
    checks = (*date_checks(table, latest, settings), *life_checks(table))
    checks = (*checks, *checks_of(table, settings, has_imaging=has_imaging))
    return checks, tuple(partial_date_checks(table))


def _life(patients: pl.DataFrame, deaths: pl.DataFrame, latest: date | None) -> pl.DataFrame:
    """Return the earliest possible birth and the range of the death of each patient.

    A birth after ``latest`` is mistyped (V13), and no other date is measured by it.
    """
    given = (pl.col("birth_date_lo"), pl.date(pl.col("birth_year").cast(pl.Int32), 1, 1))
    possible = given if latest is None else tuple(pl.when(birth <= latest).then(birth) for birth in given)
    births = patients.filter(pl.col(STATUS).is_null()).select("pid", pl.coalesce(possible).alias("_birth_lo"))
    return births.join(deaths, on="pid", how="left")


def _with_context(table: str, frame: pl.DataFrame, settled: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Add what a table's own checks need from another: a lesion's tracer, a cycle's kind of treatment."""
    if table == "lesions":
        imaging = settled["imaging"]
        numbered = frame.with_columns(find_examinations(frame, imaging))
        is_unseen = pl.col(EXAMINATION).is_null() & pl.col("imaging_id").is_not_null()
        return numbered.with_columns(_tracers_of_uptake(numbered, imaging).alias("_tracer"), _is_unseen=is_unseen)
    if table == "responses":
        return frame.with_columns(_is_unseen=_lack_examination(frame, settled["imaging"]))
    if table != "cycles":
        return frame
    key = ["pid", "treatment_id"]
    treatments = settled["treatments"].filter(pl.col(STATUS).is_null()).select(*key, _category="category")
    facts = treatments.unique(key, keep="first", maintain_order=True)
    return frame.join(facts, on=key, how="left", maintain_order="left")


def _lack_examination(responses: pl.DataFrame, imaging: pl.DataFrame) -> pl.Series:
    """Return whether a response has neither a day of its own nor an examination that gives one."""
    needs = responses.select(pl.col("date").is_null() & pl.col("imaging_id").is_not_null()).to_series()
    return needs & find_examinations(responses, imaging).is_null() if needs.any() else needs


def _tracers_of_uptake(lesions: pl.DataFrame, imaging: pl.DataFrame) -> pl.Series:
    """Return the tracer of each lesion's examination, or none at all where no uptake was measured without one.

    A tracer matters where uptake was measured without one, which is rare.
    """
    examinations, tracers = lesions.get_column(EXAMINATION), imaging.get_column("tracer")
    has_uptake = pl.any_horizontal(pl.col("suv_max", "suv_mean").is_not_null())
    measured = examinations.filter(lesions.select(has_uptake).to_series())
    if (tracers == "none").gather(measured.unique()).any():
        return tracers.gather(examinations)
    return pl.Series([None], dtype=pl.String()).new_from_index(0, lesions.height)
