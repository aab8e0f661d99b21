"""Tables patients, diagnoses, concomitants and vital_status."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.care import NEVER
from synthetic_data.patients import DAYS_PER_YEAR, EPOCH_YEAR, ORGANS
from synthetic_data.records.cells import constant, label, name_patients, to_dates, words, yes_no
from synthetic_data.world import World

_SMALL_CELL_SHARE = 0.6
_KIDNEY_DISEASE_EGFR = 60
_KIDNEY_DISEASE_DAY = -400
CAUSES: tuple[str, ...] = ("tumour", "treatment", "other", "unknown")
CAUSE_SHARES: tuple[float, ...] = (0.80, 0.02, 0.12, 0.06)


def record_patients(world: World) -> pl.DataFrame:
    """Write down who the patients are."""
    people = world.people
    birth_year = np.floor(EPOCH_YEAR + people.start_day / DAYS_PER_YEAR - people.age).astype(np.int64)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people),
            "birth_year": birth_year,
            "sex": words(("F", "M"), people.is_male.astype(np.int64)),
            "site": words(world.scenario.words("people.hospitals"), people.hospital),
            "consent_to_research": yes_no(people.consents),
        }
    )


def record_diagnoses(world: World) -> pl.DataFrame:
    """Write down the tumour as it stood at diagnosis."""
    people, scenario, chance = world.people, world.scenario, world.chance
    rows = np.arange(len(people.number))
    ki67 = np.rint(people.ki67)
    grade = np.where(ki67 < 3, 0, np.where(ki67 <= 20, 1, 2))
    carcinoma = np.where(chance.happens("diagnosis.small_cell", people.number, _SMALL_CELL_SHARE), 3, 4)
    midgut = people.primary == scenario.words("people.primary_sites").index("small_bowel")
    syndrome = np.where(people.functional, np.where(midgut, 0, 1), -1)
    diagnosed = to_dates(people, rows, -people.lead)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people),
            "diagnosis_no": np.ones(len(rows), dtype=np.int64),
            "diagnosis_date": diagnosed,
            "primary_site": words(scenario.words("people.primary_sites"), people.primary),
            "histology": words(("NET", "NEC"), people.is_nec.astype(np.int64)),
            "grade": words(("G1", "G2", "G3", "NEC_small", "NEC_large"), np.where(people.is_nec, carcinoma, grade)),
            "ki67_pct": ki67.astype(np.int64),
            "ki67_date": diagnosed,
            "functional": yes_no(people.functional),
            "syndrome": words(("carcinoid", "other"), syndrome),
            "stage": constant("IV", len(rows)),
            "metastatic_sites": _list_sites(world),
            "sstr_status": constant("positive", len(rows)),
        }
    )


def _list_sites(world: World) -> pl.Series:
    organs = pl.DataFrame({name: world.people.organs[:, place] for place, name in enumerate(ORGANS)})
    named = [pl.when(pl.col(name)).then(pl.lit(name)) for name in ORGANS]
    return organs.select(pl.concat_str(named, separator=";", ignore_nulls=True).alias("sites"))["sites"]


def record_concomitants(world: World) -> pl.DataFrame:
    """Write down PPI spells and chronic kidney disease."""
    people, spells = world.people, world.spells
    row, spell = np.nonzero(spells.end >= spells.start)
    kidney = np.flatnonzero(people.egfr < _KIDNEY_DISEASE_EGFR)
    rows = np.concatenate([row, kidney])
    start = np.concatenate([spells.start[row, spell], np.full(len(kidney), _KIDNEY_DISEASE_DAY)])
    end = np.concatenate([spells.end[row, spell], np.full(len(kidney), NEVER)])
    ended = end < world.history.last[rows]
    kind = np.repeat([0, 1], [len(row), len(kidney)])
    return (
        pl.DataFrame(
            {
                "patient_id": name_patients(people).gather(rows),
                "kind": words(("PPI", "chronic_kidney_disease"), kind),
                "start": to_dates(people, rows, start),
                "end": to_dates(people, rows, np.where(ended, end, 0), ended),
                "source_id": label("C", np.concatenate([spell, np.full(len(kidney), 9)])),
                "_row": rows,
            }
        )
        .sort("_row", "source_id")
        .drop("_row")
    )


def record_vital_status(world: World) -> pl.DataFrame:
    """Write down deaths, last contacts and those lost."""
    people, history = world.people, world.history
    dead = history.death < NEVER
    lost = ~dead & (history.lost < NEVER)
    cause = world.chance.pick("vital.cause", people.number, np.array(CAUSE_SHARES))
    source = world.chance.pick("vital.source", people.number, np.array([0.7, 0.2, 0.1]))
    row = np.concatenate([np.flatnonzero(flags) for flags in (~dead, dead, lost)])
    kind = np.repeat([0, 1, 2], [int((~dead).sum()), int(dead.sum()), int(lost.sum())])
    order = np.lexsort((kind, row))
    row, kind = row[order], kind[order]
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(row),
            "date": to_dates(people, row, history.last[row]),
            "kind": words(("alive_contact", "death", "lost"), kind),
            "cause": words(CAUSES, np.where(kind == 1, cause[row], -1)),
            "source": words(("clinic", "registry", "letter"), source[row]),
        }
    )


def record_pathology(world: World) -> pl.DataFrame:
    """Write down the specimen of the diagnosis."""
    people = world.people
    rows = np.arange(len(people.number))
    mitoses = np.floor(people.ki67 * 0.6).astype(np.int64)
    in_liver = world.chance.happens("pathology.liver", people.number, 0.5) & people.organs[:, 0]
    primary = world.scenario.words("people.primary_sites")
    known = np.where(people.primary == primary.index("unknown"), -1, people.primary)
    site = words(primary, known).zip_with(pl.Series(~in_liver), constant("liver", len(rows)))
    return pl.DataFrame(
        {
            "patient_id": name_patients(people),
            "specimen_no": np.ones(len(rows), dtype=np.int64),
            "date": to_dates(people, rows, -people.lead),
            "site": site,
            "ki67_pct": np.rint(people.ki67).astype(np.int64),
            "mitoses": mitoses,
            "mitoses_per": constant("2_mm2", len(rows)),
            "differentiation": words(("well", "poor"), people.is_nec.astype(np.int64)),
            "immunohistochemistry": constant("synaptophysin=positive;chromogranin=positive", len(rows)),
            "who_edition": constant("2019", len(rows)),
        }
    )
