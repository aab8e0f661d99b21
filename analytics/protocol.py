"""Protocol: a whole analysis plan as a person writes it in TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analytics.errors import SettingsError
from analytics.questions.question import LineChoice, Question, Selection


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedSelection(_Part):
    """Which lines are in; see `analytics.questions.question.Selection`."""

    treatments: tuple[str, ...] = ()
    primary_sites: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    hospitals: tuple[str, ...] = ()
    started_from: str = ""
    started_to: str = ""
    choose: LineChoice = "every_line"
    decision_after: str = "SSA"


class PlannedQuestion(_Part):
    """One question of the plan; ``selection`` narrows or replaces that of the whole plan."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    kind: str
    endpoint: str = "PFS"
    rule_set: str = "default"
    by: str = "treatment"
    analyte: str = "CGA"
    response_rule: str = "ELECT50"
    reference: str = ""
    covariates: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    spline_df: int = Field(default=3, ge=1, le=6)
    model: str = "cox"
    ties: str = "efron"
    subgroups: tuple[str, ...] = ()
    horizon_months: float = Field(default=0.0, ge=0)
    landmark_days: int = Field(default=183, ge=0)
    endpoints: tuple[str, ...] = ()
    rule_sets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    selection: PlannedSelection | None = None

    def as_question(self, of_the_plan: PlannedSelection) -> Question:
        """Return the question to ask, with the plan's selection where it has none of its own."""
        values = self.model_dump(exclude={"name", "selection"})
        return Question(**values, selection=Selection(**(self.selection or of_the_plan).model_dump()))


class Protocol(_Part):
    """The analysis plan: source, settings, selection, questions, where the exports go and at which level.

    Paths are relative to the protocol file.
    """

    title: str
    source: Path
    store: Path = Path("store")
    out: Path = Path("results")
    level: Literal["safe", "full"] = "safe"
    settings: dict[str, Any] = Field(default_factory=dict)
    selection: PlannedSelection = PlannedSelection()
    questions: tuple[PlannedQuestion, ...] = Field(min_length=1)


def read_protocol(path: Path) -> Protocol:
    """Read a protocol file.

    Returns
    -------
    Protocol
        With its paths made absolute, counted from the folder of ``path``.

    Raises
    ------
    SettingsError
        If the file is missing, is not TOML, or says something a protocol cannot say; the message names
        the entry.
    """
    try:
        plan = Protocol.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as problem:
        raise SettingsError(f"The protocol cannot be read: {problem.strerror}.", str(path), "Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"The protocol is not TOML: {problem}.", str(path), "See the example in README.md."
        ) from None
    except ValidationError as problem:
        first = problem.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"Entry «{entry}»: {first['msg']}.", str(path), "Correct it and run again.") from None
    names = [question.name for question in plan.questions]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise SettingsError(
            f"Two questions are called «{doubled[0]}».", str(path), "Each needs a name of its own: it names a folder."
        )
    base = path.resolve().parent
    return plan.model_copy(update={"source": base / plan.source, "store": base / plan.store, "out": base / plan.out})
