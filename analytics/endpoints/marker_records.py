"""Records of the marker in each line: its response, its progression, the last value that can be compared."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.response_rules import PROGRESSION_RULE_BY_ID, RESPONSE_RULE_BY_ID
from analytics.catalogue.settings import Settings
from analytics.endpoints.records import RecordBook, let_stand, number_of
from analytics.errors import SettingsError

_MARKER = "CGA"
_JUDGED = ("responder", "non_responder")


def _check_rules(settings: Settings) -> None:
    for name, value, known in (
        ("response_rule", settings.response_rule, RESPONSE_RULE_BY_ID),
        ("marker_progression_rule", settings.marker_progression_rule, PROGRESSION_RULE_BY_ID),
    ):
        if value not in known:
            raise SettingsError(f"There is no marker rule «{value}».", name, f"Known: {', '.join(known)}.")


def _select_filled(labs: pl.LazyFrame) -> pl.DataFrame:
    """Return ``file`` and ``row`` of the values whose day is not known, but was filled in."""
    is_filled = pl.col("collected_lo") != pl.col("collected_hi")
    return labs.filter(is_filled).select(file=pl.col("_file").cast(pl.String), row=pl.col("_row")).collect()


def _are_filled(rows: pl.DataFrame, filled: pl.DataFrame, file: str, row: str) -> pl.Series:
    if filled.is_empty():
        return pl.repeat(value=False, n=rows.height, eager=True)
    asked = rows.select(file=pl.col(file).cast(pl.String), row=pl.col(row).cast(pl.UInt32))
    found = asked.join(filled.with_columns(is_filled=True), on=["file", "row"], how="left", maintain_order="left")
    return found["is_filled"].fill_null(value=False)


def derive_marker_records(
    responses: pl.DataFrame, progressions: pl.DataFrame, labs: pl.LazyFrame, settings: Settings, book: RecordBook
) -> pl.DataFrame:
    """Return the records of CgA in each line that has any, by the rules of the settings: their days and numbers.

    ``marker_progression``, ``last_marker_value``, ``assay_change``, after which no value can be compared any more;
    ``marker_response``; ``lasting_marker_response``, the
    response unless the marker progressed before it; ``judged_marker``, which a line has whose response could
    be judged at all. ``no_progression_yet`` and ``no_response_yet`` are the last days without either.

    Parameters
    ----------
    responses, progressions
        ``derived.MarkerResponses`` and ``derived.MarkerProgressions``.
    labs
        The accepted values they were made from, for those whose day was filled in.

    Raises
    ------
    SettingsError
        If a rule is not in the catalogue.
    """
    _check_rules(settings)
    of_marker = pl.col("analyte") == _MARKER
    progressed = progressions.filter(of_marker & (pl.col("rule_id") == settings.marker_progression_rule))
    judged = responses.filter(
        of_marker & (pl.col("rule_id") == settings.response_rule) & pl.col("status").is_in(_JUDGED)
    )
    filled = _select_filled(labs)

    def enter(rows: pl.DataFrame, file: str, row: str) -> pl.Series:
        return book.enter_known(rows, pl.lit("labs"), pl.lit(_are_filled(rows, filled, file, row)), file=file, row=row)

    progressed = progressed.select(
        "pid",
        "line_no",
        enter(progressed, "file", "row").alias("progression_at"),
        enter(progressed, "last_file", "last_row").alias(number_of("last_marker_value")),
        enter(progressed, "changed_file", "changed_row").alias("changed_at"),
        changed="changed_date",
        last_marker_value="last_value_date",
        progression="progression_date",
        no_progression_yet="negative_date",
    )
    judged = judged.select(
        "pid",
        "line_no",
        enter(judged, "deciding_file", "deciding_row").alias("response_at"),
        response="response_date",
        no_response_yet="negative_date",
    )
    has_responded = pl.col("response").is_not_null()
    is_lasting = has_responded & (pl.col("progression") > pl.col("response")).fill_null(value=True)
    last, is_judged = "last_marker_value", pl.col("response_at").is_not_null()
    return progressed.join(judged, on=["pid", "line_no"], how="left").select(
        "pid",
        "line_no",
        last,
        number_of(last),
        "no_progression_yet",
        "no_response_yet",
        *let_stand("marker_progression", "progression", "progression_at", pl.col("progression").is_not_null()),
        *let_stand("assay_change", "changed", "changed_at", pl.col("changed").is_not_null()),
        *let_stand("judged_marker", last, number_of(last), is_judged),
        *let_stand("marker_response", "response", "response_at", has_responded),
        *let_stand("lasting_marker_response", "response", "response_at", is_lasting),
    )
