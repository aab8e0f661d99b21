"""Lines of therapy in pandas, as `lines.sql` derives them; days are numbers, so that a missing one is not a number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.peers.pandas_courses import Tables, derive_courses, derive_members, select_anticancer


def reduce_members(members: pd.DataFrame) -> pd.DataFrame:
    ranked = members.sort_values(["line_id", "rank", "start", "treatment_key"])
    ranked["of_line"] = ranked.groupby("line_id")["treatment"].transform("first")
    led = ranked[(ranked["category"] != "SSA") | (ranked["of_line"] == "SSA")]
    led = led.sort_values(["line_id", "start", "rank", "treatment_key"])
    began = led.drop_duplicates("line_id").set_index("line_id")
    began = began[["start", "start_lo", "start_hi", "start_precision", "_file", "_row"]]
    ended = led.groupby("line_id").agg(
        open_end=("open_end", "max"), end_date=("end", "max"), n_ended=("end", "count"), n=("pid", "size"),
        is_ongoing=("is_ongoing", "any"),
    )  # fmt: skip
    ended["end_date"] = ended["end_date"].where(ended["n_ended"] == ended["n"])
    last = led.assign(says_why=led["stop_reason"].notna()).sort_values(
        ["line_id", "open_end", "says_why"], kind="stable"
    )
    why = last.drop_duplicates("line_id", keep="last").set_index("line_id")["stop_reason"]
    lacks = (ranked["category"] == "PRRT") & (ranked["n_cycles"] > 0) & ranked["activity"].isna()
    grouped = ranked.assign(lacks=lacks).groupby("line_id")
    sums = grouped.agg(
        pid=("pid", "first"), patient_id=("patient_id", "first"), treatment=("of_line", "first"),
        stated_no=("stated_no", "first"), is_procedure=("is_procedure", "all"), treatment_key=("treatment_key", "min"),
        n_cycles=("n_cycles", "sum"), lacks=("lacks", "any"),
    )  # fmt: skip
    activity = grouped["activity"].sum(min_count=1).round(6)
    sums["cumulative_activity_gbq"] = activity.where(~sums["lacks"])
    return sums.join([began, ended.drop(columns=["n", "n_ended"]), why]).reset_index()


def number_lines(rows: pd.DataFrame) -> pd.DataFrame:
    ordered = rows.sort_values(["pid", "start", "stated_no", "treatment_key"])
    of_patient = ordered.groupby("pid")
    all_stated = ordered["stated_no"].notna().groupby(ordered["pid"]).transform("all")
    ordered["line_no"] = ordered["stated_no"].where(all_stated, of_patient.cumcount() + 1).astype("int64")
    ordered["next_line_date"] = of_patient["start"].shift(-1)
    return ordered


def derive_parts(lines: pd.DataFrame, members: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    ssa = courses[courses["category"] == "SSA"][["pid", "treatment_key", "start", "open_end"]]
    ssa = ssa.rename(columns={"treatment_key": "ssa_key", "start": "ssa_start", "open_end": "ssa_end"})
    beside = lines[lines["treatment"] != "SSA"].merge(ssa, on="pid")
    reach = beside["ssa_start"] - np.where(beside["is_procedure"], 0, 91)
    is_within = (reach <= beside["open_end"]) & (beside["ssa_end"] >= beside["start"])
    is_before = beside["next_line_date"].isna() | (beside["ssa_start"] < beside["next_line_date"])
    added = beside.loc[is_within & is_before, ["line_id", "ssa_key"]].rename(columns={"ssa_key": "treatment_key"})
    parts = pd.concat([members[["line_id", "treatment_key"]], added]).drop_duplicates()
    named = courses.drop_duplicates("treatment_key")[["treatment_key", "treatment_id", "agent", "category"]]
    parts = parts.merge(named, on="treatment_key").merge(lines[["line_id", "treatment"]], on="line_id")
    parts["agent"] = parts["agent"].fillna(parts["category"])
    parts["has_concurrent_ssa"] = (parts["category"] == "SSA") & (parts["treatment"] != "SSA")
    by_agent = parts.drop_duplicates(["line_id", "agent"]).sort_values(["line_id", "agent"])
    ordered = parts.sort_values(["line_id", "treatment_key"]).groupby("line_id")
    return pd.concat(
        [
            by_agent.groupby("line_id")["agent"].agg(" + ".join).rename("agents"),
            ordered["treatment_id"].agg(list).rename("treatment_ids"),
            ordered["has_concurrent_ssa"].any(),
        ],
        axis=1,
    )


def add_last(lines: pd.DataFrame, facts: pd.DataFrame, name: str, *order: str, also_later: bool = False) -> pd.Series:
    """Return the last of the ``facts`` of each line known by its start; with ``also_later`` else the first of all."""
    told = facts[facts[name].notna()].merge(lines[["line_id", "pid", "start"]], on="pid")
    told = told.sort_values(["line_id", *order], na_position="first")
    may_be_before = ~(told["known_from"] > told["start"])
    known = told[may_be_before].drop_duplicates("line_id", keep="last").set_index("line_id")[name]
    if also_later:
        known = known.combine_first(told.drop_duplicates("line_id").set_index("line_id")[name])
    return known


def add_covariates(lines: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    patients = tables["patients"].copy()
    mid_year = pd.to_datetime({"year": patients["birth_year"], "month": 7, "day": 1})
    patients["birth"] = patients["birth_date"].fillna((mid_year - pd.Timestamp(0)).dt.days)
    lines = lines.merge(
        patients[["pid", "sex", "site", "consent_to_research", "birth"]], on="pid", how="left"
    ).set_index("line_id", drop=False)
    lines.index.name = None
    lines["age_years"] = (lines["start"] - lines["birth"]) / 365.25
    diagnoses = tables["diagnoses"].assign(known_from=tables["diagnoses"]["diagnosis_date_lo"])
    for name in ("grade", "primary_site", "histology"):
        last = add_last(lines, diagnoses, name, "diagnosis_date", "diagnosis_no", also_later=name != "grade")
        lines[name] = last
    pathology = tables["pathology"].assign(known_from=tables["pathology"]["date_lo"])
    counted = pd.concat(
        [
            diagnoses.assign(
                seen=diagnoses["ki67_date"].fillna(diagnoses["diagnosis_date"]), turn=0,
                known_from=diagnoses["ki67_date_lo"].fillna(diagnoses["known_from"]),
            ),
            pathology.assign(seen=pathology["date"], turn=1),
        ]
    )[["pid", "seen", "turn", "known_from", "ki67_pct"]]  # fmt: skip
    counted["order"] = counted["ki67_pct"]
    lines["ki67_pct"] = add_last(lines, counted, "ki67_pct", "seen", "turn", "order")
    graded = pathology[pathology["differentiation"] == "well"]
    by_ki67 = np.select([graded["ki67_pct"] > 20, graded["ki67_pct"] >= 3, graded["ki67_pct"].notna()], [3, 2, 1], 0)
    by_mitoses = np.select([graded["mitoses"] > 20, graded["mitoses"] >= 2, graded["mitoses"].notna()], [3, 2, 1], 0)
    worst = np.maximum(by_ki67, by_mitoses)
    graded = graded.assign(grade_computed=np.array([None, "G1", "G2", "G3"], dtype=object)[worst])
    lines["grade_computed"] = add_last(lines, graded, "grade_computed", "date", "specimen_no")
    lines["grade_computed"] = lines["grade_computed"].where(~lines["primary_site"].isin(["lung", "thymus"]), None)
    return lines


def derive_lines(tables: Tables) -> pd.DataFrame:
    courses = derive_courses(select_anticancer(tables["treatments"]), tables["cycles"])
    members = derive_members(courses)
    lines = number_lines(reduce_members(members))
    lines = lines.merge(derive_parts(lines, members, courses), left_on="line_id", right_index=True)
    lines = add_covariates(lines, tables)
    lines["prior_lines"] = lines["line_no"] - 1
    renamed = lines.rename(columns={"start": "start_date", "_file": "file", "_row": "row"})
    unneeded = ["line_id", "stated_no", "treatment_key", "is_procedure", "open_end", "lacks", "birth"]
    return renamed.drop(columns=unneeded).reset_index(drop=True)
