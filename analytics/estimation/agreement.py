"""How far a marker's verdict agrees with the scan's: sensitivity, specificity, predictive values and kappa."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import RefusedError
from analytics.estimation.methods import WILSON, describe_method
from analytics.estimation.observations import label_codes
from analytics.estimation.statsmodels_gate import compute_normal_quantile
from analytics.estimation.sums import sum_rows_by_code
from analytics.tables.model_results import AgreementResult
from analytics.tables.results import Estimate, FloatArray, IntArray

KAPPA = "Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327. doi:10.1037/h0028106"
CLUSTERED = "Rao JNK, Scott AJ. Biometrics 1992;48:577-585. doi:10.2307/2532311"
BOTH, SIGN_ONLY, REFERENCE_ONLY, NEITHER = range(4)


@dataclass(frozen=True, slots=True)
class MatchedPairs:
    """For each matched scan its position ``scan`` (k,) and that of the marker value ``marker`` (k,) beside it."""

    scan: IntArray
    marker: IntArray


def match_to_scans(
    scan_line: IntArray, scan_day: IntArray, marker_line: IntArray, marker_day: IntArray, before: int, after: int
) -> MatchedPairs:
    """Match each scan with the marker value of its line nearest in time, from ``before`` to ``after`` days around it.

    Of two equally near the earlier is taken. Lines are integers; scans without a value in the window have no pair.
    """
    order = np.lexsort((marker_day, marker_line))
    line, day = marker_line[order], marker_day[order]
    low, high = _search(line, day, scan_line, scan_day - before), _search(line, day, scan_line, scan_day + after + 1)
    middle = np.clip(_search(line, day, scan_line, scan_day), low, np.maximum(high - 1, low))
    earlier = np.maximum(middle - 1, low)
    inside = low < high
    distance = np.abs(day[np.minimum(middle, len(day) - 1)] - scan_day) if len(day) else np.zeros(len(scan_day))
    distance_earlier = np.abs(day[np.minimum(earlier, len(day) - 1)] - scan_day) if len(day) else distance
    nearest = np.where(distance_earlier <= distance, earlier, middle)
    return MatchedPairs(np.flatnonzero(inside), order[nearest[inside]] if len(day) else np.empty(0, dtype=np.int64))


def estimate_agreement(
    says_yes: ArrayLike,
    is_yes: ArrayLike,
    *,
    sign: str,
    reference: str,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> AgreementResult:
    """Estimate how the sign (marker progression) agrees with the reference (RECIST progression).

    Parameters
    ----------
    says_yes, is_yes
        Verdict of the sign and of the reference for each of n pairs, (n,), boolean.
    cluster
        Labels of persons, (n,). Where a person has several pairs, shares have Wilson limits for the number of
        independent pairs worth as much (Rao and Scott), and kappa limits by leaving out one person at a time.

    Raises
    ------
    RefusedError
        When verdicts are not truth values or lengths differ.

    References
    ----------
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327. doi:10.1037/h0028106
    Rao JNK, Scott AJ. Biometrics 1992;48:577-585. doi:10.2307/2532311
    """
    yes, truth = _truths("says_yes", says_yes), _truths("is_yes", is_yes)
    persons = np.arange(len(yes)) if cluster is None else label_codes(cluster)[1]
    if not len(yes) == len(truth) == len(persons):
        raise RefusedError("The verdicts differ in number.", "pairs", "Give one of each a pair.")
    cells = np.stack([yes & truth, yes & ~truth, ~yes & truth, ~yes & ~truth], axis=1).astype(np.float64)
    by_person = sum_rows_by_code(persons, cells) if len(cells) else cells
    counts = tuple(int(count) for count in cells.sum(axis=0))
    is_clustered = len(by_person) < len(cells)

    def share(some: tuple[int, ...], every: tuple[int, ...]) -> Estimate:
        return _estimate_share(by_person[:, list(some)].sum(axis=1), by_person[:, list(every)].sum(axis=1), level)

    return AgreementResult(
        sign,
        reference,
        (counts[0], counts[1], counts[2], counts[3]),
        share((BOTH,), (BOTH, REFERENCE_ONLY)),
        share((NEITHER,), (NEITHER, SIGN_ONLY)),
        share((BOTH,), (BOTH, SIGN_ONLY)),
        share((NEITHER,), (NEITHER, REFERENCE_ONLY)),
        share((BOTH, NEITHER), (BOTH, SIGN_ONLY, REFERENCE_ONLY, NEITHER)),
        _estimate_kappa(by_person, is_clustered, level),
        (
            describe_method(
                "Shares with Wilson limits", CLUSTERED if is_clustered else WILSON, interval="Wilson",
                errors="clustered by patient" if is_clustered else "independent pairs",
            ),
            describe_method("Cohen's kappa", KAPPA, interval="jackknife by patient" if is_clustered else "asymptotic"),
        ),
    )  # fmt: skip


def compute_kappa(cells: FloatArray) -> FloatArray:
    """Compute Cohen's kappa of counts (…, 4), NaN of nobody, or where agreement is by chance alone."""
    total = cells.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = cells / total[..., None]
        both, sign, reference, neither = (share[..., k] for k in range(4))
        expected = (both + sign) * (both + reference) + (neither + sign) * (neither + reference)
        return (both + neither - expected) / (1 - expected)


