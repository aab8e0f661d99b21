"""Protocol: a whole analysis plan as a person writes it in TOML."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analytics.errors import SettingsError
from analytics.questions.question import Question, Selection


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedQuestion(_Part):
    """One question of the plan: its name, and beside it the options of `analytics.questions.question.Question`.

    ``selection`` of a question replaces that of the whole plan.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    question: Question
    has_own_selection: bool

    @model_validator(mode="before")
    @classmethod
    def _set_name_apart(cls, entry: dict[str, Any]) -> dict[str, Any]:
        options = {word: value for word, value in entry.items() if word != "name"}
        apart = {"question": options, "has_own_selection": "selection" in options}
        return apart | {"name": entry["name"]} if "name" in entry else apart

    def as_question(self, of_the_plan: Selection) -> Question:
        """Return the question to ask, with the plan's selection where it has none of its own."""
        return self.question if self.has_own_selection else replace(self.question, selection=of_the_plan)


class Protocol(_Part):
    """The analysis plan: source, its layout, settings, selection, questions, where the exports go and at which level.

    Paths are relative to the protocol file.
    """

    title: str
    source: Path
    layout: Path | None = None
    store: Path = Path("store")
    out: Path = Path("results")
    level: Literal["safe", "full"] = "safe"
    settings: dict[str, Any] = Field(default_factory=dict)
    selection: Selection = Selection()
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
        entry = ".".join(str(part) for part in first["loc"] if part != "question")
        raise SettingsError(f"Entry «{entry}»: {first['msg']}.", str(path), "Correct it and run again.") from None
    names = [question.name for question in plan.questions]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise SettingsError(
            f"Two questions are called «{doubled[0]}».", str(path), "Each needs a name of its own: it names a folder."
        )
    base = path.resolve().parent
    layout = base / plan.layout if plan.layout else None
    return plan.model_copy(
        update={"source": base / plan.source, "layout": layout, "store": base / plan.store, "out": base / plan.out}
    )
