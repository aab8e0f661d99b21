"""ADaM ADTTE as Dataset-JSON 1.1: names, keys, and the direction of the censoring flag."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from analytics.catalogue.settings import Settings
from analytics.export.adtte import VARIABLES, write_adtte
from analytics.export.release import Release
from analytics.questions.question import Answer


@pytest.fixture
def dataset(make_survival: Callable[..., Answer], now: datetime) -> dict[str, Any]:
    answer = make_survival([(1, "PRRT", 100, True), (2, "PRRT", 200, False)])
    release = Release(answer=answer, level="full", settings=Settings(), call="", now=now)
    return json.loads(write_adtte(release)["adtte.json"])


def test_an_event_is_0_and_a_censoring_is_not(dataset: dict[str, Any]) -> None:
    names = [column["name"] for column in dataset["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in dataset["rows"]]
    assert [(row["AVAL"], row["CNSR"], row["CNSDTDSC"]) for row in rows] == [
        (100, 0, None),
        (200, 2, "last adequate scan"),
    ]
    assert rows[0]["STARTDT"] == "2020-01-01"
    assert rows[0]["ADT"] == "2020-04-09"  # date - start + 1 = 100
    assert rows[0]["PARAM"] == "Progression-free survival"


def test_the_file_says_what_the_standard_requires(dataset: dict[str, Any]) -> None:
    required = {
        "datasetJSONCreationDateTime",
        "datasetJSONVersion",
        "itemGroupOID",
        "records",
        "name",
        "label",
        "columns",
    }
    assert required <= set(dataset)
    assert dataset["datasetJSONVersion"] == "1.1.0"
    assert dataset["datasetJSONCreationDateTime"] == "2026-11-20T12:00:00Z"
    assert dataset["records"] == len(dataset["rows"]) == 2
    assert all({"itemOID", "name", "label", "dataType"} <= set(column) for column in dataset["columns"])


def test_names_fit_a_transport_file_and_keys_are_in_order() -> None:
    assert all(len(variable.name) <= 8 and len(variable.label) <= 40 for variable in VARIABLES)
    assert sorted(variable.key for variable in VARIABLES if variable.key) == [1, 2, 3, 4]
