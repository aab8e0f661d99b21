"""Tables imaging, lesions and responses."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.patients import ORGANS, People
from synthetic_data.records.cells import empty, label, name_patients, to_dates, words, yes_no
from synthetic_data.scenario import Scenario
from synthetic_data.visits import RESPONSES, SCANS_PER_LINE, TARGET_ORGANS, TARGETS, Scans

_LESION_NAMES = ("T01", "T02", "T03", "T04", "T05", "N01", "N02", "N03", "N04", "W01", "W02", "W03", "W04", "W05")
_OTHER_ORGANS = ("liver", "bone", "bone", "skin")
_ORGANS = (*TARGET_ORGANS, *_OTHER_ORGANS, "liver", "bone", "liver", "lymph_node", "liver")
_ROLES = ("target", "non_target", "new")
_FIRST_OTHER, _FIRST_NEW = TARGETS, TARGETS + len(_OTHER_ORGANS)
_NEW_MM = 11.0


def record_imaging(chance: Chance, people: People, scans: Scans) -> pl.DataFrame:
    """Write down every scan that took place."""
    number, slot = people.number[scans.row], scans.line * SCANS_PER_LINE + scans.visit
    kind = chance.uniform("imaging.kind", number, 3, slot)
    modality = np.where(scans.is_pet, 2, np.where(kind[:, 0] < 0.7, 0, 1))
    tracer = np.where(scans.is_pet, (kind[:, 1] * 3).astype(np.int64) * 0 + people.hospital[scans.row] % 3, 3)
    non_target = np.where(scans.non_target_grows, 1, np.where(scans.is_adequate, 0, 2))
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(scans.row),
            "imaging_id": name_scans(scans),
            "date": to_dates(people, scans.row, scans.day),
            "modality": words(("CT", "MRI", "PET_CT"), modality),
            "tracer": words(("68Ga-DOTATATE", "68Ga-DOTATOC", "68Ga-DOTANOC", "none"), tracer),
            "timepoint": words(("baseline",), np.where(scans.visit == 0, 0, -1)),
            "scheduled": words(("Y",), np.zeros(len(scans.row), dtype=np.int64)),
            "adequate": yes_no(scans.is_adequate),
            "reader": words(("local",), np.zeros(len(scans.row), dtype=np.int64)),
            "krenning": pl.Series(people.krenning[scans.row]).zip_with(
                pl.Series(scans.is_pet & (scans.visit == 0)), pl.Series([None], dtype=pl.Int64).new_from_index(0, len(scans.row))
            ),
            "new_lesion": yes_no(scans.has_new),
            "non_target": words(("NON_CR_NON_PD", "PD", "NE"), non_target),
        }
    )


def name_scans(scans: Scans) -> pl.Series:
    """Return ids of scans such as «I2-05»: line, then visit."""
    names = tuple(f"I{line + 1}-{visit:02d}" for line in range(9) for visit in range(SCANS_PER_LINE))
    return words(names, scans.line * SCANS_PER_LINE + scans.visit)


def record_responses(scenario: Scenario, chance: Chance, people: People, scans: Scans) -> pl.DataFrame:
    """Write down the response given at each scan but the baseline, by the local and for some the central reader."""
    after = np.flatnonzero(scans.visit > 0)
    has_central = chance.happens("responses.central", people.number, scenario.number("visits.central_share"))
    central = after[has_central[scans.row[after]]]
    which = np.concatenate([after, central])
    reader = np.repeat([0, 1], [len(after), len(central)]).astype(np.int64)
    response = np.concatenate([scans.response[after], scans.central_response[central]])
    new = scans.has_new[which] & (reader == 0)
    count = len(which)
    table = pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(scans.row[which]),
            "imaging_id": name_scans(scans).gather(which),
            "date": to_dates(people, scans.row[which], scans.day[which]),
            "criteria": words(("RECIST_1_1",), np.zeros(count, dtype=np.int64)),
            "reader": words(("local", "central"), reader),
            "response": words(RESPONSES, response),
            "new": words(("N", "Y"), np.where(reader == 0, new.astype(np.int64), -1)),
            "_order": which * 2 + reader,
        }
    )
    return table.sort("_order").drop("_order")
