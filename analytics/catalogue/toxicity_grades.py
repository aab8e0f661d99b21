"""Grades of laboratory toxicity (CTCAE version 5), as limits in standard units or in multiples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FallGrades:
    """A value that is too low: grade 1 below the lower limit of normal, then below each of ``below``.

    ``below`` holds the limits of grades 2, 3, 4 in the analyte's standard unit, as far as a number alone
    can give that grade.
    """

    analyte: str
    term: str
    below: tuple[float, ...]
    source: str = "ctcae5"


@dataclass(frozen=True, slots=True)
class RiseGrades:
    """A value that is too high, in multiples of the upper limit, or of an abnormal baseline.

    ``above`` holds the multiples of the upper limit that grades 2, 3, 4 exceed (grade 1: the limit itself).
    With an abnormal baseline grade 1 starts at ``baseline_from`` times it (reached or, with
    ``is_baseline_exceeded``, exceeded) and ``above`` counts in multiples of the baseline.
    ``above_baseline`` are multiples of any baseline that give grades 2 and 3 as well (creatinine).
    """

    analyte: str
    term: str
    above: tuple[float, float, float]
    baseline_from: float | None = None
    is_baseline_exceeded: bool = False
    above_baseline: tuple[float, ...] = ()
    source: str = "ctcae5"


FALL_GRADES: tuple[FallGrades, ...] = (
    FallGrades("HB", "Anemia", (100.0, 80.0)),
    FallGrades("PLT", "Platelet count decreased", (75.0, 50.0, 25.0)),
    FallGrades("NEUT", "Neutrophil count decreased", (1.5, 1.0, 0.5)),
    FallGrades("LYMPH", "Lymphocyte count decreased", (0.8, 0.5, 0.2)),
    FallGrades("WBC", "White blood cell decreased", (3.0, 2.0, 1.0)),
)
"""Haemoglobin reaches grade 3 by number; grade 4 is a clinical judgement."""

RISE_GRADES: tuple[RiseGrades, ...] = (
    RiseGrades("CREAT", "Creatinine increased", (1.5, 3.0, 6.0), above_baseline=(1.5, 3.0)),
    RiseGrades("BILI", "Blood bilirubin increased", (1.5, 3.0, 10.0), baseline_from=1.0, is_baseline_exceeded=True),
    RiseGrades("ALP", "Alkaline phosphatase increased", (2.5, 5.0, 20.0), baseline_from=2.0),
    RiseGrades("ALT", "Alanine aminotransferase increased", (3.0, 5.0, 20.0), baseline_from=1.5),
    RiseGrades("AST", "Aspartate aminotransferase increased", (3.0, 5.0, 20.0), baseline_from=1.5),
)

GRADED_ANALYTES: tuple[str, ...] = tuple(entry.analyte for entry in (*FALL_GRADES, *RISE_GRADES))
