"""Sources written by hand: a folder of small CSV files, and what intake makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.intake.accept import Accepted, accept_source

AS_OF = date(2026, 11, 20)

SOUND: dict[str, str] = {
    "patients": "patient_id,sex,birth_year\nP1,F,1950\nP2,M,1960\n",
    "labs": "patient_id,analyte,collected,value_text,unit,uln\nP1,CGA,2020-01-10,588.1,ng/mL,85\n",
    "treatments": "patient_id,treatment_id,category,agent,start,end\nP1,T1,PRRT,177Lu-DOTATATE,2020-02-01,2020-09-01\n"
    "P2,T1,SSA,lanreotide,2020-03-01,\n",
    "vital_status": "patient_id,date,kind\nP1,2022-01-01,alive_contact\nP2,2022-01-01,alive_contact\n",
}
"""A source in which nothing is wrong; cases replace or add tables."""

Deliver = Callable[..., Accepted]


@pytest.fixture
def write_source(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Write a folder of CSV files; a table given as None is left out."""

    def write(tables: Mapping[str, str | bytes | None]) -> Path:
        folder = tmp_path / "source"
        folder.mkdir(exist_ok=True)
        for name, content in (SOUND | dict(tables)).items():
            if content is not None:
                data = content.encode() if isinstance(content, str) else content
                (folder / (name if "." in name else f"{name}.csv")).write_bytes(data)
        return folder

    return write


@pytest.fixture
def deliver(write_source: Callable[..., Path]) -> Deliver:
    """Accept the sound source with some tables replaced; every record read must be accounted for once."""

    def accept(tables: Mapping[str, str | bytes | None] | None = None, **settings: Any) -> Accepted:
        accepted = accept_source(write_source(tables or {}), settings, as_of=AS_OF)
        counts = accepted.ledger.drop("file", "sheet", "table")
        assert counts["read"].to_list() == counts.drop("read").sum_horizontal().to_list()
        return accepted

    return accept


@pytest.fixture
def rules_fired() -> Callable[[Accepted], set[str]]:
    """Return the ids of the rules that found something."""
    return lambda accepted: set(accepted.findings.get_column("rule_id"))
