"""The findings that need lines and endpoints: what a person should look at before trusting an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.assessments import derive_given_assessments
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key, is_first_of, sort_by_key
from analytics.tables.accepted import name_sheets
from analytics.tables.findings import FINDING_COLUMNS, Rule
from analytics.tables.relative_days import with_days_said

RULES: tuple[Rule, ...] = (
    Rule(
        "V39", "WARN", "patient", "No {} in the days before line {}; change not computed.", "Look for an earlier value."
    ),
    Rule("V47", "WARN", "row", "{}: reader {}, from lesions {}.", "Check the reading and the lesion sheet."),
    Rule("V57", "WARN", "patient", "Line {} ({}) goes on after line {} starts on {}.", "Check the end of the line."),
    Rule("V63", "WARN", "patient", "Line {}: start after death; counted out of {}.", "Check both dates."),
    Rule("V64", "INFO", "patient", "{} of {} lines are not in {}: {}.", "Nothing, if the reason is right."),
    Rule(
        "V65",
        "WARN",
        "patient",
        "Line {}: event on {} after missed assessments, no adequate scan since {}.",
        "See the FDA-style rules.",
    ),
    Rule(
        "V102",
        "WARN",
        "patient",
        "Line {}: responses of {} stand on different days and count together.",
        "Name the reader who decides in the setting response_reader, or see that they agree.",
    ),
    Rule(
        "V103",
        "WARN",
        "patient",
        "Line {}: nothing is read by «{}», whom the settings name; responses of {} do not count.",
        "Check the name, or leave the setting response_reader empty.",
    ),
    Rule("V66", "WARN", "patient", "Line {}: censored at {}, since new therapy began.", "See the EMA-style rules."),
)
"""Messages are filled in the order of their columns."""

BY_RULES = ", rules "
"""Between an endpoint and the rule set that decided it, where that is not the default."""

_RULE_BY_ID = {rule.rule_id: rule for rule in RULES}


def _report(rule_id: str, rows: pl.DataFrame, table: str, parts: list[pl.Expr]) -> pl.DataFrame:
    """Return ``rows`` as findings of one rule; columns they do not have are null."""
    rule = _RULE_BY_ID[rule_id]
    texts = [part.cast(pl.String).fill_null("unknown") for part in parts]
    filled = rows.with_columns(
        rule_id=pl.lit(rule_id),
        severity=pl.lit(rule.severity),
        scope=pl.lit(rule.scope),
        table=pl.lit(table),
        message=with_days_said(pl.format(rule.message, *texts)),
        suggestion=pl.lit(rule.suggestion),
    )
    return filled.select(
        (pl.col(name) if name in filled.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in FINDING_COLUMNS.items()
    )


def _find_missing_baselines(derived: Mapping[str, pl.DataFrame], of_line: pl.DataFrame) -> pl.DataFrame:
    key = ["pid", "line_no", "analyte"]
    # rows of one line and marker stand together: most repeats go before anything is looked up
    lacking = derived["marker_responses"].select(*key, is_lacking=pl.col("reason") == "no baseline value")
    lacking = lacking.filter("is_lacking").filter(is_first_of(*key)).unique(key)
    rows = (
        lacking.join(derived["marker_values"].select(key).filter(is_first_of(*key)), on=key, how="semi")
        .join(of_line, on=["pid", "line_no"])
        .sort(key)
    )
    return _report("V39", rows, "labs", [pl.col("analyte"), pl.col("line_no")])


def _find_differing_readings(
    given: pl.DataFrame, derived: Mapping[str, pl.DataFrame], of_line: pl.DataFrame
) -> pl.DataFrame:
    """Compare each reader's response with the one derived from the lesions of a visit on that day."""
    given = given.select("pid", "date", "response", "file", "row", day_key=compute_day_key(pl.col("date")))
    # what an inadequate scan shows is not compared: it is neither a response nor its absence
    visits = (
        derived["recist_assessments"]
        .filter(~pl.col("is_inadequate"))
        .select("line_no", "last_date", from_lesions="response", day_key=compute_day_key(pl.col("first_date")))
    )
    # the visits of a patient share no day, so that the last one begun is the only one a day can be of
    begun = given.join_asof(sort_by_key(visits, "day_key"), on="day_key", strategy="backward", coalesce=False)
    is_own = pl.col("day_key") // DAYS_PER_PATIENT == pl.col("day_key_right") // DAYS_PER_PATIENT
    is_of_visit = is_own & (pl.col("date") <= pl.col("last_date"))
    rows = (
        begun.filter(is_of_visit & (pl.col("response") != pl.col("from_lesions")))
        .join(of_line.drop("file", "row"), on=["pid", "line_no"])
        .sort("pid", "date")
    )
    return _report("V47", rows, "responses", [pl.col("date"), pl.col("response"), pl.col("from_lesions")])


