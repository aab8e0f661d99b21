"""The command that asks one question of a study and writes the answer."""

from __future__ import annotations

from dataclasses import Field, fields
from enum import StrEnum
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, cast, get_origin, get_type_hints

import typer
from annotated_types import Interval

from analytics.command_line import Store, clock, open_study_aloud, refusal_as_error, say, the_call
from analytics.questions.kinds import KINDS
from analytics.questions.question import Question, Selection


class Level(StrEnum):
    """How much may leave: aggregates above a floor, or everything."""

    safe = "safe"
    full = "full"


PATIENT = {"patient": "One patient's course: the cards and every value behind them."}
ALL_QUESTIONS = "Questions\n\n" + "\n\n".join(f"{kind}: {says}" for kind, says in (KINDS | PATIENT).items())


def ask(
    question: Annotated[str, typer.Argument(help="One of the questions below.")],
    store: Store,
    out: Annotated[Path, typer.Option(help="Folder the answer is written to.")],
    patient: Annotated[str, typer.Option(help="For patient: the study code.")] = "",
    level: Annotated[Level, typer.Option(help="safe: aggregates above the floor; full: row-level files too.")]
    = Level.safe,
    **words: Any,
) -> None:  # fmt: skip
    """Ask one QUESTION of a study and write the answer: tables, figures, methods, manifest."""
    if question == "patient":
        tell_and_write(patient, words["analyte"], store, out, level)
        return
    answer_and_write(parse_question(question, words), store, out, level)


def parse_question(kind: str, words: dict[str, Any]) -> Question:
    """Return the question that the options ask; `endpoints` and `rule_sets` stand beside the single ones."""
    given: dict[str, Any] = {
        name: tuple(cast("list[str]", value)) if isinstance(value, list) else value for name, value in words.items()
    }
    given["endpoints"] = (given["endpoint"], *given["endpoints"])
    given["rule_sets"] = (given["rule_set"], *given["rule_sets"])
    about_lines = {entry.name: given.pop(entry.name) for entry in fields(Selection)}
    return Question(kind=kind, selection=Selection(**about_lines), **given)


def _as_parameter(entry: Field[Any], kind: Any) -> Parameter:
    """Return the command-line option of one field of Question or Selection."""
    bounds = next((part for part in getattr(kind, "__metadata__", ()) if isinstance(part, Interval)), Interval())
    bare = kind.__origin__ if hasattr(kind, "__metadata__") else kind
    is_many = get_origin(bare) is tuple
    default: Any = entry.default
    word = f"--{entry.metadata['word'] or entry.name.replace('_', '-')}"
    shown = typer.Option(word, help=entry.metadata["says"], min=bounds.ge, max=bounds.le)  # pyright: ignore[reportArgumentType]
    return Parameter(
        entry.name,
        Parameter.KEYWORD_ONLY,
        default=list(default) if is_many else default,
        annotation=Annotated[list[str] if is_many else bare, shown],
    )


def _with_options_of(*owners: type) -> Signature:
    """Return the signature of `ask` with an option for each field that a person sets."""
    own = [parameter for parameter in signature(ask, eval_str=True).parameters.values() if parameter.name != "words"]
    kinds = {owner: get_type_hints(owner, include_extras=True) for owner in owners}
    options = [
        _as_parameter(entry, kinds[owner][entry.name]) for owner in owners for entry in fields(owner) if entry.metadata
    ]
    return Signature([parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in own] + options)


ask.__signature__ = _with_options_of(Question, Selection)  # pyright: ignore[reportFunctionMemberAccess]


def tell_and_write(patient: str, analyte: str, store: Path, out: Path, level: Level) -> None:
    """Print the cards of one patient and write the history behind them."""
    from analytics.export.history import write_history
    from analytics.questions.patient import answer_patient
    from analytics.tables.results import Refusal

    study = open_study_aloud(store)
    history = answer_patient(study, patient, analyte)
    if isinstance(history, Refusal):
        raise refusal_as_error(history)
    files = write_history(history, study, out, level.value, call=the_call(), now=clock())
    for card in history.cards:
        typer.echo(f"{card.title}: {card.headline}; {'; '.join(card.lines)}")
    say(f"{len(files)} files in {out}")


def answer_and_write(asked: Question, store: Path, out: Path, level: Level) -> None:
    """Answer a question, print its summary and write its files; a refusal ends with its exit code."""
    from analytics.export.write import hold_to_level, write_answer
    from analytics.questions.ask import answer
    from analytics.tables.results import Refusal

    study = open_study_aloud(store)
    given = answer(study, asked)
    if isinstance(given, Refusal):
        raise refusal_as_error(given)
    shown = hold_to_level(given, level.value, study.settings)
    if isinstance(shown, Refusal):
        raise refusal_as_error(shown)
    files = write_answer(given, out, level.value, call=the_call(), now=clock(), settings=study.settings)
    for line in (*shown.summary, *shown.notes):
        typer.echo(line)
    say(f"{len(files)} files in {out}")
