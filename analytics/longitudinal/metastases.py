"""Where the disease was known to be when a line started, and how much of it was seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.settings import Settings
from analytics.catalogue.sites import METASTATIC_SITES, SITE_OF_PRIMARY
from analytics.longitudinal.line_windows import is_surely_timed
from analytics.longitudinal.reading import select_reading
from analytics.longitudinal.receptor_status import FDG
from analytics.tables.results import BoolArray, IntArray

_ON_LINE = ["pid", "line_no"]
_SEEN = ("yes", "too_small")
_SITES: tuple[str, ...] = tuple(sorted(site.code for site in METASTATIC_SITES))

_NEVER, _LATEST, _ALWAYS = 2**31 - 1, 2**31 - 2, -(2**31)
"""A day that does not come, one after every day, and one before."""

Days = NDArray[np.int32]


def _find_earliest(patient: IntArray, site: IntArray, day: Days, n_patients: int) -> Days:
    """Return the earliest ``day`` of each patient and site, ``_NEVER`` without one."""
    earliest = np.full((n_patients, len(_SITES)), _NEVER, dtype=np.int32)
    np.minimum.at(earliest.ravel(), patient * len(_SITES) + site, day)
    return earliest


def _read_days(days: pl.Series, otherwise: int) -> Days:
    return days.to_physical().fill_null(otherwise).to_numpy()


def _select_seen(lesions: pl.DataFrame) -> pl.DataFrame:
    """Return ``scan`` and ``organ``, its place among the sites, of the lesions that were seen in one."""
    how = pl.col("measured")
    is_seen = how.is_null() | pl.any_horizontal(*(how == code for code in _SEEN))
    return (
        lesions.lazy()
        .select("scan", is_seen=is_seen, organ=pl.col("organ").cast(pl.Enum(_SITES), strict=False).to_physical())
        .filter(pl.col("is_seen") & pl.col("organ").is_not_null() & pl.col("scan").is_not_null())
        .collect()
    )


def _find_seen(noted: pl.DataFrame, imaging: pl.DataFrame, lines: pl.DataFrame, patients: pl.Series) -> BoolArray:
    """Return for each line and site whether a lesion was surely seen in it by the day of the start."""
    scan, organ = noted["scan"].to_numpy(), noted["organ"].to_numpy()
    # a scan known to its month counts from the last day it may be of
    day = imaging.select(pl.coalesce("date_hi", "date")).to_series()
    scan_patient, patient = _place(imaging["pid"], patients), _place(lines["pid"], patients)
    first = _find_earliest(scan_patient[scan], organ, _read_days(day, _NEVER)[scan], len(patients) + 1)
    start = lines.select(pl.coalesce("start_lo", "start_date")).to_series()
    is_seen = first[patient] <= _read_days(start, _ALWAYS)[:, np.newaxis]
    # known to the same month or year, scan and start are taken as of one day
    months = lines.select("pid", "start_lo", "start_hi", line=pl.int_range(pl.len())).filter(
        pl.col("start_lo") < pl.col("start_hi")
    )
    scans = imaging.select("pid", start_lo="date", start_hi="date_hi", scan=pl.int_range(pl.len(), dtype=pl.Int64))
    same = months.join(scans, on=["pid", "start_lo", "start_hi"]).join(noted, on="scan")
    is_seen[same["line"].to_numpy(), same["organ"].to_numpy()] = True
    return is_seen


def _find_first_told(diagnoses: pl.LazyFrame, patients: pl.Series) -> Days:
    """Return the first possible day of a diagnosis that names each site of each patient."""
    told = (
        diagnoses.filter(pl.col("metastatic_sites").list.len() > 0)
        .select("pid", "diagnosis_date_lo", site="metastatic_sites")
        .explode("site")
        .with_columns(pl.col("site").cast(pl.Enum(_SITES)).to_physical())
        .collect()
    )
    day = _read_days(told["diagnosis_date_lo"], _ALWAYS)
    return _find_earliest(_place(told["pid"], patients), told["site"].to_numpy(), day, len(patients) + 1)


def _place(pid: pl.Series, patients: pl.Series) -> IntArray:
    """Return the place of each patient among ``patients``, which are in order; their number for another one."""
    known, asked = patients.to_numpy(), pid.to_numpy()
    place = np.searchsorted(known, asked)
    return np.where(np.append(known, 0)[place] == asked, place, len(known))


def derive_metastases(
    tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, lesions: pl.DataFrame, imaging: pl.DataFrame
) -> pl.DataFrame:
    """Return the metastatic sites of each line that has any, with what models ask of them.

    A site counts when a diagnosis that may lie before the start names it, or a lesion in it was surely seen by
    the day of the start. A lesion in the organ of the primary is not taken for a metastasis.

    Parameters
    ----------
    lesions
        Accepted lesions with ``scan``, their row of ``imaging``.
    """
    patients = lines["pid"].unique().sort()
    told = _find_first_told(tables["diagnoses"], patients)
    patient, start = _place(lines["pid"], patients), lines["start_date"]
    organ = lines["primary_site"].replace(SITE_OF_PRIMARY)
    primary = organ.cast(pl.Enum(_SITES), strict=False).to_physical().fill_null(len(_SITES)).to_numpy()
    # of a line without a start a diagnosis may lie before it, and no lesion was seen by its day
    is_told = told[patient] <= _read_days(start, _LATEST)[:, np.newaxis]
    is_seen = _find_seen(_select_seen(lesions), imaging, lines, patients)
    is_seen &= primary[:, np.newaxis] != np.arange(len(_SITES))
    found = (is_told | is_seen) @ (1 << np.arange(len(_SITES)))
    return lines.select(_ON_LINE).with_columns(_word_sites(found)).filter(pl.Series(found > 0))


def _word_sites(found: IntArray) -> list[pl.Series]:
    """Return what is said of sites held as the bits of a number: the different ones are few."""
    numbers = np.flatnonzero(np.bincount(found))
    which = np.searchsorted(numbers, found)
    sites = [[site for place, site in enumerate(_SITES) if number >> place & 1] for number in numbers.tolist()]
    extents = [
        "no_liver" if "liver" not in some else "liver_only" if some == ["liver"] else "liver_and_beyond"
        for some in sites
    ]
    words = [
        pl.Series("metastatic_sites", sites, dtype=pl.List(pl.String)),
        pl.Series("has_bone_metastases", ["bone" in some for some in sites], dtype=pl.Boolean),
        pl.Series("is_liver_only", [some == ["liver"] for some in sites], dtype=pl.Boolean),
        pl.Series("extent", extents, dtype=pl.String),
    ]
    return [said.gather(which) for said in words]


def _is_uptake_alone(imaging: pl.DataFrame) -> pl.Expr:
    """Return whether a lesion row tells the uptake of FDG alone: many well differentiated tumours have none."""
    is_of_fdg = pl.lit((imaging["tracer"] == FDG).fill_null(value=False)).gather("scan").fill_null(value=False)
    return is_of_fdg & pl.all_horizontal(pl.col("longest_mm", "short_mm").is_null())


def _select_last_scans(
    lines: pl.DataFrame, lesions: pl.DataFrame, imaging: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return the examinations (``scan``) of the last day before each line on which any lesion was measured.

    ``place`` is that of the line.
    """
    # an examination for uptake alone tells no burden and hides none
    is_assessed = pl.col("measured").ne_missing("not_assessed") & pl.col("scan").is_not_null()
    is_measured = lesions.select(is_assessed & ~_is_uptake_alone(imaging))
    has_lesions = np.zeros(imaging.height, dtype=np.bool_)
    has_lesions[lesions["scan"].filter(is_measured.to_series()).to_numpy()] = True
    day = [pl.col("date"), pl.coalesce("date_hi", "date").alias("date_hi")]
    scans = imaging.select("pid", *day, scan=pl.int_range(pl.len(), dtype=pl.Int64)).filter(
        pl.Series(has_lesions) & pl.col("date").is_not_null()
    )
    starts = lines.select("pid", "start_date", "start_lo", "start_hi").with_row_index("place")
    earliest = pl.col("start_date") - pl.duration(days=settings.baseline_scan_days)
    near = (
        starts.lazy()
        .filter(pl.col("start_date").is_not_null())
        .join(scans.lazy(), on="pid")
        .filter(pl.col("date").is_between(earliest, pl.col("start_date")), is_surely_timed())
        .select("place", "scan", "date")
        .collect()
    )
    last = near.group_by("place").agg(last=pl.col("date").max())
    return near.join(last, on="place").filter(pl.col("date") == pl.col("last")).select("place", "scan")


