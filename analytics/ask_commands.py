"""The command that asks one question of a study and writes the answer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.command_line import Store, clock, refusal_as_error, say, the_call

if TYPE_CHECKING:
    from analytics.questions.question import Question


class Level(StrEnum):
    """How much may leave: aggregates above a floor, or everything."""

    safe = "safe"
    full = "full"


class Choice(StrEnum):
    """Which lines of a patient enter."""

    every_line = "every_line"
    first_line = "first_line"
    decision_point = "decision_point"


def ask(
    question: Annotated[str, typer.Argument(help="One of the questions below.")],
    store: Store,
    out: Annotated[Path, typer.Option(help="Folder the answer is written to.")],
    endpoint: Annotated[str, typer.Option(help="Time to what: PFS, PFS_ALL, OS, TTNT, …")] = "PFS",
    rule_set: Annotated[str, typer.Option(help="Rule set of the endpoint.")] = "default",
    by: Annotated[str, typer.Option(help="Compare by: treatment, primary_site, grade, sex, hospital, … or none.")]
    = "treatment",
    reference: Annotated[str, typer.Option(help="Group the hazard ratios refer to; default: the largest.")] = "",
    analyte: Annotated[str, typer.Option(help="For response, trajectory, landmark: the biomarker.")] = "CGA",
    response_rule: Annotated[str, typer.Option("--rule", help="For response, landmark: the named rule.")] = "ELECT50",
    patient: Annotated[str, typer.Option(help="For patient: the study code.")] = "",
    treatment: Annotated[list[str] | None, typer.Option(help="Only lines of this treatment (repeatable).")] = None,
    primary_site: Annotated[list[str] | None, typer.Option(help="Only this primary site (repeatable).")] = None,
    grade: Annotated[list[str] | None, typer.Option(help="Only this grade (repeatable).")] = None,
    hospital: Annotated[list[str] | None, typer.Option(help="Only this hospital (repeatable).")] = None,
    started_from: Annotated[str, typer.Option("--from", help="Only lines started on or after this ISO date.")] = "",
    started_to: Annotated[str, typer.Option("--to", help="Only lines started on or before this ISO date.")] = "",
    covariate: Annotated[list[str] | None, typer.Option(help="For models: adjust for this (repeatable).")] = None,
    linear: Annotated[list[str] | None, typer.Option(help="A covariate entered straight, not as a spline.")] = None,
    strata: Annotated[list[str] | None, typer.Option(help="Cox: a baseline hazard a level (repeatable).")] = None,
    spline_df: Annotated[int, typer.Option(min=1, max=6, help="Parameters of each spline.")] = 3,
    model: Annotated[str, typer.Option(help="cox, firth, spline, weibull, log-normal, …")] = "cox",
    ties: Annotated[str, typer.Option(help="Cox: efron or breslow.")] = "efron",
    subgroup: Annotated[list[str] | None, typer.Option(help="For subgroups: by this (repeatable).")] = None,
    horizon: Annotated[float, typer.Option(min=0, help="For comparison: months; 0: as far as followed.")] = 0.0,
    landmark_days: Annotated[int, typer.Option(min=0, help="For landmark, switching: day to compare from.")] = 183,
    also_endpoint: Annotated[list[str] | None, typer.Option(help="For sensitivity: beside --endpoint.")] = None,
    also_rule_set: Annotated[list[str] | None, typer.Option(help="For sensitivity: beside --rule-set.")] = None,
    by_model: Annotated[list[str] | None, typer.Option(help="For sensitivity: unadjusted, cox, weibull, …")] = None,
    choose: Annotated[Choice, typer.Option(help="Which lines of a patient enter.")] = Choice.every_line,
    level: Annotated[Level, typer.Option(help="safe: aggregates above the floor; full: row-level files too.")]
    = Level.safe,
) -> None:  # fmt: skip
    """Ask one QUESTION of a study and write the answer: tables, figures, methods, manifest.

    Questions: cohort, survival, comparison, regression, competing_risks, interval_censored, subgroups, sensitivity,
    response, trajectory, endpoints, landmark, switching, patient.
    """
    from analytics.questions.question import Question, Selection

    if question == "patient":
        tell_and_write(patient, analyte, store, out, level)
        return
    selection = Selection(
        treatments=tuple(treatment or ()),
        primary_sites=tuple(primary_site or ()),
        grades=tuple(grade or ()),
        hospitals=tuple(hospital or ()),
        started_from=started_from,
        started_to=started_to,
        choose=choose.value,
    )
    asked = Question(
        kind=question,
        endpoint=endpoint,
        rule_set=rule_set,
        by=by,
        analyte=analyte,
        response_rule=response_rule,
        reference=reference,
        covariates=tuple(covariate or ()),
        linear=tuple(linear or ()),
        strata=tuple(strata or ()),
        spline_df=spline_df,
        model=model,
        ties=ties,
        subgroups=tuple(subgroup or ()),
        horizon_months=horizon,
        landmark_days=landmark_days,
        endpoints=(endpoint, *(also_endpoint or ())),
        rule_sets=(rule_set, *(also_rule_set or ())),
        models=tuple(by_model or ()),
        selection=selection,
    )
    answer_and_write(asked, store, out, level)


def tell_and_write(patient: str, analyte: str, store: Path, out: Path, level: Level) -> None:
    """Print the cards of one patient and write the history behind them."""
    from analytics.export.history import write_history
    from analytics.questions.patient import answer_patient
    from analytics.store import open_study
    from analytics.tables.results import Refusal

    study = open_study(store)
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
    from analytics.store import open_study
    from analytics.tables.results import Refusal

    study = open_study(store)
    if study.warning:
        say(study.warning)
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
