"""Tables treatments and cycles: lines of treatment, the SSA that runs beside them, PRRT administrations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic_data.care import CENSORED, LINES, STOPPED, History
from synthetic_data.chance import Chance, Integers
from synthetic_data.cycles import Cycles
from synthetic_data.patients import Flags, People
from synthetic_data.records.cells import label, name_patients, to_dates, words, yes_no
from synthetic_data.scenario import Scenario
from synthetic_data.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Written:
    """How a treatment of the world is written in the table; ``interval_days`` 0 leaves the cell empty."""

    category: str
    agent: str
    dose: float
    dose_unit: str
    interval_days: int
    is_procedure: bool = False


WRITTEN: dict[str, Written] = {
    "SSA": Written("SSA", "lanreotide", 120, "mg", 28),
    "PRRT": Written("PRRT", "177Lu-DOTATATE", 7.4, "GBq", 56),
    "SSA_HIGH": Written("SSA", "lanreotide", 120, "mg", 14),
    "everolimus": Written("targeted", "everolimus", 10, "mg", 1),
    "sunitinib": Written("targeted", "sunitinib", 37.5, "mg", 1),
    "CAPTEM": Written("chemotherapy", "CAPTEM", 750, "mg/m2", 28),
    "NEC_CHEMO": Written("chemotherapy", "carboplatin_etoposide", 100, "mg/m2", 21),
    "TARE": Written("TARE_SIRT", "TARE_resin", 1.5, "GBq", 0, True),
    "TACE": Written("TACE", "TACE_drug_eluting_beads", 75, "mg", 0, True),
    "BLAND": Written("TAE", "bland", 0, "", 0, True),
    "PRRT_AGAIN": Written("PRRT", "177Lu-DOTATATE", 7.4, "GBq", 56),
    "PLACEBO": Written("other", "placebo", 0, "", 28),
    "CARE_ONLY": Written("other", "supportive_care", 0, "", 0),
}
OCTREOTIDE: dict[str, Written] = {
    "SSA": Written("SSA", "octreotide_LAR", 30, "mg", 28),
    "SSA_HIGH": Written("SSA", "octreotide_LAR", 60, "mg", 28),
}
_STOP_WORDS = ("progression", "toxicity", "death", "other", "planned_end", "patient_choice")
_PLANNED, _CHOICE = 4, 5
_CHOICE_SHARE = 0.3
_COMPLETE_CYCLES = 4


def find_concurrent_ssa(scenario: Scenario, chance: Chance, people: People, timeline: Timeline) -> Flags:
    """Return whether an SSA runs in each (patient, line)."""
    codes = scenario.words("treatments.codes")
    is_ssa = np.isin(timeline.treatment, [codes.index("SSA"), codes.index("SSA_HIGH")])
    is_prrt = np.isin(timeline.treatment, [codes.index("PRRT"), codes.index("PRRT_AGAIN")])
    beside = chance.uniform("care.ssa_beside", people.number, LINES)
    with_prrt = is_prrt & (beside < scenario.number("care.ssa_with_prrt_share"))
    with_other = beside < scenario.number("care.ssa_with_other_share")
    has = is_ssa | with_prrt
    other = (timeline.treatment >= 0) & (timeline.treatment != codes.index("PLACEBO")) & ~is_prrt
    for line in range(1, LINES):
        has[:, line] |= has[:, line - 1] & with_other[:, line] & other[:, line]
    return has


@dataclass(frozen=True, slots=True)
class _Rows:
    """Treatment rows before they are written: (patient, line), what, when it stopped and why."""

    row: Integers
    line: Integers
    treatment: Integers
    is_beside: Flags
    last: Integers
    why: Integers


def record_treatments(
    scenario: Scenario,
    chance: Chance,
    people: People,
    history: History,
    timeline: Timeline,
    cycles: Cycles,
    has_ssa: Flags,
) -> pl.DataFrame:
    """Write down every line, and an SSA that starts beside another treatment."""
    rows = _find_rows(scenario, history, timeline, has_ssa)
    last, why = _end_procedures(scenario, people, timeline, cycles, rows)
    chosen = chance.uniform("care.stop_word", people.number, LINES)[rows.row, rows.line] < _CHOICE_SHARE
    why = np.where((why == STOPPED) & chosen, _CHOICE, why)
    start = timeline.start[rows.row, rows.line]
    ongoing = (why == CENSORED) & (last >= history.last[rows.row])
    written = _write(scenario, chance, people, rows)
    return (
        written.with_columns(
            start=to_dates(people, rows.row, start),
            end=to_dates(people, rows.row, np.maximum(last, start), ~ongoing),
            ongoing=yes_no(ongoing),
            stop_reason=words(_STOP_WORDS, np.where(why == CENSORED, -1, why)),
        )
        .sort("_row", "line", "treatment_id")
        .drop("_row")
    )


def _find_rows(scenario: Scenario, history: History, timeline: Timeline, has_ssa: Flags) -> _Rows:
    codes = scenario.words("treatments.codes")
    end, seen, reason = _lay_out_ends(history)
    is_ssa_line = np.isin(timeline.treatment, [codes.index("SSA"), codes.index("SSA_HIGH")])
    run_end, run_reason = _follow_ssa(has_ssa, is_ssa_line, np.minimum(end, seen), reason)
    begins = has_ssa.copy()
    begins[:, 1:] &= ~has_ssa[:, :-1]
    own = (timeline.treatment >= 0) & (timeline.treatment != codes.index("CARE_ONLY"))
    own_row, own_line = np.nonzero(own)
    more_row, more_line = np.nonzero(begins & ~is_ssa_line)
    row, line = np.concatenate([own_row, more_row]), np.concatenate([own_line, more_line])
    is_beside = np.arange(len(row)) >= len(own_row)
    follows = is_beside | is_ssa_line[row, line]
    return _Rows(
        row,
        line,
        np.where(is_beside, codes.index("SSA"), timeline.treatment[row, line]),
        is_beside,
        np.where(follows, run_end[row, line], np.minimum(end, seen)[row, line]),
        np.where(follows, run_reason[row, line], reason[row, line]),
    )


def _lay_out_ends(history: History) -> tuple[Integers, Integers, Integers]:
    shape = (len(history.last), LINES)
    end, seen, reason = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for line in history.lines:
        end[line.row, line.number] = line.end
        seen[line.row, line.number] = line.seen
        reason[line.row, line.number] = line.reason
    return end, seen, reason


def _follow_ssa(
    has_ssa: Flags, is_ssa_line: Flags, end: Integers, reason: Integers
) -> tuple[Integers, Integers]:
    """Return when and why an SSA that runs in each line finally stops, carried through the lines after it."""
    run_end, run_reason = end.copy(), reason.copy()
    for line in range(LINES - 2, -1, -1):
        carried = has_ssa[:, line] & has_ssa[:, line + 1] & ~is_ssa_line[:, line + 1]
        run_end[:, line] = np.where(carried, run_end[:, line + 1], run_end[:, line])
        run_reason[:, line] = np.where(carried, run_reason[:, line + 1], run_reason[:, line])
    return run_end, run_reason


def _end_procedures(
    scenario: Scenario, people: People, timeline: Timeline, cycles: Cycles, rows: _Rows
) -> tuple[Integers, Integers]:
    """End a procedure on its day and PRRT on its last cycle; both are planned ends when complete."""
    codes = scenario.words("treatments.codes")
    last, why = rows.last.copy(), rows.why.copy()
    procedures = [codes.index(code) for code, written in WRITTEN.items() if written.is_procedure]
    is_procedure = np.isin(rows.treatment, procedures)
    last[is_procedure] = timeline.start[rows.row, rows.line][is_procedure]
    final = np.full((len(people.number), LINES), -1)
    count = np.zeros((len(people.number), LINES), dtype=np.int64)
    np.maximum.at(final, (cycles.row, cycles.line), cycles.day)
    np.maximum.at(count, (cycles.row, cycles.line), cycles.number)
    is_prrt = (count[rows.row, rows.line] > 0) & ~rows.is_beside
    again = rows.treatment == codes.index("PRRT_AGAIN")
    complete = is_prrt & ((count[rows.row, rows.line] >= _COMPLETE_CYCLES) | again)
    last[is_prrt] = final[rows.row, rows.line][is_prrt]
    return last, np.where(is_procedure | complete, _PLANNED, why)


def _write(scenario: Scenario, chance: Chance, people: People, rows: _Rows) -> pl.DataFrame:
    codes = scenario.words("treatments.codes")
    octreotide = chance.happens("care.octreotide", people.number, 0.5)[rows.row]
    both = [WRITTEN[code] for code in codes] + [OCTREOTIDE.get(code, WRITTEN[code]) for code in codes]
    which = rows.treatment + len(codes) * octreotide
    doses, days = np.array([w.dose for w in both]), np.array([w.interval_days for w in both])
    text = pl.Series
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(rows.row),
            "treatment_id": words(("T", "S"), rows.is_beside.astype(np.int64)) + label("", rows.line + 1),
            "category": words(tuple(w.category for w in both), which),
            "agent": words(tuple(w.agent for w in both), which),
            "line": rows.line + 1,
            "dose": text(doses[which]).replace(0.0, None),
            "dose_unit": words(tuple(w.dose_unit for w in both), np.where(doses[which] > 0, which, -1)),
            "interval_days": text(days[which]).replace(0, None),
            "anticancer": words(("Y",), np.where(rows.treatment == codes.index("PLACEBO"), 0, -1)),
            "_row": rows.row,
        }
    )


def record_cycles(people: People, cycles: Cycles, chance: Chance) -> pl.DataFrame:
    """Write down the administrations of PRRT."""
    count = len(cycles.row)
    weight = 76 + 13 * chance.normal("people.weight", people.number)[:, 0]
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(cycles.row),
            "treatment_id": label("T", cycles.line + 1),
            "cycle_no": cycles.number,
            "date": to_dates(people, cycles.row, cycles.day),
            "nuclide": words(("177Lu",), np.zeros(count, dtype=np.int64)),
            "activity_gbq": np.round(cycles.activity, 2),
            "amino_acids": words(("Y",), np.zeros(count, dtype=np.int64)),
            "amino_acids_ml": np.full(count, 2000),
            "weight_kg": np.round(np.clip(weight, 42, 130)[cycles.row], 0).astype(np.int64),
            "delayed_days": cycles.delay,
            "dose_reduced": yes_no(cycles.is_reduced),
        }
    )
