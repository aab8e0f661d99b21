"""The front door: the `lutetia` command, composed of the packages' commands, and the demo that calls all three."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from analytics import ask_commands as asking
from analytics import commands as analysis
from analytics import patient_commands as patients_of
from analytics.allocator import keep_memory
from analytics.errors import FAMILIES, ExportError, RefusedError, UserError
from dashboards import commands as window
from synthetic_data import commands as world

DEBUG = "LUTETIA_DEBUG"
"""The variable of the environment under which a crash shows its traceback."""

ROOMS = ("lutetia.py", "analytics", "dashboards", "synthetic_data")

EXIT_CODES = "\n\n".join(f"{family.exit_code}: {family.family}" for family in FAMILIES)

app = typer.Typer(
    name="lutetia",
    help="From a folder of hospital tables to survival curves and marker trends in neuroendocrine tumours.\n\n"
    "Begin with `lutetia demo`, then `lutetia template my.xlsx`, `lutetia check my.xlsx`, "
    "`lutetia build my.xlsx my-store`, `lutetia ask survival my-store --out answers`.\n\n"
    "Research and review only; it gives no treatment advice.",
    epilog=f"Exit codes\n\n0: done\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for sources, stores and answers.")] = Path("lutetia-demo"),
    patients: Annotated[int, typer.Option(help="Size of the simulated cohort.", min=20)] = 300,
    seed: Annotated[int, typer.Option(help="Seed of the simulated cohort.")] = 1,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the dashboard at the end.")] = True,
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8050,
) -> None:
    """Show the whole way on three published patients and a simulated cohort, kept in two stores."""
    from synthetic_data.write import copy_published_patients

    _prepare_demo(out)
    copy_published_patients(out / "published-source")
    world.simulate("mixed-hospital-registry", out / "simulated-source", patients=patients, seed=seed)
    stores: list[Path] = []
    for name in ("published", "simulated"):
        stores.append(out / f"{name}-store")
        typer.echo(f"\n{name.capitalize()} patients")
        analysis.build(out / f"{name}-source", stores[-1])
        _answer_demo_questions(stores[-1], out / f"{name}-answers")
    typer.echo(
        "\nThe published answers rest on three case reports and the simulated ones on invented people; "
        "the two are never pooled.\n"
        f"Everything is in {out}: sources, stores, and a folder of files for each question."
    )
    if serve:
        window.serve([stores[1], stores[0]], port=port)


def _prepare_demo(out: Path) -> None:
    """Make the folder of the demo; sources of an earlier demo are made anew, anything else is left alone."""
    mark = out / ".lutetia-demo"
    if out.exists() and any(out.iterdir()) and not mark.exists():
        raise ExportError("The folder holds something that is not a demo.", str(out), "Name another with --out.")
    for name in ("published-source", "simulated-source"):
        shutil.rmtree(out / name, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _answer_demo_questions(store: Path, out: Path) -> None:
    """Ask what the README shows, at the full level: nobody in the demo is a patient whose data need protection."""
    from analytics.questions.question import Question, Selection

    two_treatments = Selection(treatments=("PRRT", "SSA"))
    for question in (
        Question(kind="cohort", selection=two_treatments),
        Question(kind="survival", endpoint="PFS", selection=two_treatments),
        Question(kind="response", selection=two_treatments),
        Question(kind="trajectory", selection=two_treatments),
        Question(kind="endpoints", selection=two_treatments),
    ):
        typer.echo(f"\n{question.kind}")
        try:
            asking.answer_and_write(question, store, out / question.kind, asking.Level.full)
        except RefusedError as refusal:
            typer.echo(f"Refused: {refusal}")


app.command()(world.simulate)
app.command()(analysis.template)
app.command()(analysis.check)
app.command()(analysis.build)
app.command(epilog=asking.ALL_QUESTIONS)(asking.ask)
app.command()(analysis.run)
app.command()(analysis.dictionary)
app.command()(patients_of.explain)
app.command()(patients_of.withdraw)
app.command()(window.serve)


def main() -> None:
    """Run the command; what a person can put right is said in a sentence, with the exit code of its family.

    Asked to end (SIGTERM), a command takes its half-written folders away first.
    """
    signal.signal(signal.SIGTERM, _end)
    keep_memory()
    try:
        app()
    except UserError as problem:
        typer.echo(f"{problem.family}: {problem}", err=True)
        sys.exit(problem.exit_code)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as crash:  # a panic of polars is no Exception
        if os.environ.get(DEBUG):
            traceback.print_exception(crash)
        typer.echo(f"{UserError.family}: {_describe_crash(crash)}", err=True)
        sys.exit(UserError.exit_code)


def _end(_signal: int, _frame: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def _describe_crash(crash: BaseException) -> str:
    """Say what ended a command that should not have ended, without its message: that may hold values of patients."""
    root = Path(__file__).parent
    ours = [
        f"{path.relative_to(root).as_posix()}, line {frame.lineno}"
        for frame in traceback.extract_tb(crash.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(root) and path.relative_to(root).parts[0] in ROOMS
    ]
    return (
        f"{type(crash).__name__} at {ours[-1] if ours else 'an unknown place'}. "
        "Report this line and the command you gave. "
        f"{DEBUG}=1 before the command shows the whole way there; it may hold values of patients, so read it "
        "before you send it."
    )


if __name__ == "__main__":
    main()
