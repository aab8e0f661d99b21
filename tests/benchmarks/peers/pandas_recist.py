"""RECIST 1.1 from lesions in pandas, as `recist.sql` derives it: visits, sums, nadir, response of every visit."""

from __future__ import annotations

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]

NOT_FOR_SIZE = ["planar", "SPECT", "echo", "endoscopy", "post_therapy_scan"]
WORDS = {"PD": 1.0, "NON_CR_NON_PD": 2.0, "NE": 3.0, "CR": 4.0}
ON_LINE = ["pid", "line_no"]
ON_LESION = ["visit", "lesion_id"]


def read_scans(imaging: pd.DataFrame) -> pd.DataFrame:
    """Return the scans that can measure, in visits: of one day, or of one timepoint within 28 days."""
    can_measure = imaging["modality"].notna() & ~imaging["modality"].isin(NOT_FOR_SIZE)
    scans = imaging[imaging["date"].notna() & can_measure].sort_values(["pid", "date", "imaging_id"])
    scans = scans.reset_index(drop=True)
    label, since = scans["timepoint"].astype(object), scans["date"].diff()
    goes_on = (scans["pid"] == scans["pid"].shift()) & ((since == 0) | ((label == label.shift()) & (since <= 28)))
    return scans.assign(
        visit=(~goes_on).cumsum(),
        is_imputed=scans["date_precision"] != "D",
        date_hi=scans["date_hi"].fillna(scans["date"]),
        is_metabolic=scans["tracer"] == "18F-FDG",
        is_inadequate=scans["adequate"] == "N",
        is_described=scans["non_target"].notna(),
        said=scans["non_target"].astype(object).map(WORDS).astype(float),
        new_day=scans["date"].where(scans["new_lesion"] == "Y"),
        worse_day=scans["date"].where(scans["non_target"] == "PD"),
        file=scans["_file"].astype(object),
    ).rename(columns={"_row": "row"})


