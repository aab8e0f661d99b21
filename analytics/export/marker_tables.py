"""Agreement with scans, growth rates and imputed models as tables, and what they say in ``summary.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

import polars as pl

from analytics.export.cells import table_as_csv
from analytics.export.model_summary import say_model
from analytics.export.model_tables import coefficient_table, missing_table, term_row
from analytics.export.release import Release
from analytics.export.sentences import describe_endpoint
from analytics.tables.marker_results import GrowthResult, ImputationResult, ScanAgreementResult
from analytics.tables.model_results import AgreementResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Estimate, Refusal

SHARES = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "positive_predictive": "positive predictive value",
    "negative_predictive": "negative predictive value",
    "agreement": "agreement",
    "kappa": "kappa",
}
"""What is told of an agreement: its field, and its words."""


def write_agreement(release: Release) -> dict[str, bytes]:
    """Write ``agreement.csv`` (sensitivity, specificity and the others) and ``pairs.csv`` (the four counts)."""
    result = cast("ScanAgreementResult", release.answer.result)
    counts = [(item.sign, item.reference, *item.counts) for item in result.agreements]
    names = ("both", "marker_only", "scan_only", "neither")
    schema = {"sign": pl.String, "reference": pl.String} | dict.fromkeys(names, pl.Int64)
    return {
        "agreement.csv": table_as_csv(agreement_table(result)),
        "pairs.csv": table_as_csv(pl.DataFrame(counts, schema=schema, orient="row")),
    }


def agreement_table(result: ScanAgreementResult) -> pl.DataFrame:
    """Return one row a sign and measure; shares between 0 and 1."""
    rows = [
        (item.sign, item.reference, words, estimate.value, estimate.low, estimate.high, estimate.level)
        for item in result.agreements
        for words, estimate in told_of(item)
    ]
    texts, numbers = ("sign", "reference", "measure"), ("estimate", "conf.low", "conf.high", "conf.level")
    return pl.DataFrame(rows, schema=dict.fromkeys(texts, pl.String) | dict.fromkeys(numbers, pl.Float64), orient="row")


def told_of(item: AgreementResult) -> list[tuple[str, Estimate]]:
    """Return each measure of an agreement in words with its estimate."""
    return [(words, getattr(item, name)) for name, words in SHARES.items()]


def say_agreement(result: ScanAgreementResult) -> dict[str, Any]:
    """Return the agreements as plain values."""
    return {
        "analyte": result.analyte,
        "days_before": result.days_before,
        "days_after": result.days_after,
        "n_scans": result.n_scans,
        "n_matched": result.n_matched,
        "agreements": agreement_table(result).to_dicts(),
    }


def write_growth(release: Release) -> dict[str, bytes]:
    """Write ``growth.csv`` (rates by group and period) and ``coefficients.csv`` (what they foretell)."""
    result = cast("GrowthResult", release.answer.result)
    fitted = [(period, model) for period, model in result.models if isinstance(model, ModelResult)]
    files = {"growth.csv": growth_table(result)}
    if fitted:
        tables = [coefficient_table(model).with_columns(period=pl.lit(period)) for period, model in fitted]
        files["coefficients.csv"] = pl.concat(tables)
    return {name: table_as_csv(table) for name, table in files.items()}


def growth_table(result: GrowthResult) -> pl.DataFrame:
    """Return one row a group and period; rates in % a month."""
    numbers = ("lower_quartile", "median", "upper_quartile")
    schema = (
        {"group": pl.String, "period": pl.String}
        | dict.fromkeys(("n_lines", "n_without"), pl.Int64)
        | dict.fromkeys(numbers, pl.Float64)
    )
    rows = [asdict(group) for group in result.groups]
    return pl.DataFrame(rows, schema=schema).with_columns(unit=pl.lit("% a month"), of=pl.lit(result.what))


def say_growth(result: GrowthResult) -> dict[str, Any]:
    """Return rates and models as plain values."""
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "of": result.what,
        "landmark_days": result.landmark_days,
        "rates": growth_table(result).to_dicts(),
        "models": {
            period: {"refused": asdict(model)} if isinstance(model, Refusal) else say_model(model)
            for period, model in result.models
        },
    }


def write_imputation(release: Release) -> dict[str, bytes]:
    """Write ``coefficients.csv``, complete lines and imputation side by side, and ``missing.csv``."""
    result = cast("ImputationResult", release.answer.result)
    return {
        "coefficients.csv": table_as_csv(imputation_table(result)),
        "missing.csv": table_as_csv(missing_table(result.missing)),
    }


def imputation_table(result: ImputationResult) -> pl.DataFrame:
    """Return one row a term and way; ``missing_share`` is the share of information lost, of imputed terms."""
    rows: list[dict[str, object]] = []
    for way, terms in (("complete lines", result.complete), ("imputed", result.pooled)):
        if isinstance(terms, Refusal):
            continue
        lost = result.missing_share if way == "imputed" else (None,) * len(terms)
        rows.extend(
            term_row(column, term, "hazard ratio") | {"way": way, "missing_share": share}
            for column, term, share in zip(result.columns, terms, lost, strict=True)
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def say_imputation(result: ImputationResult) -> dict[str, Any]:
    """Return both models as plain values."""
    refusals = [asdict(way) for way in (result.complete, result.pooled) if isinstance(way, Refusal)]
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "n_lines": result.n_lines,
        "n_complete": result.n_complete,
        "n_events": result.n_events,
        "n_imputations": result.n_imputations,
        "seed": result.seed,
        "terms": imputation_table(result).to_dicts(),
        "missing": [asdict(item) for item in result.missing],
        "not_given": refusals,
    }
