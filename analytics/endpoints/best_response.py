"""Best overall response, confirmed response and clinical benefit, from the assessments of each line."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.endpoints import ADEQUATE_RESPONSES
from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import is_first_of
from analytics.tables.derived import BestResponses

MISSING = "MISSING"

_DAYS_PER_LINE = 1_000_000


def _select_until_progression(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the assessments of each line up to its first progression, that one included."""
    is_pd = pl.col("response") == "PD"
    before = is_pd.cast(pl.Int32).cum_sum().over("line") - is_pd.cast(pl.Int32)
    return rows.sort("line", "date").filter(before == 0)


def _count_between(name: str) -> pl.Expr:
    """Return how many rows of a kind lie strictly between a row and its confirmation."""
    return pl.col(f"before_{name}_right") - pl.col(f"before_{name}") - pl.col(f"is_{name}").cast(pl.Int64)


def _derive_confirmations(rows: pl.DataFrame, by: tuple[str, ...], settings: Settings) -> pl.DataFrame:
    """Return each response beside the first later row of ``by`` at least the confirmation time after it.

    ``before_X`` counts the rows of kind X above a row, so that a difference counts those between two rows.
    """
    kinds = {"ne": ["NE", "ND"], "sd": ["SD"], "pr": ["PR"], "cr": ["CR"]}
    counted = rows.with_columns(
        key=pl.col("line").cast(pl.Int64) * _DAYS_PER_LINE + pl.col("date").cast(pl.Int32).cast(pl.Int64) + 100_000,
        **{f"is_{name}": pl.col("response").is_in(codes) for name, codes in kinds.items()},
        is_other=~pl.col("response").is_in([code for codes in kinds.values() for code in codes]),
    ).with_columns(
        pl.col(f"is_{name}").cast(pl.Int64).cum_sum().sub(pl.col(f"is_{name}").cast(pl.Int64)).alias(f"before_{name}")
        for name in (*kinds, "other")
    )
    # position of the first complete response after each row: a partial one after it breaks the stretch
    cr_before = pl.when("is_cr").then(pl.col("before_pr")).shift(-1).backward_fill().over("line")
    counted = counted.with_columns(pr_at_next_cr=cr_before)
    later = counted.filter(pl.col("response").is_in(by)).select(
        "key", "line", "is_pr", "^before_.*$", pl.col("key").alias("later_key")
    )
    return (
        counted.with_columns(wanted=pl.col("key") + settings.confirmation_days)
        .sort("wanted")
        .join_asof(later.sort("key"), left_on="wanted", right_on="key", strategy="forward")
        .filter(pl.col("line") == pl.col("line_right"))
    )


