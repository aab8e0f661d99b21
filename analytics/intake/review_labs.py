"""Laboratory values against their neighbours, their assay and what disturbs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.checks import Check, number_text
from analytics.intake.review import Review, shown_columns, sort_rows, used

SCALE = "_scale"
"""The factor of a unit to the standard one, or the unit itself where it has none."""
LAB_COLUMNS = (
    *shown_columns("labs", "value_text", "unit", "uln", "urine_volume_ml", "ppi_within_2w"),
    *("analyte", "specimen", "collected_lo", "assay_id", "value", "value_text", "value_standard", "comparator"),
    *("unit", "uln", "lln", "urine_volume_ml", "ppi_within_2w", "assay_group"),
    *("_unit", "_factor", "_is_marker", "_assay_uln", "_assay_unit"),
)
"""What is looked at in series; the rest of a value's row is not copied."""

URINE_ANALYTE = "5HIAA_U24"
CGA = "CGA"


def review_labs(settled: Mapping[str, pl.DataFrame], settings: Settings) -> Iterator[Review]:
    """Yield the checks of series, limits and disturbances of laboratory values."""
    labs = used(settled, "labs", *LAB_COLUMNS).filter(pl.col("value").is_not_null())
    dated = labs.filter(pl.col("collected_lo").is_not_null())
    series = sort_rows(dated, "pid", "analyte", "specimen", "collected_lo", "_row")
    neighbours = _with_neighbours(series)
    yield Review("labs", neighbours, tuple(_neighbour_checks(settings)))
    yield Review("labs", _with_usual_unit(neighbours), (_unit_check(),))
    yield Review("labs", labs, tuple(_count_checks()))
    yield Review("labs", labs, tuple(_limit_checks(settings)))
    yield Review("labs", _disturbed(series, used(settled, "concomitants"), settings), tuple(_disturbances(settings)))


def _with_neighbours(series: pl.DataFrame) -> pl.DataFrame:
    """Add what stood one row before in the same patient, analyte and specimen (null for the first)."""
    keys = ("pid", "analyte", "specimen")
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in keys)
    wanted = ("value", "value_text", SCALE, "assay_group", "assay_id", "collected_lo")
    # two spellings of one unit have one factor and are no two units
    scaled = series.with_columns(pl.coalesce(pl.col("_factor").cast(pl.String), "_unit").alias(SCALE))
    return scaled.with_columns(pl.when(same).then(pl.col(name).shift(1)).alias(f"_before_{name}") for name in wanted)


def _with_usual_unit(neighbours: pl.DataFrame) -> pl.DataFrame:
    """Return the series in which the unit changes, each row with the unit most values of its assay have.

    Of two units equally frequent the earlier is the usual one. A unit that stays is no question, whatever
    another assay uses, so the usual one is looked for only where two neighbours differ.
    """
    series, assay = ("pid", "analyte", "specimen"), ("pid", "analyte", "specimen", "assay_id")
    changed = neighbours.filter(pl.col(SCALE) != pl.col(f"_before_{SCALE}")).select(series).unique()
    mixed = neighbours.join(changed, on=series, how="semi", nulls_equal=True, maintain_order="left")
    usual = (
        mixed.with_row_index("_place")
        .group_by(*assay, SCALE)
        .agg(_n=pl.len(), _place=pl.col("_place").min(), _usual_unit=pl.col("_unit").first())
        .sort("_n", "_place", descending=[True, False])
        .unique(assay, keep="first", maintain_order=True)
        .select(*assay, "_usual_unit", pl.col(SCALE).alias("_usual_scale"))
    )
    return mixed.join(usual, on=assay, how="left", nulls_equal=True, maintain_order="left")


def _unit_check() -> Check:
    fields = {"analyte": pl.col("analyte"), "usual": pl.col("_usual_unit")}
    return Check("V28", "unit", pl.col(SCALE) != pl.col("_usual_scale"), fields)


