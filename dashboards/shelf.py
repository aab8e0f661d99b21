"""The studies a server shows: opened once, kept in memory, asked through one cached door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

import polars as pl

from analytics.errors import UserError
from analytics.questions.ask import answer
from analytics.questions.own_course import PopulationCourse, learn_population
from analytics.questions.patient import answer_patient
from analytics.questions.question import Answer, Question
from analytics.store import opaque_ids, open_study
from analytics.tables.history import PatientHistory
from analytics.tables.results import Refusal
from analytics.tables.study import Study

ANSWERS_KEPT = 256
HISTORIES_KEPT = 512
POPULATIONS_KEPT = 64
FILTERS: dict[str, str] = {
    "treatment": "treatment",
    "primary_site": "primary_site",
    "grade": "grade",
    "hospital": "site",
}
"""Filter of the cohort page → column of ``lines`` that holds its values."""


@dataclass(frozen=True, slots=True)
class OpenedStudy:
    """A study with what the pages need around it.

    ``key`` names it in addresses; ``place`` is the store as a person would type it on the command line.
    ``choices`` are the values each filter can take, ``patients`` the study codes with consent in order,
    ``opaque`` the name each has in addresses, and ``codes`` the way back.
    """

    key: str
    place: str
    study: Study
    choices: Mapping[str, tuple[str, ...]]
    patients: tuple[str, ...]
    opaque: Mapping[str, str] = field(repr=False)
    codes: Mapping[str, str] = field(repr=False)


def hold_study(study: Study, place: str, key: str, name_patients: Callable[[list[str]], dict[str, str]]) -> OpenedStudy:
    """Hold a study in memory under ``key``; ``name_patients`` gives each study code its opaque name."""
    held = replace(study, tables={name: table.collect().lazy() for name, table in study.tables.items()})
    lines = held.table("lines").collect()
    patients = held.table("patients").filter(pl.col("consent_to_research").fill_null("Y") != "N")
    codes = patients.select("patient_id").sort("patient_id").collect()["patient_id"].to_list()
    opaque = name_patients(codes)
    return OpenedStudy(
        key=key,
        place=place,
        study=held,
        choices={name: _values_of(lines[column]) for name, column in FILTERS.items()},
        patients=tuple(codes),
        opaque=opaque,
        codes={name: code for code, name in opaque.items()},
    )


def open_shelf(stores: Sequence[Path]) -> Shelf:
    """Open the current version of each store.

    Raises
    ------
    StoreError
        If a store cannot be opened.
    """
    studies: list[OpenedStudy] = []
    for store in stores:
        name = store.resolve().name.removesuffix("-store")
        key = name if name not in {opened.key for opened in studies} else f"{name}-{len(studies) + 1}"
        studies.append(hold_study(open_study(store, name), str(store), key, partial(opaque_ids, store)))
    return Shelf(studies)


def _values_of(column: pl.Series) -> tuple[str, ...]:
    return tuple(column.drop_nulls().unique().sort().to_list())


class Shelf:
    """The opened studies by key, and their answers; a question is computed once for each data version."""

    def __init__(self, studies: Sequence[OpenedStudy]) -> None:
        self.studies = {opened.key: opened for opened in studies}
        self.first = studies[0].key
        self._ask = lru_cache(maxsize=ANSWERS_KEPT)(self._answer)
        self._tell = lru_cache(maxsize=HISTORIES_KEPT)(self._history)
        self._learn = lru_cache(maxsize=POPULATIONS_KEPT)(self._population)

    def opened(self, key: str) -> OpenedStudy:
        """Return the study called ``key``, or the first where there is none of that name."""
        return self.studies.get(key, self.studies[self.first])

    def ask(self, key: str, question: Question) -> Answer | Refusal:
        """Answer a question from the study called ``key``."""
        return self._ask(key, question)

    def tell(self, key: str, patient_id: str, analyte: str) -> PatientHistory | Refusal:
        """Return the history of a patient of the study called ``key``."""
        return self._tell(key, patient_id, analyte)

    def _answer(self, key: str, question: Question) -> Answer | Refusal:
        try:
            return answer(self.opened(key).study, question)
        except UserError as problem:
            return Refusal("not_understood", problem.what, problem.hint)

    def _history(self, key: str, patient_id: str, analyte: str) -> PatientHistory | Refusal:
        return answer_patient(self.opened(key).study, patient_id, analyte, partial(self._learn, key))

    def _population(self, key: str, analyte: str, treatment: str) -> PopulationCourse | Refusal:
        return learn_population(self.opened(key).study, analyte, treatment)
