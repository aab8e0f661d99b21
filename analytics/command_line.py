"""What all commands share: the store argument, the clock, words for the person, and the call as typed."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.errors import RefusedError

if TYPE_CHECKING:
    from analytics.tables.results import Refusal
    from analytics.tables.study import Study

Store = Annotated[Path, typer.Argument(help="The folder of a study store, made by `lutetia build`.")]


def refusal_as_error(refusal: Refusal) -> RefusedError:
    """Return the error that ends a command with a refusal's words."""
    return RefusedError(refusal.sentence, "", refusal.remedy)


def say(words: str) -> None:
    """Write words for the person to stderr; results alone go to stdout."""
    typer.echo(words, err=True)


def open_study_aloud(store: Path) -> Study:
    """Open a study for a command; that it is not the newest version is said before anything is told from it."""
    from analytics.store import open_study

    study = open_study(store)
    if study.warning:
        say(study.warning)
    return study


def the_call() -> str:
    """Return the command line as typed, for manifests."""
    return shlex.join(["lutetia", *sys.argv[1:]])


def clock() -> datetime:
    """Return the present moment; commands read the clock so that nothing below has to."""
    return datetime.now(UTC)
