"""Match a code as people write it; case, spaces and hyphens do not matter where one code remains."""

from __future__ import annotations

import difflib
from collections import defaultdict
from functools import cache

from analytics.catalogue.codes import CODE_LISTS, SPELLINGS

SHOWN_NAMES = 3
"""More words than these are no help."""

LIKENESS = 0.65
"""How alike two words must be: «kalium» is none of «albumin», though more than half of it."""


def parse_code(text: str, code_list: str) -> str | None:
    """Return the code ``text`` means, or None when it means none or more than one.

    Examples
    --------
    >>> parse_code("Small bowel", "primary_site")
    'small_bowel'
    >>> parse_code("bowel", "primary_site") is None
    True
    """
    return _matches(code_list).get(_fold(text))


@cache
def plain_codes(code_list: str) -> frozenset[str]:
    """Return the codes that mean themselves as the catalogue writes them."""
    return frozenset(code for code in CODE_LISTS[code_list].values if parse_code(code, code_list) == code)


def parse_code_list(text: str, code_list: str) -> tuple[str, ...] | None:
    """Return the codes of a «;» list, or None when one of them is unknown: half a list would mislead."""
    items = [parse_code(item, code_list) for item in text.split(";") if item.strip()]
    known = tuple(item for item in items if item is not None)
    return known if len(known) == len(items) else None


def nearest(word: str, words: tuple[str, ...] | frozenset[str]) -> str:
    """Return « Did you mean …?» for the words that hold ``word``, else for the closest one, or nothing.

    Examples
    --------
    >>> nearest("HIAA", ("CGA", "5HIAA_S", "5HIAA_U24"))
    ' Did you mean «5HIAA_S» or «5HIAA_U24»?'
    >>> nearest("Kalium", ("CGA", "Albumin"))
    ''
    """
    by_fold = {_fold(candidate): candidate for candidate in sorted(words)}
    bare = _fold(word).replace("_", "")
    longer = [name for fold, name in by_fold.items() if bare and bare in fold.replace("_", "")]
    close = difflib.get_close_matches(_fold(word), by_fold, n=1, cutoff=LIKENESS)
    names = longer if 1 < len(longer) <= SHOWN_NAMES else [by_fold[fold] for fold in close]
    return f" Did you mean {' or '.join(f'«{name}»' for name in names)}?" if names else ""


@cache
def _matches(code_list: str) -> dict[str, str]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for code in CODE_LISTS[code_list].values:
        found[_fold(code)].add(code)
    for spelling, code in SPELLINGS.get(code_list, {}).items():
        found[_fold(spelling)].add(code)
    return {folded: next(iter(codes)) for folded, codes in found.items() if len(codes) == 1}


def _fold(text: str) -> str:
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").replace("/", " ").split())
