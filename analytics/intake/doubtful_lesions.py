"""Whose lesions may break a rule over time: a cheap look at all of them, so that few are put in order.

A lesion is followed within a patient and a reader. The rows of one examination mostly stand together, so what
is known of examinations is looked up once a run of rows, not once a row.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.distinct import code_texts

_EXAMINATION = ("pid", "reader", "imaging_id")
_STAYS = ("role", "organ", "nodal")
"""What one lesion keeps."""


def find_doubtful(lesions: pl.DataFrame, days: pl.DataFrame, settings: Settings) -> pl.Series:
    """Return whether each lesion is of a patient and reader whose lesions may break a rule over time.

    True for all of those that do break one, and for few others.

    Parameters
    ----------
    lesions
        ``pid``, ``reader``, ``imaging_id``, ``lesion_id``, ``role``, ``organ``, ``nodal``, ``longest_mm``,
        ``short_mm`` and ``measured`` of the accepted lesions, in any order.
    days
        ``pid``, ``imaging_id`` and ``_day`` of the accepted examinations, each once.
    """
    is_other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _EXAMINATION)
    starts = lesions.select(is_other.fill_null(value=True).alias("new")).to_series()
    runs = _runs(lesions.select(_EXAMINATION).filter(starts), days)
    rows = _rows(lesions, starts.cum_sum() - 1, runs)
    begin = starts.arg_true()
    runs = runs.with_columns(_sum_runs(rows, name, begin) for name in ("_has_size", "_is_target"))
    first_day = pl.when(pl.col("_is_target") > 0).then("_day").min().over("_set")
    runs = runs.with_columns(_first_day=first_day)
    on_first = runs.select(pl.col("_day") == pl.col("_first_day")).to_series()
    first = rows.filter(pl.col("_is_target") & on_first.gather(rows.get_column("_run")))
    doubtful = pl.concat(
        [
            _changed_sets(rows),
            _odd_first_sets(first, settings),
            _incomplete_sets(rows, first, runs, begin),
        ]
    )
    is_doubtful = runs.select(pl.col("_set").is_in(doubtful.implode())).to_series()
    return is_doubtful.gather(rows.get_column("_run"))


def _runs(examinations: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Return the day of each run of rows and ``_set``, the number of its patient and reader."""
    readers = code_texts(examinations.get_column("reader"))
    reader = readers.codes.cast(pl.Int64).fill_null(len(readers.texts))
    return examinations.join(days, on=["pid", "imaging_id"], how="left", maintain_order="left").with_columns(
        _set=pl.col("pid").cast(pl.Int64) * (len(readers.texts) + 1) + reader
    )


def _rows(lesions: pl.DataFrame, run: pl.Series, runs: pl.DataFrame) -> pl.DataFrame:
    """Add to each row its run, the facts of it, ``_series`` of its lesion, and whether it has a size."""
    names = code_texts(lesions.get_column("lesion_id"))
    code = names.codes.cast(pl.Int64).fill_null(len(names.texts))
    has_size = pl.col("_day").is_not_null() & (pl.col("measured").fill_null("yes") != "not_assessed")
    of_run = runs.select("_set", "_day").select(pl.all().gather(run))
    rows = lesions.drop(*_EXAMINATION, "lesion_id").hstack([run.alias("_run"), *of_run.get_columns()])
    return rows.with_columns(_series=pl.col("_set") * (len(names.texts) + 1) + code, _has_size=has_size).with_columns(
        _is_target=pl.col("_has_size") & (pl.col("role") == "target")
    )


def _sum_runs(rows: pl.DataFrame, name: str, begin: pl.Series) -> pl.Series:
    """Return how many rows of each run have ``name``; ``begin`` are the places of their first rows."""
    holds = rows.get_column(name).fill_null(value=False).to_numpy()
    return pl.Series(name, np.add.reduceat(holds, begin.to_numpy(), dtype=np.int64))


def _changed_sets(rows: pl.DataFrame) -> pl.Series:
    """Return the sets in which a lesion does not keep its role, organ and kind."""
    looks = rows.select("_series", rows.select(_STAYS).hash_rows().alias("_look")).group_by("_series")
    changed = looks.agg(pl.col("_look").min() != pl.col("_look").max()).filter("_look").get_column("_series")
    differ = pl.any_horizontal(pl.col(name).drop_nulls().n_unique() > 1 for name in _STAYS)
    suspects = rows.filter(pl.col("_series").is_in(changed.implode())) if len(changed) else rows.clear()
    return suspects.group_by("_series").agg(pl.col("_set").first(), differ.alias("differ")).filter("differ")["_set"]


def _odd_first_sets(first: pl.DataFrame, settings: Settings) -> pl.Series:
    """Return the sets whose first targets are too small or too many."""
    is_node = (pl.col("nodal") == "Y").fill_null(value=False)
    is_small = pl.when(is_node).then(pl.col("short_mm") < settings.target_min_node_mm)
    is_small = is_small.otherwise(pl.col("longest_mm") < settings.target_min_mm)
    is_many = pl.len().over("_set") > settings.max_targets
    is_crowded = pl.len().over("_set", "organ") > settings.max_targets_per_organ
    return first.filter(is_small.fill_null(value=False) | is_many | is_crowded).get_column("_set")


def _incomplete_sets(rows: pl.DataFrame, first: pl.DataFrame, runs: pl.DataFrame, begin: pl.Series) -> pl.Series:
    """Return the sets in which a run of rows after the first day has not as many of the first targets as that day."""
    expected = first.group_by("_set").agg(_expected=pl.col("_series").n_unique())
    chosen = first.get_column("_series").unique().implode()
    is_found = rows.select(_found=pl.col("_series").is_in(chosen) & pl.col("_has_size"))
    later = runs.with_columns(_sum_runs(is_found, "_found", begin)).filter(
        (pl.col("_day") > pl.col("_first_day")) & (pl.col("_has_size") > 0)
    )
    return later.join(expected, on="_set").filter(pl.col("_found") < pl.col("_expected")).get_column("_set")
