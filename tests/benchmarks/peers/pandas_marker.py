"""Chromogranin A in pandas, as `marker.sql` derives it: values in lines, baselines, response by a 50 % fall."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.peers.pandas_courses import Tables
from tests.benchmarks.peers.pandas_marker_values import (
    ON_SERIES,
    add_baselines,
    add_days,
    add_interferences,
    read_against_lines,
    read_values,
)

TIE = 1 + 5e-13

STATUS = {0: "responder", 1: "undetermined", 2: "non_responder"}

REASON = {
    0: "50 % fall",
    1: "a value beyond a quantitation limit leaves it open",
    2: "no value satisfies the rule",
    5: "the fall was seen only under PPI, with low eGFR or atrophic gastritis",
    6: "every later value under PPI, with low eGFR or atrophic gastritis",
}


def judge_days(read: pd.DataFrame) -> pd.DataFrame:
    days = read[~read["has_unclear_date"] & read["baseline_date"].notna()]
    days = days.sort_values([*ON_SERIES, "date", "id"])
    size = days.groupby([*ON_SERIES, "date"])["id"].transform("size")
    days = days.assign(n=size).drop_duplicates([*ON_SERIES, "date"])
    low, high = days["day_low"], days["day_high"]
    is_yes = 100 * high <= 50 * days["base_low"] * TIE
    is_no = ~(100 * low <= 50 * days["base_high"] * TIE)
    negative = days["date"].where(days["is_assessable"] & (low == high))
    return days.assign(
        point=low.where(np.isinf(high), high), is_yes=is_yes, is_open=~is_yes & ~is_no,
        counts=(days["days"] > 1) & days["is_assessable"],
        negative_date=negative.groupby([days[name] for name in ON_SERIES]).shift(),
    )  # fmt: skip


def judge_series(days: pd.DataFrame) -> pd.DataFrame:
    after = days[days["days"] > 1]
    told = after.assign(
        open=after["counts"] & after["is_open"], raised=~after["is_assessable"] & after["is_yes"]
    ).groupby(ON_SERIES)  # fmt: skip
    series = told[["open", "raised", "counts"]].sum()
    yes = after[after["counts"] & after["is_yes"]]
    first = yes.drop_duplicates(ON_SERIES).set_index(ON_SERIES)
    series["response_date"] = first["date"]
    series["negative_date"] = first["negative_date"]
    series["deciding"] = first["id"]
    series["last_yes"] = yes.groupby(ON_SERIES)["date"].max()
    best = after[after["counts"]].sort_values([*ON_SERIES, "point", "date"]).drop_duplicates(ON_SERIES)
    best = best.set_index(ON_SERIES)
    series["best"], series["best_value"] = best["id"], best["point"]
    series["best_is_bound"] = best["day_low"] != best["day_high"]
    base = days[days["is_baseline"]].drop_duplicates(ON_SERIES).set_index(ON_SERIES)
    series = series.join(base[["base_low", "base_high", "point", "n", "id"]].rename(columns={"id": "base"}))
    holds = [series["response_date"].notna(), series["open"] > 0, series["raised"] > 0, series["counts"] == 0]
    series["answer"] = np.select(holds, [0, 1, 5, 6], 2)
    series["order"] = series["answer"].clip(upper=3)
    ordered = series.reset_index().sort_values(["pid", "line_no", "order", "response_date", "code"])
    return ordered.drop_duplicates(["pid", "line_no"])


def derive_responses(lines: pd.DataFrame, read: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    before = (read["days"] <= 1) & ~read["has_unclear_date"]
    seen = read.assign(
        n_before=before, n_baseline=read["is_baseline"], n_ppi=before & (read["ppi"] == "yes"),
        n_gastritis=before & read["has_atrophic_gastritis"], n_after=(read["days"] > 1) & ~read["has_unclear_date"],
    ).groupby(["pid", "line_no"])[["n_before", "n_baseline", "n_ppi", "n_gastritis", "n_after"]].sum()  # fmt: skip
    found = lines[["pid", "line_no", "start_date"]].merge(seen.reset_index(), on=["pid", "line_no"], how="left")
    found = found.merge(judge_series(judge_days(read)), on=["pid", "line_no"], how="left")
    is_unseen = found["n_baseline"] == 0
    absences = [
        found["start_date"].isna(), ~(found["n_before"] > 0), is_unseen & (found["n_ppi"] > 0),
        is_unseen & (found["n_gastritis"] > 0), is_unseen, found["n_after"] > 0,
    ]  # fmt: skip
    words = [
        "no start date", "no baseline value", "PPI at baseline", "atrophic gastritis at baseline",
        "eGFR below the limit at baseline", "no later value of the same assay group",
    ]  # fmt: skip
    absent = pd.Series(np.select(absences, words, "no value after the start"), index=found.index)
    responds = found["answer"] == 0
    facts = values.set_index("id")
    told = found["deciding"].fillna(found["best"])

    def at(place: pd.Series, column: str) -> pd.Series:
        return facts[column].reindex(place).set_axis(found.index)

    is_unknown = [at(place, name) == "unknown" for place in (found["base"], told) for name in ("ppi", "egfr_low")]
    fold = at(found["base"], "fold_uln").where(found["n"] == 1, found["point"] / at(found["base"], "compared_uln"))
    is_point = (found["base_low"] == found["base_high"]) & (found["base_low"] > 0)
    is_confirmed = (found["last_yes"] >= found["response_date"] + 21).astype(object)
    return pd.DataFrame(
        {
            "pid": found["pid"], "line_no": found["line_no"], "analyte": "CGA", "rule_id": "ELECT50",
            "status": found["answer"].map(STATUS).fillna("not_evaluable"),
            "reason": found["answer"].map(REASON).fillna(absent),
            "is_confirmed": is_confirmed.where(responds, None),
            "response_date": found["response_date"].where(responds),
            "baseline_value": found["point"], "baseline_fold_uln": fold,
            "compared_unit": at(found["base"], "compared_unit"), "best_value": found["best_value"],
            "best_change_pct": ((found["best_value"] / found["base_low"] - 1) * 100).where(is_point),
            "best_is_bound": found["best_is_bound"], "has_flag": np.logical_or.reduce(is_unknown),
            "baseline_file": at(found["base"], "file"), "baseline_row": at(found["base"], "row"),
            "deciding_file": at(told, "file"), "deciding_row": at(told, "row"),
            "negative_date": found["negative_date"].where(responds),
        }
    )  # fmt: skip


def derive_marker(tables: Tables, lines: pd.DataFrame) -> Tables:
    values = add_days(add_interferences(read_values(tables["labs"]), tables))
    read = add_baselines(read_against_lines(values, lines))
    columns = [
        "pid", "line_no", "date", "days", "value", "comparator", "unit", "fold_uln", "assay_id", "assay_group",
        "is_baseline", "change_pct", "is_bound", "ppi", "egfr_low", "has_atrophic_gastritis", "is_assessable",
        "has_unclear_date", "series", "compared_unit", "compared_uln", "day_low", "day_high", "file", "row",
    ]  # fmt: skip
    return {
        "marker_values": read[columns].assign(analyte="CGA"),
        "marker_responses": derive_responses(lines, read, values),
    }
