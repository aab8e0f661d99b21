"""Symptoms, scores and vital signs: range and direction."""

from __future__ import annotations

from dataclasses import dataclass


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
    SymptomItem("EORTC_QLQC30_GH", "QLQ-C30 global health status", "score", 0, 100, "qlqc30", 10, is_high_good=True),
    SymptomItem("EORTC_QLQC30_PF", "QLQ-C30 physical functioning", "score", 0, 100, "qlqc30", 10, is_high_good=True),
    SymptomItem("EORTC_QLQC30_FA", "QLQ-C30 fatigue", "score", 0, 100, "qlqc30", 10),
    SymptomItem("EORTC_QLQC30_DI", "QLQ-C30 diarrhoea", "score", 0, 100, "qlqc30", 10),
    SymptomItem("EORTC_GINET21_ENDOCRINE", "GI.NET21 endocrine scale", "score", 0, 100, "qlqc30", 10),
    SymptomItem("EORTC_GINET21_GI", "GI.NET21 gastrointestinal scale", "score", 0, 100, "qlqc30", 10),
    SymptomItem("PAIN", "Pain, numeric rating", "0-10", 0, 10, "tunghahn2024"),
    SymptomItem("WEIGHT_KG", "Body weight", "kg", 20, 400),
    SymptomItem("BP_SYS", "Systolic blood pressure", "mmHg", 40, 300),
    SymptomItem("CARCINOID_HEART_DISEASE", "Carcinoid heart disease", "grade", 0, 4),
)
