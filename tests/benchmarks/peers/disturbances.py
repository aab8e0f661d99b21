"""Accepted tables made harder, so that rules are compared that a simulated registry seldom or never asks for.

Lines without typed numbers, courses that overlap, pauses within PRRT, days known to the month, several values of a
day, quantitation limits, unknown assays, atrophic gastritis; visits of several scans, planar and FDG scans, excised,
irradiated, merged and split lesions, three readers; responses without a day or by other criteria, two days of death,
cut-offs of patients, second diagnoses.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

TEXT_OF_DAY = ("", "_lo", "_hi", "_precision")


class Disturbance:
    """Changes a share of the rows of tables, the same ones for the same ``seed``."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def hit(self, table: pl.DataFrame, share: float) -> pl.Series:
        return pl.Series(self._random.random(table.height) < share)

    def write(self, table: pl.DataFrame, share: float, **values: str | float | pl.Expr | None) -> pl.DataFrame:
        """Write each of ``values`` into a ``share`` of the rows of its column, None to empty it."""
        for name, value in values.items():
            held = value if isinstance(value, pl.Expr) else pl.lit(value)
            changed = pl.when(pl.lit(self.hit(table, share))).then(held).otherwise(name)
            table = table.with_columns(changed.cast(table.schema[name]).alias(name))
        return table

    def blur(self, table: pl.DataFrame, share: float, day: str) -> pl.DataFrame:
        """Forget the day of the month of a ``share`` of the days."""
        first, last = pl.col(day).dt.month_start(), pl.col(day).dt.month_end()
        blurred = (first + pl.duration(days=14), first, last, pl.lit("M"))
        return self._set_days(table, self.hit(table, share) & table[day].is_not_null(), day, blurred)

    def forget(self, table: pl.DataFrame, share: float, day: str) -> pl.DataFrame:
        """Leave nothing of a ``share`` of the days."""
        return self._set_days(table, self.hit(table, share), day, (pl.lit(None),) * 4)

    def move(self, table: pl.DataFrame, share: float, day: str, to: pl.Expr) -> pl.DataFrame:
        """Move a ``share`` of the days to the exact day ``to``."""
        is_moved = table.select(to.is_not_null() & self.hit(table, share)).to_series()
        return self._set_days(table, is_moved, day, (to, to, to, pl.lit("D")))

    def _set_days(self, table: pl.DataFrame, holds: pl.Series, day: str, values: tuple[pl.Expr, ...]) -> pl.DataFrame:
        names = [f"{day}{part}" for part in TEXT_OF_DAY]
        return table.with_columns(
            pl.when(pl.lit(holds)).then(value).otherwise(name).cast(table.schema[name]).alias(name)
            for name, value in zip(names, values, strict=True)
            if name in table.columns
        )


def _is_of_same(*columns: str) -> pl.Expr:
    return pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in columns)


def _before(day: str, *same: str) -> pl.Expr:
    """Return the day of the row before, where it is of the same patient."""
    return pl.when(_is_of_same("pid", *same)).then(pl.col(day).shift(1))


def _disturb_treatments(change: Disturbance, tables: dict[str, pl.DataFrame]) -> None:
    rows = tables["treatments"].with_columns(line=pl.when(pl.col("pid") % 2 == 1).then("line"))
    rows = change.write(rows, 0.05, anticancer="Y", category="SSA", ongoing="Y", end=None, agent=None)
    rows = change.write(rows, 0.1, intent="curative", stop_reason="toxicity", anticancer=None)
    rows = change.move(rows, 0.15, "start", pl.col("start") - pl.duration(days=150))
    tables["treatments"] = change.forget(change.blur(rows, 0.1, "start"), 0.03, "start")
    rows = change.write(tables["cycles"], 0.04, activity_gbq=None)
    late = pl.when(pl.col("cycle_no") > 2).then(pl.col("date") + pl.duration(days=260))
    rows = change.move(rows, 0.03, "date", late)
    tables["cycles"] = change.forget(change.blur(rows, 0.06, "date"), 0.02, "date")


def _disturb_labs(change: Disturbance, tables: dict[str, pl.DataFrame]) -> None:
    rows = change.blur(tables["labs"], 0.06, "collected")
    rows = change.write(rows, 0.03, assay_group="unknown", specimen=None, comparator="<", _file="zz.csv")
    rows = change.write(rows, 0.03, specimen="plasma", comparator=">=")
    kidney = pl.when(pl.col("analyte") == "EGFR").then(30.0).otherwise("value_standard")
    tables["labs"] = change.write(
        change.move(rows, 0.06, "collected", _before("collected", "analyte")), 0.1, value_standard=kidney
    )
    tables["concomitants"] = change.write(tables["concomitants"], 0.1, kind="atrophic_gastritis", start_lo=None)


