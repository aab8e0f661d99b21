"""What the core derivations cost on accepted tables in buckets of Parquet, on one core, beside DuckDB and pandas.

    python -m tests.benchmarks.derive_speed [PATIENTS ...] [--distinct 10000] [--no-peers]

A registry of distinct patients is simulated, accepted and tiled to the numbers asked for (default 20,000), in
buckets of 20,000 patients. The core is lines, the CgA series and its response, RECIST from lesions, and PFS and
OS by the default rules; two more rows give what one further rule costs. Every piece of work runs in a process
of its own: processor seconds (user and system) without imports, and peak memory. Reading is in every time; what
decoding alone costs is the floor.

DuckDB and pandas do the same derivations by the same rules from the same buckets, with all columns and the row of
the source each answer stands on; `peers/` holds the SQL and the pandas code. Each is compared with the core on the
first bucket, row by row and in every column, and again after the tables of this bucket were disturbed
(`peers/disturbances.py`), so that rules are compared which the simulation seldom asks for. No difference is left.

On 2026-11-30, 100,000 patients, one core, processor seconds: core 5.5 (lines 0.9, CgA series 1.3, response 0.4, RECIST
1.9, PFS and OS 1.1), decoding alone 0.9 (the core is 6.2 times that), DuckDB 24.3 or 4.4 times the core (lines 3.7, CgA
7.8, RECIST 9.8, PFS and OS 2.9), pandas 45.3 or 8.2 times the core; peak memory 0.44, 0.77 and 1.20 GiB; one further
endpoint rule set 0.06, one further response rule 0.12. All rows of both peers are equal to the core's. 1,000,000
patients, measured a day before: core 47, decoding alone 6.2, peak 0.66 GiB. The bare aims of 1.2 and of 12 seconds for
the core are not met.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from analytics.allocator import keep_memory
from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.catalogue.settings import Settings
from analytics.endpoints.recist import derive_recist_assessments
from analytics.endpoints.times import derive_times_to_event
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_responses import derive_marker_responses
from analytics.longitudinal.marker_values import derive_marker_values
from analytics.tables.derived import MarkerProgressions

if TYPE_CHECKING:
    from tests.benchmarks.peers.with_duckdb import WithDuckDB
    from tests.benchmarks.peers.with_pandas import WithPandas

BUCKET = 20_000
LINES_PER_PATIENT = 1000
"""More than any file has a patient, so that each copy of a file has lines of its own."""

CORE = [("PFS", "default"), ("OS", "default")]
MORE_RULES = {"one further endpoint rule set": [*CORE, ("PFS", "ema")]}
PEERS = ("DuckDB", "pandas")

READ = {
    "labs": "pid analyte value comparator unit fold_uln assay_id assay_group ppi_within_2w collected collected_lo "
    "collected_hi collected_precision value_standard unit_standard uln_used specimen _file _row",
    "lesions": "pid imaging_id lesion_id reader role nodal measured longest_mm short_mm",
    "imaging": "pid imaging_id date date_precision timepoint modality tracer new_lesion non_target adequate _file _row",
    "responses": "pid imaging_id response criteria reader date date_precision _file _row",
    "treatments": "pid patient_id treatment_id category agent line start start_lo start_hi start_precision end "
    "end_precision ongoing intent anticancer stop_reason _file _row",
    "cycles": "pid treatment_id cycle_no date date_lo date_hi date_precision activity_gbq _file _row",
    "vital_status": "pid date date_precision kind _file _row",
    "symptoms": "pid date date_precision _file _row",
    "toxicities": "pid start start_precision _file _row",
    "concomitants": "pid kind start start_lo end end_hi",
    "diagnoses": "pid diagnosis_no diagnosis_date diagnosis_date_lo grade primary_site histology ki67_pct ki67_date",
    "pathology": "pid specimen_no date date_lo ki67_pct mitoses differentiation",
    "patients": "pid sex site consent_to_research birth_date birth_year",
}
"""What the core reads of each table: decoding it is the least any derivation costs."""

Spent = dict[str, float]


def write_buckets(folder: Path, accepted: dict[str, pl.DataFrame], patients: int) -> None:
    """Tile the accepted tables to ``patients``; each bucket is a folder of Parquet files with patients of its own."""
    distinct = accepted["patients"].height
    for bucket in range(0, patients, BUCKET):
        place = folder / f"{bucket // BUCKET:04d}"
        place.mkdir()
        starts = range(bucket, min(bucket + BUCKET, patients), distinct)
        for name, table in accepted.items():
            tiled = table
            if "pid" in table.columns:
                tiled = pl.concat(
                    table.with_columns(
                        pl.col("pid") + pl.lit(first, dtype=pl.UInt32),
                        # no two rows of a source share a line of a file
                        pl.col("_row") + pl.lit(first * LINES_PER_PATIENT, dtype=pl.UInt32),
                    )
                    for first in starts
                )
            tiled.write_parquet(place / f"{name}.parquet")


def derive_core(bucket: Path, spent: Spent) -> dict[str, pl.LazyFrame]:
    """Derive the core of one bucket; add the processor seconds of each stage to ``spent``; return its tables."""
    tables, settings = {file.stem: pl.scan_parquet(file) for file in bucket.glob("[a-z]*.parquet")}, Settings()
    of_marker = {**tables, "labs": tables["labs"].filter(pl.col("analyte").is_in(["CGA", "EGFR"]))}
    none = pl.LazyFrame(schema={name: column.dtype for name, column in MarkerProgressions.columns().items()})

    def timed(stage: str, work: Callable[[], pl.LazyFrame]) -> pl.LazyFrame:
        begun = time.process_time()
        made = work().collect()
        spent[stage] = spent.get(stage, 0) + time.process_time() - begun
        return made.lazy()

    lines = timed("lines", lambda: derive_lines(tables, settings))
    values = timed("CgA series", lambda: derive_marker_values(of_marker, lines, settings))
    rule, other = RESPONSE_RULE_BY_ID["ELECT50"], RESPONSE_RULE_BY_ID["CLAR_OR"]
    responses = timed("CgA response", lambda: derive_marker_responses(values, lines, [rule], settings))
    recist = timed("RECIST", lambda: derive_recist_assessments(tables, lines, settings))
    made = {"marker_responses": responses, "marker_progressions": none, "recist_assessments": recist}
    times = timed("PFS and OS", lambda: derive_times_to_event(tables, lines, settings, made, CORE))
    both = timed("two responses", lambda: derive_marker_responses(values, lines, [rule, other], settings))
    assert both.collect().height == 2 * responses.collect().height
    for name, wanted in MORE_RULES.items():
        timed(name, lambda wanted=wanted: derive_times_to_event(tables, lines, settings, made, wanted))
    return {"lines": lines, "marker_values": values, "marker_responses": responses, "recist": recist, "times": times}


def run_core(folder: Path) -> dict[str, Any]:
    spent: Spent = {}
    for bucket in sorted(folder.iterdir()):
        derive_core(bucket, spent)
    spent["one further response rule"] = spent.pop("two responses") - spent["CgA response"]
    for name in MORE_RULES:
        spent[name] -= spent["PFS and OS"]
    return {"spent": spent}


def run_decode(folder: Path) -> dict[str, Any]:
    """Decode what the core reads, once, and do nothing with it."""
    begun = time.process_time()
    for bucket in sorted(folder.iterdir()):
        for table, columns in READ.items():
            pl.scan_parquet(bucket / f"{table}.parquet").select(columns.split()).collect()
    return {"spent": {"decode": time.process_time() - begun}}


def start_peer(name: str) -> WithDuckDB | WithPandas:
    from tests.benchmarks.peers.with_duckdb import WithDuckDB
    from tests.benchmarks.peers.with_pandas import WithPandas

    return {"DuckDB": WithDuckDB, "pandas": WithPandas}[name]()


def run_peer(name: str, folder: Path) -> dict[str, Any]:
    """Run one of the peers bucket by bucket."""
    peer, spent = start_peer(name), Spent()
    for bucket in sorted(folder.iterdir()):
        peer.derive(bucket, spent)
    return {"spent": spent}


def run_agreement(name: str, folder: Path) -> dict[str, Any]:
    """Compare one of the peers with the core on the first bucket, as it is and disturbed, table by table."""
    from tests.benchmarks.peers.agreement import KEYS, compare
    from tests.benchmarks.peers.disturbances import write_disturbed

    bucket, peer, agreed = min(folder.iterdir()), start_peer(name), dict[str, str]()
    with tempfile.TemporaryDirectory() as made:
        write_disturbed(bucket, Path(made))
        for place, said in ((bucket, ""), (Path(made), ", disturbed")):
            core = derive_core(place, {})
            peer.derive(place, {})
            for table in KEYS:
                agreed[f"{table}{said}"] = str(compare(table, core[table].collect(), peer.read(table)))
    return {"agreed": agreed}


def measure(work: str, folder: Path) -> dict[str, Any]:
    """Do one piece of work in a process of its own."""
    keep_memory()  # as every command does; it is handed down
    call = [sys.executable, "-m", "tests.benchmarks.derive_speed", "--do", work, str(folder)]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return json.loads(done.stdout)


def report(accepted: dict[str, pl.DataFrame], patients: int, *, with_peers: bool) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_buckets(folder, accepted, patients)
        times = patients / accepted["patients"].height
        rows = {name: round(accepted[name].height * times) for name in ("labs", "lesions", "imaging", "responses")}
        print(f"\n{patients:,} patients: " + ", ".join(f"{n:,} {name}" for name, n in rows.items()))
        core = measure("core", folder)
        further = {"one further response rule", *MORE_RULES}
        total = sum(seconds for name, seconds in core["spent"].items() if name not in further)
        for name, seconds in [*core["spent"].items(), ("core", total)]:
            print(f"{name:32s} {seconds:8.2f} CPU s {seconds * 100_000 / patients:8.3f} a 100,000 patients")
        decode = measure("decode", folder)["spent"]["decode"]
        each = decode * 100_000 / patients
        print(f"{'decoding alone':32s} {decode:8.2f} CPU s {each:8.3f}, core {total / decode:.1f} × that")
        print(f"{'peak memory':32s} {core['peak_gib']:8.2f} GiB")
        for name in PEERS if with_peers else ():
            report_peer(name, folder, total)


def report_peer(name: str, folder: Path, core: float) -> None:
    """Print what a peer spends beside the core, and how far it agrees with it on the first bucket."""
    peer = measure(name, folder)
    for stage, seconds in peer["spent"].items():
        print(f"{f'{name}: {stage}':32s} {seconds:8.2f} CPU s")
    seconds = sum(peer["spent"].values())
    print(f"{name:32s} {seconds:8.2f} CPU s {seconds / core:8.2f} × the core, {peer['peak_gib']:.2f} GiB")
    for table, said in measure(f"agreement {name}", folder)["agreed"].items():
        print(f"{f'{name}: {table}':36s} {said}")


def do(work: str, folder: Path) -> None:
    own = {"core": run_core, "decode": run_decode}
    if work.startswith("agreement "):
        found = run_agreement(work.removeprefix("agreement "), folder)
    else:
        found = own[work](folder) if work in own else run_peer(work, folder)
    found["peak_gib"] = read_peak_gib()
    print(json.dumps(found))


def read_peak_gib() -> float:
    """Return the peak memory of this process; what getrusage says includes the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak) / 2**20


def accept_registry(distinct: int) -> dict[str, pl.DataFrame]:
    from analytics.intake.accept import accept_source
    from synthetic_data.write import write_world

    with tempfile.TemporaryDirectory() as source:
        write_world("mixed-hospital-registry", Path(source), distinct, 7, lambda _done: None)
        return accept_source(Path(source)).tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patients", nargs="*", type=int, default=[20_000])
    parser.add_argument("--distinct", type=int, default=10_000)
    parser.add_argument("--no-peers", action="store_true")
    asked = parser.parse_args()
    accepted = accept_registry(asked.distinct)
    for patients in asked.patients:
        report(accepted, patients, with_peers=not asked.no_peers)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--do"]:
        do(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
