"""Tables treatments and cycles: lines of treatment, the SSA that runs beside them, PRRT administrations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic_data.care import CENSORED, LINES, STOPPED
from synthetic_data.chance import Integers
from synthetic_data.patients import Flags
from synthetic_data.records.cells import constant, label, name_patients, to_dates, words, yes_no
from synthetic_data.records.supportive import record_supportive
from synthetic_data.records.written import OCTREOTIDE, WRITTEN
from synthetic_data.timeline import find_treatment
from synthetic_data.world import World

AMINO_ACIDS_ML = 2000


_STOP_WORDS = ("progression", "toxicity", "death", "other", "planned_end", "patient_choice")
_PLANNED, _CHOICE = 4, 5
_CHOICE_SHARE = 0.3
_COMPLETE_CYCLES = 4
_LONGEST_WAIT_DAYS = 112


@dataclass(frozen=True, slots=True)
class _Rows:
    """Treatment rows before they are written: (patient, line), what, when it stopped and why."""

    row: Integers
    line: Integers
    treatment: Integers
    is_beside: Flags
    last: Integers
    why: Integers


def record_treatments(world: World) -> pl.DataFrame:
    """Write down every line, and an SSA that starts beside another treatment."""
    people, timeline = world.people, world.timeline
    rows = _find_rows(world)
    last, why = _end_procedures(world, rows)
    chosen = world.chance.uniform("care.stop_word", people.number, LINES)[rows.row, rows.line] < _CHOICE_SHARE
    why = np.where((why == STOPPED) & chosen, _CHOICE, why)
    start = timeline.start[rows.row, rows.line]
    ongoing = (why == CENSORED) & (last >= world.history.last[rows.row])
    lines = (
        _write(world, rows)
        .with_columns(
            start=to_dates(people, rows.row, start),
            end=to_dates(people, rows.row, np.maximum(last, start), ~ongoing),
            ongoing=yes_no(ongoing),
            stop_reason=words(_STOP_WORDS, np.where(why == CENSORED, -1, why)),
        )
        .sort("_row", "line", "treatment_id")
    )
    return pl.concat([record_supportive(world, lines.schema), lines]).sort("_row", maintain_order=True).drop("_row")


def _find_rows(world: World) -> _Rows:
    timeline, scenario = world.timeline, world.scenario
    is_ssa_line = find_treatment(scenario, timeline.treatment, "SSA", "SSA_HIGH")
    run_end, run_reason = _follow_ssa(timeline.has_ssa, is_ssa_line, timeline.ceased, timeline.why)
    begins = timeline.has_ssa.copy()
    begins[:, 1:] &= ~timeline.has_ssa[:, :-1]
    own = (timeline.treatment >= 0) & ~find_treatment(scenario, timeline.treatment, "CARE_ONLY")
    own_row, own_line = np.nonzero(own)
    more_row, more_line = np.nonzero(begins & ~is_ssa_line)
    row, line = np.concatenate([own_row, more_row]), np.concatenate([own_line, more_line])
    is_beside = np.arange(len(row)) >= len(own_row)
    follows = is_beside | is_ssa_line[row, line]
    ssa = scenario.words("treatments.codes").index("SSA")
    return _Rows(
        row=row,
        line=line,
        treatment=np.where(is_beside, ssa, timeline.treatment[row, line]),
        is_beside=is_beside,
        last=np.where(follows, run_end[row, line], timeline.ceased[row, line]),
        why=np.where(follows, run_reason[row, line], timeline.why[row, line]),
    )


def _follow_ssa(has_ssa: Flags, is_ssa_line: Flags, end: Integers, reason: Integers) -> tuple[Integers, Integers]:
    """Return when and why an SSA that runs in each line finally stops, carried through the lines after it."""
    run_end, run_reason = end.copy(), reason.copy()
    for line in range(LINES - 2, -1, -1):
        carried = has_ssa[:, line] & has_ssa[:, line + 1] & ~is_ssa_line[:, line + 1]
        run_end[:, line] = np.where(carried, run_end[:, line + 1], run_end[:, line])
        run_reason[:, line] = np.where(carried, run_reason[:, line + 1], run_reason[:, line])
    return run_end, run_reason


def _end_procedures(world: World, rows: _Rows) -> tuple[Integers, Integers]:
    """End a procedure on its day and PRRT on its last cycle; both are planned ends when complete.

    A delay of 16 weeks ends PRRT for good (label of Lutathera), so a longer wait is no wait for a cycle.
    """
    codes, cycles = world.scenario.words("treatments.codes"), world.cycles
    last, why = rows.last.copy(), rows.why.copy()
    is_procedure = np.isin(rows.treatment, [codes.index(code) for code in WRITTEN if WRITTEN[code].is_procedure])
    last[is_procedure] = world.timeline.start[rows.row, rows.line][is_procedure]
    final = np.full((len(world.people.number), LINES), -1)
    count = np.zeros(final.shape, dtype=np.int64)
    np.maximum.at(final, (cycles.row, cycles.line), cycles.day)
    np.maximum.at(count, (cycles.row, cycles.line), cycles.number)
    given = count[rows.row, rows.line]
    is_prrt = (given > 0) & ~rows.is_beside
    again = find_treatment(world.scenario, rows.treatment, "PRRT_AGAIN")
    # a course cut short long before the line failed was given up for another reason than that
    is_early = is_prrt & (last - final[rows.row, rows.line] > _LONGEST_WAIT_DAYS)
    last[is_prrt] = final[rows.row, rows.line][is_prrt]
    is_complete = is_prrt & ((given >= _COMPLETE_CYCLES) | again)
    return last, np.where(is_procedure | is_complete, _PLANNED, np.where(is_early, STOPPED, why))


def _write(world: World, rows: _Rows) -> pl.DataFrame:
    codes = world.scenario.words("treatments.codes")
    share = world.scenario.number("care.octreotide_share")
    octreotide = world.chance.happens("care.octreotide", world.people.number, share)[rows.row]
    both = [WRITTEN[code] for code in codes] + [OCTREOTIDE.get(code, WRITTEN[code]) for code in codes]
    which = rows.treatment + len(codes) * octreotide
    doses, days = np.array([w.dose for w in both]), np.array([w.interval_days for w in both])
    is_placebo = find_treatment(world.scenario, rows.treatment, "PLACEBO")
    return pl.DataFrame(
        {
            "patient_id": name_patients(world.people).gather(rows.row),
            "treatment_id": words(("T", "S"), rows.is_beside.astype(np.int64)) + label("", rows.line + 1),
            "category": words(tuple(w.category for w in both), which),
            "agent": words(tuple(w.agent for w in both), which),
            "line": rows.line + 1,
            "dose": pl.Series(doses[which]).replace(0.0, None),
            "dose_unit": words(tuple(w.dose_unit for w in both), np.where(doses[which] > 0, which, -1)),
            "interval_days": pl.Series(days[which]).replace(0, None),
            "intent": constant("palliative", len(rows.row)),
            "anticancer": words(("Y",), np.where(is_placebo, 0, -1)),
            "_row": rows.row,
        }
    )


def record_cycles(world: World) -> pl.DataFrame:
    """Write down the administrations of PRRT."""
    people, cycles = world.people, world.cycles
    count = len(cycles.row)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(cycles.row),
            "treatment_id": label("T", cycles.line + 1),
            "cycle_no": cycles.number,
            "date": to_dates(people, cycles.row, cycles.day),
            "nuclide": constant("177Lu", count),
            "activity_gbq": np.round(cycles.activity, 2),
            "amino_acids": constant("Y", count),
            "amino_acids_ml": np.full(count, AMINO_ACIDS_ML),
            "weight_kg": np.rint(people.weight[cycles.row]).astype(np.int64),
            "delayed_days": cycles.delay,
            "dose_reduced": yes_no(cycles.is_reduced),
        }
    )