def _select_confirmed(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the complete and partial responses that were confirmed, with ``kind``."""
    few_ne = _count_between("ne") <= settings.confirmation_max_ne
    allowed_sd = 1 if settings.confirmation_accepts_sd == "Y" else 0
    complete = _derive_confirmations(rows, ("CR",), settings).filter(
        pl.col("is_cr")
        & few_ne
        & (_count_between("sd") == 0)
        & (_count_between("pr") == 0)
        & (_count_between("other") == 0)
    )
    falls_back = (pl.col("before_pr_right") + pl.col("is_pr_right").cast(pl.Int64) > pl.col("pr_at_next_cr")) & (
        pl.col("before_cr_right") > pl.col("before_cr")
    )
    partial = _derive_confirmations(rows, ("CR", "PR"), settings).filter(
        pl.col("is_pr")
        & few_ne
        & (_count_between("sd") <= allowed_sd)
        & (_count_between("other") == 0)
        & ~falls_back.fill_null(value=False)
    )
    parts = [complete.select("line", "date", kind=pl.lit("CR")), partial.select("line", "date", kind=pl.lit("PR"))]
    return pl.concat(parts).sort("line", "date")


def _choose_best(candidates: pl.DataFrame, name: str, date: str) -> pl.DataFrame:
    """Keep the best candidate of each line, the earliest of its kind."""
    return (
        candidates.sort("line", "order", "date")
        .filter(is_first_of("line"))
        .select("line", pl.col("kind").alias(name), pl.col("date").alias(date))
    )


def _derive_candidates(rows: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what each assessment may count as: (as it stands, where a response must be confirmed)."""
    late = (pl.col("date") - pl.col("start_date")).dt.total_days() >= settings.sd_minimum_days
    seen = pl.col("response")
    order = {"CR": 1, "PR": 2, "SD": 3, "NON_CR_NON_PD": 4, "PD": 5, "NE": 6, "ND": 6}
    stable = seen.is_in(["SD", "NON_CR_NON_PD"])
    plain = rows.with_columns(kind=pl.when(stable & ~late).then(pl.lit("NE")).otherwise(seen)).with_columns(
        pl.col("kind").replace({"ND": "NE"}), order=pl.col("kind").replace_strict(order, return_dtype=pl.Int32)
    )
    responds = seen.is_in(["CR", "PR"])
    unconfirmed = rows.with_columns(
        kind=pl.when(responds & late)
        .then(pl.lit("SD"))
        .when((stable | responds) & ~late)
        .then(pl.lit("NE"))
        .otherwise(seen.replace({"ND": "NE"}))
    )
    confirmed = _select_confirmed(rows, settings)
    both = pl.concat([confirmed, unconfirmed.select("line", "date", "kind")]).with_columns(
        order=pl.col("kind").replace_strict(order, return_dtype=pl.Int32)
    )
    return plain.select("line", "date", "kind", "order"), both


def compute_best_responses(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Derive the best responses of each ``line`` from its assessments.

    Parameters
    ----------
    rows
        ``line``, ``start_date``, ``date`` and ``response``, one a day; progression cuts what comes after.
    settings
        ``sd_minimum_days`` before which stable disease does not count, and the rules of confirmation.

    Returns
    -------
    pl.DataFrame
        ``line`` and the columns of ``BestResponses`` from ``n_assessments`` on, for lines with a row.
    """
    kept = _select_until_progression(rows)
    plain, confirmed = _derive_candidates(kept, settings)
    late = (pl.col("date") - pl.col("start_date")).dt.total_days() >= settings.sd_minimum_days
    is_response = pl.col("response").is_in(["CR", "PR"])
    is_benefit = is_response | (pl.col("response").is_in(ADEQUATE_RESPONSES) & late)
    of_confirmed = (
        confirmed.filter(pl.col("order") <= 2).group_by("line").agg(confirmed_response_date=pl.col("date").min())
    )
    return (
        kept.group_by("line")
        .agg(
            n_assessments=pl.len(),
            response_date=pl.col("date").filter(is_response).min(),
            benefit_date=pl.col("date").filter(is_benefit).min(),
        )
        .join(_choose_best(plain, "best_response", "best_date"), on="line", how="left")
        .join(_choose_best(confirmed, "confirmed_response", "confirmed_date"), on="line", how="left")
        .join(of_confirmed, on="line", how="left")
    )


def derive_best_responses(
    lines: pl.DataFrame, assessments: dict[str, pl.DataFrame], settings: Settings
) -> pl.DataFrame:
    """Derive ``derived.BestResponses`` of every line from each source of ``assessments`` (given, lesions).

    A line is read from the day after its start to the day the next one starts; a line without an
    assessment is MISSING.
    """
    keyed = lines.sort("pid", "line_no").with_row_index("line")
    parts: list[pl.DataFrame] = []
    for source, rows in assessments.items():
        within = (pl.col("date") > pl.col("start_date")) & (pl.col("date") <= pl.col("next_line_date")).fill_null(
            value=True
        )
        read = (
            rows.select("pid", "date", "response")
            .join(keyed.select("line", "pid", "start_date", "next_line_date"), on="pid")
            .filter(within)
        )
        best = compute_best_responses(read, settings)
        parts.append(keyed.select("line", "pid", "line_no", source=pl.lit(source)).join(best, on="line", how="left"))
    return (
        pl.concat(parts)
        .with_columns(
            pl.col("n_assessments").fill_null(0), pl.col("best_response", "confirmed_response").fill_null(MISSING)
        )
        .sort("pid", "line_no", "source")
        .select(pl.col(name).cast(column.dtype) for name, column in BestResponses.columns().items())
    )
