"""By what a question may compare: only what was known at time zero of a line."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.results import Refusal


@dataclass(frozen=True, slots=True)
class Grouping:
    """A column of ``lines`` or ``line_baselines`` that was fixed at the start of the line.

    ``missing`` is the word for a missing value, ``reference`` the group that ratios refer to by habit of the field.
    """

    name: str
    column: str
    meaning: str
    missing: str = "not recorded"
    reference: str = ""


GROUPINGS: dict[str, Grouping] = {
    grouping.name: grouping
    for grouping in (
        Grouping("none", "", "Everybody together"),
        Grouping("treatment", "treatment", "Kind of treatment of the line", reference="SSA"),
        Grouping("agents", "agents", "Drugs of the line"),
        Grouping("primary_site", "primary_site", "Organ of the primary"),
        Grouping("grade", "grade", "Grade at the start of the line"),
        Grouping("sex", "sex", "Sex"),
        Grouping("hospital", "site", "Hospital or centre"),
        Grouping("concurrent_ssa", "has_concurrent_ssa", "SSA given with the line's treatment"),
        Grouping("bone_metastases", "has_bone_metastases", "Bone metastases known at the start"),
        Grouping("liver_only", "is_liver_only", "Liver the only metastatic site"),
        Grouping("extent", "extent", "Metastases: liver only, liver and beyond, no liver"),
        Grouping("sstr_status", "sstr_status", "Somatostatin-receptor status before the start"),
        Grouping("fdg_status", "fdg_status", "Avidity for FDG before the start"),
        Grouping("netpet", "netpet", "NETPET grade before the start"),
        Grouping(
            "grade_computed", "grade_computed", "Grade from Ki-67 and mitoses, by the WHO edition of the settings"
        ),
    )
}

AFTER_TIME_ZERO: frozenset[str] = frozenset(
    {
        "response",
        "cga_response",
        "marker_response",
        "best_response",
        "n_cycles",
        "cumulative_activity_gbq",
        "stop_reason",
    }
)
"""Groups that form after the clock has started: whoever is to respond must first survive to respond."""


REMEDIES = (
    "Ask for a landmark analysis (`lutetia ask landmark`), for Simon–Makuch curves (`lutetia ask switching`), or for a "
    "Cox model of the marker as it changes (`lutetia ask time_dependent`)."
)
"""What answers the question that a group formed after time zero cannot."""


def find_grouping(name: str) -> Grouping | Refusal:
    """Return the grouping called ``name``, or the refusal that says why it cannot be used."""
    if name in AFTER_TIME_ZERO:
        return Refusal(
            "groups_after_time_zero",
            f"«{name}» is known only after time zero, so a plain comparison would favour those who lived long "
            "enough to be in the better group (immortal time).",
            REMEDIES,
        )
    if name not in GROUPINGS:
        return Refusal(
            "unknown_grouping",
            f"There is no grouping «{name}».",
            f"Compare by one of: {', '.join(GROUPINGS)}.",
        )
    return GROUPINGS[name]