def derive_burden(
    lines: pl.DataFrame, lesions: pl.DataFrame, imaging: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return the lesions of the last day any was measured, from ``baseline_scan_days`` before to the day of the start.

    ``n_lesions`` counts those seen; ``target_sum_mm`` adds up the targets, nodes by their short axis, and
    is null unless every target of that day has a size. One lesion on several scans counts once, at its
    largest, and as a target when it is one on any; of several readers of a scan one is taken. Of an FDG scan only
    what has a size counts. ``lesions`` have ``scan``, their row of ``imaging``.
    """
    chosen = _select_last_scans(lines, lesions, imaging, settings)
    is_chosen = np.zeros(imaging.height + 1, dtype=np.bool_)
    is_chosen[chosen["scan"].to_numpy()] = True
    asked = lesions.select("scan", "reader", "lesion_id", "role", "nodal", "measured", "longest_mm", "short_mm")
    # the last place is that of no scan
    of_chosen = pl.Series(is_chosen[lesions["scan"].fill_null(imaging.height).to_numpy()])
    rows = select_reading(asked.filter(of_chosen & ~asked.select(_is_uptake_alone(imaging)).to_series()), "scan")
    size = pl.when(pl.col("nodal") == "Y").then(pl.coalesce("short_mm", "longest_mm")).otherwise("longest_mm")
    names = rows["lesion_id"].cast(pl.Categorical(pl.Categories.random()))
    of_lines = (
        rows.lazy()
        .select(
            "scan",
            lesion=pl.lit(names.to_physical().cast(pl.Int64)),
            tenths=(size * 10).round().cast(pl.Int64),
            is_seen=pl.col("measured").fill_null("yes").is_in(_SEEN),
            is_target=pl.col("role") == "target",
        )
        .join(chosen.lazy(), on="scan")
        # line and lesion as one number
        .group_by(key=pl.col("place").cast(pl.Int64) * 2**32 + pl.col("lesion"))
        .agg(pl.col("tenths").max(), pl.col("is_seen").any(), pl.col("is_target").any())
        .with_columns(target=pl.when("is_target").then("tenths"))
        .group_by(place=pl.col("key") // 2**32)
        .agg(
            n_lesions=pl.col("is_seen").sum().cast(pl.Int32),
            n_targets=pl.col("is_target").sum(),
            n_sized=pl.col("target").count(),
            tenths=pl.col("target").sum(),
        )
        .collect()
    )
    is_known = (pl.col("n_targets") > 0) & (pl.col("n_targets") == pl.col("n_sized"))
    return pl.concat([lines.select(_ON_LINE)[of_lines["place"]], of_lines], how="horizontal").select(
        *_ON_LINE, "n_lesions", target_sum_mm=pl.when(is_known).then(pl.col("tenths") / 10)
    )
