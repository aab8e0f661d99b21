"""Blood counts: each patient's own level, and how far it falls after every PRRT cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.biomarkers import find_days_since
from synthetic_data.chance import Floats, Integers
from synthetic_data.world import World

_STRONGEST_FALL = 2.5


@dataclass(frozen=True, slots=True)
class Count:
    """A count of the blood: its analyte, the CTCAE version 5 term when it is low, and its limits of grade 1 to 3.

    ``usual`` is the median of women and of men, ``between`` and ``within`` ln standard deviations of persons
    and of samples, ``fall`` what a cycle takes relative to platelets. All are assumed, and set so that the
    grades on PRRT are as frequent as in NETTER-1.
    """

    code: str
    term: str
    usual: tuple[float, float]
    between: float
    within: float
    fall: float
    limits: tuple[float, float, float]


COUNTS: tuple[Count, ...] = (
    Count("PLT", "Platelet count decreased", (250.0, 230.0), 0.26, 0.08, 1.0, (150.0, 75.0, 50.0)),
    Count("HB", "Anemia", (119.0, 126.0), 0.07, 0.03, 0.2, (120.0, 100.0, 80.0)),
    Count("NEUT", "Neutrophil count decreased", (4.0, 4.0), 0.33, 0.15, 0.85, (2.0, 1.5, 1.0)),
    Count("LYMPH", "Lymphocyte count decreased", (1.75, 1.75), 0.28, 0.12, 1.25, (1.0, 0.8, 0.5)),
)
COUNT_BY_CODE: dict[str, Count] = {count.code: count for count in COUNTS}


def compute_count(world: World, row: Integers, day: Integers, count: Count) -> Floats:
    """Return the true level of a count for each (patient, day): its own, less what the cycles before have taken."""
    people, scenario = world.people, world.scenario
    since = find_days_since(world.cycles, len(people.number), row, day)
    nadir = scenario.number("toxicity.nadir_days")
    dip = np.nansum(since / nadir * np.exp(1 - since / nadir), axis=1)
    fall = scenario.number("toxicity.platelet_fall") * count.fall * people.blood_sensitivity[row] * dip
    own = count.between * world.chance.normal(f"blood.{count.code}", people.number)[row, 0]
    usual = np.array(count.usual)[people.is_male[row].astype(np.int64)]
    return usual * np.exp(own - np.minimum(fall, _STRONGEST_FALL))
