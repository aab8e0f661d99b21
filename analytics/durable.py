"""Files that are on disk once we say so: flushed, closed to others, named by their hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def make_durable(file: Path) -> str:
    """Flush a file to disk, close it to others, and return its SHA-256."""
    file.chmod(0o600)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        os.fsync(stream.fileno())
    return digest.hexdigest()


def hash_file(file: Path) -> str:
    """Return the SHA-256 of a file as it stands on disk."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a small file, closed to others, and flush it to disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def write_durably(path: Path, text: str) -> None:
    """Write a small file so that it holds the old text or the new one, whatever happens."""
    aside = path.with_name(f".{path.name}")
    write_text(aside, text)
    aside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush what a folder lists to disk, so that a renamed file is found there after a fall of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
