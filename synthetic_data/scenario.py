"""A scenario: every parameter of a simulated world, named, with its unit and its source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

import numpy as np

from analytics.errors import SettingsError
from synthetic_data.chance import Floats


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``source`` is a publication or the word «assumed».

    ``low`` and ``high`` bound every number in it, both included. A parameter without bounds is words.
    """

    value: float | tuple[float, ...] | tuple[str, ...]
    unit: str
    source: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of parameters; keys are «room.parameter»."""

    name: str
    title: str
    parameters: Mapping[str, Parameter]

    def number(self, key: str) -> float:
        """Return the parameter ``key`` as one number in its own unit."""
        return cast(float, self.parameters[key].value)

    def numbers(self, key: str) -> Floats:
        """Return the parameter ``key`` as an array in its own unit."""
        return np.asarray(self.parameters[key].value, dtype=np.float64)

    def words(self, key: str) -> tuple[str, ...]:
        """Return the parameter ``key`` as words."""
        return cast(tuple[str, ...], self.parameters[key].value)


def parse_scenario(text: str, where: str, base: Scenario | None) -> Scenario:
    """Read a scenario from TOML text; parameters it does not name come from ``base``.

    Without ``base`` the text declares the parameters: each with value, unit, source, low and high.

    Raises
    ------
    SettingsError
        The text is not TOML, or a parameter is unknown, of another kind or impossible.
    """
    content = _parse_toml(text, where)
    name, title = str(content.pop("name", where)), str(content.pop("title", ""))
    content.pop("base", None)
    found = dict(base.parameters) if base else {}
    for room, entries in content.items():
        if not isinstance(entries, dict):
            raise SettingsError(f"«{room}» stands outside a section.", where, "Put it under [section].")
        for word, entry in cast(dict[str, Any], entries).items():
            key = f"{room}.{word}"
            found[key] = _accept(key, entry, where, base)
    return Scenario(name, title, found)


def parse_base(text: str, where: str) -> str:
    """Return the name of the scenario a text builds on, empty if it names none.

    Raises
    ------
    SettingsError
        The text is not TOML.
    """
    return str(_parse_toml(text, where).get("base", ""))


def _parse_toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"This is not a TOML file: {problem}.", where) from problem


def _accept(key: str, entry: Any, where: str, base: Scenario | None) -> Parameter:
    known = base.parameters.get(key) if base else None
    if base and known is None:
        near = get_close_matches(key, base.parameters, n=1)
        hint = f"Did you mean «{near[0]}»?" if near else f"Known: {', '.join(sorted(base.parameters))}."
        raise SettingsError(f"«{key}» is not a parameter of a scenario.", where, hint)
    if not isinstance(entry, dict) or "value" not in entry:
        hint = 'Write { value = …, source = "…" }; the source is a publication or "assumed".'
        raise SettingsError(f"«{key}» has no value.", where, hint)
    facts = cast(dict[str, Any], entry)
    if not facts.get("source"):
        raise SettingsError(f"«{key}» has no source.", where, 'Name a publication or write "assumed".')
    unit = known.unit if known else str(facts.get("unit", ""))
    if "unit" in facts and facts["unit"] != unit:
        raise SettingsError(f"«{key}» is in {unit}, not in {facts['unit']}.", where, "Convert the value.")
    low, high = (known.low, known.high) if known else (facts.get("low"), facts.get("high"))
    values = cast(list[Any], facts["value"] if isinstance(facts["value"], list) else [facts["value"]])
    for value in values:
        _check(key, value, low, high, where)
    value = tuple(values) if isinstance(facts["value"], list) else values[0]
    if known:
        _check_shape(key, value, known.value, where)
    return Parameter(value, unit, str(facts["source"]), low, high)


def _check(key: str, value: object, low: float | None, high: float | None, where: str) -> None:
    if low is None or high is None:
        if not isinstance(value, str):
            raise SettingsError(f"«{key}» is made of words, not «{value}».", where)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"«{key}» is a number, not «{value}».", where)
    elif not low <= value <= high:
        raise SettingsError(f"«{key}» cannot be {value}.", where, f"It lies from {low} to {high}.")


def _check_shape(key: str, value: object, known: object, where: str) -> None:
    given = _count(value)
    needed = _count(known)
    if given != needed:
        shape = f"a list of {needed} values" if needed else "one value"
        raise SettingsError(f"«{key}» is {shape}.", where)


def _count(value: object) -> int:
    return len(cast(tuple[object, ...], value)) if isinstance(value, tuple) else 0
