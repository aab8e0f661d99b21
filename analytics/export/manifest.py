"""``manifest.json``: what is needed to trust and repeat an export."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from analytics.export.release import Release
from analytics.tables.study import Study

MANIFEST = "manifest.json"
PACKAGES = ("lutetia", "polars", "numpy", "scipy", "lifelines", "statsmodels", "matplotlib")


def describe_export(release: Release, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the manifest of an answer's ``files`` as plain values; the time is the release's own, in UTC."""
    answer = release.answer
    return {
        "made_by": "lutetia",
        **_describe_making(release.call, release.now),
        "study": {"name": answer.study_name, "version": answer.study_version},
        "question": answer.question.as_dict(),
        "level": release.level,
        "floor_patients": release.settings.floor_patients if release.is_safe else None,
        "settings": {name: value for name, value, *_ in release.settings.as_rows()},
        **_describe_content(files),
    }


def describe_files(
    files: Mapping[str, bytes], *, study: Study, question: Mapping[str, Any], level: str, call: str, now: datetime
) -> dict[str, Any]:
    """Return the manifest of files that are not an answer's, for example one patient's history."""
    return {
        "made_by": "lutetia",
        **_describe_making(call, now),
        "study": {"name": study.name, "version": study.version},
        "question": dict(question),
        "level": level,
        "settings": {name: value for name, value, *_ in study.settings.as_rows()},
        **_describe_content(files),
    }


def _describe_making(call: str, now: datetime) -> dict[str, str]:
    return {"call": call, "made_at": now.astimezone(UTC).isoformat(timespec="seconds")}


def _describe_content(files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
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
