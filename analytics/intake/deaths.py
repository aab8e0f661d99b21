"""When a patient died, as a range, and the day used: the first possible after the last proof of life."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

PROOFS_OF_LIFE: dict[str, str] = {
    "labs": "collected",
    "imaging": "date",
    "cycles": "date",
    "treatments": "start",
    "symptoms": "date",
}
"""A dated row of these tables shows that the patient lived on that day."""


def death_ranges(vital_status: pl.DataFrame) -> pl.DataFrame:
    """Return ``pid``, ``_death_lo``, ``_death_hi`` and ``_is_dead`` of the dead; no range where no death has a day.

    Several dates of death that can be one day are narrowed to what all allow; contradictory ones are widened
    to the range between them, because the patient is dead in any case.
    """
    deaths = vital_status.filter((pl.col("kind") == "death") & pl.col("_status").is_null())
    latest_first, earliest_last = pl.col("date_lo").max(), pl.col("date_hi").min()
    agree = latest_first <= earliest_last
    return deaths.group_by("pid", maintain_order=True).agg(
        _death_lo=pl.when(agree).then(latest_first).otherwise(pl.col("date_lo").min()),
        _death_hi=pl.when(agree).then(earliest_last).otherwise(pl.col("date_hi").max()),
        _is_dead=pl.lit(value=True),
    )


def derive_death_days(
    vital_status: pl.DataFrame, settled: pl.DataFrame, tables: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Give every death its range and the day used; a contact known only roughly ends before the death.

    Parameters
    ----------
    vital_status, settled
        The table in accepted form and before.
    tables
        The other accepted tables, for the last proof of life.
    """
    proofs = _last_proofs(vital_status, tables)
    joined = vital_status.join(death_ranges(settled), on="pid", how="left", maintain_order="left").join(
        proofs, on="pid", how="left", maintain_order="left"
    )
    is_dated = pl.col("date_lo").is_not_null()
    is_death = (pl.col("kind") == "death") & is_dated
    first_possible = pl.min_horizontal(pl.max_horizontal("_death_lo", "_last_proof"), "_death_hi")
    death = pl.when(pl.col("_death_lo").is_not_null()).then(first_possible)
    contact = pl.max_horizontal(pl.min_horizontal("date_hi", death), "date_lo")
    derived = joined.select(
        date=pl.when(is_death).then(death).when(is_dated).then(contact),
        date_lo=pl.when(is_death).then("_death_lo").otherwise("date_lo"),
        date_hi=pl.when(is_death).then("_death_hi").otherwise("date_hi"),
        date_precision=pl.when(is_death).then(_precision_of_death()).otherwise("date_precision"),
    )
    return vital_status.with_columns(derived.get_columns())


def _precision_of_death() -> pl.Expr:
    first, last = pl.col("_death_lo"), pl.col("_death_hi")
    is_month = first.dt.month_start() == last.dt.month_start()
    return pl.when(first == last).then(pl.lit("D")).when(is_month).then(pl.lit("M")).otherwise(pl.lit("Y"))


def _last_proofs(vital_status: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return ``pid`` and ``_last_proof``, the last day a record shows the patient alive."""
    days = [tables[name].select("pid", pl.col(f"{column}_lo").alias("day")) for name, column in PROOFS_OF_LIFE.items()]
    contacts = vital_status.filter(pl.col("kind") == "alive_contact").select("pid", pl.col("date_lo").alias("day"))
    return pl.concat([*days, contacts]).group_by("pid").agg(_last_proof=pl.col("day").max())
