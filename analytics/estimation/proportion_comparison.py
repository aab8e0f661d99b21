"""Two shares compared: difference and ratio with limits that hold in small groups."""

from __future__ import annotations

from analytics.errors import RefusedError
from analytics.estimation.methods import describe_method
from analytics.estimation.proportion import ProportionMethod, estimate_proportion, proportion_method
from analytics.estimation.response_gate import compute_difference_interval, compute_fisher_p, compute_ratio_interval
from analytics.tables.response_results import ProportionDifference
from analytics.tables.results import Estimate, Refusal

NEWCOMBE = "Newcombe RG. Stat Med 1998;17:873-890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I"
MIETTINEN_NURMINEN = "Miettinen O, Nurminen M. Stat Med 1985;4:213-226. doi:10.1002/sim.4780040211"
FISHER = "Fisher RA. J R Stat Soc 1922;85:87-94. doi:10.2307/2340521"


def compare_proportions(
    group: str,
    counts: tuple[int, int],
    reference: str,
    reference_counts: tuple[int, int],
    method: ProportionMethod = "wilson",
    level: float = 0.95,
) -> ProportionDifference | Refusal:
    """Compare the share of ``group`` with that of ``reference``; ``counts`` are (responders, all), different people.

    Returns
    -------
    ProportionDifference or Refusal
        Difference with Newcombe's hybrid score limits, ratio with Miettinen–Nurminen's (``None`` where the reference
        has no responder, its limits also where ``group`` has none), Fisher's exact p value. Refused where a group is
        empty.

    Raises
    ------
    RefusedError
        When counts cannot be a share.
    """
    for name, (some, every) in ((group, counts), (reference, reference_counts)):
        if not 0 <= some <= every:
            raise RefusedError(f"{some} of {every} is not a share.", name, "Give 0 ≤ responders ≤ all.")
        if every == 0:
            return Refusal("nobody_left", f"{name} has nobody evaluable.", "Widen the selection.")
    four = (*counts, *reference_counts)
    share, reference_share = counts[0] / counts[1], reference_counts[0] / reference_counts[1]
    low, high = compute_difference_interval(four, level)
    ratio = share / reference_share if reference_share > 0 else None
    limits = compute_ratio_interval(four, level) if share > 0 and reference_share > 0 else (None, None)
    return ProportionDifference(
        group,
        reference,
        estimate_proportion(*counts, method, level),
        estimate_proportion(*reference_counts, method, level),
        Estimate(share - reference_share, low, high, "share", level),
        Estimate(ratio, *limits, "ratio", level),
        compute_fisher_p(four),
        (
            proportion_method(method),
            describe_method("Difference of proportions", NEWCOMBE, "statsmodels", interval="Newcombe hybrid score"),
            describe_method("Ratio of proportions", MIETTINEN_NURMINEN, "statsmodels", interval="score"),
            describe_method("Fisher's exact test", FISHER, "scipy"),
        ),
    )
