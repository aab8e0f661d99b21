"""The same derivations in DuckDB and pandas, the usual way: the plain case of every rule, nothing tuned.

Both take the treatment lines as made. They do not look at PPI use or kidneys, quantitation limits, partial
dates, merged lesions, several readers or missed scans of a line, and keep no source rows: less than a third
of what the rules ask for, on the same rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

DUCKDB_CORE = """
create or replace table lines as select pid, line_no, start_date, next_line_date from '{lines}';
create or replace table marker as
with near as (
  select l.pid, l.line_no, l.start_date, v.collected as day, v.value_standard as value, v.assay_group
  from '{folder}/labs.parquet' v join lines l on v.pid = l.pid and v.collected >= l.start_date - 90
   and (l.next_line_date is null or v.collected <= l.next_line_date)
  where v.analyte = 'CGA' and v.value_standard is not null
), base as (
  select pid, line_no, assay_group, arg_max(value, day) as baseline from near where day <= start_date
  group by pid, line_no, assay_group
)
select pid, line_no, min(day) filter (2 * value <= baseline) as response_date, min(value / baseline) as best
from near join base using (pid, line_no, assay_group) where day > start_date group by pid, line_no;
create or replace table scans as
with sizes as (
  select pid, imaging_id, role,
    case when measured = 'not_visible' then 0 when measured = 'too_small' then coalesce(longest_mm, 5.0)
         when measured = 'yes' then case when nodal = 'Y' then coalesce(short_mm, longest_mm) else longest_mm end
    end as mm
  from '{folder}/lesions.parquet'
)
select i.pid, i.date, sum(mm) filter (role = 'target') as total,
  count(*) filter (role = 'target' and mm is null) = 0 as is_complete, bool_or(role = 'new') as is_new
from sizes join '{folder}/imaging.parquet' i using (pid, imaging_id) group by i.pid, i.date;
create or replace table recist as
with base as (
  select l.pid, l.line_no, arg_max(total, date) as baseline from scans s join lines l on s.pid = l.pid
   and s.date <= l.start_date and s.date >= l.start_date - 90 where is_complete group by l.pid, l.line_no
), after as (
  select l.pid, l.line_no, s.date, total, is_new, baseline, least(baseline, min(case when is_complete then total end)
    over (partition by l.pid, l.line_no order by s.date rows between unbounded preceding and 1 preceding)) as nadir
  from scans s join lines l on s.pid = l.pid and s.date > l.start_date
   and (l.next_line_date is null or s.date <= l.next_line_date) join base b on b.pid = l.pid and b.line_no = l.line_no
)
select *, case when is_new or (total >= 1.2 * nadir and total - nadir >= 5) then 'PD'
  when total <= 0.7 * baseline then 'PR' else 'SD' end as response from after;
create or replace table last_seen as
select pid, max(day) as alive from (
  select pid, max(collected) as day from '{folder}/labs.parquet' group by pid
  union all select pid, max(date) from '{folder}/imaging.parquet' group by pid
  union all select pid, max(date) from '{folder}/responses.parquet' group by pid
  union all select pid, max(date) from '{folder}/symptoms.parquet' group by pid
  union all select pid, max(date) from '{folder}/vital_status.parquet' where kind != 'death' group by pid
) group by pid;
create or replace table times as
with death as (select pid, min(date) as died from '{folder}/vital_status.parquet' where kind = 'death' group by pid),
seen as (
  select l.pid, l.line_no, min(r.date) filter (response = 'PD') as progressed,
    max(r.date) filter (response in ('CR', 'PR', 'SD', 'NON_CR_NON_PD')
      and (l.next_line_date is null or r.date <= l.next_line_date)) as last_scan
  from lines l left join '{folder}/responses.parquet' r on r.pid = l.pid and r.date > l.start_date
  group by l.pid, l.line_no
), ended as (
  select l.*, died, alive, last_scan, least(progressed, died) as event from lines l
  left join seen using (pid, line_no) left join death using (pid) left join last_seen using (pid)
)
select pid, line_no, event is not null and (next_line_date is null or event <= next_line_date) as happened,
  case when event is not null and (next_line_date is null or event <= next_line_date) then event
       else coalesce(last_scan, start_date) end - start_date + 1 as days,
  coalesce(died, alive) - start_date + 1 as survival_days from ended;
