"""Versioned folders on disk: written aside, made durable, renamed, pointed to; never changed afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from analytics.durable import hash_file, make_durable, sync_folder, write_durably, write_text
from analytics.errors import StoreError

VERSIONS = "versions"
POINTER = "CURRENT"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
"""Beside the manifest since 2026-11-29: its SHA-256; a version without one is from before, and is taken as it is."""

KEPT_VERSIONS = 3
READING_SECONDS = 600.0  # a version is read in seconds; ten minutes outlast the slowest reader


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published version: its folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]


@contextmanager
def hold_lock(store: Path) -> Generator[None]:
    """Hold the store for writing; a folder made for a build that then fails is taken away again.

    Raises
    ------
    StoreError
        If another build holds it, or the folder cannot be written.
    """
    is_new = not store.exists()
    try:
        (store / VERSIONS).mkdir(mode=0o700, parents=True, exist_ok=True)
        store.chmod(0o700)
        lock = FileLock(store / "lock", timeout=0, mode=0o600)
        lock.acquire()
    except Timeout:
        raise StoreError(
            "Another build is writing this store.", str(store), "Wait until it has finished, then try again."
        ) from None
    except OSError as error:
        raise _unwritable(store, error) from None
    try:
        yield
    finally:
        lock.release()
        if is_new and not version_names(store):
            shutil.rmtree(store, ignore_errors=True)


@contextmanager
def hold_scratch(store: Path) -> Generator[Path]:
    """Yield an empty folder beside the versions for what a build needs on the way; nothing of it is kept.

    Raises
    ------
    StoreError
        If the folder cannot be written.
    """
    for left_behind in (store / VERSIONS).glob(".rows-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    scratch = store / VERSIONS / f".rows-{os.getpid()}"
    try:
        scratch.mkdir(mode=0o700)
    except OSError as error:
        raise _unwritable(store, error) from None
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def publish_snapshot(
    store: Path, write: Callable[[Path], None], describe: Callable[[Mapping[str, str]], dict[str, Any]]
) -> Snapshot:
    """Write a new version aside, make it durable, and point to it; on any failure nothing has changed.

    Parameters
    ----------
    store
        Held by `hold_lock`.
    write
        Writes the files of the version into an empty folder, some of them into folders inside it.
    describe
        SHA-256 by file name → the manifest, with its ``version``.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    _sweep(store)
    staging = store / VERSIONS / f".staging-{os.getpid()}"
    try:
        staging.mkdir(mode=0o700)
        write(staging)
        hashes = {name: make_durable(staging / name) for name in _file_names(staging)}
        manifest = describe(hashes) | {"files": hashes}
        write_text(staging / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True))
        write_text(staging / SEAL, hash_file(staging / MANIFEST) + "\n")
        for inside in (staging, *_folders(staging)):
            inside.chmod(0o700)
            sync_folder(inside)
        folder = store / VERSIONS / f"{_next_number(store):06d}-{manifest['version']}"
        staging.rename(folder)
        sync_folder(folder.parent)
        point_to(store, folder.name)
    except OSError as error:
        raise _unwritable(store, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    _expire(store, KEPT_VERSIONS, grace_seconds=READING_SECONDS)
    return Snapshot(folder, manifest)


def point_to(store: Path, name: str) -> None:
    """Make a version the current one, in one step."""
    write_durably(store / POINTER, name + "\n")


def current_name(store: Path) -> str:
    """Return the name of the version a store points to; empty where there is none.

    A harmed pointer gives a name that no version has.
    """
    try:
        return (store / POINTER).read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def read_snapshot(store: Path) -> tuple[Snapshot, str]:
    """Return the newest whole version, and what is wrong with a newer one or the pointer (empty: nothing).

    Raises
    ------
    StoreError
        If there is no study, or no version is whole.
    """
    while True:
        current = current_name(store)
        names, misled = _candidates(store, current)
        found, harm = _newest_whole(store, names)
        damage = " ".join(words for words in (misled, harm) if words)
        if not damage or current_name(store) == current:
            break
    if found is None:
        raise StoreError(f"No version of this study is whole. {damage}", str(store), "Build it again from its source.")
    return found, damage


def _newest_whole(store: Path, names: list[str]) -> tuple[Snapshot | None, str]:
    """Return the first whole version of ``names`` and what is wrong with the first that is not.

    A version may vanish while it is read, when newer ones were published meanwhile; the caller looks again.
    """
    damage = ""
    for name in names:
        manifest, problem = _verify(store / VERSIONS / name)
        if not problem:
            return Snapshot(store / VERSIONS / name, manifest), damage
        damage = damage or f"Version {name} is damaged ({problem})."
    return None, damage


def expire_all_but_current(store: Path) -> None:
    """Remove every version but the current one."""
    _expire(store, 1, grace_seconds=0)


def version_names(store: Path) -> list[str]:
    """Return the names of the published versions, newest first."""
    folder = store / VERSIONS
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted((name for name in names if not name.startswith(".")), reverse=True)


def _candidates(store: Path, current: str) -> tuple[list[str], str]:
    """Return the version names to try, and what is wrong with the pointer.

    They are the current one, then those before it, newest first; all of them where the pointer names none.
    """
    if not (store / POINTER).exists():
        raise StoreError("There is no study here.", str(store), "Build one: lutetia build SOURCE STORE.")
    names = version_names(store)
    if current in names:
        return [name for name in names if name <= current], ""
    return names, f"The file {POINTER} names no version of this store."


def _verify(folder: Path) -> tuple[dict[str, Any], str]:
    """Return the manifest, and in words what is wrong with the version (empty: nothing)."""
    try:
        written = (folder / MANIFEST).read_bytes()
        if not _is_sealed(folder / SEAL, written):
            return {}, "its manifest has changed since it was published"
        manifest: dict[str, Any] = json.loads(written)
        hashes: dict[str, str] = manifest["files"]
    except FileNotFoundError:
        return {}, "its manifest is missing"
    except (ValueError, KeyError, TypeError):
        return {}, "its manifest cannot be read"
    for name, expected in hashes.items():
        try:
            found = hash_file(folder / name)
        except FileNotFoundError:
            return {}, f"the file {name} is missing"
        if found != expected:
            return {}, f"the file {name} has changed since it was published"
    return manifest, ""


def _is_sealed(seal: Path, written: bytes) -> bool:
    """Say whether a manifest is as it was published; of a version from before there were seals nobody can tell."""
    if not seal.exists():
        return True
    return seal.read_bytes().strip() == hashlib.sha256(written).hexdigest().encode()


def _next_number(store: Path) -> int:
    names = version_names(store)
    return int(names[0].partition("-")[0]) + 1 if names else 1


def _sweep(store: Path) -> None:
    """Remove what a killed build left behind; the lock is held, so nobody is writing it."""
    for path in (store / VERSIONS).glob(".staging-*"):
        shutil.rmtree(path, ignore_errors=True)


def _file_names(folder: Path) -> list[str]:
    """Return the names of all files, as a manifest lists them: relative, with «/»."""
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _expire(store: Path, kept: int, grace_seconds: float) -> None:
    """Remove all but the newest ``kept`` versions and those that somebody may still be reading."""
    current = current_name(store)
    older = [name for name in version_names(store) if name != current]
    published = (store / VERSIONS / current).stat().st_mtime
    for name in older[kept - 1 :]:
        if published - (store / VERSIONS / name).stat().st_mtime >= grace_seconds:
            shutil.rmtree(store / VERSIONS / name, ignore_errors=True)


def _unwritable(store: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The store cannot be written ({error.strerror or error}).",
        str(store),
        "Check the free space and the permissions of the folder; the version before is untouched.",
    )
