"""What the tests of this room compare with: values R printed, and the data they were made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

TRUTH = Path(__file__).parents[1] / "truth"


@cache
def read_topic(topic: str) -> dict[str, dict[str, Any]]:
    entries = json.loads((TRUTH / f"{topic}.json").read_text())["entries"]
    return {entry["id"]: entry["values"] for entry in entries}


@pytest.fixture
def from_r() -> Callable[[str, str], dict[str, Any]]:
    """Values of one R call, by topic and id; the call stands beside them in tests/truth."""
    return lambda topic, entry: read_topic(topic)[entry]


@pytest.fixture
def data() -> Callable[[str], pl.DataFrame]:
    """One of R's data sets, as the R calls saw it."""
    return lambda name: pl.read_csv(TRUTH / "data" / f"{name}.csv")


@pytest.fixture
def agree() -> Callable[[Any, Any, float], None]:
    """Assert that numbers agree with R's to an absolute and relative tolerance, NaN standing where R has NA."""

    def check(ours: Any, theirs: Any, tolerance: float) -> None:
        def numbers(values: Any) -> Any:
            special = {"NA": np.nan, "NaN": np.nan, "Inf": np.inf, "-Inf": -np.inf}
            return np.vectorize(lambda x: np.nan if x is None else special.get(x, x), otypes=[float])(
                np.asarray(values, dtype=object)
            )

        np.testing.assert_allclose(numbers(ours), numbers(theirs), rtol=tolerance, atol=tolerance)

    return check
