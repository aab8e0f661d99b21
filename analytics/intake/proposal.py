"""The text of a proposed layout, made so that it can be read back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_TABLE = re.compile(r"\[tables\.\w+\]")


def write_proposal(lines: Sequence[str]) -> str:
    r"""Return the lines of a layout as TOML: a table that comes from several files has a doubled bracket each time.

    Headers and labels may hold line ends; in a comment they would end it.

    Examples
    --------
    >>> print(write_proposal(["[tables.labs]", "# not used: a\nb", "[tables.labs]"]), end="")
    [[tables.labs]]
    # not used: a b
    [[tables.labs]]
    """
    times = Counter(line for line in lines if _TABLE.fullmatch(line))
    written = (f"[{line}]" if times[line] > 1 else " ".join(line.splitlines()) for line in lines)
    return "\n".join(written) + "\n"
