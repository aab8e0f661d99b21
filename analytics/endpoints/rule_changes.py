"""What each choice of rules would move: how many lines change against the default."""

from __future__ import annotations

import polars as pl


def derive_rule_changes(times: pl.DataFrame) -> pl.DataFrame:
    """Count, for each endpoint and rule set, the lines whose answer differs from the default's.

    Returns
    -------
    pl.DataFrame
        ``endpoint``, ``rule_set``, ``n_lines`` (in both), ``n_events``, ``n_events_default``,
        ``n_changed_status`` (event against censored), ``n_changed_days``, ``n_excluded`` (only here).
    """
    key = ["pid", "line_no", "endpoint"]
    default = times.filter(pl.col("rule_set") == "default").select(*key, was="happened", were_days="days")
    both = pl.col("happened").is_not_null() & pl.col("was").is_not_null()
    return (
        times.filter(pl.col("rule_set") != "default")
        .join(default, on=key)
        .group_by("endpoint", "rule_set")
        .agg(
            n_lines=both.sum(),
            n_events=(both & pl.col("happened")).sum(),
            n_events_default=(both & pl.col("was")).sum(),
            n_changed_status=(both & (pl.col("happened") != pl.col("was"))).sum(),
            n_changed_days=(both & (pl.col("days") != pl.col("were_days"))).sum(),
            n_excluded=(pl.col("happened").is_null() & pl.col("was").is_not_null()).sum(),
        )
        .sort("endpoint", "rule_set")
    )
