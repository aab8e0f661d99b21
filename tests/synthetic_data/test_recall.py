"""What was spoilt is what the data check reports: one to one for each kind, and nothing else of those rules.

Run with ``-s`` to see recall and precision of each kind.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

import lutetia
from synthetic_data.imperfections import IMPERFECTIONS, KEYS, Imperfection
from synthetic_data.write import write_world

COUNTED = {"V33", "V37", "V18"}
"""Rules the check reports once with a count, not row by row."""


WORLDS = {"hostile": 300, "mixed-hospital-registry": 1_000}


@pytest.fixture(scope="module", params=WORLDS)
def checked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the findings with the row they are about, and the truth."""
    folder = tmp_path_factory.mktemp("recall")
    write_world(request.param, folder / "source", WORLDS[request.param], seed=3)
    outcome = CliRunner().invoke(lutetia.app, ["check", str(folder / "source"), "--out", str(folder / "findings.csv")])
    assert outcome.exception is None, outcome.output
    findings = pl.read_csv(folder / "findings.csv", infer_schema=False).with_columns(pl.col("row").cast(pl.Int64))
    placed = [_place(findings.filter(pl.col("table") == name), folder / "source", name) for name in KEYS]
    return pl.concat(placed), pl.read_csv(folder / "source" / "truth" / "imperfections.csv", infer_schema=False)


def _place(findings: pl.DataFrame, source: Path, name: str) -> pl.DataFrame:
    """Give each finding the patient's number and the row's key; a scan stands for all its lesions."""
    key = "imaging_id" if name == "lesions" else KEYS[name][0]
    rows = pl.read_csv(source / f"{name}.csv", infer_schema=False).with_row_index("row", offset=2)
    place = rows.select(
        pl.col("row").cast(pl.Int64), number=pl.col("patient_id").str.extract(r"(\d+)$").cast(pl.Int64), key=pl.col(key)
    )
    return findings.select("rule_id", "table", "row", "message").join(place, on="row", how="left")


def _spoilt(truth: pl.DataFrame, name: str) -> set[tuple[int, str]]:
    rows = truth.filter(pl.col("imperfection") == name).select(
        pl.col("patient_id").str.extract(r"(\d+)$").cast(pl.Int64), pl.col("row_key").str.split("/").list.first()
    )
    return set(rows.iter_rows())


def _reported(findings: pl.DataFrame, rule: str, table: str) -> set[tuple[int, str]]:
    rows = findings.filter((pl.col("rule_id") == rule) & (pl.col("table") == table))
    return set(rows.select("number", "key").iter_rows())


ROW_BY_ROW = [i for i in IMPERFECTIONS if i.finding and i.finding not in COUNTED]


@pytest.mark.parametrize("imperfection", ROW_BY_ROW, ids=lambda imperfection: imperfection.name)
def test_every_spoilt_row_is_found_by_its_rule(checked: tuple[pl.DataFrame, pl.DataFrame], imperfection: Imperfection):
    findings, truth = checked
    spoilt = _spoilt(truth, imperfection.name)
    found = spoilt & _reported(findings, imperfection.finding, imperfection.table)
    print(f"{imperfection.name:20} {imperfection.finding} recall {len(found)} of {len(spoilt)}")
    assert spoilt
    assert found == spoilt


@pytest.mark.parametrize("rule", sorted({i.finding for i in ROW_BY_ROW}))
def test_these_rules_report_nothing_that_was_not_spoilt(checked: tuple[pl.DataFrame, pl.DataFrame], rule: str):
    findings, truth = checked
    kinds = [i for i in ROW_BY_ROW if i.finding == rule]
    spoilt = set().union(*(_spoilt(truth, i.name) for i in kinds))
    reported = _reported(findings, rule, kinds[0].table)
    print(f"{rule:20} precision {len(reported & spoilt)} of {len(reported)}")
    assert reported <= spoilt


@pytest.mark.parametrize("name", ["doubled", "quantitation_limit", "partial_date"])
def test_what_is_counted_is_counted_right(checked: tuple[pl.DataFrame, pl.DataFrame], name: str):
    findings, truth = checked
    imperfection = next(i for i in IMPERFECTIONS if i.name == name)
    messages = findings.filter((pl.col("rule_id") == imperfection.finding) & (pl.col("table") == imperfection.table))
    counts = messages["message"].str.extract(r": (\d+)\b").cast(pl.Int64)
    assert counts.sum() == len(_spoilt(truth, name)) > 0


SILENT = [i for i in IMPERFECTIONS if not i.finding]


def test_where_no_rule_should_speak_the_truth_says_why(checked: tuple[pl.DataFrame, pl.DataFrame]):
    _, truth = checked
    assert {i.name for i in SILENT} == set(truth.filter(pl.col("finding") == "")["imperfection"])
    assert truth.filter((pl.col("finding") == "") == (pl.col("silence") == "")).height == 0


@pytest.mark.parametrize("imperfection", SILENT, ids=lambda imperfection: imperfection.name)
def test_what_does_no_harm_loses_no_row(checked: tuple[pl.DataFrame, pl.DataFrame], imperfection: Imperfection):
    findings, truth = checked
    losing = {"V05", "V06", "V09", "V10", "V11", "V20", "V21", "V25", "V26", "V28", "V38", "V74"}
    for rule in losing:
        assert not _spoilt(truth, imperfection.name) & _reported(findings, rule, "labs")