def read_visits(scans: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return each visit with the line in force on its first day and the line that starts on that day or next."""
    visits = scans.groupby("visit").agg(
        pid=("pid", "first"), first_date=("date", "min"), last_date=("date", "max"), n_scans=("row", "size"),
        is_inadequate=("is_inadequate", "all"), is_described=("is_described", "any"), said=("said", "min"),
        new_day=("new_day", "min"), worse_day=("worse_day", "min"),
    )  # fmt: skip
    visits = visits.join(scans.drop_duplicates("visit").set_index("visit")[["is_imputed", "file", "row"]]).reset_index()
    starts = lines.loc[lines["start_date"].notna(), [*ON_LINE, "start_date", "start_lo", "start_hi"]]
    starts = starts.sort_values(["start_date", "line_no"])
    by_day = visits.sort_values("first_date")
    in_force = pd.merge_asof(
        by_day[["visit", "pid", "first_date"]],
        starts[[*ON_LINE, "start_date"]].drop_duplicates(["pid", "start_date"], keep="last"),
        left_on="first_date", right_on="start_date", by="pid", allow_exact_matches=False,
    )  # fmt: skip
    coming = pd.merge_asof(
        by_day[["visit", "pid", "first_date"]],
        starts.drop_duplicates(["pid", "start_date"]).rename(columns={"line_no": "coming"}),
        left_on="first_date", right_on="start_date", by="pid", direction="forward",
    )  # fmt: skip
    visits = visits.merge(in_force[["visit", "line_no"]], on="visit").merge(
        coming[["visit", "coming", "start_date", "start_lo", "start_hi"]], on="visit"
    )
    filled = scans.loc[scans["is_imputed"], ["visit", "date", "date_hi"]].merge(visits, on="visit")
    may_be_late = (filled["date"] <= filled["start_date"]) & (filled["date_hi"] > filled["start_lo"])
    is_same = (filled["date"] == filled["start_lo"]) & (filled["date_hi"] == filled["start_hi"])
    unclear = filled.loc[may_be_late & ~is_same, "visit"]
    is_near = (visits["start_date"] - visits["first_date"] <= 90) & ~visits["visit"].isin(unclear)
    return visits.assign(is_near=is_near)


def read_lesions(lesions: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    """Return the lesions of one reader a visit with their sizes in tenths of a millimetre, 0 where there is none."""
    placed = lesions.merge(scans[["pid", "imaging_id", "visit", "date", "is_metabolic"]], on=["pid", "imaging_id"])
    readers = pd.Series(lesions["reader"].cat.categories)
    ordered = sorted(readers, key=lambda name: (name.lower() != "central", name))
    n_central = sum(name.lower() == "central" for name in ordered)
    ranks = {name: place + (place >= n_central) for place, name in enumerate(ordered)}
    placed["rank"] = placed["reader"].astype(object).map(ranks).fillna(n_central)
    placed = placed[placed["rank"] == placed.groupby("visit")["rank"].transform("min")]
    measured, is_node = placed["measured"], placed["nodal"] == "Y"
    is_plain, is_small = measured.isna() | (measured == "yes"), measured == "too_small"
    is_gone, left = measured == "not_visible", measured.isin(["excised", "irradiated"])
    axis = placed["longest_mm"].mask(is_node & placed["short_mm"].notna(), placed["short_mm"])
    tenths = (axis * 10).round()
    sizes = placed[["visit", "pid", "date"]].assign(
        lesion_id=placed["lesion_id"].astype(object), is_node=is_node, is_called_new=placed["role"] == "new",
        is_target=(placed["role"] == "target") & ~left, is_seen=is_plain | is_small, left_locally=left,
        is_unknown=left | measured.isin(["not_assessed", "not_evaluable"]) | (is_gone & placed["is_metabolic"]),
        is_sized=(is_plain & tenths.notna()) | is_small | (is_gone & ~placed["is_metabolic"]),
        tenths=tenths.fillna(is_small * 50.0).where(is_plain | is_small, 0.0),
    )  # fmt: skip
    return sizes.reset_index(drop=True)


def forget_treated(sizes: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Call not assessed what is not seen after it was excised or irradiated in the line in force."""
    places = visits[["visit", "pid"]].assign(in_line=visits["line_no"].fillna(-1 - visits["visit"]))
    left = sizes.loc[sizes["left_locally"], ON_LESION].merge(places, on="visit")
    if left.empty:
        return sizes
    first = left.groupby(["pid", "in_line", "lesion_id"])["visit"].min().rename("since").reset_index()
    later = first.merge(places, on=["pid", "in_line"])
    later = later.loc[later["visit"] >= later["since"], ON_LESION].assign(is_later=True)
    is_later = sizes.merge(later, on=ON_LESION, how="left")["is_later"].eq(True).to_numpy() & ~sizes["is_seen"]
    return sizes.assign(
        is_target=sizes["is_target"] & ~is_later,
        is_sized=sizes["is_sized"] & ~is_later,
        is_unknown=sizes["is_unknown"] | is_later,
    )


def resolve(sizes: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Keep the largest of several sizes of a visit; merged lesions count for their first parent, pieces add up."""
    is_compound = sizes["lesion_id"].str.contains(r"[+/]")
    several = visits.loc[visits["n_scans"] > 1, "visit"]
    is_apart = sizes["visit"].isin(pd.concat([several, sizes.loc[is_compound, "visit"]]))
    apart = sizes[is_apart].assign(is_compound=is_compound[is_apart])
    apart["known"] = apart["tenths"].where(apart["is_sized"])
    largest = apart.sort_values(
        [*ON_LESION, "known", "date", "is_seen", "is_unknown", "is_target", "is_called_new"],
        ascending=[True, True, False, True, False, True, True, True],
    ).drop_duplicates(ON_LESION)
    plain = largest[~largest["is_compound"]].assign(own_id=lambda rows: rows["lesion_id"], is_first=True)
    merged = largest[largest["is_compound"]]
    merged = merged.assign(own_id=merged["lesion_id"], parent=merged["lesion_id"].str.split("+")).explode("parent")
    merged = merged.assign(
        is_first=merged["parent"] == merged["own_id"].str.split("+").str[0],
        lesion_id=merged["parent"].str.split("/").str[0],
    )
    spread = pd.concat([plain, merged]).sort_values([*ON_LESION, "is_compound", "own_id"])
    spread["known"] = spread["known"].where(spread["is_first"], 0.0)
    counted = spread.groupby(ON_LESION)["known"].agg(["sum", "count", "size"]).reset_index()
    told = spread.drop_duplicates(ON_LESION).reset_index(drop=True)
    told = told.assign(tenths=counted["sum"], is_sized=counted["count"] == counted["size"])
    return pd.concat([sizes[~is_apart], told[sizes.columns]], ignore_index=True)


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


def assess(sizes: pd.DataFrame, visits: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the visits of lines with a baseline, with what their lesions come to by their role at it."""
    read = visits.merge(baselines, on=ON_LINE)
    roles = sizes.merge(baselines[["base_visit", "has_sum"]], left_on="visit", right_on="base_visit")
    roles = roles[["base_visit", "lesion_id"]].assign(is_base_target=roles["is_target"] & roles["has_sum"])
    seen = sizes.merge(read[["visit", "base_visit"]], on="visit").merge(
        roles, on=["base_visit", "lesion_id"], how="left"
    )
    is_target, is_other = seen["is_base_target"].eq(True), seen["is_base_target"].eq(False)
    is_added, tenths = seen["is_base_target"].isna(), seen["tenths"]
    is_gone = seen["is_sized"] & (tenths < np.where(seen["is_node"], 100, 1))
    sums = pd.DataFrame(
        {
            "visit": seen["visit"], "tenths": tenths.where(is_target, 0.0), "n_measured": is_target & seen["is_sized"],
            "n_left": is_target & seen["is_sized"] & ~is_gone, "n_back": is_target & (tenths > 0) & ~seen["is_node"],
            "n_stray": is_added & seen["is_target"] & seen["is_seen"], "n_others_gone": is_other & is_gone,
            "n_others_left": is_other & ~is_gone & ~seen["is_unknown"],
        }
    ).groupby("visit").sum()  # fmt: skip
    sums["seen_new"] = seen[is_added & seen["is_called_new"] & seen["is_seen"]].groupby("visit")["date"].min()
    others = (~roles["is_base_target"]).groupby(roles["base_visit"]).sum().rename("n_others")
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
        ["NA", "CR", "PD", "NE", "PR"], "SD",
    )  # fmt: skip
    said = [read["said"] == place for place in WORDS.values()]
    rest = [read["n_others"] == 0, read["n_others_left"] > 0, read["n_others_gone"] == read["n_others"]]
    other = np.select([*said, *rest], [*WORDS, "NA", "NON_CR_NON_PD", "CR"], "NE")
    is_worse = (target == "PD") | (other == "PD") | read["first_new"].notna()
    response = np.select(
        [is_worse, (target == "NA") & (other == "NA"), target == "NA", (target == "CR") & np.isin(other, ["CR", "NA"]),
         np.isin(target, ["CR", "PR"])],
        ["PD", "NE", other, "CR", "PR"], target,
    )  # fmt: skip
    sign = np.fmin(np.fmin(read["first_new"], read["worse_day"]), read["last_date"].where(target == "PD"))
    kept = ["first_date", "last_date", "n_targets", "n_measured", "is_complete", "baseline_date", "is_inadequate"]
    return read[[*ON_LINE, *kept, "is_imputed", "file", "row"]].assign(
        date=sign.where(response == "PD", read["first_date"]), criteria="RECIST_1_1",
        baseline_mm=read["baseline"] / 10, sum_mm=(total / 10).where(read["n_measured"] > 0), nadir_mm=nadir / 10,
        change_pct=((total / read["baseline"] - 1) * 100).where(read["is_complete"]),
        target=target, non_target=other, has_new_lesion=read["first_new"].notna(), response=response,
    )  # fmt: skip


def derive_recist(tables: Tables, lines: pd.DataFrame) -> pd.DataFrame:
    scans = read_scans(tables["imaging"])
    visits = read_visits(scans, lines)
    sizes = resolve(forget_treated(read_lesions(tables["lesions"], scans), visits), visits)
    return answer(assess(sizes, visits, derive_baselines(sizes, visits)))
