"""Compressed deliveries: checked for bombs and strange names before anything is unpacked."""

from __future__ import annotations

import gzip
import lzma
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from analytics.errors import SourceError

MAX_RATIO = 100
"""Tables of text shrink 5 to 30 times; more is a bomb or no table."""

MAX_UNPACKED_BYTES = 16 * 1024**3
SMALL_BYTES = 1 << 20
"""Below this size a high ratio is harmless."""

CHUNK_BYTES = 1 << 20

DAMAGE = (EOFError, OSError, lzma.LZMAError, zipfile.BadZipFile, zlib.error)
"""What damaged members raise, whatever they are packed with."""

UNKNOWN_TO_ZIPFILE = (NotImplementedError, ValueError)
"""What zipfile raises at a packing or a version it does not know, and at names that are no text."""


def check_archive(path: Path, max_ratio: int = MAX_RATIO) -> None:
    """Refuse a zip archive (a workbook is one) that is damaged, too large, or reaches outside its folder.

    Parameters
    ----------
    max_ratio
        How many times its size it may unpack to.

    Raises
    ------
    SourceError
        Saying which of these.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (*DAMAGE, *UNKNOWN_TO_ZIPFILE) as error:
        raise SourceError(f"The archive cannot be opened ({error}).", path.name, "Save it again.") from None
    if any(member.flag_bits & 1 for member in members):
        raise SourceError("The archive is protected by a password.", path.name, "Take the password off.")
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise SourceError(
                "The archive holds a member that would be written outside its folder.",
                path.name,
                "Do not open it; ask who sent it.",
            )
    size = sum(member.file_size for member in members)
    _check_size(size, path, max_ratio)


def unpack_zip(path: Path, into: Path) -> None:
    """Unpack the files of a checked archive into one folder, without their folders.

    Raises
    ------
    SourceError
        If the archive is unsafe, damaged, or holds another archive.
    """
    check_archive(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = PurePosixPath(member.filename).name
                if member.is_dir() or name.startswith("."):
                    continue
                if name.casefold().endswith((".zip", ".gz")):
                    raise SourceError("The archive holds another archive.", path.name, "Unpack it first.")
                with archive.open(member) as packed, (into / name).open("xb") as plain:
                    shutil.copyfileobj(packed, plain, CHUNK_BYTES)
    except FileExistsError:
        raise SourceError("Two files of the archive have one name.", path.name, "Rename one of them.") from None
    except (*DAMAGE, *UNKNOWN_TO_ZIPFILE) as error:
        raise SourceError(f"The archive is damaged ({error}).", path.name, "Send it again.") from None


def unpack_gzip(path: Path, into: Path) -> Path:
    """Unpack one file and return where it is now.

    Raises
    ------
    SourceError
        If the file is damaged or unpacks to far more than a table would.
    """
    target = into / path.stem
    written = 0
    try:
        with gzip.open(path) as packed, target.open("xb") as plain:
            while chunk := packed.read(CHUNK_BYTES):
                written += len(chunk)
                _check_size(written, path)
                plain.write(chunk)
    except DAMAGE as error:
        raise SourceError(f"The archive is damaged ({error}).", path.name, "Send it again.") from None
    return target


def _check_size(unpacked: int, path: Path, max_ratio: int = MAX_RATIO) -> None:
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > SMALL_BYTES and unpacked > max_ratio * packed):
        raise SourceError(
            f"The archive unpacks to more than {max_ratio} times its size: it is no table.",
            path.name,
            "Unpack it yourself and look at it.",
        )
