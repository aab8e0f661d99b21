"""The same patients give the same answers, however they are ordered, parted, named or dated."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.intake.accept import accept_source
from analytics.tables.derived import DERIVED_TABLES
from synthetic_data.write import write_world

PATIENTS = 120
EIGHT_YEARS = pl.duration(days=2922)
"""With two leap days, so that no partial date changes its length."""

AGES = ("age_years",)
"""Counted from the middle of a birth year, which a shift of dates does not move."""

Tables = dict[str, pl.LazyFrame]
Derived = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return the accepted tables of a simulated registry, with all its imperfections."""
    source = tmp_path_factory.mktemp("registry")
    write_world("mixed-hospital-registry", source, PATIENTS, 3, lambda _done: None)
    return {name: table.lazy() for name, table in accept_source(Path(source)).tables.items()}


@pytest.fixture(scope="module")
def derived(registry: Tables) -> Derived:
    return derive_all(registry, Settings())


def in_order(table: pl.DataFrame) -> pl.DataFrame:
    return table.sort([name for name, kind in table.schema.items() if not kind.is_nested()])


def map_patients(tables: Tables, change: pl.Expr) -> Tables:
    """Apply ``change`` to the key of every patient; a table keeps the order of its rows."""
    return {
        name: table.with_columns(change.cast(pl.UInt32).alias("pid")) if "pid" in table.collect_schema() else table
        for name, table in tables.items()
    }


def test_the_registry_reaches_every_derived_table(derived: Derived):
    assert {name for name, table in derived.items() if table.is_empty()} <= {"score_changes"}
    assert set(derived) == set(DERIVED_TABLES)


def test_tables_let_go_on_the_way_are_not_missed(registry: Tables, derived: Derived):
    held = dict(registry)
    made = derive_all(held, Settings(), held.pop)
    assert set(registry) - set(held) == {"labs", "lesions"}
    for name, table in derived.items():
        assert_frame_equal(made[name], table, check_exact=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_nothing(registry: Tables, derived: Derived, seed: int):
    shuffled = {
        name: table.collect().sample(fraction=1, shuffle=True, seed=seed).lazy() for name, table in registry.items()
    }
    for name, table in derive_all(shuffled, Settings()).items():
        assert_frame_equal(table, derived[name], check_exact=True)


@pytest.mark.parametrize("n_buckets", [2, 7])
def test_the_number_of_buckets_changes_nothing(registry: Tables, derived: Derived, n_buckets: int):
    """Patients in buckets of neighbours, as a build makes them: the parts stand one after the other."""
    size = -(-PATIENTS // n_buckets)
    parts: list[Derived] = []
    for bucket in range(n_buckets):
        is_inside = (pl.col("pid") // size) == bucket
        of_bucket = {
            name: table.filter(is_inside) if "pid" in table.collect_schema() else table
            for name, table in registry.items()
        }
        parts.append(derive_all(of_bucket, Settings()))
    for name, table in derived.items():
        together = pl.concat([part[name] for part in parts])
        assert_frame_equal(in_order(together), in_order(table), check_exact=True)


def test_other_numbers_for_the_patients_change_only_the_numbers(registry: Tables, derived: Derived):
    """Numbers far apart and in the reverse order."""
    renumbered = derive_all(map_patients(registry, (PATIENTS - 1 - pl.col("pid").cast(pl.Int64)) * 1_000), Settings())
    back = (PATIENTS - 1 - pl.col("pid").cast(pl.Int64) // 1_000).cast(pl.UInt32)
    for name, table in derived.items():
        named = renumbered[name].with_columns(back.alias("pid"))
        assert_frame_equal(in_order(named), in_order(table), check_exact=True)


def test_shifting_all_dates_shifts_dates_and_no_time(registry: Tables, derived: Derived):
    moved = derive_all(
        {name: table.with_columns(pl.col(pl.Date) + EIGHT_YEARS) for name, table in registry.items()}, Settings()
    )
    for name, table in derived.items():
        expected = table.with_columns(pl.col(pl.Date) + EIGHT_YEARS)
        assert moved[name].drop(AGES, strict=False).equals(expected.drop(AGES, strict=False)), name
