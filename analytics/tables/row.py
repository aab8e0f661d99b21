"""The columns every table may carry beside its own."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.columns import code, text


class Row(dy.Schema):
    """Optional columns of every source table: the hospital's own row id, status and a comment."""

    source_id = text("The hospital's own id of the row; part of the key of a laboratory value.")
    status = code("row_status", "final, corrected or entered_in_error; an empty cell means final.")
    comment = text("Free text; shown, never analysed.")
