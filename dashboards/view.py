"""What is being looked at, as it stands in the address bar; names of patients never do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, urlencode

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.questions.groups import AFTER_TIME_ZERO, GROUPINGS
from analytics.questions.question import Question, Selection
from dashboards.shelf import FILTERS, OpenedStudy, Shelf

EVERY = "all"
"""Written for a filter that is empty on purpose, where empty is not what the page starts with."""
START_TREATMENTS = ("PRRT", "SSA")

CHOICES: dict[str, tuple[str, ...]] = {
    "endpoint": tuple(ENDPOINT_BY_CODE),
    "by": tuple(GROUPINGS),
    "choose": ("every_line", "first_line", "decision_point"),
    "rule": tuple(RESPONSE_RULE_BY_ID),
    "analyte": tuple(BIOMARKER_BY_CODE),
    "scale": ("log", "linear"),
    "unit": ("uln", "reported"),
    "zero": ("start", "date"),
}
"""What each word of the address may be; anything else is passed over."""

REFUSED: dict[str, tuple[str, ...]] = {"by": tuple(sorted(AFTER_TIME_ZERO))}
"""Words no control offers but an address may bring: they go through, so that the page says why not and what else."""

DEFAULTS: dict[str, str] = {
    "endpoint": "PFS",
    "by": "treatment",
    "choose": "every_line",
    "rule": "ELECT50",
    "analyte": "CGA",
    "scale": "log",
    "unit": "uln",
    "zero": "start",
}


@dataclass(frozen=True, slots=True)
class View:
    """One state of the pages: single words, lists of filters, and a period."""

    study: str
    words: tuple[tuple[str, str], ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    started_from: str = ""
    started_to: str = ""

    def word(self, name: str) -> str:
        """Return a single word of the view."""
        return dict(self.words)[name]

    def question(self, kind: str) -> Question:
        """Return the question ``kind`` about what is being looked at."""
        chosen = dict(self.filters)
        return Question(
            kind=kind,
            endpoint=self.word("endpoint"),
            by=self.word("by"),
            response_rule=self.word("rule"),
            selection=Selection(
                treatments=chosen["treatment"],
                primary_sites=chosen["primary_site"],
                grades=chosen["grade"],
                hospitals=chosen["hospital"],
                started_from=self.started_from,
                started_to=self.started_to,
                choose=self.word("choose"),  # pyright: ignore[reportArgumentType] - one of CHOICES
            ),
        )


def start_filters(opened: OpenedStudy) -> dict[str, tuple[str, ...]]:
    """Return the filters a page starts with: PRRT and SSA where the study has both, everything else open."""
    treatments = opened.choices["treatment"]
    both = all(name in treatments for name in START_TREATMENTS)
    return {name: START_TREATMENTS if name == "treatment" and both else () for name in FILTERS}


def parse_view(search: str | None, shelf: Shelf) -> View:
    """Parse the query of an address; unknown words and values are passed over, never passed on."""
    query = parse_qs((search or "").removeprefix("?"))
    opened = shelf.opened(query.get("study", [""])[0])
    return View(
        study=opened.key,
        words=tuple((name, _word(query, name)) for name in CHOICES),
        filters=tuple((name, _filter(query, name, opened)) for name in FILTERS),
        started_from=_day(query, "from"),
        started_to=_day(query, "to"),
    )


def spell_search(view: View, shelf: Shelf, **changes: str) -> str:
    """Return the query that parses to ``view`` with single words changed, starting values left out."""
    words = dict(view.words) | changes
    parts: list[tuple[str, str]] = [("study", view.study)] if view.study != shelf.first else []
    parts += [(name, words[name]) for name in CHOICES if words[name] != DEFAULTS[name]]
    started = start_filters(shelf.opened(view.study))
    for name, values in view.filters:
        if values != started[name]:
            parts += [(name, value) for value in values or (EVERY,)]
    parts += [(name, day) for name, day in (("from", view.started_from), ("to", view.started_to)) if day]
    return f"?{urlencode(parts)}" if parts else ""


def _word(query: Mapping[str, list[str]], name: str) -> str:
    given = query.get(name, [""])[0]
    return given if given in (*CHOICES[name], *REFUSED.get(name, ())) else DEFAULTS[name]


def _filter(query: Mapping[str, list[str]], name: str, opened: OpenedStudy) -> tuple[str, ...]:
    given = query.get(name)
    if given is None:
        return start_filters(opened)[name]
    known = opened.choices[name]
    return tuple(value for value in known if value in given)


def _day(query: Mapping[str, list[str]], name: str) -> str:
    given = query.get(name, [""])[0]
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        return ""
