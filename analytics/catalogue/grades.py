"""Grades of well-differentiated neuroendocrine tumours by edition of the WHO classification."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GradeEdition:
    """Where grade 2 begins and ends in one edition; the higher of Ki-67 and mitoses decides.

    Grade 2 begins at ``ki67_second`` per cent, itself included or not, and at ``mitoses_second`` in 2 mm²
    (ten high-power fields are the 2 mm² it equates them with); beyond ``second_up_to`` of either is grade 3.
    """

    edition: str
    ki67_second: float
    is_second_included: bool
    mitoses_second: float
    second_up_to: float
    source: str


GRADE_EDITIONS: tuple[GradeEdition, ...] = (
    GradeEdition("2019", 3.0, True, 2.0, 20.0, "who2019"),
    GradeEdition("2010", 2.0, False, 2.0, 20.0, "who2010"),
)
"""Digestive tract; the limits of 2017 and 2022 are those of 2019. In 2010 every grade 3 was called a carcinoma."""

GRADE_EDITION_BY_NAME: dict[str, GradeEdition] = {entry.edition: entry for entry in GRADE_EDITIONS}
