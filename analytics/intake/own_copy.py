"""A copy of a delivered file, so that rows can wait where they stand, whatever becomes of the file meanwhile."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from analytics.intake.headers import Delivery

FOLDER = "delivered"


def copy_delivery(delivery: Delivery, scratch: Path) -> Delivery:
    """Return the delivery as a file in ``scratch``; what was unpacked there is so already.

    What cannot be copied is read where it stands: the reader says better what is wrong with it.
    """
    if delivery.path.is_relative_to(scratch):
        return replace(delivery, is_ours=True)
    folder = scratch / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = folder / f"{len(list(folder.iterdir())):04d}{delivery.path.suffix}"
    except OSError:
        return delivery
    try:
        shutil.copyfile(delivery.path, copy)
    except OSError:
        copy.unlink(missing_ok=True)
        return delivery
    return replace(delivery, path=copy, is_ours=True)
