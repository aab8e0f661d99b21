"""Courses of treatment in pandas, and which of them make one line; days are numbers, a missing one is not a number."""

from __future__ import annotations

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]


KINDS = 2**50


"""Keeps the numbers of typed lines, combinations, undated lines and SSA alone apart."""


FACTS = pd.DataFrame(
    [
        ("PRRT", "PRRT", False, True), ("chemotherapy", "chemotherapy", False, True),
        ("targeted", "targeted", False, True), ("immunotherapy", "immunotherapy", False, True),
        ("interferon", "interferon", False, True), ("SSA", "SSA", False, True),
        ("surgery_primary", "surgery", True, True), ("surgery_metastasis", "surgery", True, True),
        ("TAE", "liver_directed", True, True), ("TACE", "liver_directed", True, True),
        ("TARE_SIRT", "liver_directed", True, True), ("ablation", "liver_directed", True, True),
        ("EBRT", "radiotherapy", True, True), ("transplant", "surgery", True, True),
        ("bone_protecting", "bone_protecting", False, False), ("symptomatic", "symptomatic", False, False),
        ("other", "other", False, False),
    ],
    columns=["category", "treatment", "is_procedure", "is_anticancer"],
).assign(rank=range(17))  # fmt: skip


def select_anticancer(treatments: pd.DataFrame) -> pd.DataFrame:
    known = treatments.merge(FACTS, on="category", how="left")
    is_painful_site = (known["category"] == "EBRT") & (known["intent"] == "palliative")
    by_category = (known["is_anticancer"] == True) & ~is_painful_site  # noqa: E712 - unknown is not true
    chosen = known[(known["anticancer"] == "Y").where(known["anticancer"].notna(), by_category)]
    chosen = chosen.sort_values(["pid", "start", "treatment_id", "_file", "_row"])
    return chosen.assign(
        treatment_key=np.arange(len(chosen)),
        is_ongoing=chosen["ongoing"] == "Y",
        is_procedure=chosen["is_procedure"] == True,  # noqa: E712
    )


def derive_courses(treatments: pd.DataFrame, cycles: pd.DataFrame) -> pd.DataFrame:
    keys = treatments[["pid", "treatment_id", "treatment_key", "category"]]
    given = cycles.merge(keys, on=["pid", "treatment_id"]).sort_values(["treatment_key", "cycle_no"])
    moved = np.fmin(given.groupby("treatment_key")["date"].cummax(), given["date_hi"].fillna(given["date"]))
    given["given"] = given["date"].where(given["date_precision"] == "D", moved)
    given = given.sort_values(["treatment_key", "given", "cycle_no"])
    pause = given["given"] - given.groupby("treatment_key")["given"].shift()
    is_restart = (given["category"] == "PRRT") & (pause > 183)
    given["course"] = is_restart.groupby(given["treatment_key"]).cumsum()
    of_course = ["treatment_key", "course"]
    found = given.groupby(of_course).agg(
        n_cycles=("cycle_no", "size"),
        activity=("activity_gbq", "sum"),
        n_known=("activity_gbq", "count"),
        first_given=("given", "min"),
        last_given=("given", "max"),
    )
    found["activity"] = found["activity"].where(found["n_known"] == found["n_cycles"])
    firsts = given.drop_duplicates(of_course).set_index(of_course)[["date_lo", "date_hi", "date_precision"]]
    courses = treatments.merge(found.join(firsts).reset_index(), on="treatment_key", how="left")
    by_cycle = (courses["category"] == "PRRT") & courses["first_given"].notna()
    for name, first in (
        ("start", "first_given"), ("start_lo", "date_lo"), ("start_hi", "date_hi"),
        ("start_precision", "date_precision"),
    ):  # fmt: skip
        courses[name] = courses[first].where(by_cycle, courses[name])
    is_last = courses["treatment_key"] != courses["treatment_key"].shift(-1)
    is_repeated = courses["category"].isin(["PRRT", "TAE", "TACE", "TARE_SIRT"])
    courses["repeat_key"] = courses["category"].where(is_repeated, courses["agent"].fillna(courses["category"]))
    courses["n_cycles"] = courses["n_cycles"].fillna(0)
    last = np.fmax(courses["end"], courses["last_given"])
    end = np.where(courses["is_procedure"], np.fmax(courses["start"], last), last)
    end = np.where(is_last, end, courses["last_given"])
    courses["end"] = np.where(courses["is_ongoing"], np.nan, end)
    courses["open_end"] = np.fmax(courses["end"].fillna(np.inf), courses["start"])
    return courses


def derive_members(courses: pd.DataFrame) -> pd.DataFrame:
    is_stated, is_dated, is_ssa = courses["line"].notna(), courses["start"].notna(), courses["category"] == "SSA"
    stated = courses[is_stated]
    stated = stated.assign(line_id=(stated["pid"] * 100_000 + stated["line"]).astype("int64"), stated_no=stated["line"])
    seeds = courses[~is_stated & is_dated & ~is_ssa].sort_values(["pid", "start", "rank", "treatment_key"])
    before = seeds.shift()
    together = (seeds["start"] - before["start"] <= 28) & (seeds["start"] <= before["open_end"])
    repeats = (seeds["repeat_key"] == before["repeat_key"]) & (seeds["start"] - 183 <= before["open_end"])
    joins = (seeds["pid"] == before["pid"]) & (together | repeats)
    seeds = seeds.assign(line_id=KINDS + (~joins).cumsum())
    undated = courses[~is_stated & ~is_dated]
    undated = undated.assign(line_id=2 * KINDS + undated["treatment_key"])
    making = pd.concat([stated, seeds, undated])
    spells = courses[~is_stated & is_dated & is_ssa].sort_values(["pid", "start", "treatment_key"])
    reach = spells.groupby("pid")["open_end"].cummax().groupby(spells["pid"]).shift()
    spells = spells.assign(spell=(~(spells["start"] - 183 <= reach)).cumsum())
    partners = making[making["start"].notna() & (making["category"] != "SSA") & ~making["is_procedure"]]
    partners = partners.groupby(["pid", "line_id"]).agg(line_start=("start", "min"), line_end=("open_end", "max"))
    begun = spells.groupby(["pid", "spell"])["start"].min().rename("spell_start").reset_index()
    pairs = begun.merge(partners.reset_index(), on="pid")
    is_joined = (pairs["line_start"] <= pairs["spell_start"] + 28) & (pairs["spell_start"] - 91 <= pairs["line_end"])
    alone = spells[~spells["spell"].isin(pairs.loc[is_joined, "spell"])]
    return pd.concat([making, alone.assign(line_id=3 * KINDS + alone["spell"]).drop(columns="spell")])