"""


def derive_with_duckdb(folder: Path, lines: Path) -> pl.DataFrame:
    """Return ``pid``, ``line_no``, ``days``, ``happened`` of PFS; every table of the core is made."""
    import duckdb

    base = duckdb.connect()
    base.execute("set threads = 1")
    base.execute(DUCKDB_CORE.format(folder=folder, lines=lines))
    found = base.execute("select pid, line_no, days, happened from times").fetchnumpy()
    return pl.DataFrame({name: np.ma.getdata(column) for name, column in found.items()})


def read_for_pandas(folder: Path, lines: Path) -> dict[str, pd.DataFrame]:
    """Read the columns the derivations need; not counted in their time."""
    wanted = {
        "labs": ["pid", "analyte", "collected", "value_standard", "assay_group"],
        "lesions": ["pid", "imaging_id", "role", "measured", "nodal", "longest_mm", "short_mm"],
        "imaging": ["pid", "imaging_id", "date"],
        "responses": ["pid", "date", "response"],
        "symptoms": ["pid", "date"],
        "vital_status": ["pid", "date", "kind"],
    }
    read = {name: pl.read_parquet(folder / f"{name}.parquet", columns=columns) for name, columns in wanted.items()}
    read["lines"] = pl.read_parquet(lines, columns=["pid", "line_no", "start_date", "next_line_date"])
    return {name: _hand_over(table) for name, table in read.items()}


def _hand_over(table: pl.DataFrame) -> pd.DataFrame:
    days = table.with_columns(pl.col(pl.Date).cast(pl.Datetime("ns")))
    columns: dict[str, Any] = {column.name: column.to_numpy() for column in days}
    return pd.DataFrame(columns)


def _read_scans(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    lesions = tables["lesions"].merge(tables["imaging"], on=["pid", "imaging_id"])
    by_axis = lesions["longest_mm"].where(lesions["nodal"] != "Y", lesions["short_mm"].fillna(lesions["longest_mm"]))
    small = lesions["longest_mm"].fillna(5.0)
    known = [lesions["measured"] == how for how in ("not_visible", "too_small", "yes")]
    lesions["mm"] = np.select(known, [0.0, small, by_axis], np.nan)
    lesions["is_new"] = lesions["role"] == "new"
    targets = lesions[lesions["role"] == "target"]
    totals = targets.groupby(["pid", "date"])["mm"].agg(total="sum", n="size", measured="count")
    totals["is_complete"] = totals["n"] == totals["measured"]
    return totals.join(lesions.groupby(["pid", "date"])["is_new"].any(), how="right").reset_index()


def _derive_recist(lines: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    read = scans.merge(lines, on="pid")
    window = read["start_date"] - pd.Timedelta(days=90)
    before = read[(read["date"] <= read["start_date"]) & (read["date"] >= window) & read["is_complete"].eq(True)]
    key = ["pid", "line_no"]
    baseline = before.sort_values("date").groupby(key)["total"].last().rename("baseline")
    is_after = (read["date"] > read["start_date"]) & ~(read["date"] > read["next_line_date"])
    after = read[is_after].merge(baseline, on=key).sort_values([*key, "date"])
    complete = after["total"].where(after["is_complete"].eq(True))
    lowest = complete.groupby([after["pid"], after["line_no"]]).cummin()
    lowest = lowest.groupby([after["pid"], after["line_no"]]).transform(lambda values: values.ffill().shift())
    nadir = np.fmin(after["baseline"], lowest)
    grows = (after["total"] >= 1.2 * nadir) & (after["total"] - nadir >= 5)
    shrinks = after["total"] <= 0.7 * after["baseline"]
    after["response"] = np.select([after["is_new"] | grows, shrinks], ["PD", "PR"], "SD")
    return after


def _derive_marker(lines: pd.DataFrame, labs: pd.DataFrame) -> pd.Series[Any]:
    values = labs[(labs["analyte"] == "CGA") & labs["value_standard"].notna()].merge(lines, on="pid")
    values = values[~(values["collected"] > values["next_line_date"])]
    window = values["start_date"] - pd.Timedelta(days=90)
    before = values[(values["collected"] <= values["start_date"]) & (values["collected"] >= window)]
    key = ["pid", "line_no", "assay_group"]
    baseline = before.sort_values("collected").groupby(key)["value_standard"].last().rename("baseline")
    after = values[values["collected"] > values["start_date"]].merge(baseline, on=key)
    fell = after[2 * after["value_standard"] <= after["baseline"]]
    return fell.groupby(["pid", "line_no"])["collected"].min()


def derive_with_pandas(tables: dict[str, pd.DataFrame]) -> pl.DataFrame:
    """Return ``pid``, ``line_no``, ``days``, ``happened`` of PFS; every table of the core is made."""
    lines, key = tables["lines"], ["pid", "line_no"]
    _derive_marker(lines, tables["labs"])
    _derive_recist(lines, _read_scans(tables))
    proofs = [
        tables[name].groupby("pid")[column].max()
        for name, column in (("labs", "collected"), ("imaging", "date"), ("responses", "date"), ("symptoms", "date"))
    ]
    alive = pd.concat(proofs).groupby(level=0).max().rename("alive")
    status = tables["vital_status"]
    died = status[status["kind"] == "death"].groupby("pid")["date"].min().rename("died")
    scans = tables["responses"].merge(lines, on="pid")
    scans = scans[scans["date"] > scans["start_date"]]
    progressed = scans[scans["response"] == "PD"].groupby(key)["date"].min().rename("progressed")
    adequate = scans[scans["response"].isin(["CR", "PR", "SD", "NON_CR_NON_PD"])]
    last = adequate[~(adequate["date"] > adequate["next_line_date"])].groupby(key)["date"].max().rename("last_scan")
    times = lines.merge(progressed, on=key, how="left").merge(last, on=key, how="left")
    times = times.merge(died, on="pid", how="left").merge(alive, on="pid", how="left")
    event = times[["progressed", "died"]].min(axis=1)
    happened = event.notna() & ~(event > times["next_line_date"])
    ended = event.where(happened, times["last_scan"].fillna(times["start_date"]))
    times["survival_days"] = (times["died"].fillna(times["alive"]) - times["start_date"]).dt.days + 1
    days = (ended - times["start_date"]).dt.days + 1
    return pl.DataFrame(
        {
            "pid": times["pid"].to_numpy(),
            "line_no": times["line_no"].to_numpy(),
            "days": days.to_numpy(),
            "happened": happened.to_numpy(),
        }
    )
