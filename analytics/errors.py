"""The error tree: what a person can put right, said in plain words, with an exit code for each family."""

from __future__ import annotations

from typing import ClassVar


class UserError(Exception):
    """Something a person can put right; shown without a traceback.

    Parameters
    ----------
    what
        What is wrong, in one sentence.
    where
        The file, line and column, the setting or the store it concerns; empty when nothing narrower is known.
    hint
        What to do about it.
    """

    exit_code: ClassVar[int] = 70
    family: ClassVar[str] = "internal error (our bug: please report it)"

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Return the error as a person reads it: place, problem, remedy."""
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.hint}" if self.hint else ""
        return f"{place}{self.what}{remedy}"


class UsageError(UserError):
    """The command was called with words it does not know."""

    exit_code: ClassVar[int] = 2
    family: ClassVar[str] = "command line used wrongly"


class SourceError(UserError):
    """A file or folder given as source cannot be read as a table."""

    exit_code: ClassVar[int] = 10
    family: ClassVar[str] = "source unreadable"


class LayoutError(UserError):
    """The source can be read, but its tables or columns are not the ones needed."""

    exit_code: ClassVar[int] = 11
    family: ClassVar[str] = "layout: tables or columns do not fit"


class SettingsError(UserError):
    """A setting or a protocol says something that cannot be."""

    exit_code: ClassVar[int] = 12
    family: ClassVar[str] = "settings or protocol wrong"


class StoreError(UserError):
    """A study store is missing, damaged, locked or cannot be written."""

    exit_code: ClassVar[int] = 13
    family: ClassVar[str] = "study store"


class RefusedError(UserError):
    """The question was understood, and the data cannot answer it."""

    exit_code: ClassVar[int] = 14
    family: ClassVar[str] = "question refused"


class ExportError(UserError):
    """An answer could not be written where it was asked for."""

    exit_code: ClassVar[int] = 15
    family: ClassVar[str] = "export"


FAMILIES: tuple[type[UserError], ...] = (
    UsageError,
    SourceError,
    LayoutError,
    SettingsError,
    StoreError,
    RefusedError,
    ExportError,
    UserError,
)
"""Every family in the order of its exit code, as `lutetia --help` prints them."""
