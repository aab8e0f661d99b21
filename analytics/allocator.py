"""What the allocator of polars does with memory that is given back."""

from __future__ import annotations

import os

SETTINGS = "_RJEM_MALLOC_CONF"
"""The variable of the environment that the allocator (jemalloc) reads when polars is loaded."""

KEPT_MS = 30_000
"""Memory goes back to the system after half a minute, not at once."""


def keep_memory() -> None:
    """Have freed memory used again for the next table; to be called before polars is loaded.

    Otherwise the system clears new pages for every table, which is up to a fifth of the time of intake. With one
    arena a core, in place of four, no more is held than before. Settings made outside stay.
    """
    kept = f"oversize_threshold:0,narenas:{os.cpu_count() or 1},dirty_decay_ms:{KEPT_MS},muzzy_decay_ms:{KEPT_MS}"
    os.environ.setdefault(SETTINGS, kept)
