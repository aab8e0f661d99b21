"""Put a set of files where they belong: all of them or none, and never over somebody else's."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analytics.errors import ExportError
from analytics.export.manifest import MANIFEST

_REMEDIES: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("The disk is full.", "Free some space, or choose another folder with --out."),
    errno.EDQUOT: ("Your disk quota is used up.", "Free some space, or choose another folder with --out."),
    errno.EFBIG: ("A file would be larger than this system allows.", "Raise the file size limit (ulimit -f)."),
    errno.EACCES: ("You may not write here.", "Choose a folder of your own with --out."),
    errno.EPERM: ("You may not write here.", "Choose a folder of your own with --out."),
    errno.EROFS: ("This disk is read-only.", "Choose another folder with --out."),
    errno.ENOTDIR: ("A part of this path is a file, not a folder.", "Choose another folder with --out."),
    errno.EEXIST: ("A part of this path is a file, not a folder.", "Choose another folder with --out."),
    errno.ENAMETOOLONG: ("This path is too long.", "Choose a shorter one with --out."),
}


def publish_folder(out: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write ``files`` into a hidden folder beside ``out``, then rename it; return the paths in ``out``.

    A folder that an earlier export made is replaced; a power cut between the two renames leaves it whole beside the
    new one, under a hidden name. The folder can be read by its owner only.

    Raises
    ------
    ExportError
        If ``out`` is a file or holds files Lutetia did not write, or the system refuses to write.
    """
    try:
        target = out.resolve()
        _refuse_foreign(target, out)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            for name, content in files.items():
                _write(staging / name, content)
            _swap(staging, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise _explain(error, out) from error
    return tuple(out / name for name in files)


def publish_file(out: Path, content: bytes) -> None:
    """Write one file beside its place, then rename it over whatever was there.

    Raises
    ------
    ExportError
        If ``out`` is a folder or the system refuses to write.
    """
    if out.is_dir():
        raise ExportError("This is a folder, not a file.", str(out), "Give the name of the file to write.")
    try:
        target = out.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as held:
            staged = Path(held) / target.name
            _write(staged, content)
            staged.replace(target)
    except OSError as error:
        raise _explain(error, out) from error


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _swap(staging: Path, target: Path) -> None:
    if not target.exists():
        staging.rename(target)
        return
    old = staging.with_name(f"{staging.name}.old")
    target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)


def _refuse_foreign(target: Path, out: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ExportError("This is a file, not a folder.", str(out), "Choose another folder with --out.")
    ours = _files_of_manifest(target / MANIFEST)
    foreign = sorted(path.name for path in target.iterdir() if path.name not in ours)
    if foreign:
        raise ExportError(
            f"This folder holds files that Lutetia did not write: {', '.join(foreign[:5])}.",
            str(out),
            "Choose a new or empty folder with --out, or move these files away.",
        )


def _files_of_manifest(path: Path) -> set[str]:
    """Return the names an earlier export wrote; none when there is no readable manifest of ours."""
    try:
        manifest: Any = json.loads(path.read_text(encoding="utf-8"))
        return {*manifest["files"], MANIFEST} if manifest["made_by"] == "lutetia" else set()
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()


def _explain(error: OSError, out: Path) -> ExportError:
    what, hint = _REMEDIES.get(
        error.errno or 0, (f"The files could not be written ({error.strerror}).", "Choose another folder with --out.")
    )
    return ExportError(what, str(out), hint)
