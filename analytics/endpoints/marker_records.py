"""Records of the marker in each line: its response, its progression, the last value that can be compared."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.response_rules import PROGRESSION_RULE_BY_ID, RESPONSE_RULE_BY_ID
from analytics.catalogue.settings import Settings
from analytics.endpoints.records import make_record
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


def derive_marker_records(responses: pl.DataFrame, progressions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the records of CgA in each line that has any, by the rules of the settings.

    ``marker_progression``, ``last_marker_value``; ``marker_response``; ``lasting_marker_response``, the
    response unless the marker progressed before it; ``judged_marker``, which a line has whose response could
    be judged at all.

    Parameters
    ----------
    responses, progressions
        ``derived.MarkerResponses`` and ``derived.MarkerProgressions``.

    Raises
    ------
    SettingsError
        If a rule is not in the catalogue.
    """
    _check_rules(settings)
    of_marker = pl.col("analyte") == _MARKER
    exact = pl.lit("D")
    progressed = progressions.filter(of_marker & (pl.col("rule_id") == settings.marker_progression_rule)).select(
        "pid", "line_no", "progression_date",
        progression=make_record("labs", "progression_date", exact, file="file", row="row"),
        last_marker_value=make_record("labs", "last_value_date", exact, file="last_file", row="last_row"),
    )  # fmt: skip
    judged = responses.filter(
        of_marker & (pl.col("rule_id") == settings.response_rule) & pl.col("status").is_in(_JUDGED)
    ).select(
        "pid", "line_no", "response_date",
        response=make_record("labs", "response_date", exact, file="deciding_file", row="deciding_row"),
    )  # fmt: skip
    has_responded = pl.col("response_date").is_not_null()
    is_lasting = has_responded & (pl.col("progression_date") > pl.col("response_date")).fill_null(value=True)
    return progressed.join(judged, on=["pid", "line_no"], how="left").select(
        "pid",
        "line_no",
        "last_marker_value",
        marker_progression=pl.when(pl.col("progression_date").is_not_null()).then("progression"),
        judged_marker=pl.when(pl.col("response").is_not_null()).then("last_marker_value"),
        marker_response=pl.when(has_responded).then("response"),
        lasting_marker_response=pl.when(is_lasting).then("response"),
    )
