"""Receptor and FDG imaging before a line: Krenning score, FDG status, and NETPET where both scans exist."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.line_windows import is_surely_timed

FDG = "18F-FDG"
RECEPTOR_TRACERS: tuple[str, ...] = (
    "68Ga-DOTATATE", "68Ga-DOTATOC", "68Ga-DOTANOC", "64Cu-DOTATATE", "111In-octreotide", "177Lu-DOTATATE",
)  # fmt: skip

_ON_LINE = ["pid", "line_no"]


def derive_receptor_status(
    lines: pl.DataFrame, lesions: pl.DataFrame, imaging: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return ``krenning``, ``fdg_status`` and ``netpet`` of each line with such a scan before its start.

    Only scans that may lie within ``tracer_window_days`` before the start, and surely not after it, count. A reader's
    NETPET grade stands unless a later FDG scan shows otherwise; without one the lesions seen and not seen tell the
    group, where the two scans lie at most ``paired_scan_days`` apart: uptakes of two tracers are never compared. A
    lesion seen by FDG of which the receptor scan says nothing leaves the group open. ``lesions`` have ``scan``, their
    row of ``imaging``.

    Notes
    -----
    Chan et al., Theranostics 2017;7:1149-1158, doi 10.7150/thno.18068: scans within 31 days of each other;
    P1 receptor only, P2 to P4 both, P5 FDG only.
    """
    read = _select_scans(imaging, lines, settings)
    krenning = _select_last(read.filter(pl.col("krenning").is_not_null())).select(*_ON_LINE, "krenning")
    graded = _select_last(read.filter(pl.col("netpet").is_not_null())).select(
        *_ON_LINE, graded="netpet", graded_date="date"
    )
    # receptor scans are only asked about their lesions beside an FDG scan of the line
    lines_with_fdg = read.filter(pl.col("tracer") == FDG).select(_ON_LINE).unique()
    avid = _derive_avidity(read.join(lines_with_fdg, on=_ON_LINE, how="semi"), lesions, imaging.height)
    fdg = _select_last(avid.filter(pl.col("tracer") == FDG))
    receptor = avid.filter(pl.col("tracer") != FDG)
    seen = pl.when("is_avid").then(pl.lit("positive")).otherwise(pl.lit("negative"))
    status = fdg.select(*_ON_LINE, fdg_status=seen, fdg_date="date")
    return (
        status.join(_derive_netpet(fdg, receptor, settings), on=_ON_LINE, how="left")
        .join(graded, on=_ON_LINE, how="full", coalesce=True)
        .join(krenning, on=_ON_LINE, how="full", coalesce=True)
        .select(
            *_ON_LINE,
            "krenning",
            fdg_status=pl.coalesce("fdg_status", _compute_graded_status()),
            netpet=pl.when(_is_overtaken()).then("netpet").otherwise(pl.coalesce("graded", "netpet")),
        )
    )


def _is_overtaken() -> pl.Expr:
    """Return whether an FDG scan after the one a reader graded shows what the grade excludes."""
    is_later = pl.col("fdg_date") > pl.col("graded_date")
    return (is_later & (pl.col("fdg_status") != _compute_graded_status())).fill_null(value=False)


def _compute_graded_status() -> pl.Expr:
    """Return what a reader's NETPET grade says of FDG: only P0 and P1 are negative."""
    grade = pl.col("graded")
    return (
        pl.when(grade.is_in(["P0", "P1"])).then(pl.lit("negative")).when(grade.is_not_null()).then(pl.lit("positive"))
    )


def _select_scans(imaging: pl.DataFrame, lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the tracer scans that surely lie not after the start and may lie inside the window."""
    earliest = pl.col("start_date") - pl.duration(days=settings.tracer_window_days)
    return (
        imaging.lazy()
        .with_columns(scan=pl.int_range(pl.len(), dtype=pl.Int64))
        .filter(pl.col("tracer").is_in([FDG, *RECEPTOR_TRACERS]) & pl.col("date").is_not_null())
        .select(
            "pid", "imaging_id", "tracer", "krenning", "netpet", "date", "scan",
            date_hi=pl.coalesce("date_hi", "date"),
        )
        .join(lines.lazy().select(*_ON_LINE, "start_date", "start_lo", "start_hi"), on="pid")
        .filter((pl.col("date") <= pl.col("start_date")) & is_surely_timed() & (pl.col("date_hi") >= earliest))
        .drop("start_lo", "start_hi")
        .collect()
    )  # fmt: skip


def _select_last(scans: pl.DataFrame) -> pl.DataFrame:
    return scans.sort(*_ON_LINE, "date", "imaging_id").unique(_ON_LINE, keep="last", maintain_order=True)


def _derive_avidity(scans: pl.DataFrame, lesions: pl.DataFrame, n_scans: int) -> pl.DataFrame:
    """Return the scans with lesions noted, with ``is_avid`` and the names of the lesions ``seen`` and ``noted``."""
    how = pl.col("measured").fill_null("yes")
    is_asked = pl.repeat(value=False, n=n_scans, eager=True).scatter(scans["scan"].unique(), values=True)
    noted = (
        lesions.filter(is_asked.gather(lesions["scan"]))
        .filter(how.is_in(["yes", "too_small", "not_visible"]))
        .select("scan", "lesion_id", is_seen=how != "not_visible")
        .group_by("scan")
        .agg(
            is_avid=pl.col("is_seen").any(),
            seen=pl.col("lesion_id").filter("is_seen").unique(),
            noted=pl.col("lesion_id").unique(),
        )
    )
    return scans.join(noted, on="scan")


def _derive_netpet(fdg: pl.DataFrame, receptor: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the NETPET group of the lines whose last FDG scan has a receptor scan near it: the nearest one."""
    gap = (pl.col("date") - pl.col("date_receptor")).dt.total_days().abs()
    noted = pl.col("seen").list.set_intersection("noted_receptor")
    only_fdg = noted.list.set_difference("seen_receptor").list.len() > 0
    is_open = noted.list.len() < pl.col("seen").list.len()
    return (
        fdg.drop("netpet")
        .join(receptor, on=_ON_LINE, suffix="_receptor")
        .with_columns(gap=gap)
        .filter(pl.col("gap") <= settings.paired_scan_days)
        .sort(*_ON_LINE, "gap", "imaging_id_receptor")
        .unique(_ON_LINE, keep="first", maintain_order=True)
        .select(
            *_ON_LINE,
            netpet=pl.when(only_fdg)
            .then(pl.lit("P5"))
            .when(is_open)
            .then(None)
            .when("is_avid")
            .then(pl.lit("P2-P4"))
            .when("is_avid_receptor")
            .then(pl.lit("P1"))
            .otherwise(pl.lit("P0")),
        )
    )
