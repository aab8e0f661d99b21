"""RECIST 1.1 from lesions in pandas, as `recist.sql` derives it: visits, sums, nadir, response of every visit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.peers.pandas_courses import Tables
from tests.benchmarks.peers.pandas_lesions import (
    ON_LINE,
    WORDS,
    forget_treated,
    read_lesions,
    read_scans,
    read_visits,
    resolve,
)


def derive_baselines(sizes: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Return the last visit with every target measured, else the last with a lesion."""
    near = sizes[sizes["visit"].isin(visits.loc[visits["is_near"], "visit"])]
    found = near.assign(
        n_targets=near["is_target"], n_unsized=near["is_target"] & ~near["is_sized"],
        baseline=near["tenths"].where(near["is_target"], 0.0),
    ).groupby("visit")[["n_targets", "n_unsized", "baseline"]].sum().reset_index()  # fmt: skip
    found["has_sum"] = (found["n_targets"] > 0) & (found["n_unsized"] == 0)
    found = found.merge(visits[["visit", "pid", "coming", "first_date"]], on="visit")
    found = found.sort_values(["pid", "coming", "has_sum", "visit"]).drop_duplicates(["pid", "coming"], keep="last")
    return pd.DataFrame(
        {
            "pid": found["pid"], "line_no": found["coming"], "baseline_date": found["first_date"],
            "base_visit": found["visit"], "has_sum": found["has_sum"],
            "n_targets": found["n_targets"].where(found["has_sum"], 0),
            "baseline": found["baseline"].where(found["has_sum"]),
        }
    )  # fmt: skip


def are_normal(sizes: pd.DataFrame) -> pd.Series:
    """Return which sizes are those of no disease: of a node below 10 mm, else 0."""
    return sizes["tenths"] < np.where(sizes["is_node"], 100, 1)


