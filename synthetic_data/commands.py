"""The command `lutetia simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

SCENARIO_HELP = (
    "netter-1, netter-2, clarinet, erasmus-like-registry, mixed-hospital-registry, tiny, hostile, "
    "no-information; or the path of a TOML file of your own."
)


def simulate(
    scenario: Annotated[str, typer.Argument(help=SCENARIO_HELP)],
    out: Annotated[Path, typer.Argument(help="New folder for the CSV files; the truth goes to OUT/truth.")],
    patients: Annotated[int, typer.Option("--patients", help="How many patients.")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 1,
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="What the files are.")] = "csv",
) -> None:
    """Simulate patients with a known truth, as a folder of hospital tables."""
    from rich.console import Console
    from rich.progress import Progress

    from synthetic_data.write import write_world

    words = Console(stderr=True)
    with Progress(console=words, transient=True) as progress:
        task = progress.add_task("Simulating", total=patients)
        counts = write_world(scenario, out, patients, seed, lambda done: progress.advance(task, done), form)
    for name, rows in counts.items():
        words.print(f"{name:>14} {rows:>10,} rows")
    typer.echo(str(out))
