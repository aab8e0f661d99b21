"""The data page: what was turned away and why, what was read, and the settings every answer rests on."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import polars as pl
from dash import Dash, Input, Output, State, html

from analytics.tables.findings import SEVERITIES
from dashboards.components.named import named
from dashboards.components.numbers import make_table, table_of_frame
from dashboards.components.panel import TableData, build_table
from dashboards.components.shell import describe_data
from dashboards.shelf import OpenedStudy, Shelf
from dashboards.view import parse_view
from dashboards.words import count

PATH = "/data"
TITLE = "Data"
ROWS_SHOWN = 20
IN_DAYS = (
    "Dates of this study are days from each patient's own anchor: durations are as ever, but nothing is placed in the "
    "calendar."
)
HEADINGS = {
    "severity": "Severity",
    "rule_id": "Rule",
    "file": "File",
    "row": "Line",
    "patient_id": "Patient",
    "column": "Column",
    "value": "Value",
    "message": "What",
    "suggestion": "What to do",
}
LEDGER = {
    "file": "File",
    "table": "Table",
    "read": "Read",
    "accepted": "Accepted",
    "rejected": "Rejected",
    "exact_duplicates": "Exact duplicates",
    "superseded": "Superseded",
    "withdrawn": "Withdrawn",
    "conflicting": "Conflicting",
}


def layout(shelf: Shelf, search: str) -> list[Any]:
    """Return the page; ledger, settings and inputs are whole at once, findings come by filter and page."""
    opened = shelf.opened(parse_view(search, shelf).study)
    study = opened.study
    files = make_table(
        ("File", "What", "Bytes", "SHA-256"),
        [(item.name, item.role, item.size, item.sha256[:16]) for item in study.inputs],
    )
    settings = make_table(("Setting", "Value", "Unit", "Meaning", "Source"), study.settings.as_rows())
    return [
        dmc.Title("Data", order=1, size="h3"),
        dmc.Text(describe_data(study.name, study.version, study.built_at), size="sm", className="about"),
        *([html.P(study.warning, className="refusal")] if study.warning else []),
        *([html.P(IN_DAYS, className="facts")] if study.settings.dates == "relative" else []),
        html.P(describe_ledger(study.ledger), className="facts"),
        _section("rules", "What was not used, or used with a warning, by rule", table_of_rules(study.findings)),
        _section("ledger", "Ledger: every row of the source, accounted for", table_of_frame(study.ledger, LEDGER)),
        _build_findings(opened),
        _section("inputs", "Files of this version", files),
        _section("settings", "Effective settings", settings),
        _section("versions", "Made with", make_table(("Part", "Version"), sorted(study.versions.items()))),
    ]


def describe_ledger(ledger: pl.DataFrame) -> str:
    """Say in a sentence how many rows were read and what became of them."""
    total = {name: int(ledger[name].sum()) for name in LEDGER if name not in ("file", "table")}
    away = [f"{total[name]:,} {LEDGER[name].lower()}" for name in list(total)[2:] if total[name]]
    return f"Of {count(total['read'], 'row')} read, {total['accepted']:,} are used" + (
        f"; {', '.join(away)}." if away else "; none was turned away."
    )


def table_of_rules(findings: pl.DataFrame) -> TableData:
    """Return one row a rule, worst first, with how often it spoke and one example."""
    rules = (
        findings.group_by("severity", "rule_id", "table", maintain_order=True)
        .agg(n=pl.len(), example=pl.col("message").first())
        .with_columns(worst=pl.col("severity").replace_strict(list(SEVERITIES), list(range(len(SEVERITIES)))))
        .sort("worst", "n", descending=[False, True])
    )
    head = {"severity": "Severity", "n": "Times", "table": "Table", "rule_id": "Rule", "example": "For example"}
    return table_of_frame(rules, head)


def _section(name: str, title: str, data: dict[str, Any]) -> html.Section:
    table = build_table(f"data-{name}", title, data)
    return html.Section([dmc.Title(title, order=2, size="h4"), table], className="panel-plain")


def _build_findings(opened: OpenedStudy) -> html.Section:
    tables = opened.study.findings["table"].drop_nulls().unique().sort().to_list()
    return html.Section(
        [
            dmc.Title("Findings, one by one", order=2, size="h4"),
            html.Div(
                [
                    dmc.MultiSelect(
                        id="finding-severity", label="Severity", data=list(SEVERITIES), value=[], size="sm"
                    ),
                    dmc.MultiSelect(id="finding-table", label="Table", data=tables, value=[], size="sm"),
                    dmc.TextInput(id="finding-text", label="Contains", value="", debounce=400, size="sm"),
                    html.A(
                        "Download all findings (CSV)",
                        href=f"/download/findings.csv?study={opened.key}",
                        className="way-out",
                    ),
                ],
                className="filters",
                role="group",
                **named("Filter findings"),
            ),
            html.P(id="finding-count", role="status"),
            build_table("data-findings", "Findings"),
            dmc.Pagination(id="finding-page", total=1, value=1, withControls=False),
        ],
        className="panel-plain",
    )


def select_findings(findings: pl.DataFrame, severities: list[str], tables: list[str], text: str) -> pl.DataFrame:
    """Select findings of the severities and tables (none chosen: all) that contain ``text`` in any column."""
    wanted = pl.lit(value=True)
    if severities:
        wanted &= pl.col("severity").is_in(severities)
    if tables:
        wanted &= pl.col("table").is_in(tables)
    if text:
        everything = pl.concat_str(pl.col(list(HEADINGS)).cast(pl.String), separator=" ", ignore_nulls=True)
        wanted &= everything.str.to_lowercase().str.contains(text.lower(), literal=True)
    return findings.filter(wanted)


def register(app: Dash, shelf: Shelf) -> None:
    """Register the callbacks of the page."""

    @app.callback(
        Output("data-findings", "data"),
        Output("finding-count", "children"),
        Output("finding-page", "total"),
        Input("finding-severity", "value"),
        Input("finding-table", "value"),
        Input("finding-text", "value"),
        Input("finding-page", "value"),
        State("location", "search"),
    )
    def fill_findings(severities: list[str], tables: list[str], text: str, page: int, search: str) -> Any:  # pyright: ignore[reportUnusedFunction]
        findings = shelf.opened(parse_view(search, shelf).study).study.findings
        some = select_findings(findings, severities, tables, text)
        pages = max(1, -(-some.height // ROWS_SHOWN))
        shown = some.slice((min(page, pages) - 1) * ROWS_SHOWN, ROWS_SHOWN)
        return table_of_frame(shown, HEADINGS), f"{count(some.height, 'finding')} of {findings.height:,}.", pages
