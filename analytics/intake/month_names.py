"""Dates whose month is a name: the name settles which number is the day, whatever form a source declares."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MONTH_WORDS: tuple[str, ...] = (
    "jan january januar jänner jän januari janvier janv enero ene gennaio gen janeiro tammikuu",
    "feb february februar feber febr februari février févr fév febrero febbraio fevereiro helmikuu",
    "mar march märz mär maerz mrz mars marts maart mrt marzo março maaliskuu",
    "apr april avril avr abril abr aprile huhtikuu",
    "may mai maj mei mayo maggio mag maio toukokuu",
    "jun june juni juin junio giugno giu junho kesäkuu",
    "jul july juli juillet juil julio luglio lug julho heinäkuu",
    "aug august augusti augustus août agosto ago elokuu",
    "sep sept september septembre septiembre settembre sett set setembro syyskuu",
    "oct october okt oktober octobre octubre ottobre ott outubro out lokakuu",
    "nov november novembre noviembre novembro marraskuu",
    "dec december dez dezember déc décembre des desember diciembre dic dicembre dezembro joulukuu",
)
"""Names and abbreviations of each month in English, German, French, the Nordic languages, Dutch, Spanish, Italian and
Portuguese. Each means one month in all of them; «jui», which may be June or July, is none."""

_WORD = r"(?P<word>[^\W\d_]+)\.?"
_DAY = r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th|er)?"
_YEAR = r"(?P<year>\d{4})"
_YEARS = r"(?P<year>\d{4}|\d{2})"
_MARK = r"(?: ?[-/.,] ?| )?"
_NEEDED = r"(?: ?[-/.,] ?| )"
_FORMS = (
    rf"{_DAY}{_MARK}{_WORD}{_MARK}{_YEARS}",
    rf"{_WORD}{_MARK}{_DAY}{_NEEDED}{_YEARS}",
    rf"{_YEAR}{_MARK}{_WORD}{_MARK}{_DAY}",
    rf"{_WORD}{_MARK}{_YEARS}",
    rf"{_YEAR}{_MARK}{_WORD}",
)


def _without_accents(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in letters if not unicodedata.combining(character))


_MONTHS: dict[str, int] = {
    _without_accents(word): month for month, words in enumerate(MONTH_WORDS, start=1) for word in words.split()
}


@dataclass(frozen=True, slots=True)
class NamedMonth:
    """A date with the name of its month; ``year`` as it was written, with two or four digits."""

    year: str
    month: int
    day: int | None


def read_named_month(text: str, time: str) -> NamedMonth | None:
    """Return the date of a text that names its month; None for any other text.

    Parameters
    ----------
    text
        What was written.
    time
        Pattern of a time that may stand after the date.

    Examples
    --------
    >>> read_named_month("12. März 2020", "")
    NamedMonth(year='2020', month=3, day=12)
    >>> read_named_month("okt 2020", "")
    NamedMonth(year='2020', month=10, day=None)
    >>> read_named_month("12.03.2020", "") is None
    True
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    for form in _FORMS:
        match = re.fullmatch(form + time if "<day>" in form else form, plain)
        month = _MONTHS.get(_month_word(match["word"])) if match else None
        if match and month:
            day = match.groupdict().get("day")
            return NamedMonth(match["year"], month, int(day) if day else None)
    return None


def _month_word(word: str) -> str:
    """Return a word as the months are compared; Finnish dates have their month in the partitive, «tammikuuta»."""
    plain = _without_accents(word)
    return plain.removesuffix("ta") if plain.endswith("kuuta") else plain
