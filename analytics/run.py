"""Run a protocol: source → study → answers → files, told in one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analytics.build import BuildReport, Progress, build_study
from analytics.export.write import hold_to_level, write_answer
from analytics.protocol import Protocol
from analytics.questions.ask import answer
from analytics.questions.question import Answer
from analytics.store import open_study
from analytics.tables.results import Refusal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one planned question: its answer or refusal, and the files written."""

    name: str
    answer: Answer | Refusal
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: the build and the outcome of each question, in the order of the plan."""

    build: BuildReport
    outcomes: tuple[Outcome, ...]

    @property
    def refusals(self) -> tuple[Outcome, ...]:
        """Return the outcomes that are refusals."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome.answer, Refusal))


def run_protocol(plan: Protocol, call: str, now: datetime, progress: Progress) -> RunReport:
    """Build the study, ask every question and export every answer; a refused question stops no other.

    Raises
    ------
    UserError
        If the source cannot be built, the store not opened or a file not written.
    """
    report = build_study(plan.source, plan.store, plan.settings, progress, now, plan.layout)
    study = open_study(plan.store)
    outcomes: list[Outcome] = []
    for planned in plan.questions:
        given = answer(study, planned.as_question(plan.selection))
        files: tuple[Path, ...] = ()
        shown = given if isinstance(given, Refusal) else hold_to_level(given, plan.level, study.settings)
        if isinstance(given, Answer) and isinstance(shown, Answer):
            given_out = plan.out / planned.name
            files = write_answer(given, given_out, plan.level, call=call, now=now, settings=study.settings)
        outcomes.append(Outcome(planned.name, shown, files))
    return RunReport(report, tuple(outcomes))
