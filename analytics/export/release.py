"""An answer ready to leave: at its disclosure level, with what a manifest must say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from analytics.catalogue.settings import Settings
from analytics.questions.question import Answer

Level = Literal["safe", "full"]

LEVELS: tuple[Level, ...] = ("safe", "full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What the formats write from; at the safe level ``answer`` is the safe answer and has no subjects."""

    answer: Answer
    level: Level
    settings: Settings
    call: str
    now: datetime

    @property
    def is_safe(self) -> bool:
        """Return whether only what is above the floor may leave."""
        return self.level == "safe"


@dataclass(frozen=True, slots=True)
class Format:
    """One way an answer leaves: ``write`` returns file name → bytes for the kinds and levels it serves."""

    name: str
    kinds: frozenset[str]
    levels: frozenset[Level]
    write: Callable[[Release], dict[str, bytes]]

    def serves(self, release: Release) -> bool:
        """Return whether this format has files for the release."""
        return release.answer.question.kind in self.kinds and release.level in self.levels
