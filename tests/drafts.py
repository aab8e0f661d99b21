"""Figures as drafts, for tests that look at files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from analytics.figures.paper import ink


@pytest.fixture(scope="module", autouse=True)
def draft() -> Iterator[None]:
    """Draw with few dots and letters as outlines: these tests look at files, those of figures at pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ink, "DOTS_PER_INCH", 40)
        patch.setitem(ink.INK, "pdf.fonttype", 3)
        yield
