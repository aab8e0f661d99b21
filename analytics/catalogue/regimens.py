"""Planned courses of radionuclide therapy: what a cycle is measured against when the source states no plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Regimen:
    """The plan of one agent.

    A cycle later than ``interval_days`` + ``tolerance_days`` after the one before is delayed; an activity
    below ``least_share`` of ``activity_gbq`` is reduced.
    """

    agent: str
    activity_gbq: float
    interval_days: int
    tolerance_days: int
    source: str
    least_share: float = 0.9


REGIMENS: tuple[Regimen, ...] = (
    Regimen("177Lu-DOTATATE", 7.4, 56, 7, "lutathera_label"),
    Regimen("177Lu-DOTATOC", 7.5, 91, 14, "compete"),
)
"""The tolerance of edotreotide is a convention of this software.

An activity within 10 % of the plan is as planned: the share by which a dispensed vial may differ from its order.
"""
