"""The derived tables beside a treatment line: what was known at its start, and how its cycles were given."""

from __future__ import annotations

import dataframely as dy


class LineBaselines(dy.Schema):
    """One row a line: what was known of the disease at its start beyond person and tumour."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    metastatic_sites = dy.List(
        dy.String(), nullable=True, description="Sites of metastases by diagnosis, or with a lesion seen by the start."
    )
    has_bone_metastases = dy.Bool(nullable=True, description="Whether bone metastases were known.")
    is_liver_only = dy.Bool(nullable=True, description="Whether the liver was the only known metastatic site.")
    extent = dy.String(nullable=True, description="Known metastases: liver_only, liver_and_beyond, no_liver.")
    n_lesions = dy.Int32(nullable=True, description="Lesions seen at the last visit of scans before the start.")
    target_sum_mm = dy.Float64(
        nullable=True,
        description="Sum of the target diameters of that visit; null unless all were measured.",
        metadata={"unit": "mm"},
    )
    sstr_status = dy.String(
        nullable=True, description="Somatostatin-receptor status by the latest diagnosis before the start."
    )
    krenning = dy.Int32(nullable=True, description="Latest Krenning score before the start, as a reader gave it.")
    fdg_status = dy.String(
        nullable=True, description="positive or negative: was any lesion avid at the last FDG scan before the start."
    )
    netpet = dy.String(
        nullable=True,
        description="NETPET grade by a reader, else the group its lesions tell: P0, P1, P5, or P2-P4 (avid on both; "
        "which is stronger is a reader's word, since uptakes of two tracers are not compared).",
    )
    cga_fold_uln = dy.Float64(
        nullable=True, description="Baseline chromogranin A, only where it can be assessed.", metadata={"unit": "× ULN"}
    )
    alp_fold_uln = dy.Float64(nullable=True, description="Baseline alkaline phosphatase.", metadata={"unit": "× ULN"})
    egfr = dy.Float64(nullable=True, description="Baseline estimated GFR.", metadata={"unit": "mL/min/1.73m2"})


class LineCycles(dy.Schema):
    """One row a dated cycle of a line: what was given, and how it departs from the plan."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    treatment_id = dy.String(primary_key=True, description="Treatment it belongs to.")
    cycle_no = dy.Int64(primary_key=True, description="Number of the cycle within the treatment.")
    date = dy.Date(description="Day of administration; one known only roughly is not before the cycle before.")
    activity_gbq = dy.Float64(nullable=True, description="Administered activity.", metadata={"unit": "GBq"})
    cumulative_gbq = dy.Float64(
        nullable=True,
        description="Activity of the line up to this cycle; null from the first unknown activity on.",
        metadata={"unit": "GBq"},
    )
    gap_days = dy.Int32(
        nullable=True, description="Since the cycle before; null when a day is not known.", metadata={"unit": "days"}
    )
    delay_days = dy.Int32(
        nullable=True,
        description="Days later than planned, as recorded, else beyond the plan and its tolerance; null: not known.",
        metadata={"unit": "days"},
    )
    is_reduced = dy.Bool(nullable=True, description="As recorded, else activity below the plan; null: not known.")
    file = dy.String(description="Source file.")
    row = dy.UInt32(description="Line of that file.")


class LineDoses(dy.Schema):
    """One row a line with dated cycles: delays and reductions summarised."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    n_cycles = dy.Int32(description="Dated cycles of the line.")
    cumulative_gbq = dy.Float64(nullable=True, description="Sum of the known activities.", metadata={"unit": "GBq"})
    mean_gbq = dy.Float64(nullable=True, description="Mean activity of a cycle.", metadata={"unit": "GBq"})
    lowest_gbq = dy.Float64(nullable=True, description="Smallest activity of a cycle.", metadata={"unit": "GBq"})
    longest_gap_days = dy.Int32(nullable=True, description="Longest time between cycles.", metadata={"unit": "days"})
    n_delayed = dy.Int32(description="Cycles given later than planned.")
    total_delay_days = dy.Int32(nullable=True, description="Sum of the delays.", metadata={"unit": "days"})
    n_reduced = dy.Int32(description="Cycles with a reduced activity.")
    n_without_plan = dy.Int32(description="Cycles of which neither delay nor reduction can be told.")


LINE_TABLES: dict[str, type[dy.Schema]] = {
    "line_baselines": LineBaselines,
    "line_cycles": LineCycles,
    "line_doses": LineDoses,
}
