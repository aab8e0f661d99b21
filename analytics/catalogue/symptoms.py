"""Symptoms, scores and vital signs: range and direction."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.catalogue.quality_of_life import QUESTION_CODES, QUESTIONNAIRE_SCALES, SUMMARY_CODE


@dataclass(frozen=True, slots=True)
class SymptomItem:
    """A scored item; ``low`` and ``high`` bound what the instrument allows, both included.

    ``meaningful_change`` is the least change a patient would notice; 0: none is known.
    """

    code: str
    name: str
    unit: str
    low: float
    high: float
    source: str = "house"
    meaningful_change: float = 0.0
    is_high_good: bool = False


SYMPTOM_ITEMS: tuple[SymptomItem, ...] = (
    SymptomItem("ECOG", "ECOG performance status", "grade", 0, 5, meaningful_change=1),
    SymptomItem("KARNOFSKY", "Karnofsky performance status", "%", 0, 100),
    SymptomItem("FLUSHING_PER_DAY", "Flushing episodes", "per day", 0, 100),
    SymptomItem("STOOLS_PER_DAY", "Stools", "per day", 0, 60),
    *(
        SymptomItem(scale.code, scale.name, "score", 0, 100, scale.source, 10, is_high_good=scale.is_high_good)
        for scale in QUESTIONNAIRE_SCALES
    ),
    SymptomItem(SUMMARY_CODE, "QLQ-C30 summary score", "score", 0, 100, "qlqc30", 10, is_high_good=True),
    *(
        SymptomItem(
            QUESTION_CODES[number], f"QLQ-C30 question {number}", "answer", 1, scale.item_range + 1, scale.source
        )
        for scale in QUESTIONNAIRE_SCALES
        for number in scale.questions
    ),
    SymptomItem("EORTC_GINET21_ENDOCRINE", "GI.NET21 endocrine scale", "score", 0, 100, "qlqc30", 10),
    SymptomItem("EORTC_GINET21_GI", "GI.NET21 gastrointestinal scale", "score", 0, 100, "qlqc30", 10),
    SymptomItem("PAIN", "Pain, numeric rating", "0-10", 0, 10, "tunghahn2024"),
    SymptomItem("WEIGHT_KG", "Body weight", "kg", 20, 400),
    SymptomItem("BP_SYS", "Systolic blood pressure", "mmHg", 40, 300),
    SymptomItem("CARCINOID_HEART_DISEASE", "Carcinoid heart disease", "grade", 0, 4),
)