def _name_readers(given: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with a response: how many readers it has, and their names."""
    name = pl.col("reader").fill_null("nobody named")
    # an assessment on the day of a start belongs to the line before
    read = given.lazy().select("pid", "date", name).join(lines.lazy().drop("file", "row"), on="pid")
    return (
        read.filter((pl.col("date") > pl.col("start_date")) & _is_of_line())
        .group_by("pid", "line_no", "patient_id")
        .agg(n_readers=pl.col("reader").n_unique(), readers=pl.col("reader").unique().sort().str.join(" and "))
        .sort("pid", "line_no")
        .collect()
    )


def _is_of_line() -> pl.Expr:
    return (pl.col("date") <= pl.col("next_line_date")).fill_null(value=True)


def _find_readers(
    tables: Mapping[str, pl.LazyFrame], given: pl.DataFrame, lines: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Tell of several readers whose responses count together, or of a named one who read nothing."""
    of_line = lines.select("pid", "line_no", "patient_id", "start_date", "next_line_date", "file", "row")
    if not settings.response_reader:
        # they come by patient: a change of reader within one is seen between neighbours
        changes = pl.col("reader").ne_missing(pl.col("reader").shift(1)) & (pl.col("pid") == pl.col("pid").shift(1))
        several = given.filter(changes)["pid"].unique()
        rows = given.filter(pl.col("pid").is_in(several.implode()))
        pooled = _name_readers(rows, of_line).filter(pl.col("n_readers") > 1)
        return _report("V102", pooled, "responses", [pl.col("line_no"), pl.col("readers")])
    everybody = derive_given_assessments(tables, replace(settings, response_reader=""))
    others = _name_readers(everybody, of_line).join(_name_readers(given, of_line), on=["pid", "line_no"], how="anti")
    parts = [pl.col("line_no"), pl.lit(settings.response_reader), pl.col("readers")]
    return _report("V103", others, "responses", parts)


def _find_overlaps(lines: pl.DataFrame) -> pl.DataFrame:
    following = lines.select("pid", next_line_date="start_date", next_no="line_no", next_treatment="treatment").filter(
        pl.col("next_line_date").is_not_null()
    )
    goes_on = (pl.col("end_date") > pl.col("next_line_date")) & (pl.col("next_no") != pl.col("line_no"))
    not_ssa = (pl.col("treatment") != "SSA") & (pl.col("next_treatment") != "SSA")
    rows = (
        lines.join(following, on=["pid", "next_line_date"]).filter(goes_on & not_ssa).sort("pid", "line_no", "next_no")
    )
    return _report(
        "V57", rows, "treatments", [pl.col("line_no"), pl.col("agents"), pl.col("next_no"), pl.col("next_line_date")]
    )


def _name_lines(times: pl.DataFrame, of_line: pl.DataFrame) -> pl.DataFrame:
    return times.join(of_line, on=["pid", "line_no"], maintain_order="left").sort("pid", "line_no", maintain_order=True)


def count_exclusions(times: pl.DataFrame) -> pl.DataFrame:
    """Count the lines of each endpoint by what became of them.

    Returns
    -------
    ``endpoint`` («PFS», and «PFS, rules fda» by others than the default), ``reason``, ``is_left_out`` and ``n``;
    the counts of parts of a study may be added up.
    """
    rules = pl.when(pl.col("rule_set") != "default").then(pl.lit(BY_RULES) + pl.col("rule_set")).otherwise(pl.lit(""))
    return (
        times.group_by("endpoint", "rule_set", "reason", is_left_out=pl.col("happened").is_null())
        .agg(n=pl.len())
        .with_columns(pl.col("endpoint") + rules)
        .group_by("endpoint", "reason", "is_left_out")
        .agg(pl.col("n").sum().cast(pl.UInt32))
        .sort("endpoint", "reason", "is_left_out")
    )


def derive_exclusion_findings(counts: pl.DataFrame) -> pl.DataFrame:
    """Derive finding V64 from the counts of `count_exclusions` of all parts; no patient is named.

    Of rules that are not the default those reasons are told that the default does not have.
    """
    rows = (
        counts.with_columns(n_all=pl.col("n").sum().over("endpoint"))
        .filter("is_left_out")
        .group_by("endpoint", "reason")
        .agg(pl.col("n").sum(), pl.col("n_all").first())
        .with_columns(own=pl.col("endpoint").str.split(BY_RULES).list.first())
        .sort("endpoint", "reason")
    )
    usual = rows.filter(pl.col("endpoint") == pl.col("own")).select("own", "reason")
    other = rows.filter(pl.col("endpoint") != pl.col("own")).join(usual, on=["own", "reason"], how="anti")
    rows = pl.concat([rows.filter(pl.col("endpoint") == pl.col("own")), other]).sort("endpoint", "reason")
    return _report("V64", rows, "lines", [pl.col("n"), pl.col("n_all"), pl.col("endpoint"), pl.col("reason")])


def derive_findings(
    tables: Mapping[str, pl.LazyFrame], derived: Mapping[str, pl.DataFrame], settings: Settings | None = None
) -> pl.DataFrame:
    """Derive the findings V39, V47, V57, V63, V65, V66, V102 and V103, all of one patient each.

    Parameters
    ----------
    tables, derived
        Accepted and derived tables.
    settings
        Those they were derived by; default: the usual ones.
    """
    settings = settings or Settings()
    tables = {name: name_sheets(table) for name, table in tables.items()}
    lines, times = derived["lines"], derived["times_to_event"]
    given = derive_given_assessments(tables, settings)
    of_line = lines.select("pid", "line_no", "patient_id", "file", "row")
    reason = pl.col("reason")
    pfs = times.filter((pl.col("endpoint") == "PFS") & (pl.col("rule_set") == "default"))
    late = _name_lines(pfs.filter(reason == "start after death"), of_line)
    events = pfs.select("pid", "line_no", event_date="end_date")
    by_fda = times.filter((pl.col("rule_set") == "fda") & (reason == "event after missed assessments"))
    missed = _name_lines(by_fda, of_line).join(events, on=["pid", "line_no"], maintain_order="left")
    switched = _name_lines(pfs.filter(reason == "new therapy before the event"), of_line)
    return pl.concat(
        [
            _find_missing_baselines(derived, of_line),
            _find_differing_readings(given, derived, of_line),
            _find_readers(tables, given, lines, settings),
            _find_overlaps(lines),
            _report("V63", late, "lines", [pl.col("line_no"), pl.col("endpoint")]),
            _report("V65", missed, "lines", [pl.col("line_no"), pl.col("event_date"), pl.col("last_negative_date")]),
            _report("V66", switched, "lines", [pl.col("line_no"), pl.col("end_date")]),
        ]
    )
