"""The core derivations in pandas: the steps of the SQL files, as merges, groups and sorts; days are numbers.

Nothing of the default rules is left out, and no difference stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.peers.pandas_courses import Tables
from tests.benchmarks.peers.pandas_lines import derive_lines
from tests.benchmarks.peers.pandas_marker import derive_marker
from tests.benchmarks.peers.pandas_recist import derive_recist
from tests.benchmarks.peers.pandas_times import derive_times

READ: dict[str, str] = {
    "treatments": "pid patient_id treatment_id category agent line start start_lo start_hi start_precision end "
    "end_precision ongoing intent anticancer stop_reason _file _row",
    "cycles": "pid treatment_id cycle_no date date_lo date_hi date_precision activity_gbq _file _row",
    "patients": "pid sex site consent_to_research birth_date birth_year",
    "diagnoses": "pid diagnosis_no diagnosis_date diagnosis_date_lo grade primary_site histology ki67_pct ki67_date "
    "ki67_date_lo",
    "pathology": "pid specimen_no date date_lo ki67_pct mitoses differentiation",
    "labs": "pid analyte value comparator unit fold_uln assay_id assay_group ppi_within_2w collected collected_lo "
    "collected_hi collected_precision value_standard unit_standard uln_used specimen _file _row",
    "concomitants": "pid kind start start_lo end end_hi",
    "imaging": "pid imaging_id date date_hi date_precision timepoint modality tracer new_lesion non_target adequate "
    "_file _row",
    "lesions": "pid imaging_id lesion_id reader role nodal measured longest_mm short_mm",
    "responses": "pid imaging_id response criteria reader date date_precision _file _row",
    "vital_status": "pid date date_precision kind _file _row",
    "symptoms": "pid date date_precision _file _row",
    "toxicities": "pid start start_precision _file _row",
}

REPEATED = (
    "analyte comparator unit assay_id assay_group ppi_within_2w collected_precision unit_standard specimen _file "
    "lesion_id reader role nodal measured timepoint modality tracer new_lesion non_target adequate date_precision "
    "response criteria"
)
"""Texts that repeat are read as categories in large tables."""

LARGE = ("labs", "lesions", "imaging", "responses", "symptoms", "toxicities")


def read_table(bucket: Path, name: str) -> pd.DataFrame:
    columns = READ[name].split()
    repeated = [column for column in columns if column in REPEATED.split()] if name in LARGE else []
    read = pq.read_table(bucket / f"{name}.parquet", columns=columns, read_dictionary=repeated, use_threads=False)
    for place, field in enumerate(read.schema):
        if pa.types.is_date32(field.type):
            read = read.set_column(place, field.name, read.column(place).cast(pa.int32()).cast(pa.float64()))
    return read.to_pandas(use_threads=False)


class WithPandas:
    """The peer: derives bucket after bucket; the tables of the last one stay until the next."""

    def __init__(self) -> None:
        self._made: Tables = {}

    def derive(self, bucket: Path, spent: dict[str, float]) -> None:
        """Derive the core of one bucket; add the processor seconds of each stage to ``spent``."""

        def timed(stage: str, work: Callable[[], None]) -> None:
            begun = time.process_time()
            work()
            spent[stage] = spent.get(stage, 0) + time.process_time() - begun

        tables: Tables = {}
        made = self._made = {}
        timed("reading", lambda: tables.update({name: read_table(bucket, name) for name in READ}))
        timed("lines", lambda: made.update(lines=derive_lines(tables)))
        timed("CgA series and response", lambda: made.update(derive_marker(tables, made["lines"])))
        timed("RECIST", lambda: made.update(recist=derive_recist(tables, made["lines"])))
        timed("PFS and OS", lambda: made.update(times=derive_times(tables, made["lines"])))

    def read(self, table: str) -> pl.DataFrame:
        """Return a derived table of the last bucket; columns of days become dates."""
        read = pl.from_pandas(self._made[table])
        numbers = read.select(pl.selectors.numeric()).columns
        days = [name for name in numbers if name == "date" or name.endswith(("_date", "_lo", "_hi"))]
        return read.with_columns(pl.col(days).cast(pl.Int32).cast(pl.Date))
