"""Named rules of marker response; two wordings of one trial are two rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """When a marker counts as responding.

    ``fall_pct`` is the fall from baseline that is enough (≥). ``needs_raised_baseline`` asks for a
    baseline above the upper limit. ``normalisation`` is «ignored», «required» or «sufficient».
    ``within_days`` limits the deciding value to a window after the start; none: any time before
    the next line. ``is_strict`` asks for more than the fall (any decrease: 0, strictly).
    ``baseline_over_uln`` is how many times the upper limit a raised baseline must exceed,
    ``baseline_over_uln_of`` the same of some markers. Normalisation «alone» asks for nothing else.
    ``caution`` is shown wherever the rule is used.
    """

    rule_id: str
    name: str
    wording: str
    fall_pct: int
    needs_raised_baseline: bool
    normalisation: str
    source: str
    within_days: tuple[int, int] | None = None
    is_strict: bool = False
    baseline_over_uln: float = 1.0
    caution: str = ""
    baseline_over_uln_of: tuple[tuple[str, float], ...] = ()

    def limit_of(self, analyte: str) -> float:
        """Return how many times the upper limit a raised baseline of ``analyte`` must exceed."""
        return dict(self.baseline_over_uln_of).get(analyte, self.baseline_over_uln)

    @property
    def limit_words(self) -> str:
        """Return the limits in words, such as «2 (NSE 1)»."""
        others = "".join(f" ({analyte} {limit:g})" for analyte, limit in self.baseline_over_uln_of)
        return f"{self.baseline_over_uln:g}{others}"


RESPONSE_RULES: tuple[ResponseRule, ...] = (
    ResponseRule(
        "ELECT50",
        "50 % fall",
        "A fall of at least 50 % from baseline at any time before the next line.",
        50,
        False,
        "ignored",
        "clarinet_elect_pool",
    ),
    ResponseRule(
        "CLAR_AND",
        "50 % fall and normalisation",
        "Baseline above the upper limit, a fall of at least 50 % and a value at or below the limit.",
        50,
        True,
        "required",
        "clarinet_biomarkers",
    ),
    ResponseRule(
        "CLAR_OR",
        "50 % fall or normalisation",
        "Baseline above the upper limit, a fall of at least 50 % or a value at or below the limit.",
        50,
        True,
        "sufficient",
        "clarinet_biomarkers",
    ),
    ResponseRule(
        "FALL25",
        "25 % fall",
        "A fall of at least 25 % from baseline at any time before the next line.",
        25,
        False,
        "ignored",
        "jensen2013",
        caution="25 % lies inside the reference change value of healthy people",
    ),
    ResponseRule(
        "FALL90",
        "90 % fall",
        "A fall of at least 90 % from baseline at any time before the next line.",
        90,
        False,
        "ignored",
        "admiral",
    ),
    ResponseRule(
        "NORMAL",
        "Normalisation",
        "Baseline above the upper limit and a value at or below it.",
        0,
        True,
        "alone",
        "clarinet_biomarkers",
    ),
    ResponseRule(
        "WK12",
        "Any fall at week 12",
        "Any fall from baseline in days 71 to 98 (week 12, two weeks either side).",
        0,
        False,
        "ignored",
        "clarinet_elect_pool",
        (71, 98),
        is_strict=True,
        caution="the window of two weeks is a convention of this software",
    ),
    ResponseRule(
        "RAD1_EARLY",
        "Early response at week 4",
        "Baseline above 2 × ULN (NSE: above ULN); in days 22 to 42 a fall of at least 30 % or normalisation.",
        30,
        True,
        "sufficient",
        "yao2011",
        (22, 42),
        baseline_over_uln=2.0,
        baseline_over_uln_of=(("NSE", 1.0),),
        caution="read from memory; the window is a convention of this software",
    ),
)

RESPONSE_RULE_BY_ID: dict[str, ResponseRule] = {rule.rule_id: rule for rule in RESPONSE_RULES}


@dataclass(frozen=True, slots=True)
class ProgressionRule:
    """When a marker counts as progressing: a rise of at least ``rise_pct`` over ``reference``.

    ``reference`` is «baseline», «nadir» or «previous» (the value before, in the same series).
    ``beyond_value`` (standard unit) must be exceeded as well. With ``uses_uln`` a marker that was normal, or
    became so, is judged by the rise over its upper limit. ``confirmation_days`` asks for a second value.
    """

    rule_id: str
    name: str
    wording: str
    rise_pct: int
    reference: str
    source: str
    uses_uln: bool = False
    beyond_value: float = 0.0
    confirmation_days: int = 0
    caution: str = ""


PROGRESSION_RULES: tuple[ProgressionRule, ...] = (
    ProgressionRule(
        "DOUBLED",
        "Doubling, confirmed",
        "At least twice the upper limit if normal or normalised, else at least twice the nadir; on two "
        "occasions at least a week apart, dated by the first.",
        100,
        "nadir",
        "gcig",
        uses_uln=True,
        confirmation_days=7,
        caution="made for CA-125; a rise in the months after PRRT can be transient",
    ),
    ProgressionRule(
        "RISE25",
        "25 % rise",
        "At least 25 % above baseline.",
        25,
        "baseline",
        "jensen2013",
        caution="25 % lies inside the reference change value of healthy people",
    ),
    ProgressionRule(
        "CASPAR",
        "50 % rise over the value before",
        "At least 50 % above the value before, to more than 100 ng/mL.",
        50,
        "previous",
        "caspar",
        beyond_value=100.0,
        caution="the limit of 100 ng/mL belongs to the KRYPTOR assay",
    ),
    ProgressionRule(
        "PRRT20",
        "20 % rise over baseline",
        "At least 20 % above baseline: seen in 29 % of patients after PRRT, transient in 70 % of them.",
        20,
        "baseline",
        "prrt_pitfalls",
        caution="a flag, not a progression",
    ),
)

PROGRESSION_RULE_BY_ID: dict[str, ProgressionRule] = {rule.rule_id: rule for rule in PROGRESSION_RULES}
