"""Progress on stderr: what is being done and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

ReportProgress = Callable[[str, int, int], None]
"""(stage, done, total): called by long work as it goes."""


@contextmanager
def show_progress() -> Generator[ReportProgress]:
    """Show one bar on stderr while the block runs, renamed from stage to stage, gone when it ends."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("read", total=None)

        def report(stage: str, done: int, total: int) -> None:
            bars.update(task, description=stage, completed=done, total=total)

        yield report
