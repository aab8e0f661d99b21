"""Facts are entries with sources: every entry of the catalogue names one that exists."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

import analytics.catalogue
from analytics.catalogue.sources import SOURCE_IDS


def _entries() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for module in pkgutil.iter_modules(analytics.catalogue.__path__):
        for name, value in vars(importlib.import_module(f"analytics.catalogue.{module.name}")).items():
            entries = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
            found += [
                (f"{module.name}.{name}", entry.source)
                for entry in entries
                if dataclasses.is_dataclass(entry) and hasattr(entry, "source")
            ]
    return found


def test_the_catalogue_has_entries() -> None:
    assert len(_entries()) > 100


@pytest.mark.parametrize(("place", "source"), sorted(set(_entries())))
def test_every_entry_names_a_known_source(place: str, source: str) -> None:
    assert source in SOURCE_IDS, place
