"""Look at the bytes of a text file before anything reads it: encoding, line ends, quotes, delimiter."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from analytics.errors import SourceError
from analytics.intake.blocks import LINE_FEED, count_byte
from analytics.intake.encodings import WIDE, parse_encoding, undecodable

CHUNK_BYTES = 1 << 20
"""A file is read so much at a time: less than the processor keeps near, so that counting costs little."""

HEAD_BYTES = 1 << 16
DELIMITERS = (",", ";", "\t", "|")
"""The common ones, which the fast readers know."""

IN_NAMES = " _-\"'"
"""Marks that stand inside names and around them."""

MAX_COLUMNS = 500

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an .xlsx workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"\x89PNG", "a picture"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
    (b"{\\rtf", "a word processor's document"),
    (b'{"', "a JSON file"),
    (b"[{", "a JSON file"),
    (codecs.BOM_UTF32_LE, "a text in UTF-32"),
    (codecs.BOM_UTF32_BE, "a text in UTF-32"),
)
"""First bytes of files that are sometimes renamed to .csv."""


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the bytes of a text file say; counts are over the whole file."""

    size: int
    sha256: str
    encoding: str
    head: str
    quotes: int
    line_feeds: int
    carriage_returns: int
    ends_with_line_feed: bool


def examine_text(path: Path, name: str, declared_encoding: str) -> TextFacts:
    """Read the bytes of ``path`` once and say how they must be read.

    Raises
    ------
    SourceError
        If the file is empty, is not text, or is in an encoding nobody declared.
    SettingsError
        If the declared encoding does not exist.
    """
    head = _read_head(path, name)
    _refuse_other_formats(head, name)
    declared = parse_encoding(declared_encoding) if declared_encoding else ""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in head and declared in WIDE:
        encoding = declared
    elif b"\x00" in head:
        raise SourceError(
            "The file holds NUL bytes: it is not a text table, or it is UTF-16 without its mark.",
            name,
            "Save it as CSV UTF-8, or declare its encoding (setting encoding: utf-16-le or utf-16-be).",
        )
    else:
        encoding = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    counts = _count_bytes(path)
    if encoding.startswith("utf-8") and counts.has_nul:
        raise SourceError(
            "The file holds NUL bytes, which no table of text has.", name, "Export it again as CSV UTF-8."
        )
    if encoding == "utf-8" and counts.bad_utf8_line:
        encoding = _declared_or_refused(declared, name, counts.bad_utf8_line)
    return TextFacts(
        size=counts.size,
        sha256=counts.sha256,
        encoding=encoding,
        head=_decode_head(head, encoding, path, name),
        quotes=counts.quotes,
        line_feeds=counts.line_feeds,
        carriage_returns=counts.carriage_returns,
        ends_with_line_feed=counts.last_byte == 0x0A,
    )


def choose_delimiter(header_line: str, known: frozenset[str]) -> str:
    """Return the delimiter that splits the header into most known column names, then into most fields.

    Any other mark is believed only where it finds more names than the common ones do.

    Examples
    --------
    >>> choose_delimiter("patient_id^sex", frozenset({"patient_id", "sex"}))
    '^'
    """

    def merit(delimiter: str) -> tuple[int, bool, int]:
        names = [clean_header(cell) for cell in header_line.split(delimiter)]
        return sum(name in known for name in names), delimiter in DELIMITERS, len(names)

    marks = sorted({mark for mark in header_line if not mark.isalnum() and mark not in IN_NAMES})
    return max((*DELIMITERS, *marks), key=merit)


@lru_cache(maxsize=10_000)
def clean_header(cell: str) -> str:
    """Return a header cell in lower case, spaces as «_», without byte-order mark, quotes, blanks and marks around it.

    Examples
    --------
    >>> clean_header(' "Patient ID*"')
    'patient_id'
    """
    plain = cell.replace("\ufeff", "").strip().strip('"').strip().rstrip(".:*").rstrip()
    return "_".join(plain.casefold().replace("-", " ").split())


@dataclass(slots=True)
class _Counts:
    size: int = 0
    quotes: int = 0
    line_feeds: int = 0
    carriage_returns: int = 0
    has_nul: bool = False
    last_byte: int = 0
    bad_utf8_line: int = 0
    sha256: str = ""


def _count_bytes(path: Path) -> _Counts:
    counts = _Counts()
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            if not counts.bad_utf8_line:
                counts.bad_utf8_line = _line_of_bad_byte(decoder, chunk, counts.line_feeds)
            counts.size += len(chunk)
            counts.quotes += count_byte(chunk, ord('"'))
            counts.line_feeds += count_byte(chunk, LINE_FEED)
            counts.carriage_returns += count_byte(chunk, ord("\r")) if b"\r" in chunk else 0
            counts.has_nul |= b"\x00" in chunk
            counts.last_byte = chunk[-1]
    counts.sha256 = digest.hexdigest()
    return counts


def _line_of_bad_byte(decoder: codecs.IncrementalDecoder, chunk: bytes, n_lines: int) -> int:
    """Return the line of the first byte that is no UTF-8, ``n_lines`` before the chunk; 0 if there is none."""
    if chunk.isascii() and decoder.getstate()[0] == b"":
        return 0
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        return n_lines + error.object.count(b"\n", 0, error.start) + 1
    return 0


def _declared_or_refused(declared: str, name: str, line: int) -> str:
    if declared and not declared.startswith("utf-8"):
        return declared
    raise SourceError(
        "The text is not UTF-8, as declared."
        if declared
        else "The text is not UTF-8, and guessing another encoding could change a letter or a unit.",
        f"{name}, line {line}",
        "Save it as CSV UTF-8, or declare its encoding (setting encoding, for example cp1252).",
    )


def _read_head(path: Path, name: str) -> bytes:
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\r\n\t \xef\xbb\xbf\x00"):
        raise SourceError("The file is empty: it has not even a header line.", name, "Export it again.")
    return head


def _refuse_other_formats(head: bytes, name: str) -> None:
    for signature, kind in SIGNATURES:
        if head.lstrip(b" \r\n\t").startswith(signature):
            raise SourceError(
                f"This is {kind} under the name of a text table.",
                name,
                "Give it its own extension, or save it as CSV UTF-8.",
            )


def _decode_head(head: bytes, encoding: str, path: Path, name: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)("replace").decode(head)
    except UnicodeError:
        raise undecodable(path, name, encoding) from None
