"""The studies a server shows: kept in memory, asked through one cached door, opened anew when newly published."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

import polars as pl

from analytics.errors import StoreError, UserError
from analytics.questions.ask import answer
from analytics.questions.own_course import PopulationCourse, learn_population
from analytics.questions.patient import answer_patient
from analytics.questions.question import Answer, Question
from analytics.snapshots import current_name
from analytics.store import opaque_ids, open_study
from analytics.tables.history import PatientHistory
from analytics.tables.results import Refusal
from analytics.tables.study import Study

ANSWERS_KEPT = 256
HISTORIES_KEPT = 512
POPULATIONS_KEPT = 64
log = logging.getLogger("lutetia.dashboard")
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


@dataclass(frozen=True, slots=True)
class Source:
    """The store a study is opened from, and the name its current version had before it was opened."""

    store: Path
    version_name: str


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
    sources: dict[str, Source] = {}
    for store in stores:
        name = _name_of(store)
        sources[name if name not in sources else f"{name}-{len(sources) + 1}"] = Source(store, current_name(store))
    return Shelf([_open(key, source.store) for key, source in sources.items()], sources)


def _open(key: str, store: Path) -> OpenedStudy:
    return hold_study(open_study(store, _name_of(store)), str(store), key, partial(opaque_ids, store))


def _name_of(store: Path) -> str:
    return store.resolve().name.removesuffix("-store")


def _values_of(column: pl.Series) -> tuple[str, ...]:
    return tuple(column.drop_nulls().unique().sort().to_list())


class Answers:
    """What has been asked of one data version; each question is computed once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.ask = lru_cache(maxsize=ANSWERS_KEPT)(self._ask)
        self.tell = lru_cache(maxsize=HISTORIES_KEPT)(self._tell)
        self.learn = lru_cache(maxsize=POPULATIONS_KEPT)(self._learn)

    def _ask(self, question: Question) -> Answer | Refusal:
        try:
            return answer(self.study, question)
        except UserError as problem:
            return Refusal("not_understood", problem.what, problem.hint)

    def _tell(self, patient_id: str, analyte: str) -> PatientHistory | Refusal:
        return answer_patient(self.study, patient_id, analyte, self.learn)

    def _learn(self, analyte: str, treatment: str) -> PopulationCourse | Refusal:
        return learn_population(self.study, analyte, treatment)


class Shelf:
    """The opened studies by key, and their answers; ``sources`` names those that may be published anew."""

    def __init__(self, studies: Sequence[OpenedStudy], sources: Mapping[str, Source] | None = None) -> None:
        self.studies = {opened.key: opened for opened in studies}
        self.first = studies[0].key
        self._answers = {key: Answers(opened.study) for key, opened in self.studies.items()}
        self._sources = dict(sources or {})
        self._renewing = Lock()

    def opened(self, key: str) -> OpenedStudy:
        """Return the study called ``key``, or the first where there is none of that name."""
        return self.studies.get(key, self.studies[self.first])

    def ask(self, key: str, question: Question) -> Answer | Refusal:
        """Answer a question from the study called ``key``."""
        return self._answers[key].ask(question)

    def tell(self, key: str, patient_id: str, analyte: str) -> PatientHistory | Refusal:
        """Return the history of a patient of the study called ``key``."""
        return self._answers[key].tell(patient_id, analyte)

    def learn(self, key: str, analyte: str, treatment: str) -> PopulationCourse | Refusal:
        """Return the typical course of a marker under a treatment in the study called ``key``."""
        return self._answers[key].learn(analyte, treatment)

    def renew(self) -> None:
        """Open what was published, or withdrawn, since a store was opened; who asks meanwhile sees the version before.

        A version that cannot be opened is logged, and the one before stays.
        """
        for key, source in list(self._sources.items()):
            name = current_name(source.store)
            if name != source.version_name and self._renewing.acquire(blocking=False):
                try:
                    self._sources[key] = Source(source.store, name)
                    self._put(_open(key, source.store))
                except StoreError as problem:
                    log.error("the new version of «%s» is not shown: %s", key, problem.what)
                finally:
                    self._renewing.release()

    def _put(self, opened: OpenedStudy) -> None:
        self.studies[opened.key] = opened
        self._answers[opened.key] = Answers(opened.study)