def _estimate_share(some: FloatArray, every: FloatArray, level: float) -> Estimate:
    """Estimate Σ some / Σ every over persons, with Wilson limits for the effective number of pairs."""
    n = float(every.sum())
    if n == 0:
        return Estimate(None, None, None, "share", level)
    p = float(some.sum()) / n
    persons = every > 0
    spread = float(((some - p * every) ** 2).sum()) / n**2
    between = int(persons.sum())
    spread *= between / max(between - 1, 1)
    # One pair a person gives back n itself; people alike among their pairs count for fewer.
    worth = n if (every <= 1).all() or spread == 0 else min(n, p * (1 - p) / spread)
    z = compute_normal_quantile(level)
    centre, width = p + z**2 / (2 * worth), z * np.sqrt(p * (1 - p) / worth + z**2 / (4 * worth**2))
    low, high = ((centre + side * width) / (1 + z**2 / worth) for side in (-1, 1))
    return Estimate(p, max(float(low), 0.0), min(float(high), 1.0), "share", level)


def _estimate_kappa(by_person: FloatArray, is_clustered: bool, level: float) -> Estimate:
    cells = by_person.sum(axis=0)
    kappa = float(compute_kappa(cells)) if cells.sum() else np.nan
    if np.isnan(kappa):
        return Estimate(None, None, None, "kappa", level)
    if is_clustered:
        m = len(by_person)
        left_out = compute_kappa(cells - by_person)
        if np.isnan(left_out).any():
            return Estimate(kappa, None, None, "kappa", level)
        error = float(np.sqrt((m - 1) / m * ((left_out - left_out.mean()) ** 2).sum()))
    else:
        error = _kappa_error(cells, kappa)
    z = compute_normal_quantile(level)
    return Estimate(kappa, max(kappa - z * error, -1.0), min(kappa + z * error, 1.0), "kappa", level)


def _kappa_error(cells: FloatArray, kappa: float) -> float:
    """Return the asymptotic error of kappa that does not assume it to be zero."""
    n = float(cells.sum())
    table = (cells / n).reshape(2, 2)
    sign, reference = table.sum(axis=1), table.sum(axis=0)
    expected = float(sign @ reference)
    observed = float(np.trace(table))
    agree = sum(table[i, i] * (1 - (sign[i] + reference[i]) * (1 - kappa)) ** 2 for i in range(2))
    differ = (1 - kappa) ** 2 * sum(
        table[i, j] * (reference[i] + sign[j]) ** 2 for i in range(2) for j in range(2) if i != j
    )
    rest = (kappa - expected * (1 - kappa)) ** 2
    return float(np.sqrt(max(agree + differ - rest, 0.0) / (n * (1 - expected) ** 2))) if observed < 1 else 0.0


def _search(line: IntArray, day: IntArray, wanted_line: IntArray, wanted_day: IntArray) -> IntArray:
    """Return for each wanted (line, day) the first position not before it in rows sorted by line and day."""
    rows = np.concatenate([line, wanted_line])
    days = np.concatenate([day, wanted_day])
    is_wanted = np.arange(len(rows)) >= len(line)
    order = np.lexsort((~is_wanted, days, rows))
    passed = np.cumsum(~is_wanted[order])
    found = np.empty(len(rows), dtype=np.int64)
    found[order] = passed
    return found[is_wanted]


def _truths(name: str, verdicts: ArrayLike) -> NDArray[np.bool_]:
    values = np.asarray(verdicts)
    if values.dtype != np.bool_:
        raise RefusedError(f"{name} is not made of truth values.", name, "Leave the undetermined out, and count them.")
    return values
