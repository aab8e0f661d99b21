"""The shelf: studies of one name are told apart, and what is newly published is shown at the next request."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.questions.question import Answer
from analytics.snapshots import VERSIONS
from analytics.store import StudyParts, publish
from dashboards.app import create_app
from dashboards.shelf import open_shelf
from dashboards.view import parse_view
from tests.dashboards.hand_made import make_study

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def publish_crowd(store: Path, crowd: int) -> None:
    study = make_study(crowd=crowd)
    tables = {name: table.collect() for name, table in study.tables.items()}
    publish(store, StudyParts(tables, study.findings, study.ledger, study.settings, study.inputs), NOW)


def test_two_studies_of_one_name_are_told_apart(tmp_path: Path):
    stores = [tmp_path / "one" / "registry-store", tmp_path / "two" / "registry-store"]
    for store in stores:
        store.parent.mkdir()
        publish_crowd(store, 4)
    opened = open_shelf(stores)
    assert list(opened.studies) == ["registry", "registry-2"]
    first, second = opened.studies.values()
    assert first.patients == second.patients
    assert set(first.opaque.values()).isdisjoint(second.opaque.values())


def test_a_version_published_meanwhile_is_shown_at_the_next_request(tmp_path: Path):
    store = tmp_path / "registry-store"
    publish_crowd(store, 16)
    shelf = open_shelf([store])
    client = create_app(shelf).server.test_client()
    before = shelf.opened("registry")
    question = parse_view("", shelf).question("survival")
    asked = shelf.ask("registry", question)
    publish_crowd(store, 12)
    assert client.get("/", headers={"Host": "127.0.0.1"}).status_code == 200
    after = shelf.opened("registry")
    assert set(before.patients) - set(after.patients) == {"C12", "C13", "C14", "C15"}
    assert before.opaque["C12"] not in after.codes
    assert {code: after.opaque[code] for code in after.patients} == {c: before.opaque[c] for c in after.patients}
    answered = shelf.ask("registry", question)
    assert isinstance(asked, Answer) and isinstance(answered, Answer)
    assert answered.study_version == after.study.version != asked.study_version


def test_nothing_is_opened_again_while_nothing_is_published(tmp_path: Path):
    store = tmp_path / "registry-store"
    publish_crowd(store, 4)
    shelf = open_shelf([store])
    before = shelf.opened("registry")
    shelf.renew()
    assert shelf.opened("registry") is before


def test_a_new_version_that_cannot_be_opened_leaves_the_one_before(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    store = tmp_path / "registry-store"
    publish_crowd(store, 4)
    shelf = open_shelf([store])
    before = shelf.opened("registry")
    publish_crowd(store, 6)
    for version in (store / VERSIONS).iterdir():
        (version / "ledger.parquet").unlink()
    shelf.renew()
    assert shelf.opened("registry") is before and "is not shown" in caplog.text


def test_a_store_taken_away_leaves_what_was_opened(tmp_path: Path):
    store = tmp_path / "registry-store"
    publish_crowd(store, 4)
    shelf = open_shelf([store])
    before = shelf.opened("registry")
    store.rename(tmp_path / "elsewhere")
    shelf.renew()
    assert shelf.opened("registry") is before
