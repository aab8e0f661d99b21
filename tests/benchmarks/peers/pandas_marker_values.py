"""Values of chromogranin A in pandas: interferences, days, lines they are read against, baselines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.peers.pandas_courses import Tables

ON_SERIES = ["pid", "line_no", "code"]


def read_values(labs: pd.DataFrame) -> pd.DataFrame:
    """Return the values in the order of the source, numbered by it, with what they are compared by."""
    of_marker = (labs["analyte"] == "CGA") & labs["value"].notna() & labs["collected"].notna()
    values = labs[of_marker].rename(columns={"_file": "file", "_row": "row", "collected": "date"})
    for name in ("assay_group", "specimen", "unit", "unit_standard", "file"):
        values[name] = values[name].astype(object)
    values = values.sort_values(["file", "row"]).reset_index(drop=True)
    values["id"] = values.index
    is_unknown = values["assay_group"] == "unknown"
    specimen = (" " + values["specimen"]).fillna("").where(is_unknown, "")
    values["series"] = values["assay_group"] + specimen
    values["compared_unit"] = values["unit_standard"].fillna(values["unit"])
    values["code"] = values.groupby(["series", "compared_unit"], dropna=False, sort=True).ngroup()
    standard, value = values["value_standard"], values["value"]
    values["compared_uln"] = values["uln_used"] * (standard / value).where(standard.notna() & (standard != value), 1.0)
    basis = standard.fillna(value)
    is_below, is_above = values["comparator"].isin(["<", "<="]), values["comparator"].isin([">", ">="])
    values["low"], values["high"] = basis.mask(is_below, 0.0), basis.mask(is_above, np.inf)
    values["is_bound"] = is_below | is_above
    values["date_lo"] = values["collected_lo"].fillna(values["date"])
    values["date_hi"] = values["collected_hi"].fillna(values["date"])
    return values


def find_spell_reach(values: pd.DataFrame, spells: pd.DataFrame) -> pd.Series:
    """Return the furthest end of the spells (``begins``, ``ends``) begun by each value's day."""
    ordered = spells.sort_values(["pid", "begins"])
    ordered["reach"] = ordered.groupby("pid")["ends"].cummax()
    ordered = ordered.drop_duplicates(["pid", "begins"], keep="last").sort_values("begins")
    by_day = values[["pid", "date", "id"]].sort_values("date")
    found = pd.merge_asof(by_day, ordered[["pid", "begins", "reach"]], left_on="date", right_on="begins", by="pid")
    return found.set_index("id")["reach"].reindex(values["id"]).set_axis(values.index)


def add_interferences(values: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    taken = tables["concomitants"]
    ppi = taken[(taken["kind"] == "PPI") & taken["start"].notna()]
    reach = find_spell_reach(values, ppi.assign(begins=ppi["start"], ends=(ppi["end"] + 14).fillna(np.inf)))
    is_yes = (reach >= values["date"]) | (values["ppi_within_2w"] == "Y")
    is_no = (values["ppi_within_2w"] == "N") | values["pid"].isin(ppi["pid"])
    values["ppi"] = np.select([is_yes, is_no], ["yes", "no"], "unknown")
    gastritis = taken[taken["kind"] == "atrophic_gastritis"]
    spells = gastritis.assign(begins=gastritis["start_lo"].fillna(-1e6), ends=gastritis["end_hi"].fillna(np.inf))
    values["has_atrophic_gastritis"] = find_spell_reach(values, spells) >= values["date"]
    values["egfr_low"] = find_kidneys(values, tables["labs"])
    is_raised = is_yes | (values["egfr_low"] == "yes") | values["has_atrophic_gastritis"]
    return values.assign(is_raised=is_raised)


def find_kidneys(values: pd.DataFrame, labs: pd.DataFrame) -> pd.Series:
    egfr = labs[(labs["analyte"] == "EGFR") & labs["value_standard"].notna() & labs["collected"].notna()]
    egfr = egfr.assign(_file=egfr["_file"].astype(object)).sort_values(["pid", "collected", "_file", "_row"])
    egfr = egfr.drop_duplicates(["pid", "collected"], keep="last").sort_values("collected")
    value, is_below = egfr["value_standard"], egfr["comparator"].isin(["<", "<="])
    is_open = (is_below & (value > 30)) | (egfr["comparator"].isin([">", ">="]) & (value < 30))
    is_low = (value < 30) | (is_below & (value == 30))
    egfr = egfr.assign(state=np.select([is_open, is_low], ["unknown", "yes"], "no"))
    by_day = values[["pid", "date", "id"]].sort_values("date")
    found = pd.merge_asof(
        by_day, egfr[["pid", "collected", "state"]], left_on="date", right_on="collected", by="pid", tolerance=90.0
    )
    return found.set_index("id")["state"].fillna("unknown").reindex(values["id"]).set_axis(values.index)


def add_days(values: pd.DataFrame) -> pd.DataFrame:
    """Add the bounds of each day: the geometric mean where it has several values; one raised value raises it."""
    with np.errstate(divide="ignore"):
        logs = values.assign(low=np.log(values["low"]), high=np.log(values["high"]))
    grouped = logs.groupby(["pid", "code", "date"])
    is_alone = grouped["id"].transform("size") == 1
    for name in ("low", "high"):
        values[f"day_{name}"] = values[name].where(is_alone, np.exp(_take_means(grouped, logs, name)))
    values["is_assessable"] = ~values.groupby(["pid", "code", "date"])["is_raised"].transform("any")
    return values


def _take_means(grouped: pd.api.typing.DataFrameGroupBy, logs: pd.DataFrame, name: str) -> pd.Series:
    """Return the mean of each day; one infinite value makes it infinite."""
    means = logs[name].where(np.isfinite(logs[name]))
    mean = means.groupby([logs["pid"], logs["code"], logs["date"]]).transform("mean")
    bound = -np.inf if name == "low" else np.inf
    has_bound = (logs[name] == bound).groupby([logs["pid"], logs["code"], logs["date"]]).transform("any")
    return mean.where(~has_bound, bound)


def read_against_lines(values: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    of_line = lines.loc[
        lines["start_date"].notna(), ["pid", "line_no", "start_date", "start_lo", "start_hi", "next_line_date"]
    ]
    read = values.merge(of_line, on="pid")
    is_in_force = read["next_line_date"].isna() | (read["date"] < read["next_line_date"])
    is_read = (read["date"] >= read["start_date"] - 90) & ((read["date"] <= read["start_date"]) | is_in_force)
    read = read[is_read].copy()
    since = read["date"] - read["start_date"]
    read["days"] = (since + (since >= 0)).astype("int64")
    is_clear = (read["date_hi"] <= read["start_lo"]) | (read["date_lo"] > read["start_hi"])
    return read.assign(has_unclear_date=~is_clear)


def add_baselines(read: pd.DataFrame) -> pd.DataFrame:
    may_be = (read["date"] <= read["start_date"]) & read["is_assessable"] & ~read["has_unclear_date"]
    base = read[may_be].sort_values("date").drop_duplicates(ON_SERIES, keep="last")
    base = base[[*ON_SERIES, "date", "day_low", "day_high"]]
    base = base.rename(columns={"date": "baseline_date", "day_low": "base_low", "day_high": "base_high"})
    read = read.merge(base, on=ON_SERIES, how="left")
    own = read["low"].where(np.isinf(read["high"]), read["high"])
    has_change = (read["base_low"] == read["base_high"]) & (read["base_low"] > 0)
    read["change_pct"] = ((own / read["base_low"] - 1) * 100).where(has_change)
    read["is_baseline"] = read["date"] == read["baseline_date"]
    return read
