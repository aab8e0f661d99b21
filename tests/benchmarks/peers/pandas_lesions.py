"""Scans and lesions in pandas: visits, one reader, sizes, lesions that left, merged or split."""

from __future__ import annotations

import pandas as pd

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


def list_parents(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return the lesions that each name stands for: several that merged, or the one of a piece."""
    names = pd.DataFrame({"lesion_id": sizes["lesion_id"].unique()})
    names = names.assign(parent=names["lesion_id"].str.split("+")).explode("parent")
    return names.assign(parent=names["parent"].str.split("/").str[0]).drop_duplicates()


def forget_treated(sizes: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Call not assessed what was excised or irradiated in the line in force; a size still measured stays beside it."""
    places = visits[["visit", "pid"]].assign(in_line=visits["line_no"].fillna(-1 - visits["visit"]))
    left = sizes.loc[sizes["left_locally"], ON_LESION].merge(places, on="visit")
    if left.empty:
        return sizes
    parents = list_parents(sizes)
    left = left.merge(parents, on="lesion_id")
    first = left.groupby(["pid", "in_line", "parent"])["visit"].min().rename("since").reset_index()
    later = first.merge(places, on=["pid", "in_line"])
    later = later[later["visit"] >= later["since"]].merge(parents, on="parent")
    later = later[ON_LESION].drop_duplicates().assign(is_later=True)
    is_later = sizes.merge(later, on=ON_LESION, how="left")["is_later"].eq(True).to_numpy()
    stays = sizes["is_seen"] | ~is_later
    return sizes.assign(
        is_target=sizes["is_target"] & stays,
        is_sized=sizes["is_sized"] & stays,
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
    spread["known"] = spread["known"].where(spread["is_first"] | spread["known"].isna(), 0.0)
    counted = spread.groupby(ON_LESION)["known"].agg(["sum", "count", "size"]).reset_index()
    told = spread.drop_duplicates(ON_LESION).reset_index(drop=True)
    flags = ["is_node", "is_called_new", "is_target", "is_seen", "is_unknown"]
    told[flags] = spread.groupby(ON_LESION)[flags].any().reset_index()[flags]
    told = told.assign(tenths=counted["sum"], is_sized=counted["count"] == counted["size"])
    return pd.concat([sizes[~is_apart], told[sizes.columns]], ignore_index=True)
