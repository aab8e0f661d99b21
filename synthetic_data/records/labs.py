"""Tables labs and assays: results as a laboratory prints them."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.analytes import ANALYTES, CODES
from synthetic_data.assays import ASSAYS
from synthetic_data.chance import Floats, Integers
from synthetic_data.labs import Results
from synthetic_data.ppi import is_remembered
from synthetic_data.records.cells import constant, empty, label, name_patients, to_dates, words
from synthetic_data.world import World

_PPI_ASKED_SHARE = 0.8
SPECIMENS = tuple("urine_24h" if code == "5HIAA_U24" else "serum" for code in CODES)


def record_labs(world: World, results: Results) -> pl.DataFrame:
    """Write down laboratory results."""
    people, row, analyte, assay = world.people, results.row, results.analyte, results.assay
    places = np.array([facts.decimals for facts in ANALYTES])[analyte]
    places = np.where(assay >= 0, np.array([kit.decimals for kit in ASSAYS])[assay], places)
    asked = world.chance.happens("labs.ppi_asked", people.number[row], _PPI_ASKED_SHARE, results.slot)
    is_marker = analyte == CODES.index("CGA")
    ppi = np.where(asked & is_marker, is_remembered(world.spells, row, results.day).astype(np.int64), -1)
    # one list of print forms for both: an analyte with its own unit, or the assay's
    unit = tuple(facts.unit for facts in ANALYTES) + tuple(kit.unit for kit in ASSAYS)
    uln = pl.Series([facts.uln for facts in ANALYTES] + [kit.uln for kit in ASSAYS], dtype=pl.Float64)
    printed = np.where(assay >= 0, len(ANALYTES) + assay, analyte)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(row),
            "analyte": words(CODES, analyte),
            "collected": to_dates(people, row, results.day),
            "value_text": print_numbers(results.value, places),
            "unit": words(unit, printed),
            "uln": uln.gather(printed),
            "lln": pl.Series([facts.lln for facts in ANALYTES], dtype=pl.Float64).gather(analyte),
            "assay_id": words(tuple(kit.assay_id for kit in ASSAYS), assay),
            "specimen": words(SPECIMENS, analyte),
            "ppi_within_2w": words(("N", "Y"), ppi),
            "source_id": label("L", results.slot, analyte),
            "status": constant("final", len(row)),
            "comment": empty(len(row)),
        }
    )


def print_numbers(values: Floats, places: Integers) -> pl.Series:
    """Return numbers as text with 0, 1 or 2 decimals."""
    numbers = pl.Series(values)
    whole = numbers.round(0).cast(pl.Int64).cast(pl.String)
    one, two = (numbers.round(count).cast(pl.String) for count in (1, 2))
    return whole.zip_with(pl.Series(places == 0), one.zip_with(pl.Series(places == 1), two))


def record_assays() -> pl.DataFrame:
    """Write down the assays; each is comparable with itself only."""
    return pl.DataFrame(
        {
            "assay_id": [kit.assay_id for kit in ASSAYS],
            "analyte": ["CGA"] * len(ASSAYS),
            "maker": [kit.maker for kit in ASSAYS],
            "unit": [kit.unit for kit in ASSAYS],
            "uln": [kit.uln for kit in ASSAYS],
            "lloq": [kit.lloq for kit in ASSAYS],
            "uloq": [kit.uloq for kit in ASSAYS],
            "comparable_group": [kit.assay_id for kit in ASSAYS],
        }
    )
