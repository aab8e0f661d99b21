"""Laboratory values against their neighbours, their assay and what disturbs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.checks import Check, number_text
from analytics.intake.parse import STATUS, raw
from analytics.intake.review import PLACE, Review, order_of, used
from analytics.intake.review_disturbances import CGA, DISTURBED, EGFR, SPELL, review_disturbances

SCALE = "_scale"
"""The factor of a unit to the standard one, or the unit itself where it has none."""
SERIES = ("pid", "analyte", "specimen")
BEFORE = ("value", "value_text", SCALE, "assay_group", "assay_id", "collected_lo")
"""What is compared with the value before."""
TURN = ("patient_id", *SERIES, "value", "value_text", "comparator", "unit", "assay_id", "assay_group", "collected_lo")
"""What is looked at where a value jumped or changed its assay."""
LOOKED_AT = (*SERIES, "value", "comparator", "assay_id", "_factor", "_unit")
"""What every value is looked at by."""
OF_A_DAY = (raw("collected"), "value", raw("value_text"), "unit", "assay_id")
"""What values of one series and day stand by: their time, where it is given, and what they say."""
SCALED = ("patient_id", *SERIES, "assay_id", "_factor", "_unit")
"""What is looked at where the unit of a series changes."""
COUNTED = ("analyte", "comparator", "_file", "_sheet", "_row")
LIMITS = ("patient_id", "analyte", "uln", "lln", "_assay_uln", "_unit", "_assay_unit", "urine_volume_ml")

URINE_ANALYTE = "5HIAA_U24"


def review_labs(settled: Mapping[str, pl.DataFrame], settings: Settings, assays: pl.DataFrame) -> Iterator[Review]:
    """Yield the checks of series, limits and disturbances of laboratory values, of the values concerned only.

    ``assays`` is the assays sheet: where an assay has several rows there, its values may be of several groups.
    """
    labs = settled["labs"]
    has_value = pl.col(STATUS).is_null() & pl.col("value").is_not_null()
    limits, counts = tuple(_limit_checks(settings)), tuple(_count_checks())
    wanted = labs.select(
        (has_value & pl.col("collected_lo").is_not_null()).alias("dated"),
        (has_value & pl.any_horizontal(check.fires for check in limits)).alias("beyond"),
        *((has_value & check.fires).alias(check.rule_id) for check in counts),
    )
    dated = wanted.get_column("dated").arg_true()
    order = order_of(labs.select(*SERIES, "collected_lo", "_row")[dated], *SERIES, "collected_lo", "_row")
    places = _settle_days(labs, dated.gather(order))
    series = labs.select(LOOKED_AT)[places]
    follows = series.select(_follows().fill_null(value=False).alias("follows")).to_series()
    if assays.select(pl.struct("assay_id", "analyte").is_duplicated().any()).item():
        series = series.with_columns(labs.get_column("assay_group").gather(places))
    turns = _at_turns(labs, places, series, follows, settings)
    yield Review("labs", turns, tuple(_neighbour_checks(settings)), labs)
    changing = places.filter(_in_two_units(series, follows))
    mixed = labs.select("patient_id", *SERIES, "assay_id", "_factor", "_unit")[changing].with_columns(
        changing.alias(PLACE)
    )
    yield Review("labs", _with_usual_unit(_with_neighbours(mixed, SCALE)), (_unit_check(),), labs)
    for check in counts:
        shown = dict.fromkeys((*COUNTED, *check.fires.meta.root_names()))
        yield Review("labs", labs.select(*shown)[wanted.get_column(check.rule_id).arg_true()], (check,))
    beyond = wanted.get_column("beyond").arg_true()
    yield Review("labs", labs.select(LIMITS)[beyond].with_columns(beyond.alias(PLACE)), limits, labs)
    analytes = series.get_column("analyte")
    cga, egfr = (labs.select(DISTURBED)[places.filter(analytes == analyte)] for analyte in (CGA, EGFR))
    yield from review_disturbances(cga, egfr, used(settled, "concomitants", *SPELL), settings)


def _settle_days(labs: pl.DataFrame, places: pl.Series) -> pl.Series:
    """Return the places of ordered series with the values of one day in an order that no line of a file decides."""
    is_same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in (*SERIES, "collected_lo"))
    follows = labs.select(*SERIES, "collected_lo")[places].select(is_same.fill_null(value=False)).to_series()
    if not follows.any():
        return places
    at = (follows | follows.shift(-1, fill_value=False)).arg_true()
    tied = places.gather(at)
    days = follows.not_().cum_sum().gather(at).alias("_day")
    inside = labs.select(OF_A_DAY)[tied].with_columns(days).select(pl.arg_sort_by("_day", *OF_A_DAY)).to_series()
    return places.scatter(at, tied.gather(inside))


def _follows() -> pl.Expr:
    """Return whether a value of an ordered series follows another of the same patient, analyte and specimen."""
    return pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in SERIES)


def _at_turns(
    labs: pl.DataFrame, places: pl.Series, series: pl.DataFrame, follows: pl.Series, settings: Settings
) -> pl.DataFrame:
    """Return the values that may have jumped or changed their assay, each with what stood before it."""
    before, now = pl.col("value").shift(1), pl.col("value")
    jumped = (now >= settings.jump_factor * before) | (before >= settings.jump_factor * now)
    measured_by = [name for name in ("assay_id", "assay_group") if name in series.columns]
    is_other_assay = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in measured_by)
    turns = series.select(
        pl.arg_where(((jumped & pl.col("comparator").is_null()) | is_other_assay).fill_null(value=False) & follows)
    ).to_series()
    pairs = pl.concat([turns - 1, turns]).unique().sort()
    at = places.gather(pairs)
    both = labs.select(*TURN, "_factor", "_unit")[at].with_columns(at.alias(PLACE))
    return _with_neighbours(both, *BEFORE).filter(pairs.is_in(turns.implode()))


def _in_two_units(series: pl.DataFrame, follows: pl.Series) -> pl.Series:
    """Return whether each value is of a series in which the unit changes."""
    is_other = pl.col("_factor").ne_missing(pl.col("_factor").shift(1)) | (
        pl.col("_factor").is_null() & pl.col("_unit").ne_missing(pl.col("_unit").shift(1))
    )
    number = follows.not_().cum_sum()
    changed = number.filter(series.select(is_other.alias("other")).to_series() & follows).unique()
    return number.is_in(changed.implode())


def _with_neighbours(series: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Add what stood one row before in the same patient, analyte and specimen (null for the first)."""
    same = _follows()
    # two spellings of one unit have one factor and are no two units
    scaled = series.with_columns(pl.coalesce(pl.col("_factor").cast(pl.String), "_unit").alias(SCALE))
    return scaled.with_columns(pl.when(same).then(pl.col(name).shift(1)).alias(f"_before_{name}") for name in names)


def _with_usual_unit(neighbours: pl.DataFrame) -> pl.DataFrame:
    """Return the series in which the unit changes, each row with the unit most values of its assay have.

    Of two units equally frequent the earlier is the usual one. A unit that stays is no question, whatever
    another assay uses, so the usual one is looked for only where two neighbours differ.
    """
    assay = (*SERIES, "assay_id")
    changed = neighbours.filter(pl.col(SCALE) != pl.col(f"_before_{SCALE}")).select(SERIES).unique()
    mixed = neighbours.join(changed, on=SERIES, how="semi", nulls_equal=True, maintain_order="left")
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
        ~same_group & (~same_assay | same_unit),
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
