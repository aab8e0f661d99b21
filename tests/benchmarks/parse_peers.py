"""The parsing of every declared column in DuckDB and pandas, the usual way; both write the tables they read as Parquet.

Texts are stripped; codes of the catalogue are kept and others are missing; numbers are read, those of laboratory values
with the sign before them; of a date known to the day, month or year come its first and last day and its precision.
Nothing is said of a cell that could not be read, no row is looked up, compared, converted or counted, and nothing is
kept of where it came from: that is what else intake does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analytics.tables.columns import ColumnFacts, facts_of
from analytics.tables.registry import SOURCE_TABLES

if TYPE_CHECKING:
    import pandas as pd

WITH_SIGN = "value_text"
"""Laboratory values may be written as beyond a limit: «<20»."""

SIGN = r"^\s*([<>]=?|~)?\s*([0-9.,]+)\s*$"


def parse_with_duckdb(source: Path, scratch: Path) -> None:
    """Parse every table and write it."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("set threads to 1")
    for file in sorted((source / "parquet").glob("*.parquet")):
        names = [name for name, *_ in connection.execute(f"describe select * from '{file}'").fetchall()]
        facts = facts_of(SOURCE_TABLES[file.stem])
        parsed = ", ".join(_sql_of(name, facts[name]) for name in names)
        out = scratch / file.name
        connection.execute(f"copy (select {parsed} from '{file}') to '{out}' (format parquet, compression zstd)")


def _sql_of(name: str, facts: ColumnFacts) -> str:
    column = f'"{name}"'
    bare = f"nullif(trim({column}), '')"
    codes = ", ".join(f"'{code}'" for code in facts.codes)
    if name == WITH_SIGN:
        sign, number = (f"nullif(regexp_extract({column}, '{SIGN}', {group}), '')" for group in (1, 2))
        return f"{bare} as {column}, {sign} as comparator, try_cast(replace({number}, ',', '.') as double) as value"
    if facts.kind == "number":
        return f"try_cast(replace({bare}, ',', '.') as double) as {column}"
    if facts.kind == "integer":
        return f"try_cast({bare} as bigint) as {column}"
    if facts.kind == "code":
        return f"case when {bare} in ({codes}) then {bare} end as {column}"
    if facts.kind == "codes":
        return f"list_filter(string_split({column}, ';'), lambda code: trim(code) in ({codes})) as {column}"
    if facts.kind == "partial_date":
        first = f"try_cast({bare} || case length({bare}) when 4 then '-01-01' when 7 then '-01' else '' end as date)"
        last = (
            f"case length({bare}) when 4 then {first} + interval 1 year - interval 1 day when 7 then last_day({first})"
        )
        return (
            f"{first} as {name}_lo, cast({last} else {first} end as date) as {name}_hi, {bare} as {name}_text, "
            f"case length({bare}) when 4 then 'Y' when 7 then 'M' when 10 then 'D' end as {name}_precision"
        )
    return f"{bare} as {column}"


def parse_with_pandas(source: Path, scratch: Path) -> None:
    """Parse every table and write it."""
    import pandas as pd

    for file in sorted((source / "parquet").glob("*.parquet")):
        table = pd.read_parquet(file)
        facts = facts_of(SOURCE_TABLES[file.stem])
        columns: dict[str, pd.Series] = {}
        for name in table.columns:
            columns |= _parse_column(name, table[name].str.strip().replace("", None), facts[name])
        pd.DataFrame(columns).to_parquet(scratch / file.name, compression="zstd")


def _parse_column(name: str, bare: pd.Series, facts: ColumnFacts) -> dict[str, pd.Series]:
    import pandas as pd

    def number(texts: pd.Series) -> pd.Series:
        return pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce")

    if name == WITH_SIGN:
        parts = bare.str.extract(SIGN)
        return {name: bare, "comparator": parts[0], "value": number(parts[1])}
    if facts.kind in ("number", "integer"):
        return {name: number(bare)}
    if facts.kind == "code":
        return {name: bare.where(bare.isin(facts.codes))}
    if facts.kind == "codes":
        known = set(facts.codes)
        return {
            name: bare.str.split(";").map(lambda codes: [c for c in codes if c.strip() in known], na_action="ignore")
        }
    if facts.kind == "partial_date":
        return _parse_dates(name, bare)
    return {name: bare}


def _parse_dates(name: str, bare: pd.Series) -> dict[str, pd.Series]:
    import pandas as pd

    length = bare.str.len()
    filled = bare.where(length != 4, bare + "-01-01").where(length != 7, bare + "-01")
    first = pd.to_datetime(filled, format="%Y-%m-%d", errors="coerce")
    last = first.where(length != 4, first + pd.offsets.YearEnd(0)).where(length != 7, first + pd.offsets.MonthEnd(0))
    precision = length.map({4: "Y", 7: "M", 10: "D"})
    return {f"{name}_lo": first, f"{name}_hi": last, f"{name}_precision": precision, f"{name}_text": bare}
