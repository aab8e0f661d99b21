"""The core derivations in DuckDB: one or two files of SQL a stage, on one thread, from the accepted files into memory.

Nothing of the default rules is left out, and no difference stays. The limits of the default settings are written into
the SQL, where the core reads them.
"""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import polars as pl

STAGES: dict[str, tuple[str, ...]] = {
    "lines": ("courses.sql", "lines.sql"),
    "CgA series and response": ("marker.sql",),
    "RECIST": ("lesions.sql", "recist.sql"),
    "PFS and OS": ("times.sql",),
}


class WithDuckDB:
    """The peer: derives bucket after bucket; the tables of the last one stay until the next."""

    def __init__(self) -> None:
        self._base = duckdb.connect()
        self._base.execute("set threads = 1")
        # rows may come in any order: every answer says its own
        self._base.execute("set preserve_insertion_order = false")

    def derive(self, bucket: Path, spent: dict[str, float]) -> None:
        """Derive the core of one bucket; add the processor seconds of each stage to ``spent``."""
        self._base.execute(f"set file_search_path = '{bucket}'")
        for stage, files in STAGES.items():
            statements = "\n".join((Path(__file__).parent / file).read_text(encoding="utf-8") for file in files)
            begun = time.process_time()
            self._base.execute(statements)
            spent[stage] = spent.get(stage, 0) + time.process_time() - begun

    def read(self, table: str) -> pl.DataFrame:
        """Return a derived table of the last bucket."""
        found = pl.from_arrow(self._base.sql(f"from {table}").to_arrow_table())
        assert isinstance(found, pl.DataFrame)
        return found
