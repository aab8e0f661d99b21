"""The derived tables of disease seen on scans: RECIST from lesions, growth, best response."""

from __future__ import annotations

import dataframely as dy


class RecistAssessments(dy.Schema):
    """One row a visit after a line's start: the response derived from its lesions, beside any given one."""

    pid = dy.UInt32(description="Patient key.")
    line_no = dy.Int32(description="Line whose baseline it is read against.")
    date = dy.Date(description="Day of the assessment; a progression is dated by pd_date_rule.")
    first_date = dy.Date(description="First scan of the visit.")
    last_date = dy.Date(description="Last scan of the visit.")
    criteria = dy.String(description="Size criteria.")
    n_targets = dy.Int32(description="Target lesions at the baseline.")
    n_measured = dy.Int32(description="Target lesions measured at this visit.")
    is_complete = dy.Bool(description="Whether every target of the baseline was measured.")
    baseline_date = dy.Date(description="First scan of the baseline visit.")
    baseline_mm = dy.Float64(nullable=True, description="Sum at the baseline.", metadata={"unit": "mm"})
    sum_mm = dy.Float64(nullable=True, description="Sum at this visit.", metadata={"unit": "mm"})
    nadir_mm = dy.Float64(
        nullable=True, description="Smallest complete sum before, baseline included.", metadata={"unit": "mm"}
    )
    change_pct = dy.Float64(
        nullable=True, description="Change of a complete sum from the baseline.", metadata={"unit": "%"}
    )
    target = dy.String(
        description="Target response: CR, PR, SD, PD, NE, NA; NON_CR_NON_PD: nothing was seen of them at the baseline."
    )
    non_target = dy.String(description="Non-target response: CR, NON_CR_NON_PD, PD, NE, NA.")
    has_new_lesion = dy.Bool(description="Whether a new lesion was seen.")
    response = dy.String(description="Overall response.")
    is_inadequate = dy.Bool(description="Whether every scan of the visit was called inadequate.")
    is_imputed = dy.Bool(description="Whether the scan's date was partial.")
    file = dy.String(description="Source file of the first scan.")
    row = dy.UInt32(description="Line of that file.")


class GrowthRates(dy.Schema):
    """One row a line and period: the tumour growth rate before it (TGR0) and to its third month (TGR3m)."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    period = dy.String(
        primary_key=True,
        description="before: to the baseline, from a visit two to twelve months earlier; month_3: from the baseline.",
    )
    from_date = dy.Date(description="Earlier scan.")
    date = dy.Date(description="Later scan; of month_3 the one nearest to three months, within two to four.")
    months = dy.Float64(description="Between the two scans.", metadata={"unit": "months"})
    rate_pct = dy.Float64(
        description="Volume growth a month: 100 (exp(3 ln(D/D0) / months) − 1).", metadata={"unit": "%/month"}
    )
    is_fast = dy.Bool(description="Whether it is at least 4 % a month before, 0.8 % to month 3 (GREPONET).")


class LesionOutcomes(dy.Schema):
    """One row a patient and lesion: what became of it, over all scans."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    lesion_id = dy.String(primary_key=True, description="Lesion.")
    organ = dy.String(nullable=True, description="Organ.")
    segment = dy.String(nullable=True, description="Segment or part of the organ.")
    n_scans = dy.Int32(description="Scans on which it is noted.")
    first_mm = dy.Float64(
        nullable=True, description="First diameter, nodes on the short axis.", metadata={"unit": "mm"}
    )
    last_mm = dy.Float64(
        nullable=True, description="Last one; 0 where it was no longer visible.", metadata={"unit": "mm"}
    )
    outcome = dy.String(
        description="excised or irradiated: left by a local treatment, which is no response; resolved: no longer "
        "visible; present; not assessed."
    )
    last_date = dy.Date(nullable=True, description="Last dated scan on which it is noted.")
    file = dy.String(description="Source file of its last row.")
    row = dy.UInt32(description="Line of that file.")


class BestResponses(dy.Schema):
    """One row a line and source of assessments: its best response, confirmed and not, up to progression."""

    pid = dy.UInt32(primary_key=True, description="Patient key.")
    line_no = dy.Int32(primary_key=True, description="Line.")
    source = dy.String(primary_key=True, description="given: by readers; lesions: derived.")
    n_assessments = dy.Int32(description="Assessments after the start, up to progression and the next line.")
    best_response = dy.String(description="CR, PR, SD, NON_CR_NON_PD, PD, NE or MISSING.")
    best_date = dy.Date(nullable=True, description="First day of that response.")
    confirmed_response = dy.String(description="The same where CR and PR need confirmation.")
    confirmed_date = dy.Date(nullable=True, description="Its first day.")
    response_date = dy.Date(nullable=True, description="First CR or PR.")
    confirmed_response_date = dy.Date(nullable=True, description="First CR or PR that was confirmed.")
    benefit_date = dy.Date(
        nullable=True, description="First response, or disease not progressed after the least time of stability."
    )
