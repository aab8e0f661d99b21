"""Where a day stands on the time axis: months from the patient's time zero, or the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.chart import Axis, choose_month_ticks, draw_axis
from analytics.figures.screen.look import Look


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns days into places; ``zero`` is ``None`` on a calendar axis."""

    zero: date | None
    zero_label: str = ""

    def place(self, day: date | None) -> Any:
        """Return the place of a day on the axis; ``None``, a break, where there is no day."""
        if day is None:
            return None
        return day.isoformat() if self.zero is None else (day - self.zero).days / DAYS_PER_MONTH

    def places(self, days: Iterable[date | None]) -> list[Any]:
        """Return the places of several days."""
        return [self.place(day) for day in days]

    def draw(self, first: date, last: date, look: Look, **changes: Any) -> Axis:
        """Return the time axis from ``first`` to ``last``."""
        around = [self.place(first), self.place(last)]
        if self.zero is None:
            return draw_axis(look, "Calendar date", type="date", range=around, **changes)
        months = choose_month_ticks(around[1] - around[0], most=7)
        step = months[1] - months[0] if len(months) > 1 else 1
        ticks = [step * index for index in range(int(around[0] // step), int(around[1] // step) + 1)]
        return draw_axis(
            look,
            f"Months from the {self.zero_label}",
            range=around,
            tickangle=0,
            tickvals=[tick for tick in ticks if around[0] <= tick <= around[1]],
            **changes,
        )
