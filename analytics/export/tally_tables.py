"""Counts by topic, category and group as files."""

from __future__ import annotations

from typing import Any, cast

from analytics.export.cells import table_as_csv
from analytics.export.release import Release
from analytics.tables.tally_results import TallyResult


def write_tally(release: Release) -> dict[str, bytes]:
    """Write ``counts.csv``: lines or people by topic, category and group."""
    return {"counts.csv": table_as_csv(cast("TallyResult", release.answer.result).counts)}


def write_tally_details(release: Release) -> dict[str, bytes]:
    """Write ``details.csv``, the rows behind the counts with their source lines; full level only."""
    details = cast("TallyResult", release.answer.result).details
    return {} if details.width == 0 else {"details.csv": table_as_csv(details)}


def say_tally(result: TallyResult) -> dict[str, Any]:
    """Return the counts as plain values for ``summary.json``."""
    return {"unit": result.unit, "counts": result.counts.to_dicts()}
