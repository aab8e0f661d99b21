"""``manifest.json``: what is needed to trust and repeat an export."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from datetime import UTC
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from analytics.export.release import Release

MANIFEST = "manifest.json"
PACKAGES = ("lutetia", "polars", "numpy", "scipy", "lifelines", "statsmodels", "matplotlib")


def describe_export(release: Release, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the manifest of ``files`` as plain values; the time is the release's own, in UTC."""
    answer = release.answer
    return {
        "made_by": "lutetia",
        "call": release.call,
        "made_at": release.now.astimezone(UTC).isoformat(timespec="seconds"),
        "study": {"name": answer.study_name, "version": answer.study_version},
        "question": answer.question.as_dict(),
        "level": release.level,
        "floor_patients": release.settings.floor_patients if release.is_safe else None,
        "settings": {name: value for name, value, *_ in release.settings.as_rows()},
        "versions": {"python": platform.python_version()} | {name: _version_of(name) for name in PACKAGES},
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(files.items())
        },
    }


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