def _disturb_scans(change: Disturbance, tables: dict[str, pl.DataFrame]) -> None:
    rows = change.write(tables["imaging"], 0.03, adequate="N", non_target="PD", tracer="18F-FDG", modality="planar")
    rows = change.write(rows, 0.03, new_lesion="Y", non_target="CR", modality=None)
    rows = change.write(change.write(rows, 0.2, timepoint="week 12"), 0.1, non_target=None)
    rows = change.move(rows, 0.08, "date", _before("date"))
    rows = change.move(rows, 0.08, "date", _before("date", "timepoint") + pl.duration(days=20))
    tables["imaging"] = change.forget(change.blur(rows, 0.05, "date"), 0.01, "date")
    rows = tables["lesions"]
    for how, share in (("excised", 0.004), ("irradiated", 0.004), ("not_visible", 0.05), ("too_small", 0.03)):
        rows = change.write(rows, share, measured=how)
    rows = change.write(rows, 0.02, measured=None, longest_mm=None, short_mm=None, nodal="Y", role="target")
    rows = change.write(rows, 0.01, role="new", nodal=None)
    rows = change.write(rows, 0.1, longest_mm=pl.col("longest_mm") + 0.25)
    rows = change.write(rows, 0.01, lesion_id=pl.col("lesion_id") + "+T02")
    rows = change.write(rows, 0.02, lesion_id=pl.col("lesion_id") + "/1")
    rows = change.write(rows, 0.02, lesion_id=pl.col("lesion_id") + "/2")
    read_again = rows.filter(pl.col("imaging_id").hash(1) % 20 == 0)
    others = [read_again.with_columns(pl.col("longest_mm") * 1.1, reader=pl.lit(name)) for name in ("Central", "alpha")]
    key = ["pid", "imaging_id", "reader", "lesion_id"]
    tables["lesions"] = pl.concat([rows, *others]).unique(key, keep="first", maintain_order=True).sort(key[:3])


def _disturb_endings(change: Disturbance, tables: dict[str, pl.DataFrame]) -> None:
    rows = change.write(tables["responses"], 0.05, criteria="mRECIST", reader=None, response="NON_CR_NON_PD")
    rows = change.write(rows, 0.04, criteria="clinical", imaging_id=None)
    rows = change.write(rows, 0.02, criteria="biochemical", response="ND")
    rows = change.move(rows, 0.08, "date", _before("date"))
    tables["responses"] = change.forget(change.blur(rows, 0.03, "date"), 0.05, "date")
    rows = change.forget(change.write(tables["vital_status"], 0.05, kind="data_cutoff"), 0.02, "date")
    rows = change.blur(rows, 0.05, "date")
    again = rows.filter((pl.col("kind") == "death") & (pl.col("pid") % 10 == 0))
    again = again.with_columns(pl.col("date") + pl.duration(days=3), pl.col("_row") + 1_000_000)
    tables["vital_status"] = pl.concat([rows, again])
    tables["patients"] = change.write(tables["patients"], 0.1, birth_date=None)
    rows = tables["diagnoses"]
    later = rows.filter(pl.col("pid") % 5 == 0).with_columns(
        pl.col("diagnosis_date", "diagnosis_date_lo") + pl.duration(days=400),
        diagnosis_no=pl.lit(2, dtype=pl.Int64), grade=pl.lit("G3"), histology=pl.lit("Merkel_cell_carcinoma"),
    )  # fmt: skip
    tables["diagnoses"] = change.write(pl.concat([rows, later]), 0.1, grade=None, histology=None, ki67_pct=None)
    tables["pathology"] = change.write(tables["pathology"], 0.2, ki67_pct=None, mitoses=None)


def write_disturbed(bucket: Path, place: Path, seed: int = 3) -> None:
    """Write the tables of a bucket to ``place``, disturbed."""
    tables = {file.stem: pl.read_parquet(file) for file in bucket.glob("[a-z]*.parquet")}
    change = Disturbance(seed)
    for disturb in (_disturb_treatments, _disturb_labs, _disturb_scans, _disturb_endings):
        disturb(change, tables)
    for name, table in tables.items():
        table.write_parquet(place / f"{name}.parquet")
