"""RECIST 1.1 and PFS a second time, one patient after another in plain Python, to check the fast way against."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

RANK = ["ND", "NE", "CR", "PR", "SD", "NON_CR_NON_PD", "PD"]
ADEQUATE = {"CR", "PR", "SD", "NON_CR_NON_PD"}


@dataclass
class Lesion:
    scan: str
    name: str
    role: str
    nodal: bool
    tenths: int | None
    how: str
    is_treated: bool = False


@dataclass
class Whole:
    """A lesion at a visit, from its own rows, its pieces and what it merged into."""

    name: str
    roles: set[str]
    nodal: bool
    known: int
    is_sized: bool
    is_seen: bool
    is_unknown: bool
    is_treated: bool


@dataclass
class Scan:
    name: str
    day: dt.date
    new: bool
    non_target: str | None


def size_of(lesion: Lesion) -> int | None:
    if lesion.how == "not_visible":
        return 0
    if lesion.how == "too_small":
        return 50 if lesion.tenths is None else lesion.tenths
    return lesion.tenths if lesion.how == "yes" else None


def is_seen(lesion: Lesion) -> bool:
    return lesion.how in ("yes", "too_small")


def is_unknown(lesion: Lesion) -> bool:
    return lesion.how in ("not_assessed", "not_evaluable", "excised", "irradiated")


def parents_of(name: str) -> list[str]:
    """Return the lesions that a name stands for: «T01+T02» for two, «T01/2» for the one it is a piece of."""
    return [parent.split("/")[0] for parent in name.split("+")]


def make_whole(rows: list[Lesion]) -> list[Whole]:
    """Return the lesions that rows tell of: pieces add up, a merged lesion is its first parent, the others count 0."""
    told: dict[str, list[tuple[Lesion, int | None]]] = {}
    for row in rows:
        for place, name in enumerate(parents_of(row.name)):
            size = size_of(row)
            told.setdefault(name, []).append((row, 0 if place and size is not None else size))
    return [
        Whole(
            name,
            roles={row.role for row, _ in parts},
            nodal=any(row.nodal for row, _ in parts),
            known=sum(size or 0 for _, size in parts),
            is_sized=all(size is not None for _, size in parts),
            is_seen=any(is_seen(row) for row, _ in parts),
            is_unknown=any(is_unknown(row) or row.is_treated for row, _ in parts),
            is_treated=any(row.is_treated for row, _ in parts),
        )
        for name, parts in told.items()
    ]


def is_normal(lesion: Whole) -> bool:
    return lesion.is_sized and (lesion.known < 100 if lesion.nodal else lesion.known == 0)


def is_gone(lesion: Whole) -> bool:
    return is_normal(lesion) and not lesion.is_unknown


def is_diseased(lesion: Whole) -> bool:
    return lesion.is_seen and not is_normal(lesion)


def mark_left(scans: list[Scan], lesions: list[Lesion], starts: list[dt.date]) -> list[Lesion]:
    """Call excised what is not seen in the line in which it was excised or irradiated, from that day on: no target.

    What is still seen there is measured after a treatment. What is said of a piece, or of what a lesion merged into,
    is said of the whole; a merged lesion was treated if any it came from was.
    Outside a line, what is not seen on the day of which another scan says so.
    """
    day_of = {scan.name: scan.day for scan in scans}

    def line_of(lesion: Lesion) -> int:
        return sum(start < day_of[lesion.scan] for start in starts)

    left: dict[tuple[str, int], dt.date] = {}
    days: set[tuple[str, dt.date]] = set()
    for lesion in sorted(lesions, key=lambda x: day_of[x.scan]):
        if lesion.how in ("excised", "irradiated"):
            for name in parents_of(lesion.name):
                days.add((name, day_of[lesion.scan]))
                if line_of(lesion):
                    left.setdefault((name, line_of(lesion)), day_of[lesion.scan])
    marked = []
    for lesion in lesions:
        day, line = day_of[lesion.scan], line_of(lesion)
        has_left = any(
            (name, day) in days or left.get((name, line), dt.date.max) <= day for name in parents_of(lesion.name)
        )
        if (has_left and not is_seen(lesion)) or lesion.how in ("excised", "irradiated"):
            marked.append(replace(lesion, how="excised", role="other" if lesion.role == "target" else lesion.role))
        else:
            marked.append(replace(lesion, is_treated=has_left))
    return marked


def gather_visits(scans: list[Scan]) -> list[list[Scan]]:
    visits: dict[dt.date, list[Scan]] = {}
    for scan in scans:
        visits.setdefault(scan.day, []).append(scan)
    return [visits[day] for day in sorted(visits)]


def respond(start: dt.date, end: dt.date | None, scans: list[Scan], lesions: list[Lesion]) -> list[tuple[dt.date, str]]:
    """Return (day, overall response) of every visit after ``start`` up to ``end``."""

    def at(visit: list[Scan]) -> list[Whole]:
        names = {scan.name for scan in visit}
        found = [lesion for lesion in lesions if lesion.scan in names]
        largest: dict[str, Lesion] = {}
        for lesion in sorted(found, key=lambda x: (-1 if size_of(x) is None else size_of(x), x.how == "yes")):
            largest[lesion.name] = lesion
        return make_whole(list(largest.values()))

    visits = gather_visits(scans)
    before = [v for v in visits if dt.timedelta(0) <= start - v[0].day <= dt.timedelta(days=90) and at(v)]

    def has_full_targets(visit: list[Scan]) -> bool:
        targets = [lesion for lesion in at(visit) if "target" in lesion.roles]
        return bool(targets) and all(lesion.is_sized for lesion in targets)

    full = [v for v in before if has_full_targets(v)]
    if not before:
        return []
    baseline = at((full or before)[-1])
    targets = {x.name for x in baseline if "target" in x.roles} if full else set()
    others = {x.name for x in baseline} - targets
    base_sum = sum(x.known for x in baseline if x.name in targets) if full else None
    nadir, was_gone, answers = base_sum, False, []
    for visit in visits:
        day = visit[0].day
        if day <= start or (end is not None and day > end):
            continue
        here = at(visit)
        said = [scan.non_target for scan in visit if scan.non_target]
        new = any(s.new for s in visit) or any(
            "new" in x.roles and x.name not in targets | others and x.is_seen for x in here
        )
        if not here and not said and not new:
            continue
        mine = [x for x in here if x.name in targets]
        stray = any("target" in x.roles and x.name not in targets | others and x.is_seen for x in here)
        untreated = [x for x in mine if x.is_sized and not x.is_treated]
        total = sum(x.known for x in mine)
        complete = bool(targets) and len(untreated) == len(targets) and not stray
        gone = complete and all(is_gone(x) for x in mine)
        back = any(not x.nodal and x.known > 0 for x in mine)
        if not targets:
            target = "NA"
        elif gone:
            target = "CR" if any(is_diseased(x) for x in baseline if x.name in targets) else "NON_CR_NON_PD"
        elif (nadir is not None and 10 * total >= 12 * nadir and total - nadir >= 50) or (
            back and (was_gone or nadir == 0)
        ):
            target = "PD"
        elif not complete:
            target = "NE"
        elif 10 * total <= 7 * base_sum:
            target = "PR"
        else:
            target = "SD"
        was_seen = any(is_diseased(x) for x in baseline)
        non_target = judge_others(here, others, said, was_seen)
        answers.append((day, overall(target, non_target, new)))
        was_gone = was_gone or gone
        if complete:
            nadir = total if nadir is None else min(nadir, total)
    return answers


def judge_others(here: list[Whole], others: set[str], said: list[str], was_seen: bool) -> str:
    for word in ("PD", "NON_CR_NON_PD", "NE", "CR"):
        if word in said:
            return word
    if not others:
        return "NA"
    mine = [x for x in here if x.name in others]
    if any(not is_gone(x) and (x.is_seen or not x.is_unknown) for x in mine):
        return "NON_CR_NON_PD"
    if sum(is_gone(x) for x in mine) == len(others):
        return "CR" if was_seen else "NON_CR_NON_PD"
    return "NE"


def overall(target: str, non_target: str, new: bool) -> str:
    if new or "PD" in (target, non_target):
        return "PD"
    if target == "NA":
        return "NE" if non_target == "NA" else non_target
    if target == "NON_CR_NON_PD":
        return "NON_CR_NON_PD" if non_target == "NA" else non_target
    if target == "CR":
        return "CR" if non_target in ("CR", "NA") else "PR"
    return target


def pfs(
    start: dt.date, next_start: dt.date | None, given: list[tuple[dt.date, str]], death: dt.date | None
) -> tuple[int, bool, str]:
    """Return (days, happened, reason) of PFS under the default rules."""
    by_day: dict[dt.date, str] = {}
    for day, response in given:
        if day not in by_day or RANK.index(response) > RANK.index(by_day[day]):
            by_day[day] = response
    after = sorted(day for day in by_day if day > start)
    in_time = [day for day in after if next_start is None or day <= next_start]
    progressed = [day for day in in_time if by_day[day] == "PD"]
    died = [death] if death is not None and (next_start is None or death <= next_start) else []
    if progressed or died:
        day = min(progressed[:1] + died)
        return (day - start).days + 1, True, "progression" if day in progressed else "death"
    adequate = [day for day in in_time if by_day[day] in ADEQUATE]
    if not adequate:
        return 1, False, "no adequate assessment after the start"
    return (adequate[-1] - start).days + 1, False, "new therapy before the event" if next_start else "no event"
