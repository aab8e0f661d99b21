"""Names for people who hear the page: attributes that dash takes only as extra words."""

from __future__ import annotations

from typing import Any


def named(label: str) -> dict[str, Any]:
    """Return the attribute that names a region or group."""
    return {"aria-label": label}


def named_by(title: str, description: str) -> dict[str, Any]:
    """Return the attributes that name a part by the ids of its title and description."""
    return {"aria-labelledby": title, "aria-describedby": description}
