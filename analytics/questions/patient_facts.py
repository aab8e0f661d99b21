"""Who the patient is in a line, the lesions scan by scan, and the outcome of each treatment line."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from analytics.catalogue.sites import PRIMARY_SITES
from analytics.catalogue.treatments import AGENTS
from analytics.tables.relative_days import is_from_anchor

_SITE_NAMES = {site.code: site.name for site in PRIMARY_SITES}
_AGENT_NAMES = {agent.code: agent.name for agent in AGENTS}
_VITAL = {
    "alive_contact": "alive",
    "death": "died",
    "lost": "lost to follow-up",
    "study_end": "alive at study end",
    "data_cutoff": "alive at cut-off",
}


def describe_facts(rows: dict[str, pl.DataFrame]) -> tuple[tuple[str, str], ...]:
    """Return what the header says, as (label, value); what is not recorded is left out."""
    patient = rows["patients"].row(0, named=True)
    diagnosis: dict[str, Any] = (
        rows["diagnoses"].sort("diagnosis_no").row(-1, named=True) if rows["diagnoses"].height else {}
    )
    born = patient["birth_year"] or _birth_year(patient["birth_date"])
    site = diagnosis.get("primary_site")
    facts = (
        ("Sex", {"F": "female", "M": "male"}.get(patient["sex"], patient["sex"])),
        ("Born", born),
        ("Primary", _SITE_NAMES.get(site, site) if site else None),
        ("Histology", diagnosis.get("histology")),
        ("Grade", diagnosis.get("grade")),
        ("Ki-67", _latest_ki67(rows["pathology"], diagnosis)),
        ("SSTR", diagnosis.get("sstr_status")),
        ("Stage at diagnosis", diagnosis.get("stage")),
        ("Hospital", patient["site"]),
        ("Last known", _last_known(rows["vital_status"])),
    )
    return tuple((label, str(value)) for label, value in facts if value is not None)


def _birth_year(day: date | None) -> int | None:
    return None if day is None or is_from_anchor(day) else day.year


def _latest_ki67(pathology: pl.DataFrame, diagnosis: dict[str, Any]) -> str | None:
    specimens = pathology.drop_nulls("ki67_pct").sort("date", "specimen_no", nulls_last=False)
    if specimens.height:
        last = specimens.row(-1, named=True)
        return f"{last['ki67_pct']:g} % ({last['site'] or 'site not recorded'}, {last['date_text'] or 'no date'})"
    value = diagnosis.get("ki67_pct")
    return None if value is None else f"{value:g} %"


def _last_known(vital_status: pl.DataFrame) -> str | None:
    if vital_status.is_empty():
        return None
    deaths = vital_status.filter(pl.col("kind") == "death")
    last = (deaths if deaths.height else vital_status.sort("date", nulls_last=False)).row(-1, named=True)
    return f"{_VITAL.get(last['kind'], last['kind'])}, {last['date_text'] or last['date'] or 'date not known'}"


def derive_lesions(lesions: pl.DataFrame, imaging: pl.DataFrame) -> pl.DataFrame:
    """Derive one row a lesion and examination, with the examination's day, kind and tracer beside it."""
    scans = imaging.select("imaging_id", "date", "date_text", "modality", "tracer")
    return (
        lesions.join(scans, on="imaging_id", how="left", maintain_order="left")
        .with_columns(tracer=pl.col("tracer").fill_null("none"))
        .sort("tracer", "date", "imaging_id", "reader", "lesion_id", nulls_last=True, maintain_order=True)
        .select(
            "imaging_id", "date", "date_text", "modality", "tracer", "reader", "lesion_id", "role", "organ", "segment",
            "longest_mm", "short_mm", "measured", "suv_max", "comment",
        )
    )  # fmt: skip


def derive_outcomes(lines: pl.DataFrame, times: pl.DataFrame) -> pl.DataFrame:
    """Derive one row a treatment line and endpoint: how long, what happened, and why."""
    return (
        lines.select("pid", "line_no", "treatment", "agents", "start_date", "n_cycles", "cumulative_activity_gbq")
        .join(
            times.filter(pl.col("rule_set") == "default").select(
                "pid", "line_no", "endpoint", "days", "happened", "reason", "end_date"
            ),
            on=["pid", "line_no"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            agents=pl.col("agents").str.split(" + ").list.eval(pl.element().replace(_AGENT_NAMES)).list.join(" + ")
        )
        .sort("line_no", "endpoint")
        .drop("pid")
    )
