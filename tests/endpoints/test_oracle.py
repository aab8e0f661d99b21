"""The fast derivation and a plain second one agree on every simulated patient."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.recist import derive_recist_assessments
from analytics.endpoints.times import derive_times_to_event
from analytics.longitudinal.lines import derive_lines
from tests.by_hand import accept_cells
from tests.endpoints.oracle import RANK, Lesion, Scan, mark_left, pfs, respond

HOW = ["yes", "yes", "yes", "yes", "yes", "too_small", "not_visible", "not_assessed", "excised"]
ROLES = ["target", "target", "target", "non_target", "new"]
SIZES = [80, 100, 120, 150, 200, 240, 250, 300]
"""Few and round sizes, so that many sums fall exactly on a threshold."""


def write_names(chance: np.random.Generator, lesions: list[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    """Return the lesions as one scan names them: now and then in two pieces, or two of them as one."""
    named = list(lesions)
    if len(named) > 1 and chance.random() < 0.1:
        (first, role, nodal), (second, _, _) = named[:2]
        named[:2] = [(f"{first}+{second}", role, nodal)]
    elif named and chance.random() < 0.15:
        name, role, nodal = named.pop()
        named += [(f"{name}/{piece}", role, nodal) for piece in (1, 2)]
    return named


def simulate_patient(chance: np.random.Generator, code: str) -> dict[str, list[dict[str, str | None]]]:
    first = dt.date(2015, 1, 1) + dt.timedelta(days=int(chance.integers(0, 400)))
    starts = [first]
    for _ in range(int(chance.integers(0, 3))):
        starts.append(starts[-1] + dt.timedelta(days=int(chance.integers(200, 700))))
    rows: dict[str, list[dict[str, str | None]]] = {"treatments": [], "imaging": [], "lesions": [], "responses": []}
    for place, start in enumerate(starts):
        agent = ["everolimus", "sunitinib", "CAPTEM"][place]
        category = "chemotherapy" if agent == "CAPTEM" else "targeted"
        rows["treatments"].append(
            {"treatment_id": f"T{place}", "category": category, "agent": agent, "start": str(start)}
        )
    day = first - dt.timedelta(days=int(chance.integers(0, 120)))
    lesions = [(f"L{n}", str(chance.choice(ROLES)), bool(chance.random() < 0.3)) for n in range(chance.integers(0, 5))]
    for scan in range(int(chance.integers(1, 12))):
        name = f"s{scan}"
        rows["imaging"].append(
            {
                "imaging_id": name,
                "date": str(day),
                "modality": "CT",
                "new_lesion": "Y" if chance.random() < 0.03 else None,
                "non_target": str(chance.choice(["PD", "CR", "NE", "NON_CR_NON_PD"]))
                if chance.random() < 0.1
                else None,
            }
        )
        for lesion, role, nodal in write_names(chance, lesions):
            if chance.random() < 0.95:
                how = str(chance.choice(HOW))
                size = str(int(chance.choice(SIZES)) / 10) if how == "yes" else None
                rows["lesions"].append(
                    {
                        "imaging_id": name,
                        "lesion_id": lesion,
                        "role": role,
                        "nodal": "Y" if nodal else "N",
                        ("short_mm" if nodal else "longest_mm"): size,
                        "measured": how,
                    }
                )
        if chance.random() < 0.8:
            rows["responses"].append(
                {
                    "date": str(day),
                    "criteria": "RECIST_1_1",
                    "response": str(chance.choice(RANK[1:], p=[0.1, 0.1, 0.2, 0.4, 0.1, 0.1])),
                }
            )
        day += dt.timedelta(days=int(chance.choice([0, 60, 84, 91, 120], p=[0.1, 0.3, 0.3, 0.2, 0.1])))
    if chance.random() < 0.4:
        dead = first + dt.timedelta(days=int(chance.integers(1, 1500)))
        rows["vital_status"] = [{"date": str(dead), "kind": "death"}]
    return {name: [{"patient_id": code} | row for row in table] for name, table in rows.items()}


def simulate(patients: int, seed: int) -> dict[str, list[dict[str, str | None]]]:
    chance = np.random.default_rng(seed)
    tables: dict[str, list[dict[str, str | None]]] = {}
    for number in range(patients):
        for name, rows in simulate_patient(chance, f"P{number:05d}").items():
            tables.setdefault(name, []).extend(rows)
    return tables


def by_patient(rows: list[dict[str, str | None]]) -> dict[str, list[dict[str, str | None]]]:
    found: dict[str, list[dict[str, str | None]]] = {}
    for row in rows:
        found.setdefault(str(row["patient_id"]), []).append(row)
    return found


def check_agreement(patients: int, seed: int) -> None:
    cells = simulate(patients, seed)
    tables, settings = accept_cells(cells), Settings()
    lines = derive_lines(tables, settings).collect()
    recist = derive_recist_assessments(tables, lines.lazy(), settings).collect()
    times = derive_times_to_event(tables, lines.lazy(), settings).collect().filter(endpoint="PFS", rule_set="default")
    answers = recist.group_by("pid", "line_no").agg("first_date", "response")
    fast_recist = {
        (row["pid"], row["line_no"]): list(zip(row["first_date"], row["response"], strict=True))
        for row in answers.iter_rows(named=True)
    }
    fast_pfs = {
        (row["pid"], row["line_no"]): (row["days"], row["happened"], row["reason"])
        for row in times.iter_rows(named=True)
    }
    scans, lesions = by_patient(cells["imaging"]), by_patient(cells["lesions"])
    given, deaths = by_patient(cells["responses"]), by_patient(cells["vital_status"])
    starts: dict[str, list[dt.date]] = {}
    for code, start in lines.select("patient_id", "start_date").iter_rows():
        starts.setdefault(code, []).append(start)
    n_visits = 0
    for line in lines.iter_rows(named=True):
        code, key = line["patient_id"], (line["pid"], line["line_no"])
        own_scans = [
            Scan(str(s["imaging_id"]), dt.date.fromisoformat(str(s["date"])), s["new_lesion"] == "Y", s["non_target"])
            for s in scans.get(code, [])
        ]
        own_lesions = [
            Lesion(
                str(x["imaging_id"]),
                str(x["lesion_id"]),
                str(x["role"]),
                x["nodal"] == "Y",
                None if (size := x.get("short_mm") or x.get("longest_mm")) is None else round(float(size) * 10),
                str(x["measured"]),
            )
            for x in lesions.get(code, [])
        ]
        own_lesions = mark_left(own_scans, own_lesions, starts[code])
        expected = respond(line["start_date"], line["next_line_date"], own_scans, own_lesions)
        assert fast_recist.get(key, []) == expected, (code, line["line_no"])
        n_visits += len(expected)
        death = next((dt.date.fromisoformat(str(d["date"])) for d in deaths.get(code, [])), None)
        if death is not None and death < line["start_date"]:
            assert fast_pfs[key] == (None, None, "start after death")
            continue
        answered = [(dt.date.fromisoformat(str(r["date"])), str(r["response"])) for r in given.get(code, [])]
        assert fast_pfs[key] == pfs(line["start_date"], line["next_line_date"], answered, death), (code, key)
    assert n_visits > patients


def test_agreement_on_2000_patients():
    check_agreement(2_000, seed=20_261_120)


@pytest.mark.slow
def test_agreement_on_10000_patients():
    check_agreement(10_000, seed=11)
