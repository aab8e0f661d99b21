"""A SAS transport file, version 5, as regulators take it: a table of texts and numbers as bytes.

Numbers are IBM's double precision, 14 hexadecimal digits; a missing one is a full stop. Texts are ASCII, since the
format names no encoding. Source: SAS Institute, The Record Layout of a SAS Transport Data Set (TS-140).
"""

from __future__ import annotations

import math
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

SAS_EPOCH = date(1960, 1, 1)
LONGEST_TEXT = 200
_MISSING = b"." + bytes(7)
_FRACTION_DIGITS = 14


@dataclass(frozen=True, slots=True)
class TransportColumn:
    """A column: name of at most 8 characters, label of at most 40, its values; ``format_name`` is DATE for dates."""

    name: str
    label: str
    values: Sequence[str | float | int | date | None]
    is_text: bool
    format_name: str = ""


def as_transport(name: str, label: str, columns: Sequence[TransportColumn], now: datetime) -> bytes:
    """Return the file of one data set; texts beyond 200 characters are cut, as the format asks."""
    stamp = now.strftime("%d%b%y:%H:%M:%S").upper().encode("ascii")
    widths = [_measure(column) for column in columns]
    opening = (
        _header("LIBRARY", "0" * 30),
        b"SAS     SAS     SASLIB  9.4     LUTETIA ".ljust(64) + stamp,
        stamp.ljust(80),
        _header("MEMBER ", "000000000000000001600000000140"),
        _header("DSCRPTR", "0" * 30),
        b"SAS     " + _text(name, 8) + b"SASDATA 9.4     LUTETIA ".ljust(48) + stamp,
        stamp + bytes(b" " * 16) + _text(label, 40) + b" " * 8,
        _header("NAMESTR", f"000000{len(columns):04}".ljust(30, "0")),
    )
    places = [sum(widths[:place]) for place in range(len(columns))]
    described = b"".join(
        _describe(number, column, width, at)
        for number, (column, width, at) in enumerate(zip(columns, widths, places, strict=True), start=1)
    )
    rows = zip(*(column.values for column in columns), strict=True)
    body = b"".join(
        _write(value, width, is_text=column.is_text)
        for row in rows
        for value, width, column in zip(row, widths, columns, strict=True)
    )
    return b"".join(opening) + _fill(described) + _header("OBS    ", "0" * 30) + _fill(body)


def as_ibm_double(number: float) -> bytes:
    """Return a number in IBM's double precision.

    >>> as_ibm_double(1.0).hex(), as_ibm_double(-118.625).hex()
    ('4110000000000000', 'c276a00000000000')
    """
    if number == 0:
        return bytes(8)
    exponent = math.floor(math.log(abs(number), 16)) + 1
    fraction = round(abs(number) * 16.0 ** (_FRACTION_DIGITS - exponent))
    if fraction >= 16**_FRACTION_DIGITS:
        exponent, fraction = exponent + 1, fraction // 16
    sign = 0x80 if number < 0 else 0
    return struct.pack(">B", sign | (exponent + 64)) + fraction.to_bytes(7, "big")


def _header(kind: str, tail: str) -> bytes:
    return f"HEADER RECORD*******{kind} HEADER RECORD!!!!!!!{tail}".ljust(80).encode("ascii")


def _describe(number: int, column: TransportColumn, width: int, at: int) -> bytes:
    kind = 2 if column.is_text else 1
    shown = 9 if column.format_name else 0
    return (
        struct.pack(">hhhh", kind, 0, width, number)
        + _text(column.name, 8)
        + _text(column.label, 40)
        + _text(column.format_name, 8)
        + struct.pack(">hhhh", shown, 0, 0, 0)
        + b" " * 8
        + struct.pack(">hhl", 0, 0, at)
        + bytes(52)
    )


def _measure(column: TransportColumn) -> int:
    if not column.is_text:
        return 8
    return min(LONGEST_TEXT, max((len(_plain(str(value or ""))) for value in column.values), default=1) or 1)


def _write(value: str | float | int | date | None, width: int, *, is_text: bool) -> bytes:
    if is_text:
        return _text(str(value or ""), width)
    if value is None or isinstance(value, str):
        return _MISSING
    return as_ibm_double(float((value - SAS_EPOCH).days if isinstance(value, date) else value))


def _text(text: str, width: int) -> bytes:
    return _plain(text)[:width].ljust(width)


def _plain(text: str) -> bytes:
    """Return ASCII: letters lose their accents, dashes are hyphens, what has no plain form is a question mark."""
    apart = unicodedata.normalize("NFKD", text.replace("–", "-").replace("−", "-"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).encode("ascii", "replace")


def _fill(content: bytes) -> bytes:
    return content + b" " * (-len(content) % 80)
