"""Parts without the columns that hold nothing are read as if they had been written whole."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics.parts import CODED_ROWS, read_part, scan_parts, write_table
from analytics.store import StudyParts, open_study, publish_held

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROWS = pl.DataFrame(
    {
        "pid": pl.Series([1, 1, 2, 3, 4, 5], dtype=pl.UInt32),
        "organ": [None, "liver", None, "bone", None, None],
        "size": [1.5, None, None, None, 2.5, None],
        "date": [None, date(2020, 1, 1), None, None, None, date(2021, 1, 1)],
        "sites": pl.Series([None, ["liver"], None, None, [], None], dtype=pl.List(pl.String())),
        "count": pl.Series([None] * 6, dtype=pl.Int64()),
        "is_new": [True, None, False, None, None, None],
        "grade": pl.Series([None] * 4 + ["G1", "G2"], dtype=pl.Enum(["G1", "G2"])),
        "_file": ["lesions.csv"] * 6,
        "_sheet": pl.Series([None] * 6, dtype=pl.String()),
        "_row": pl.Series(range(2, 8), dtype=pl.UInt32),
    }
)
CUTS = {
    "lacking here and there": (0, 2, 4, 6),
    "an empty part in the middle": (0, 2, 2, 6),
    "an empty part first": (0, 0, 3, 6),
    "one part": (0, 6),
    "a row a part": range(7),
}
CONDITIONS = (
    pl.col("organ") == "liver",
    pl.col("organ").is_null(),
    pl.col("organ").ne_missing(pl.lit("liver")),
    pl.col("organ").fill_null("none") == "none",
    pl.col("organ").is_in(["bone", None], nulls_equal=True),
    pl.col("size") > 2,
    pl.col("date") >= date(2020, 6, 1),
    pl.col("count").is_null(),
    pl.col("count") == 3,
    pl.col("_sheet").is_not_null(),
    ~pl.col("is_new"),
    pl.col("grade") == "G2",
    pl.col("sites").list.len() > 0,
    pl.col("pid").is_between(2, 4),
    (pl.col("organ") == "bone") | (pl.col("size").is_null() & (pl.col("pid") > 1)),
)


@pytest.fixture(params=CUTS.values(), ids=CUTS)
def parts(request, tmp_path) -> list[Path]:
    """Return the files of some rows cut into parts."""
    bounds = list(request.param)
    files = [tmp_path / f"{place:03d}.parquet" for place in range(len(bounds) - 1)]
    for file, first, end in zip(files, bounds[:-1], bounds[1:], strict=True):
        write_table(ROWS[first:end], file)
    return files


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_parts_are_read_as_if_they_were_whole(parts, engine):
    rows = scan_parts(parts)
    assert rows.collect_schema() == ROWS.schema
    assert_frame_equal(rows.collect(engine=engine), ROWS)
    assert_frame_equal(rows.tail(3).collect(engine=engine), ROWS.tail(3))
    assert rows.select(pl.len()).collect(engine=engine).item() == ROWS.height
    for condition in CONDITIONS:
        chosen = ROWS.filter(condition)
        assert_frame_equal(rows.filter(condition).collect(engine=engine), chosen)
        for names in (["size", "pid"], ["_sheet"], ["count", "sites"], ["_row", "date", "organ"], ["grade"]):
            found = rows.filter(condition).select(names).collect(engine=engine)
            assert_frame_equal(found, chosen.select(names))
            assert_frame_equal(rows.select(names).collect(engine=engine), ROWS.select(names))


def test_each_part_says_which_columns_it_lacks(parts):
    assert_frame_equal(pl.concat(map(read_part, parts)), ROWS)


def test_a_column_without_a_value_is_not_written(tmp_path):
    write_table(ROWS, tmp_path / "rows.parquet")
    assert list(pl.read_parquet_schema(tmp_path / "rows.parquet")) == [
        name for name in ROWS.columns if name not in ("count", "_sheet")
    ]


@pytest.mark.parametrize("rows", [ROWS.clear(), ROWS.select("count", "_sheet"), ROWS.select("pid", "_row")])
def test_what_holds_nothing_or_all_is_written_whole(rows, tmp_path):
    write_table(rows, tmp_path / "rows.parquet")
    assert pl.read_parquet_schema(tmp_path / "rows.parquet") == dict(rows.schema)
    assert_frame_equal(read_part(tmp_path / "rows.parquet"), rows)


def test_a_part_with_another_type_or_a_column_of_its_own_is_not_taken_for_one_that_lacks_it(tmp_path):
    write_table(ROWS, tmp_path / "a.parquet")
    for odd in (ROWS.with_columns(count=pl.lit(1.5)), ROWS.with_columns(other=pl.lit(1))):
        write_table(odd, tmp_path / "b.parquet")
        with pytest.raises(pl.exceptions.SchemaError):
            scan_parts([tmp_path / "a.parquet", tmp_path / "b.parquet"]).collect()


def test_a_long_column_of_few_texts_is_text_for_every_reader(tmp_path):
    rows = pl.concat([ROWS] * (CODED_ROWS // ROWS.height + 1)).with_columns(
        _file=pl.lit("a file of a name that is long.csv")
    )
    file = tmp_path / "rows.parquet"
    write_table(rows, file)
    assert {pl.read_parquet_schema(file)[name] for name in ("organ", "_file")} == {pl.String()}
    assert_frame_equal(pl.read_parquet(file), rows.drop("count", "_sheet"))
    assert_frame_equal(read_part(file), rows)
    assert_frame_equal(scan_parts([file]).filter(organ="bone").collect(), rows.filter(organ="bone"))


def test_the_same_rows_are_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_table(ROWS.clone(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_store_of_before_with_whole_parts_is_opened(tmp_path, make_parts):
    nothing = make_parts(1)

    def make(folder: Path) -> StudyParts:
        for number, rows in enumerate((ROWS[:2], ROWS[2:])):
            (folder / f"{number:05d}").mkdir()
            rows.write_parquet(folder / f"{number:05d}" / "lesions.parquet")
        return StudyParts({}, nothing.findings, nothing.ledger, nothing.settings, nothing.inputs)

    (tmp_path / "versions").mkdir()
    snapshot = publish_held(tmp_path, make, NOW)
    path = snapshot.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    (snapshot.folder / "manifest.sha256").unlink()  # as a store of that format has none
    assert_frame_equal(open_study(tmp_path).table("lesions").collect(), ROWS)
