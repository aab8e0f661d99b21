"""Sets of lines already shown of a group, and whether one more set would single somebody out between them.

Two tables about the same people can be subtracted where one set holds the other: ten carcinomas by histology and eight
small-cell ones by grade are two of another kind. A set is shown only when no such difference is below the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Lines = frozenset[tuple[int, int]]
"""Treatment lines by (pid, line_no)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A category of a group: its labels and its lines."""

    labels: tuple[str, ...]
    lines: Lines

    @property
    def n_people(self) -> int:
        """Return how many people the lines are of."""
        return len({pid for pid, _ in self.lines})


@dataclass(slots=True)
class Shown:
    """What has been shown of the lines ``everyone``."""

    everyone: Lines
    floor: int
    sets: list[Lines] = field(default_factory=list[Lines])

    def choose(self, *splits: Sequence[Part]) -> Sequence[Part]:
        """Return the first of ``splits``, finest first, that singles nobody out, and remember it; nothing if none."""
        for split in splits:
            if not any(self._singles_out(part.lines) for part in split):
                self.sets.extend(part.lines for part in split)
                return split
        return ()

    def _singles_out(self, lines: Lines) -> bool:
        return any(
            self._differs_by_few(lines, other) for known in self.sets for other in (known, self.everyone - known)
        )

    def _differs_by_few(self, lines: Lines, other: Lines) -> bool:
        if not (lines <= other or other <= lines):
            return False
        return 0 < len({pid for pid, _ in lines ^ other}) < self.floor


def merge_parts(parts: Sequence[Part], floor: int, together: tuple[str, ...]) -> list[Part]:
    """Merge the parts of fewer people than the floor, and the smallest others as needed, into one ``together``."""
    small = [part for part in parts if part.n_people < floor]
    others = sorted((part for part in parts if part.n_people >= floor), key=lambda part: (part.n_people, part.labels))
    while small and join_parts(small, together).n_people < floor and others:
        small.append(others.pop(0))
    kept = [part for part in parts if part in others]
    return [*kept, join_parts(small, together)] if small else kept


def join_parts(parts: Sequence[Part], labels: tuple[str, ...]) -> Part:
    """Return the parts as one."""
    return Part(labels, frozenset[tuple[int, int]]().union(*(part.lines for part in parts)))
