"""Table toxicities: blood toxicity of PRRT at its nadir, late myelodysplasia, and what drugs are known for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from synthetic_data.blood import COUNTS, compute_count
from synthetic_data.care import LINES
from synthetic_data.chance import Integers
from synthetic_data.records.cells import constant, label, name_patients, to_dates, words, yes_no
from synthetic_data.timeline import find_treatment
from synthetic_data.world import World


@dataclass(frozen=True, slots=True)
class DrugTerm:
    """A CTCAE term some treatments cause: share of lines, share of those that reach grade 3 (assumed)."""

    term: str
    treatments: tuple[str, ...]
    share: float
    severe_share: float


DRUG_TERMS: tuple[DrugTerm, ...] = (
    DrugTerm("Nausea", ("PRRT", "PRRT_AGAIN", "CAPTEM", "NEC_CHEMO"), 0.45, 0.04),
    DrugTerm("Diarrhea", ("SSA", "SSA_HIGH", "sunitinib"), 0.20, 0.03),
    DrugTerm("Mucositis oral", ("everolimus",), 0.45, 0.10),
    DrugTerm("Hypertension", ("sunitinib",), 0.25, 0.25),
    DrugTerm("Abdominal pain", ("TARE", "TACE", "BLAND"), 0.50, 0.10),
)
MYELODYSPLASIA = "Myelodysplastic syndrome"
TERMS: tuple[str, ...] = (
    *(count.term for count in COUNTS), *(term.term for term in DRUG_TERMS), MYELODYSPLASIA,
)  # fmt: skip
_RECOVERY_DAYS = 60
_LATE_MONTHS = (9.0, 45.0)


def record_toxicities(world: World) -> pl.DataFrame:
    """Write down toxicities, the worst grade of each term in each line."""
    parts = [*_grade_blood(world), *_grade_drugs(world), _grade_late(world)]
    row, line, term, grade, start = (np.concatenate(column) for column in zip(*parts, strict=True))
    seen = start <= world.history.last[row]
    row, line, term, grade, start = (column[seen] for column in (row, line, term, grade, start))
    order = np.lexsort((term, start, row))
    row, line, term, grade, start = (column[order] for column in (row, line, term, grade, start))
    end = start + _RECOVERY_DAYS
    ended = (end < world.history.last[row]) & (term != TERMS.index(MYELODYSPLASIA))
    return pl.DataFrame(
        {
            "patient_id": name_patients(world.people).gather(row),
            "term": words(TERMS, term),
            "ctcae_version": constant("5.0", len(row)),
            "grade": grade,
            "start": to_dates(world.people, row, start),
            "end": to_dates(world.people, row, end, ended),
            "related_treatment_id": label("T", line + 1),
            "serious": yes_no(grade >= 4),
        }
    )


_Part = tuple[Integers, Integers, Integers, Integers, Integers]


def _grade_blood(world: World) -> list[_Part]:
    """Grade each count at the nadir of every cycle and keep the worst of the line."""
    cycles = world.cycles
    day = cycles.day + int(world.scenario.number("toxicity.nadir_days"))
    key = cycles.row * LINES + cycles.line
    parts: list[_Part] = []
    for place, count in enumerate(COUNTS):
        level = compute_count(world, cycles.row, day, count)
        grade: Integers = (level[:, None] < np.array(count.limits)).sum(axis=1)
        order = np.lexsort((cycles.day, -grade, key))
        _, first = np.unique(key[order], return_index=True)
        worst = order[first]
        worst = worst[grade[worst] > 0]
        parts.append((cycles.row[worst], cycles.line[worst], np.full(len(worst), place), grade[worst], day[worst]))
    return parts


def _grade_drugs(world: World) -> list[_Part]:
    timeline, number = world.timeline, world.people.number
    parts: list[_Part] = []
    for place, facts in enumerate(DRUG_TERMS):
        chances = world.chance.uniform(f"toxicity.{facts.term}", number, 3 * LINES).reshape(len(number), LINES, 3)
        has = find_treatment(world.scenario, timeline.treatment, *facts.treatments) & (chances[:, :, 0] < facts.share)
        row, line = np.nonzero(has)
        severe = chances[row, line, 1] < facts.severe_share
        mild = 1 + (chances[row, line, 2] < 0.35).astype(np.int64)
        start = timeline.start[row, line] + 3 + (60 * chances[row, line, 2]).astype(np.int64)
        term = np.full(len(row), len(COUNTS) + place)
        parts.append((row, line, term, np.where(severe, 3, mild), start))
    return parts


def _grade_late(world: World) -> _Part:
    chances = world.chance.uniform("toxicity.late", world.people.number, 2)
    is_prrt = find_treatment(world.scenario, world.timeline.treatment, "PRRT")
    line = is_prrt.argmax(axis=1)
    has = is_prrt.any(axis=1) & (chances[:, 0] < world.scenario.number("toxicity.myelodysplasia_share"))
    row = np.flatnonzero(has)
    low, high = _LATE_MONTHS
    months = low + (high - low) * chances[row, 1]
    start = world.timeline.start[row, line[row]] + np.rint(months * DAYS_PER_MONTH).astype(np.int64)
    return row, line[row], np.full(len(row), TERMS.index(MYELODYSPLASIA)), np.full(len(row), 4), start