def _neighbour_checks(settings: Settings) -> Iterator[Check]:
    before, now = pl.col("_before_value"), pl.col("value")
    analyte = pl.col("analyte")
    same_group = pl.col("assay_group") == pl.col("_before_assay_group")
    same_unit = pl.col(SCALE) == pl.col(f"_before_{SCALE}")
    jumped = (now >= settings.jump_factor * before) | (before >= settings.jump_factor * now)
    days = (pl.col("collected_lo") - pl.col("_before_collected_lo")).dt.total_days()
    yield Check(
        "V24",
        "value_text",
        jumped & same_group & same_unit & pl.col("comparator").is_null(),
        {
            "analyte": analyte,
            "before": pl.col("_before_value_text"),
            "unit": pl.col("unit"),
            "days": days.cast(pl.String()),
        },
    )
    same_assay = pl.col("assay_id").eq_missing(pl.col("_before_assay_id"))
    yield Check(
        "V30",
        "assay_id",
        ~same_group & ~same_assay,
        {"analyte": analyte, "before": pl.col("_before_assay_group"), "now": pl.col("assay_group")},
    )


def _count_checks() -> Iterator[Check]:
    named, counts = {"analyte": pl.col("analyte").first()}, {"n": pl.len()}
    yield Check(
        "V29", "assay_id", pl.col("assay_id").is_null() & pl.col("_is_marker"), named, per=("analyte",), counts=counts
    )
    comparator = pl.col("comparator")
    yield Check(
        "V33",
        "value_text",
        comparator.is_in(["<", "<=", ">", ">="]),
        named,
        per=("analyte",),
        counts=counts
        | {"below": comparator.str.starts_with("<").sum(), "above": comparator.str.starts_with(">").sum()},
    )


def _limit_checks(settings: Settings) -> Iterator[Check]:
    analyte = {"analyte": pl.col("analyte")}
    below = pl.format("is not above the lower limit {}", number_text("lln"))
    yield Check("V32", "uln", pl.col("uln") <= pl.col("lln"), {**analyte, "why": below})
    differs = pl.format("differs from {} on the assays sheet", number_text("_assay_uln"))
    is_other = (pl.col("uln") != pl.col("_assay_uln")) & (pl.col("_unit") == pl.col("_assay_unit"))
    yield Check("V32", "uln", is_other, {**analyte, "why": differs})
    low, high = settings.min_urine_volume_ml, settings.max_urine_volume_ml
    yield Check(
        "V36",
        "urine_volume_ml",
        (pl.col("analyte") == URINE_ANALYTE) & ~pl.col("urine_volume_ml").is_between(low, high),
        {"low": f"{low:g}", "high": f"{high:g}"},
    )


def _disturbed(series: pl.DataFrame, concomitants: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the CgA values with ``_on_ppi`` and the latest eGFR before, ``_egfr``."""
    cga = series.filter(pl.col("analyte") == CGA).with_row_index("_n")
    washout = pl.duration(days=settings.ppi_washout_days)
    spells = concomitants.filter(pl.col("kind") == "PPI").select("pid", "start_lo", "end_hi")
    under = cga.join(spells, on="pid").filter(
        (pl.col("start_lo") <= pl.col("collected_lo"))
        & (pl.col("end_hi").is_null() | (pl.col("collected_lo") <= pl.col("end_hi") + washout))
    )
    is_under = pl.col("_n").is_in(under.get_column("_n").unique().to_list())
    egfr = series.filter(pl.col("analyte") == "EGFR").select(
        "pid", "collected_lo", pl.col("value_standard").alias("_egfr")
    )
    joined = cga.sort("collected_lo").join_asof(
        egfr.sort("collected_lo"),
        on="collected_lo",
        by="pid",
        strategy="backward",
        tolerance=f"{settings.egfr_window_days}d",
        check_sortedness=False,
    )
    return joined.with_columns(_on_ppi=(pl.col("ppi_within_2w") == "Y").fill_null(value=False) | is_under)


def _disturbances(settings: Settings) -> Iterator[Check]:
    yield Check("V34", "ppi_within_2w", pl.col("_on_ppi"), per=(), counts={"n": pl.len()})
    limit = settings.egfr_not_assessable_below
    fields = {"limit": f"{limit:g}"}
    yield Check("V35", "value_text", pl.col("_egfr") < limit, fields, per=(), counts={"n": pl.len()})