def assess(sizes: pd.DataFrame, visits: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the visits of lines with a baseline, with what their lesions come to by their role at it."""
    read = visits.merge(baselines, on=ON_LINE)
    roles = sizes.merge(baselines[["base_visit", "has_sum"]], left_on="visit", right_on="base_visit")
    roles = roles[["base_visit", "lesion_id"]].assign(
        is_base_target=roles["is_target"] & roles["has_sum"],
        was_diseased=roles["is_seen"] & ~(roles["is_sized"] & are_normal(roles)),
    )
    seen = sizes.merge(read[["visit", "base_visit"]], on="visit").merge(
        roles, on=["base_visit", "lesion_id"], how="left"
    )
    is_target, is_other = seen["is_base_target"].eq(True), seen["is_base_target"].eq(False)
    is_added, tenths = seen["is_base_target"].isna(), seen["tenths"]
    # a size after a local treatment is no measure of response, but the lesion is seen
    is_measure = seen["is_sized"] & ~seen["is_unknown"]
    is_gone = is_measure & are_normal(seen)
    sums = pd.DataFrame(
        {
            "visit": seen["visit"], "tenths": tenths.where(is_target, 0.0), "n_measured": is_target & is_measure,
            "n_left": is_target & is_measure & ~is_gone, "n_back": is_target & (tenths > 0) & ~seen["is_node"],
            "n_stray": is_added & seen["is_target"] & seen["is_seen"], "n_others_gone": is_other & is_gone,
            "n_others_left": is_other & ~is_gone & (seen["is_seen"] | ~seen["is_unknown"]),
        }
    ).groupby("visit").sum()  # fmt: skip
    sums["seen_new"] = seen[is_added & seen["is_called_new"] & seen["is_seen"]].groupby("visit")["date"].min()
    others = pd.DataFrame(
        {
            "n_others": ~roles["is_base_target"], "n_diseased": roles["was_diseased"],
            "n_targets_diseased": roles["is_base_target"] & roles["was_diseased"],
        }
    ).groupby(roles["base_visit"]).sum()  # fmt: skip
    read = read.merge(sums, left_on="visit", right_index=True, how="left")
    read = read.merge(others, left_on="base_visit", right_index=True, how="left")
    has_rows = read["tenths"].notna()
    read = read[has_rows | read["is_described"] | read["new_day"].notna()]
    n_others = read["n_others"].where(read["tenths"].notna(), 0)
    counts = ["tenths", "n_measured", "n_left", "n_back", "n_stray", "n_others_gone", "n_others_left"]
    read = read.fillna(dict.fromkeys(counts, 0))
    is_complete = (read["n_measured"] == read["n_targets"]) & (read["n_targets"] > 0) & (read["n_stray"] == 0)
    return read.assign(
        n_others=n_others, is_complete=is_complete, is_gone=is_complete & (read["n_left"] == 0),
        first_new=np.fmin(read["new_day"], read["seen_new"]),
    )  # fmt: skip


def find_non_target(read: pd.DataFrame) -> np.ndarray:
    """Return the reader's word, else what the lesions that are no target come to."""
    said = [read["said"] == place for place in WORDS.values()]
    rest = [read["n_others"] == 0, read["n_others_left"] > 0, read["n_others_gone"] == read["n_others"]]
    gone = np.where(read["n_diseased"] > 0, "CR", "NON_CR_NON_PD")
    return np.select([*said, *rest], [*WORDS, "NA", "NON_CR_NON_PD", gone], "NE")


def find_overall(target: np.ndarray, other: np.ndarray, has_new: pd.Series) -> np.ndarray:
    are_gone = (target == "CR") & np.isin(other, ["CR", "NA"])
    were_others_alone = (target == "NON_CR_NON_PD") & (other != "NA")
    return np.select(
        [
            (target == "PD") | (other == "PD") | has_new, (target == "NA") & (other == "NA"), target == "NA",
            were_others_alone, are_gone, np.isin(target, ["CR", "PR"]),
        ],
        ["PD", "NE", other, other, "CR", "PR"], target,
    )  # fmt: skip


def answer(read: pd.DataFrame) -> pd.DataFrame:
    """Return target, non-target and overall response of each visit, and its day."""
    read = read.sort_values([*ON_LINE, "visit"])
    lines = [read[name] for name in ON_LINE]
    lowest = read["tenths"].where(read["is_complete"]).fillna(np.inf).groupby(lines).cummin()
    nadir = np.fmin(lowest.groupby(lines).shift(fill_value=np.inf), read["baseline"])
    nadir = nadir.replace(np.inf, np.nan)
    was_gone = read["is_gone"].groupby(lines).cummax().groupby(lines).shift(fill_value=False)
    total = read["tenths"]
    rises = (100 * total >= 120 * nadir) & (total - nadir >= 50)
    returns = (read["n_back"] > 0) & (was_gone | (nadir == 0))
    shrinks = 100 * total <= 70 * read["baseline"]
    target = np.select(
        [read["n_targets"] == 0, read["is_gone"], rises | returns, ~read["is_complete"], shrinks],
        ["NA", np.where(read["n_targets_diseased"] > 0, "CR", "NON_CR_NON_PD"), "PD", "NE", "PR"], "SD",
    )  # fmt: skip
    other = find_non_target(read)
    response = find_overall(target, other, read["first_new"].notna())
    sign = np.fmin(np.fmin(read["first_new"], read["worse_day"]), read["last_date"].where(target == "PD"))
    kept = ["first_date", "last_date", "n_targets", "n_measured", "is_complete", "baseline_date", "is_inadequate"]
    return read[[*ON_LINE, *kept, "is_imputed", "file", "row"]].assign(
        date=sign.where(response == "PD", read["first_date"]), criteria="RECIST_1_1",
        baseline_mm=read["baseline"] / 10, sum_mm=(total / 10).where(read["n_measured"] > 0), nadir_mm=nadir / 10,
        change_pct=((total / read["baseline"] - 1) * 100).where(read["is_complete"] & (read["baseline"] > 0)),
        target=target, non_target=other, has_new_lesion=read["first_new"].notna(), response=response,
    )  # fmt: skip


def derive_recist(tables: Tables, lines: pd.DataFrame) -> pd.DataFrame:
    scans = read_scans(tables["imaging"])
    visits = read_visits(scans, lines)
    sizes = resolve(forget_treated(read_lesions(tables["lesions"], scans), visits), visits)
    return answer(assess(sizes, visits, derive_baselines(sizes, visits)))
