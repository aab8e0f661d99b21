"""Events + censored + excluded = lines, for every endpoint, whatever the tables hold."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.endpoints import ENDPOINTS
from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.tables.derived import DERIVED_TABLES
from tests.by_hand import Tables, accept_by_hand

DAY = st.dates(dt.date(2019, 1, 1), dt.date(2021, 12, 31)).map(str) | st.sampled_from(["", "2020", "2020-06"])
PATIENT = st.sampled_from(["P1", "P2", "P3"])
TREATMENT = st.sampled_from(["SSA | lanreotide", "PRRT | 177Lu-DOTATATE", "TACE | TACE", "targeted | everolimus"])


def grid(header: str, rows: list[tuple[str, ...]]) -> str:
    return "\n".join([header, *(" | ".join(row) for row in rows)])


@st.composite
def sources(draw: st.DrawFn) -> dict[str, str]:
    treatments = draw(st.lists(st.tuples(PATIENT, TREATMENT, DAY, DAY), max_size=8))
    numbered = [(code, f"T{place}", what, *days) for place, (code, what, *days) in enumerate(treatments)]
    responses = draw(st.lists(st.tuples(PATIENT, DAY, st.sampled_from(["SD", "PR", "PD", "NE"])), max_size=8))
    labs = draw(st.lists(st.tuples(PATIENT, DAY, st.sampled_from(["100", "50", "<20", ">900"])), max_size=8))
    status = draw(st.lists(st.tuples(PATIENT, DAY, st.sampled_from(["death", "alive_contact", "lost"])), max_size=5))
    return {
        "patients": grid("patient_id | histology", [(code,) for code in ("P1", "P2", "P3")]).replace(
            " | histology", ""
        ),
        "treatments": grid("patient_id | treatment_id | category | agent | start | end", numbered),
        "responses": grid(
            "patient_id | date | criteria | response",
            [(code, day, "RECIST_1_1", seen) for code, day, seen in responses],
        ),
        "labs": grid("patient_id | analyte | collected | value_text", [(c, "CGA", day, text) for c, day, text in labs]),
        "vital_status": grid("patient_id | date | kind", status),
    }


def derive(tables: Tables, **changes: str) -> dict[str, pl.DataFrame]:
    return derive_all(tables, Settings(**changes))


@settings(max_examples=12, deadline=None)
@given(sources(), st.sampled_from(["", "2020-09-01"]))
def test_every_line_is_event_censored_or_excluded_once_an_endpoint(source: dict[str, str], cutoff: str):
    derived = derive(accept_by_hand(source), data_cutoff=cutoff)
    for name, schema in DERIVED_TABLES.items():
        if name in derived:
            schema.validate(derived[name])
    lines, times = derived["lines"], derived["times_to_event"]
    keys = lines.select("pid", "line_no").sort("pid", "line_no")
    for endpoint in ENDPOINTS:
        of_endpoint = times.filter(endpoint=endpoint.code, rule_set="default")
        assert of_endpoint.select("pid", "line_no").sort("pid", "line_no").equals(keys)
        is_excluded = of_endpoint["happened"].is_null()
        assert (of_endpoint.filter(is_excluded)["days"].null_count()) == is_excluded.sum()
        assert (of_endpoint.filter(~is_excluded)["days"] >= 1).all()
        assert of_endpoint.filter(~is_excluded)["code"].null_count() == 0
        assert ((of_endpoint["code"] == 0) == of_endpoint["happened"]).fill_null(value=True).all()


@settings(max_examples=12, deadline=None)
@given(sources())
def test_pfs_is_never_longer_than_survival(source: dict[str, str]):
    times = derive(accept_by_hand(source))["times_to_event"]
    both = times.filter(endpoint="PFS").join(times.filter(endpoint="OS"), on=["pid", "line_no"])
    assert (both["days"] <= both["days_right"]).fill_null(value=True).all()


@settings(max_examples=5, deadline=None)
@given(sources(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(source: dict[str, str], chance):
    tables = accept_by_hand(source)
    before = derive(tables)
    shuffled = {
        name: table.collect().sample(fraction=1, shuffle=True, seed=chance.randrange(999)).lazy()
        for name, table in tables.items()
    }
    after = derive(shuffled)
    for name, table in before.items():
        assert table.equals(after[name]), name


@settings(max_examples=5, deadline=None)
@given(sources())
def test_shifting_every_date_shifts_every_date_and_no_time(source: dict[str, str]):
    tables = accept_by_hand(source)
    by = pl.duration(days=2922)  # eight years, two of them leap: no partial date changes its length

    def shift(table: pl.LazyFrame) -> pl.LazyFrame:
        return table.with_columns(pl.col(pl.Date) + by)

    before, after = derive(tables), derive({name: shift(table) for name, table in tables.items()})
    for name in ("times_to_event", "marker_responses", "lines"):
        assert (
            before[name]
            .with_columns(pl.col(pl.Date) + by)
            .drop("age_years", strict=False)
            .equals(after[name].drop("age_years", strict=False))
        )


@settings(max_examples=5, deadline=None)
@given(sources())
def test_parts_of_whole_patients_give_the_same_tables(source: dict[str, str]):
    tables = accept_by_hand(source)

    def part(pids: list[int]) -> dict[str, pl.DataFrame]:
        return derive(
            {
                name: table.filter(pl.col("pid").is_in(pids)) if "pid" in table.collect_schema() else table
                for name, table in tables.items()
            }
        )

    whole, first, second = derive(tables), part([0, 2]), part([1])
    for name, table in whole.items():
        keys = [column for column in table.columns if table.schema[column] != pl.List(pl.String)]
        assert table.sort(keys).equals(pl.concat([first[name], second[name]]).sort(keys)), name
