"""Tables labs and assays: results as a laboratory prints them."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.assays import ASSAYS, HOSPITAL_ASSAYS
from synthetic_data.labs import ANALYTES, DECIMALS, LLNS, ULNS, UNITS
from synthetic_data.patients import EPOCH_YEAR, People
from synthetic_data.records.cells import empty, label, name_patients, to_dates, words
from synthetic_data.scenario import Scenario

_URINE = ANALYTES.index("5HIAA_U24")
_CGA = ANALYTES.index("CGA")


def record_labs(people: People, results: pl.DataFrame) -> pl.DataFrame:
    """Write down laboratory results; ``value`` keeps the number for the imperfections to come."""
    row, analyte, assay = (results[name].to_numpy() for name in ("row", "analyte", "assay"))
    kit = np.maximum(assay, 0)
    is_cga = assay >= 0

    def by_analyte(values: tuple[float | None, ...], kits: list[float]) -> pl.Series:
        common = pl.Series(values, dtype=pl.Float64).gather(analyte)
        return common.zip_with(pl.Series(~is_cga), pl.Series(kits, dtype=pl.Float64).gather(kit))

    decimals = np.where(is_cga, np.array([a.decimals for a in ASSAYS])[kit], np.array(DECIMALS)[analyte])
    units = words(UNITS, analyte).zip_with(pl.Series(~is_cga), words(tuple(a.unit for a in ASSAYS), kit))
    ppi = np.where(results["ppi_known"].to_numpy() & is_cga, results["ppi"].to_numpy().astype(np.int64), -1)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(row),
            "analyte": words(ANALYTES, analyte),
            "collected": to_dates(people, row, results["day"].to_numpy()),
            "value": results["value"],
            "decimals": decimals,
            "value_text": _print_numbers(results["value"], decimals),
            "unit": units,
            "uln": by_analyte(ULNS, [a.uln for a in ASSAYS]),
            "lln": pl.Series(LLNS, dtype=pl.Float64).gather(analyte),
            "assay_id": words(tuple(a.assay_id for a in ASSAYS), assay),
            "specimen": words(("serum", "urine_24h"), (analyte == _URINE).astype(np.int64)),
            "ppi_within_2w": words(("N", "Y"), ppi),
            "source_id": label("L", results["slot"].to_numpy(), analyte),
            "status": empty(len(row)).fill_null("final"),
            "_row": row,
        }
    )


def _print_numbers(values: pl.Series, decimals: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> pl.Series:
    printed = empty(len(values))
    for places in (0, 1, 2):
        rounded = values.round(places)
        text = rounded.cast(pl.Int64).cast(pl.String) if places == 0 else rounded.cast(pl.String)
        printed = text.zip_with(pl.Series(decimals == places), printed)
    return printed


def record_assays(scenario: Scenario) -> pl.DataFrame:
    """Write down the assays in use; each is comparable with itself only."""
    used = {which for uses in HOSPITAL_ASSAYS for _, which in uses}
    assays = [assay for place, assay in enumerate(ASSAYS) if place in used]
    return pl.DataFrame(
        {
            "assay_id": [assay.assay_id for assay in assays],
            "analyte": ["CGA"] * len(assays),
            "maker": [assay.maker for assay in assays],
            "unit": [assay.unit for assay in assays],
            "uln": [assay.uln for assay in assays],
            "lloq": [assay.lloq for assay in assays],
            "uloq": [assay.uloq for assay in assays],
            "comparable_group": [assay.assay_id for assay in assays],
        }
    )
