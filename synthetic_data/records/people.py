"""Tables patients, diagnoses, concomitants and vital_status."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.biomarkers import Spells
from synthetic_data.care import NEVER, History
from synthetic_data.chance import Chance
from synthetic_data.patients import DAYS_PER_YEAR, EPOCH_YEAR, ORGANS, People
from synthetic_data.records.cells import empty, label, name_patients, to_dates, words, yes_no
from synthetic_data.scenario import Scenario


def record_patients(scenario: Scenario, people: People) -> pl.DataFrame:
    """Write down who the patients are."""
    birth_year = np.floor(EPOCH_YEAR + people.start_day / DAYS_PER_YEAR - people.age).astype(np.int64)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people),
            "birth_year": birth_year,
            "sex": words(("F", "M"), people.is_male.astype(np.int64)),
            "site": words(scenario.words("people.hospitals"), people.hospital),
            "consent_to_research": yes_no(people.consents),
        }
    )


def record_diagnoses(scenario: Scenario, chance: Chance, people: People) -> pl.DataFrame:
    """Write down the tumour as it stood at diagnosis."""
    rows = np.arange(len(people.number))
    lead = np.floor(20 + 250 * -np.log(chance.uniform("diagnosis.lead", people.number)[:, 0])).astype(np.int64)
    grade = np.where(people.ki67 < 3, 0, np.where(people.ki67 <= 20, 1, 2))
    carcinoma = np.where(chance.happens("diagnosis.small_cell", people.number, 0.6), 3, 4)
    sites = pl.DataFrame({name: people.organs[:, place] for place, name in enumerate(ORGANS)}).select(
        pl.concat_str(
            [pl.when(pl.col(name)).then(pl.lit(name)) for name in ORGANS], separator=";", ignore_nulls=True
        ).alias("metastatic_sites")
    )["metastatic_sites"]
    midgut = np.isin(people.primary, [scenario.words("people.primary_sites").index("small_bowel")])
    return pl.DataFrame(
        {
            "patient_id": name_patients(people),
            "diagnosis_no": np.ones(len(rows), dtype=np.int64),
            "diagnosis_date": to_dates(people, rows, -lead),
            "primary_site": words(scenario.words("people.primary_sites"), people.primary),
            "histology": words(("NET", "NEC"), people.is_nec.astype(np.int64)),
            "grade": words(
                ("G1", "G2", "G3", "NEC_small", "NEC_large"), np.where(people.is_nec, carcinoma, grade)
            ),
            "ki67_pct": np.rint(people.ki67).astype(np.int64),
            "ki67_date": to_dates(people, rows, -lead),
            "functional": yes_no(people.functional),
            "syndrome": words(("carcinoid", "other"), np.where(people.functional, np.where(midgut, 0, 1), -1)),
            "stage": empty(len(rows)).fill_null("IV"),
            "metastatic_sites": sites,
            "sstr_status": empty(len(rows)).fill_null("positive"),
        }
    )


def record_concomitants(people: People, spells: Spells, history: History) -> pl.DataFrame:
    """Write down PPI spells and chronic kidney disease."""
    row, spell = np.nonzero(spells.end >= spells.start)
    start, end = spells.start[row, spell], spells.end[row, spell]
    kidney = np.flatnonzero(people.egfr < 60)
    names = name_patients(people)
    rows = np.concatenate([row, kidney])
    table = pl.DataFrame(
        {
            "patient_id": names.gather(rows),
            "kind": words(
                ("PPI", "chronic_kidney_disease"), np.repeat([0, 1], [len(row), len(kidney)]).astype(np.int64)
            ),
            "start": to_dates(people, rows, np.concatenate([start, np.full(len(kidney), -400)])),
            "end": to_dates(
                people, rows, np.concatenate([end, history.last[kidney]]),
                np.concatenate([end < history.last[row], np.zeros(len(kidney), dtype=np.bool_)]),
            ),
            "source_id": label("C", np.concatenate([spell, np.full(len(kidney), 9)])),
            "_row": rows,
        }
    )  # fmt: skip
    return table.sort("_row", "source_id").drop("_row")


def record_vital_status(chance: Chance, people: People, history: History) -> pl.DataFrame:
    """Write down deaths, last contacts and those lost."""
    rows = np.arange(len(people.number))
    dead = history.death < NEVER
    lost = ~dead & (history.lost < NEVER)
    cause = chance.pick("vital.cause", people.number, np.array([0.80, 0.02, 0.12, 0.06]))
    contact = pl.DataFrame(
        {"row": rows[~dead], "kind": words(("alive_contact",), np.zeros((~dead).sum(), dtype=np.int64)),
         "cause": empty(int((~dead).sum()))}
    )  # fmt: skip
    death = pl.DataFrame(
        {"row": rows[dead], "kind": words(("death",), np.zeros(dead.sum(), dtype=np.int64)),
         "cause": words(("tumour", "treatment", "other", "unknown"), cause[dead])}
    )  # fmt: skip
    gone = pl.DataFrame(
        {"row": rows[lost], "kind": words(("lost",), np.zeros(lost.sum(), dtype=np.int64)),
         "cause": empty(int(lost.sum()))}
    )  # fmt: skip
    table = pl.concat([contact, death, gone]).sort("row", "kind")
    row = table["row"].to_numpy()
    source = chance.pick("vital.source", people.number, np.array([0.7, 0.2, 0.1]))
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(row),
            "date": to_dates(people, row, history.last[row]),
            "kind": table["kind"],
            "cause": table["cause"],
            "source": words(("clinic", "registry", "letter"), source[row]),
        }
    )
