"""Times to event as ADaM ADTTE, in Dataset-JSON 1.1 and as a SAS transport file; row-level: full level only.

``CNSR`` is 0 for an event and 1 or more for a censoring, the opposite of R's status; inside Lutetia only the
truth value ``happened`` exists. Source: CDISC ADaM Basic Data Structure for Time-to-Event Analyses 1.0; CDISC
Dataset-JSON 1.1 (2024-12-05).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from importlib.metadata import version
from typing import Any, cast

import polars as pl

from analytics.export.release import Release
from analytics.export.sentences import name_clock_start, name_endpoint
from analytics.export.summary import as_json
from analytics.export.transport import TransportColumn, as_transport
from analytics.tables.relative_days import calendar_text
from analytics.tables.survival_results import SurvivalResult


@dataclass(frozen=True, slots=True)
class Variable:
    """One column of the dataset: its name, label, type and, for keys, its place in the key."""

    name: str
    label: str
    data_type: str = "string"
    key: int = 0

    def as_dict(self) -> dict[str, object]:
        """Return the column as Dataset-JSON describes it; dates are ISO text, to be turned into numbers."""
        described: dict[str, object] = {
            "itemOID": f"IT.ADTTE.{self.name}",
            "name": self.name,
            "label": self.label,
            "dataType": self.data_type,
        }
        if self.data_type == "date":
            described |= {"targetDataType": "integer", "displayFormat": "E8601DA."}
        return described | ({"keySequence": self.key} if self.key else {})


VARIABLES: tuple[Variable, ...] = (
    Variable("STUDYID", "Study Identifier", key=1),
    Variable("USUBJID", "Unique Subject Identifier", key=2),
    Variable("LINENO", "Line of Treatment", "integer", key=3),
    Variable("TRTP", "Planned Treatment"),
    Variable("PARAMCD", "Parameter Code", key=4),
    Variable("PARAM", "Parameter"),
    Variable("AVAL", "Analysis Value", "integer"),
    Variable("AVALU", "Analysis Value Unit"),
    Variable("STARTDT", "Time-to-Event Origin Date for Subject", "date"),
    Variable("ADT", "Analysis Date", "date"),
    Variable("CNSR", "Censor", "integer"),
    Variable("EVNTDESC", "Event or Censoring Description"),
    Variable("CNSDTDSC", "Censor Date Description"),
    Variable("SRCDOM", "Source Data"),
    Variable("SRCSEQ", "Source Sequence Number", "integer"),
)
"""Names of at most eight characters, so that the table also fits a SAS transport file."""


def write_adtte(release: Release) -> dict[str, bytes]:
    """Write ``adtte.json`` and ``adtte.xpt``."""
    table = adtte_table(release)
    content: dict[str, Any] = {
        "datasetJSONCreationDateTime": release.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datasetJSONVersion": "1.1.0",
        "sourceSystem": {"name": "Lutetia", "version": version("lutetia")},
        "studyOID": release.answer.study_name,
        "itemGroupOID": "IG.ADTTE",
        "records": table.height,
        "name": "ADTTE",
        "label": "Time-to-Event Analysis Dataset",
        "columns": [variable.as_dict() for variable in VARIABLES],
        "rows": [list(row) for row in table.rows()],
    }
    transport = as_transport("ADTTE", content["label"], _transport_columns(table), release.now.astimezone(UTC))
    return {"adtte.json": as_json(content), "adtte.xpt": transport}


def _transport_columns(table: pl.DataFrame) -> list[TransportColumn]:
    """Return the columns for a transport file, dates as days for SAS to show."""
    columns: list[TransportColumn] = []
    for variable in VARIABLES:
        is_date = variable.data_type == "date"
        values = table[variable.name].str.to_date() if is_date else table[variable.name]
        columns.append(
            TransportColumn(
                variable.name,
                variable.label,
                values.to_list(),
                is_text=variable.data_type == "string",
                format_name="DATE" if is_date else "",
            )
        )
    return columns


def adtte_table(release: Release) -> pl.DataFrame:
    """Return one row a treatment line with the columns of `VARIABLES`.

    Dates are ISO text, null where the source gives days from an anchor: ``AVAL`` needs none.
    """
    result = cast("SurvivalResult", release.answer.result)
    happened = pl.col("happened")
    return release.answer.subjects.select(
        STUDYID=pl.lit(release.answer.study_name),
        USUBJID=pl.col("patient_id"),
        LINENO=pl.col("line_no"),
        TRTP=pl.col("group"),
        PARAMCD=pl.lit(result.endpoint),
        PARAM=pl.lit(name_parameter(result)),
        AVAL=pl.col("days"),
        AVALU=pl.lit("DAYS"),
        STARTDT=calendar_text(pl.col("start_date") + pl.duration(days=result.landmark_days or 0)),
        ADT=calendar_text(pl.col("end_date")),
        CNSR=pl.when(happened).then(0).otherwise(pl.max_horizontal(pl.col("code").fill_null(1), 1)).cast(pl.Int32),
        EVNTDESC=pl.col("reason"),
        CNSDTDSC=pl.when(~happened).then(pl.col("date_used")),
        SRCDOM=pl.col("source_table"),
        SRCSEQ=pl.col("source_row"),
    )


def name_parameter(result: SurvivalResult) -> str:
    """Return the endpoint in words, and what its days count from when that is not its own time zero."""
    name = name_endpoint(result.endpoint)
    return name if result.landmark_days is None else f"{name} from {name_clock_start(result)}"
