"""The analyst's commands: check, build, run, dictionary, template."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from analytics.command_line import Store, clock, say, the_call
from analytics.errors import RefusedError, UsageError

Source = Annotated[
    Path,
    typer.Argument(
        help="A folder of CSV or Parquet files named after the tables, or a .zip of one; or one workbook (.xlsx, .xls, "
        ".ods)."
    ),
]
LayoutOption = Annotated[
    Path | None,
    typer.Option(
        "--layout",
        help="How SOURCE's own columns become tables; default: layout.toml in the folder, NAME.layout.toml by a file.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a setting, e.g. --set decimal_mark=, (repeatable)."),
]


def check(
    source: Source,
    layout: LayoutOption = None,
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
    from analytics.intake.accept import check_source
    from analytics.intake.prepare import Order
    from analytics.intake.report import describe_findings, write_findings
    from analytics.progress import show_progress

    order = Order(source, parse_settings(settings), layout, clock().date(), None)
    with show_progress() as progress:
        checked = check_source(order, progress)
    for line in describe_findings(checked.findings, checked.ledger):
        typer.echo(line)
    if out is not None:
        write_findings(checked.findings, out)
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
    say("Read every line, complete those with «?», save it under the name its first line says, then check again.")


def build(
    source: Source,
    store: Store,
    layout: LayoutOption = None,
    settings: SetOption = None,
    cluster: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Work on the patients at this dask scheduler (lutetia[cluster]).")
    ] = "",
) -> None:
    """Check SOURCE and build it into STORE; the version before stays until this one is whole."""
    from analytics.build import build_study, describe_build, one_after_the_other
    from analytics.cluster import open_cluster
    from analytics.progress import show_progress

    workers = open_cluster(cluster) if cluster else nullcontext(one_after_the_other)
    with workers as work, show_progress() as progress:
        report = build_study(source, store, parse_settings(settings), progress, clock(), layout, work=work)
    for line in describe_build(report):
        typer.echo(line)
    say(f"Next: lutetia ask survival {shlex.quote(str(store))} --out answers")


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
    for outcome in (*report.outcomes, *report.moved):
        typer.echo(f"\n{outcome.name}")
        given = outcome.answer
        first = given.notes[:1] if isinstance(given, Answer) and outcome in report.moved else ()
        lines = (
            (*first, *given.summary) if isinstance(given, Answer) else (f"Refused: {given.sentence} {given.remedy}",)
        )
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
