"""Treatments beside the lines: earlier surgery of the primary, zoledronate, palliative radiotherapy."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.chance import Integers
from synthetic_data.patients import ORGANS
from synthetic_data.records.cells import empty, name_patients, to_dates, words, yes_no
from synthetic_data.world import World

_SURGERY, _ZOLEDRONATE, _RADIOTHERAPY = range(3)
_IDS = ("P1", "Z1", "R1")
_CATEGORIES = ("surgery_primary", "bone_protecting", "EBRT")
_AGENTS = ("resection", "zoledronate", "EBRT")
_INTENTS = ("curative", "palliative", "palliative")
_ZOLEDRONATE_WITHIN_DAYS = 400
_SURGERY_AFTER_DIAGNOSIS = 0.5


def record_supportive(world: World, schema: pl.Schema) -> pl.DataFrame:
    """Write down what is no line of treatment of its own, in the columns of ``schema`` (with ``_row``)."""
    row, kind, start = _plan(world)
    count = len(row)
    ongoing = kind == _ZOLEDRONATE
    found = pl.DataFrame(
        {
            "patient_id": name_patients(world.people).gather(row),
            "treatment_id": words(_IDS, kind),
            "category": words(_CATEGORIES, kind),
            "agent": words(_AGENTS, kind),
            "dose": pl.Series(np.where(ongoing, 4.0, 0.0)).replace(0.0, None),
            "dose_unit": words(("mg",), np.where(ongoing, 0, -1)),
            "interval_days": pl.Series(np.where(ongoing, 28, 0)).replace(0, None),
            "intent": words(_INTENTS, kind),
            # radiotherapy of one painful site is no new line of therapy
            "anticancer": words(("N",), np.where(kind == _RADIOTHERAPY, 0, -1)),
            "start": to_dates(world.people, row, start),
            "end": to_dates(world.people, row, start, ~ongoing),
            "ongoing": yes_no(ongoing),
            "stop_reason": words(("planned_end",), np.where(ongoing, -1, 0)),
            "_row": row,
        }
    )
    missing = [empty(count).cast(dtype).alias(name) for name, dtype in schema.items() if name not in found.columns]
    return found.with_columns(missing).select(schema.names())


def _plan(world: World) -> tuple[Integers, Integers, Integers]:
    people, scenario, history = world.people, world.scenario, world.history
    rows = np.arange(len(people.number))
    has_bone = people.organs[:, ORGANS.index("bone")]
    known = people.primary != scenario.words("people.primary_sites").index("unknown")
    chances = world.chance.uniform("supportive", people.number, 5)
    surgery = known & ~people.is_nec & (chances[:, 0] < scenario.number("care.surgery_share"))
    zoledronate = has_bone & (chances[:, 1] < scenario.number("care.zoledronate_share"))
    radiotherapy = has_bone & (chances[:, 2] < scenario.number("care.radiotherapy_share"))
    starts = (
        np.ceil(-people.lead * _SURGERY_AFTER_DIAGNOSIS),
        np.floor(_ZOLEDRONATE_WITHIN_DAYS * chances[:, 3]),
        np.floor(history.last * chances[:, 4]),
    )
    plans = tuple(zip((surgery, zoledronate, radiotherapy), starts, strict=True))
    chosen = [rows[has & (day <= history.last)] for has, day in plans]
    kind = np.repeat(np.arange(len(plans)), [len(which) for which in chosen])
    start = [day[which].astype(np.int64) for (_, day), which in zip(plans, chosen, strict=True)]
    return np.concatenate(chosen), kind, np.concatenate(start)
