"""The command that makes what a page shows, ready to be copied."""

from __future__ import annotations

import shlex

from analytics.questions.question import Question

_WORDS: tuple[tuple[str, str, str], ...] = (
    ("endpoint", "--endpoint", "PFS"),
    ("by", "--by", "treatment"),
    ("response_rule", "--rule", "ELECT50"),
    ("analyte", "--analyte", "CGA"),
)
_FILTERS: tuple[tuple[str, str], ...] = (
    ("treatments", "--treatment"),
    ("primary_sites", "--primary-site"),
    ("grades", "--grade"),
    ("hospitals", "--hospital"),
)
_PERIOD: tuple[tuple[str, str], ...] = (("started_from", "--from"), ("started_to", "--to"))


def spell_call(question: Question, place: str) -> str:
    """Return the ``lutetia ask`` command for a question to the store at ``place``."""
    words = ["lutetia", "ask", question.kind, place, "--out", f"{question.kind}-answer"]
    for name, option, default in _WORDS:
        value = getattr(question, name)
        if value != default:
            words += [option, value]
    selection = question.selection
    for name, option in _FILTERS:
        for value in getattr(selection, name):
            words += [option, value]
    for name, option in _PERIOD:
        value = getattr(selection, name)
        if value:
            words += [option, value]
    if selection.choose != "every_line":
        words += ["--choose", selection.choose]
    return shlex.join(words)
