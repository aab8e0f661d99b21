"""A study derived from small accepted tables, as a build would hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.tables.findings import empty_findings, empty_ledger
from analytics.tables.study import Study
from tests.by_hand import accept_by_hand


def derive_study(grids: Mapping[str, str], **settings: Any) -> Study:
    accepted, chosen = accept_by_hand(grids), Settings(**settings)
    derived = {name: table.lazy() for name, table in derive_all(accepted, chosen).items()}
    return Study(
        name="by hand",
        version="v1",
        built_at="2026-11-20T00:00:00+00:00",
        settings=chosen,
        inputs=(),
        versions={},
        tables=accepted | derived,
        findings=empty_findings(),
        ledger=empty_ledger(),
    )
