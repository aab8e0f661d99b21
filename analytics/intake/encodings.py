"""The encoding of a text file: which are known, and where bytes are no letter of one."""

from __future__ import annotations

import codecs
from pathlib import Path

from analytics.errors import SettingsError, SourceError

NO_WRITING = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined")
"""Codecs of Python in which no file is written."""

WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
"""Encodings with NUL bytes in every table, which their files need not say of themselves."""


def parse_encoding(declared: str) -> str:
    """Return the name of a declared encoding as Python knows it.

    Raises
    ------
    SettingsError
        If there is no such encoding of texts.

    Examples
    --------
    >>> parse_encoding("Windows-1252")
    'cp1252'
    """
    try:
        "".encode(declared)
        known = codecs.lookup(declared).name
    except (LookupError, ValueError):
        known = ""
    if not known or known in NO_WRITING:
        raise SettingsError(f"Setting «encoding» cannot be «{declared}».", "", "Use a name like cp1252 or latin-1.")
    return known


def undecodable(path: Path, name: str, encoding: str) -> SourceError:
    """Return what to tell of a file that holds a byte which is no letter of its encoding."""
    content = path.read_bytes()
    try:
        content.decode(encoding)
        sound = len(content)
    except UnicodeDecodeError as error:
        sound = error.start
    except UnicodeError:  # a text in UTF-16 or UTF-32 that does not say which of the two it is
        sound = 0
    line = content[:sound].decode(encoding, "ignore").count("\n") + 1 if sound else 1
    return SourceError(
        f"A byte here is no letter of the encoding {encoding}.",
        f"{name}, line {line}",
        "Declare the encoding the file was really saved in, or save it as CSV UTF-8.",
    )
