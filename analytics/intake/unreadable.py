"""What a file that cannot be read at all is called: no permission, a broken link, a drive that went away."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from analytics.errors import SourceError


@contextmanager
def naming_the_file(name: str) -> Generator[None]:
    """Turn what the system says while ``name`` is read into the sentence a person reads.

    Raises
    ------
    SourceError
        Naming the file the system names, else ``name``.
    """
    try:
        yield
    except OSError as error:
        where = Path(str(error.filename)).name if error.filename else name
        raise SourceError(
            f"The file cannot be read ({error.strerror or error}).",
            where,
            "See that it is there, that you may read it and that nothing else holds it open.",
        ) from None
