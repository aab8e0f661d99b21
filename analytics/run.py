"""Run a protocol: source → study → answers → files, told in one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analytics.build import BuildReport, Progress, build_study
from analytics.export.write import hold_to_level, write_answer
from analytics.protocol import Protocol
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.store import open_study
from analytics.tables.results import Refusal

MOVED: dict[str, str] = {"rule_changes": "moved-by-rules", "choices": "moved-by-choices"}
"""What every run asks beside its plan, and the folder of each answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one planned question: its answer or refusal, and the files written."""

    name: str
    answer: Answer | Refusal
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: the build and the outcome of each question, in the order of the plan.

    ``moved`` tells, beside the plan, how many lines every other rule set and choice would move.
    """

    build: BuildReport
    outcomes: tuple[Outcome, ...]
    moved: tuple[Outcome, ...]

    @property
    def refusals(self) -> tuple[Outcome, ...]:
        """Return the outcomes that are refusals."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome.answer, Refusal))


def run_protocol(plan: Protocol, call: str, now: datetime, progress: Progress) -> RunReport:
    """Build the study, ask every question and export every answer; a refused question stops no other.

    What other rules and choices would move is asked of the plan's endpoints, whether it is planned or not.

    Raises
    ------
    UserError
        If the source cannot be built, the store not opened or a file not written.
    """
    report = build_study(plan.source, plan.store, plan.settings, progress, now, plan.layout)
    study = open_study(plan.store)

    def ask(name: str, question: Question) -> Outcome:
        given = answer(study, question)
        files: tuple[Path, ...] = ()
        shown = given if isinstance(given, Refusal) else hold_to_level(given, plan.level, study.settings)
        if isinstance(given, Answer) and isinstance(shown, Answer):
            files = write_answer(given, plan.out / name, plan.level, call=call, now=now, settings=study.settings)
        return Outcome(name, shown, files)

    asked = [(planned.name, planned.as_question(plan.selection)) for planned in plan.questions]
    endpoints = tuple(sorted({question.endpoint for _, question in asked}))
    beside = [
        (name, Question(kind=kind, by="none", endpoint=endpoints[0], endpoints=endpoints, selection=plan.selection))
        for kind, name in MOVED.items()
        if name not in dict(asked)
    ]
    return RunReport(
        report,
        tuple(ask(name, question) for name, question in asked),
        tuple(ask(name, question) for name, question in beside),
    )
