"""A SAS transport file: numbers bit by bit, records of eighty, and what another reader gets back."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.export.adtte import write_adtte
from analytics.export.release import Release
from analytics.export.transport import TransportColumn, as_ibm_double, as_transport
from analytics.questions.question import Answer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOUBLE = 2**-52
"""IBM's fraction has at least 53 bits, so a number of ours comes back to its last bit or the one before."""


def read_ibm(content: bytes) -> float:
    first = content[0]
    fraction = int.from_bytes(content[1:], "big") / 16**14
    return (-1 if first & 0x80 else 1) * fraction * 16.0 ** ((first & 0x7F) - 64)


@pytest.mark.parametrize(
    ("number", "hexadecimal"),
    [(0, "0000000000000000"), (1, "4110000000000000"), (-118.625, "c276a00000000000"), (0.1, "401999999999999a")],
)
def test_numbers_by_hand(number: float, hexadecimal: str) -> None:
    """−118.625 is −76.A in hexadecimal, so .76A · 16²."""
    assert as_ibm_double(number).hex() == hexadecimal


@settings(deadline=None)
@given(st.floats(1e-60, 1e60) | st.floats(-1e60, -1e-60) | st.integers(-(2**50), 2**50).map(float))
def test_numbers_come_back(number: float) -> None:
    assert read_ibm(as_ibm_double(number)) == pytest.approx(number, rel=2 * DOUBLE)


def test_a_table_is_records_of_eighty_with_its_rows_in_order() -> None:
    columns = [
        TransportColumn("CODE", "Study code", ["A1", "Ž–2", None], is_text=True),
        TransportColumn("DAYS", "Days", [5, None, -3], is_text=False),
        TransportColumn(
            "START", "Start", [date(1960, 1, 2), None, date(2020, 1, 1)], is_text=False, format_name="DATE"
        ),
    ]
    content = as_transport("TABLE", "A table", columns, NOW)
    assert len(content) % 80 == 0
    assert content.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")
    assert b"20NOV26:12:00:00" in content
    body = content[content.index(b"HEADER RECORD*******OBS") + 80 :]
    rows = [body[start : start + 19] for start in (0, 19, 38)]
    assert [row[:3] for row in rows] == [b"A1 ", b"Z-2", b"   "]
    assert [row[3:4] for row in rows] == [b"A", b".", b"\xc1"]
    assert [read_ibm(row[3:11]) for row in (rows[0], rows[2])] == [5, -3]
    assert [read_ibm(row[11:19]) for row in (rows[0], rows[2])] == [1, 21915]  # days since 1 January 1960
    described = content[content.index(b"NAMESTR") + 80 - 20 :][:140]
    assert struct.unpack(">hhhh", described[:8]) == (2, 0, 3, 1)
    assert described[8:16] == b"CODE    "


def test_the_same_answer_gives_the_same_bytes(make_survival: Callable[..., Answer]) -> None:
    answer = make_survival([(1, "PRRT", 100, True), (2, "PRRT", 200, False)])
    release = Release(answer=answer, level="full", settings=Settings(), call="", now=NOW)
    one, other = (write_adtte(release)["adtte.xpt"] for _ in range(2))
    assert one == other
    assert b"Progression-free survival" in one
    assert b"USUBJID" in one
