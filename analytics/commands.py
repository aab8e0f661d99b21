"""The analyst's commands: check, build, ask, run, dictionary, template."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analytics.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from analytics.questions.question import Question
    from analytics.tables.results import Refusal


class Level(StrEnum):
    """How much may leave: aggregates above a floor, or everything."""

    safe = "safe"
    full = "full"


class Choice(StrEnum):
    """Which lines of a patient enter."""

    every_line = "every_line"
    first_line = "first_line"
    decision_point = "decision_point"


Source = Annotated[
    Path, typer.Argument(help="A folder of CSV or Parquet files named after the tables, or one .xlsx workbook.")
]
Store = Annotated[Path, typer.Argument(help="The folder of a study store, made by `lutetia build`.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a setting, e.g. --set decimal_mark=, (repeatable)."),
]


def check(
    source: Source,
    out: Annotated[Path | None, typer.Option(help="Also write every finding to this CSV file.")] = None,
    settings: SetOption = None,
    suggest_layout: Annotated[
        bool, typer.Option("--suggest-layout", help="Print a layout.toml for SOURCE's own column names, to confirm.")
    ] = False,
    redcap_dictionary: Annotated[
        Path | None, typer.Option(help="SOURCE is a REDCap export: print a layout.toml from its data dictionary.")
    ] = None,
) -> None:
    """Read SOURCE as `build` would and say what would not be used, and why; nothing is stored."""
    if suggest_layout or redcap_dictionary is not None:
        propose_layout(source, redcap_dictionary, parse_settings(settings))
        return
    from analytics.intake.accept import accept_source
    from analytics.intake.report import describe_findings, write_findings
    from analytics.progress import show_progress

    with show_progress() as progress:
        accepted = accept_source(source, parse_settings(settings), progress, as_of=clock().date())
    for line in describe_findings(accepted.findings, accepted.ledger):
        typer.echo(line)
    if out is not None:
        write_findings(accepted.findings, out)
        say(f"Every finding: {out}")


def propose_layout(source: Path, redcap_dictionary: Path | None, changes: dict[str, Any]) -> None:
    """Print a proposed layout; a person completes it and saves it beside the files."""
    from analytics.intake.redcap import suggest_redcap_layout
    from analytics.intake.suggest import suggest_layout

    encoding = str(changes.get("encoding", ""))
    if redcap_dictionary is None:
        typer.echo(suggest_layout(source, encoding))
    else:
        typer.echo(suggest_redcap_layout(redcap_dictionary, source, encoding))
    say("Read every line, complete those with «?», save it as layout.toml beside the files, then check again.")


def build(source: Source, store: Store, settings: SetOption = None) -> None:
    """Check SOURCE and build it into STORE; the version before stays until this one is whole."""
    from analytics.build import build_study, describe_build
    from analytics.progress import show_progress

    with show_progress() as progress:
        report = build_study(source, store, parse_settings(settings), progress, clock())
    for line in describe_build(report):
        typer.echo(line)
    say(f"Next: lutetia ask survival {shlex.quote(str(store))} --out answers")


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


def run(protocol: Annotated[Path, typer.Argument(help="An analysis plan in TOML; see README.md.")]) -> None:
    """Run a whole analysis plan: build the source, ask every question, write every answer."""
    from analytics.build import describe_build
    from analytics.progress import show_progress
    from analytics.protocol import read_protocol
    from analytics.questions.question import Answer
    from analytics.run import run_protocol

    plan = read_protocol(protocol)
    with show_progress() as progress:
        report = run_protocol(plan, the_call(), clock(), progress)
    for line in describe_build(report.build):
        typer.echo(line)
    for outcome in report.outcomes:
        typer.echo(f"\n{outcome.name}")
        given = outcome.answer
        lines = given.summary if isinstance(given, Answer) else (f"Refused: {given.sentence} {given.remedy}",)
        for line in lines:
            typer.echo(f"  {line}")
    say(f"Results in {plan.out}")
    if report.refusals:
        raise RefusedError(f"{len(report.refusals)} of {len(report.outcomes)} questions were refused.", str(protocol))


def dictionary(
    out: Annotated[Path | None, typer.Option(help="Write it to this file (.md or .csv) instead of printing.")] = None,
) -> None:
    """Print the data dictionary: every table, column, unit, allowed value and meaning."""
    from analytics.export.dictionary import describe_dictionary, write_dictionary

    if out is None:
        typer.echo(describe_dictionary())
    else:
        write_dictionary(out)
        say(f"Data dictionary: {out}")


def template(out: Annotated[Path, typer.Argument(help="The workbook to write, ending in .xlsx.")]) -> None:
    """Write an empty workbook to fill: a sheet a table, drop-downs, a help row and an example row."""
    from analytics.export.template import write_template

    write_template(out)
    say(f"Template: {out}. Fill the sheets you have, then: lutetia check {shlex.quote(str(out))}")


def parse_settings(pairs: list[str] | None) -> dict[str, Any]:
    """Parse «name=value» words of the command line.

    Raises
    ------
    UsageError
        If a word has no «=».
    """
    changes: dict[str, Any] = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"«{pair}» is not a setting.", "--set", "Write NAME=VALUE.")
        changes[name.strip()] = value
    return changes


def refusal_as_error(refusal: Refusal) -> RefusedError:
    """Return the error that ends a command with a refusal's words."""
    return RefusedError(refusal.sentence, "", refusal.remedy)


def say(words: str) -> None:
    """Write words for the person to stderr; results alone go to stdout."""
    typer.echo(words, err=True)


def the_call() -> str:
    """Return the command line as typed, for manifests."""
    return shlex.join(["lutetia", *sys.argv[1:]])


def clock() -> datetime:
    """Return the present moment; commands read the clock so that nothing below has to."""
    return datetime.now(UTC)
