"""Scales of the EORTC QLQ-C30: which questions make a scale, and which way it counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuestionnaireScale:
    """A scale of the QLQ-C30 by the numbers of its questions.

    Questions are answered 1 to ``item_range`` + 1. A functional scale counts the other way round, so that
    high is good; the global scale is high when life is good as it stands.
    """

    code: str
    name: str
    questions: tuple[int, ...]
    item_range: int = 3
    is_function: bool = False
    source: str = "qlqc30"

    @property
    def is_high_good(self) -> bool:
        """Return whether a high score is a good one."""
        return self.is_function or self.item_range > 3


def _function(code: str, name: str, *questions: int) -> QuestionnaireScale:
    return QuestionnaireScale(f"EORTC_QLQC30_{code}", f"QLQ-C30 {name}", questions, is_function=True)


def _symptom(code: str, name: str, *questions: int) -> QuestionnaireScale:
    return QuestionnaireScale(f"EORTC_QLQC30_{code}", f"QLQ-C30 {name}", questions)


QUESTIONNAIRE_SCALES: tuple[QuestionnaireScale, ...] = (
    QuestionnaireScale("EORTC_QLQC30_GH", "QLQ-C30 global health status", (29, 30), item_range=6),
    _function("PF", "physical functioning", 1, 2, 3, 4, 5),
    _function("RF", "role functioning", 6, 7),
    _function("EF", "emotional functioning", 21, 22, 23, 24),
    _function("CF", "cognitive functioning", 20, 25),
    _function("SF", "social functioning", 26, 27),
    _symptom("FA", "fatigue", 10, 12, 18),
    _symptom("NV", "nausea and vomiting", 14, 15),
    _symptom("PA", "pain", 9, 19),
    _symptom("DY", "dyspnoea", 8),
    _symptom("SL", "insomnia", 11),
    _symptom("AP", "appetite loss", 13),
    _symptom("CO", "constipation", 16),
    _symptom("DI", "diarrhoea", 17),
    _symptom("FI", "financial difficulties", 28),
)

QUESTION_CODES: dict[int, str] = {
    number: f"EORTC_QLQC30_Q{number}" for scale in QUESTIONNAIRE_SCALES for number in scale.questions
}
"""How a single answer is written in ``symptoms.item``."""

SUMMARY_CODE = "EORTC_QLQC30_SUM"
"""Summary score: the mean of thirteen scales, symptoms the other way round; high is good."""

SUMMARISED: tuple[QuestionnaireScale, ...] = tuple(
    scale for scale in QUESTIONNAIRE_SCALES if not scale.code.endswith(("_GH", "_FI"))
)
"""All scales but global health and financial difficulties."""
