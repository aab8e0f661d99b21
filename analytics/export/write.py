"""Write an answer: one folder a question, at a disclosure level, all files or none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from analytics.catalogue.settings import Settings
from analytics.errors import ExportError, RefusedError
from analytics.export.disclosure import make_safe
from analytics.export.folder import publish_folder
from analytics.export.formats import FORMATS
from analytics.export.manifest import MANIFEST, describe_export
from analytics.export.release import LEVELS, Level, Release
from analytics.export.summary import as_json
from analytics.questions.question import Answer
from analytics.tables.results import Refusal


def hold_to_level(answer: Answer, level: Level, settings: Settings) -> Answer | Refusal:
    """Return what of an answer may be shown at a level: all of it at ``full``, the safe answer at ``safe``."""
    return answer if level == "full" else make_safe(answer, settings.floor_patients)


def write_answer(
    answer: Answer,
    out: Path,
    level: Level = "safe",
    *,
    call: str,
    now: datetime,
    settings: Settings | None = None,
) -> tuple[Path, ...]:
    """Write an answer into the folder ``out`` and return the paths, the manifest last.

    Parameters
    ----------
    answer
        The exact answer, with its subjects.
    out
        Folder to make; one that an earlier export made is replaced, any other with files in it is refused.
    level
        ``safe``: aggregates of nobody or of at least ``settings.floor_patients`` people; ``full``: everything,
        row-level files included.
    call, now
        The command or call, and the time (with its zone), for the manifest. Only the manifest and
        the two files of ADTTE depend on them.
    settings
        The study's settings; the defaults when not given.

    Raises
    ------
    RefusedError
        If nothing of the answer may leave at the safe level.
    ExportError
        If the folder cannot be written, or the level is not one.
    """
    if level not in LEVELS:
        raise ExportError(f"There is no level «{level}».", "--level", f"Use one of: {', '.join(LEVELS)}.")
    settings = settings or Settings()
    leaving = hold_to_level(answer, level, settings)
    if isinstance(leaving, Refusal):
        raise RefusedError(leaving.sentence, str(out), leaving.remedy)
    release = Release(answer=leaving, level=level, settings=settings, call=call, now=now)
    files: dict[str, bytes] = {}
    for form in FORMATS:
        if form.serves(release):
            files |= form.write(release)
    return publish_folder(out, files | {MANIFEST: as_json(describe_export(release, files))})
