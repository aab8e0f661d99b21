"""The length of a month, wherever days become months."""

from __future__ import annotations

DAYS_PER_MONTH = 30.4375
"""A twelfth of 365.25 days; stored times stay in days, months are for people."""
