"""Endpoints as data: what is an event, what ends observation, where a patient without event is censored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A time-to-event endpoint of a treatment line.

    ``events`` and ``ends`` are ordered; on one day the event named first gives the words. ``censor_at``
    names the record that dates a line without event. The clock starts at ``origin``; a line without the
    record ``needs`` is excluded, for the reason ``without``. A line without a favourable event is censored
    at the end of observation itself.
    """

    code: str
    name: str
    events: tuple[str, ...]
    ends: tuple[str, ...]
    censor_at: str
    source: str
    origin: str = "start"
    needs: str = ""
    without: str = ""
    is_favourable: bool = False


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "PFS",
        "Progression-free survival",
        ("progression", "death"),
        ("new_therapy", "data_cutoff"),
        "last_adequate_scan",
        "fda_endpoints",
    ),
    Endpoint(
        "PFS_ALL",
        "Progression-free survival, therapy ignored",
        ("progression", "death"),
        ("data_cutoff",),
        "last_adequate_scan",
        "ema_pfs",
    ),
    Endpoint("OS", "Overall survival", ("death",), ("data_cutoff",), "last_known_alive", "fda_endpoints"),
    Endpoint(
        "TTP",
        "Time to progression",
        ("progression",),
        ("new_therapy", "death", "data_cutoff"),
        "last_adequate_scan",
        "fda_endpoints",
    ),
    Endpoint("TTNT", "Time to next treatment", ("new_therapy",), ("death", "data_cutoff"), "last_known_alive", "house"),
    Endpoint(
        "TTNT_DEATH",
        "Time to next treatment or death",
        ("new_therapy", "death"),
        ("data_cutoff",),
        "last_known_alive",
        "house",
    ),
    Endpoint(
        "TTD",
        "Time to treatment discontinuation",
        ("end_of_treatment", "death"),
        ("data_cutoff",),
        "last_known_alive",
        "house",
        needs="given_over_time",
        without="a procedure is not discontinued",
    ),
    Endpoint(
        "DOR",
        "Duration of response",
        ("progression", "death"),
        ("new_therapy", "data_cutoff"),
        "last_adequate_scan",
        "fda_endpoints",
        origin="response",
        needs="response",
        without="no response",
    ),
    Endpoint(
        "TTR",
        "Time to response",
        ("response",),
        ("progression", "new_therapy", "death", "data_cutoff"),
        "last_adequate_scan",
        "admiral",
        is_favourable=True,
    ),
    Endpoint(
        "DOR_CONF",
        "Duration of confirmed response",
        ("progression", "death"),
        ("new_therapy", "data_cutoff"),
        "last_adequate_scan",
        "fda_endpoints",
        origin="confirmed_response",
        needs="confirmed_response",
        without="no confirmed response",
    ),
    Endpoint(
        "TTR_CONF",
        "Time to confirmed response",
        ("confirmed_response",),
        ("progression", "new_therapy", "death", "data_cutoff"),
        "last_adequate_scan",
        "admiral",
        is_favourable=True,
    ),
    Endpoint(
        "TTBP",
        "Time to biochemical progression",
        ("marker_progression",),
        ("assay_change", "new_therapy", "death", "data_cutoff"),
        "last_marker_value",
        "gcig",
        needs="last_marker_value",
        without="no baseline value of the marker",
    ),
    Endpoint(
        "BPFS",
        "Biochemical progression-free survival",
        ("marker_progression", "death"),
        ("new_therapy", "data_cutoff"),
        "last_marker_value",
        "gcig",
        needs="last_marker_value",
        without="no baseline value of the marker",
    ),
    Endpoint(
        "TTBR",
        "Time to biochemical response",
        ("marker_response",),
        ("assay_change", "new_therapy", "death", "data_cutoff"),
        "last_marker_value",
        "clarinet_elect_pool",
        needs="judged_marker",
        without="biochemical response could not be judged",
        is_favourable=True,
    ),
    Endpoint(
        "DOBR",
        "Duration of biochemical response",
        ("marker_progression", "death"),
        ("new_therapy", "data_cutoff"),
        "last_marker_value",
        "gcig",
        origin="lasting_marker_response",
        needs="lasting_marker_response",
        without="no biochemical response before biochemical progression",
    ),
    Endpoint(
        "BR_FIRST",
        "First of biochemical response, next treatment and death",
        ("marker_response", "new_therapy", "death"),
        ("data_cutoff",),
        "last_marker_value",
        "clarinet_elect_pool",
        needs="last_marker_value",
        without="no baseline value of the marker",
    ),
    Endpoint(
        "TTCB",
        "Time to clinical benefit",
        ("benefit",),
        ("progression", "new_therapy", "death", "data_cutoff"),
        "last_adequate_scan",
        "admiral",
        is_favourable=True,
    ),
)
"""A rise does not end the wait for a biochemical response: after PRRT it can be transient."""

ENDPOINT_BY_CODE: dict[str, Endpoint] = {endpoint.code: endpoint for endpoint in ENDPOINTS}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One way to decide the endpoints named; the default is applied to every endpoint.

    ``progression_from`` is «given» (readers), «clinical» (also without a scan) or «lesions» (derived).
    ``ignored_ends`` do not end observation. With ``censors_missed`` an event after too many missed
    assessments is censored. ``censoring_scan`` is «adequate» or «any» (also not evaluable, a known form of
    admiral). ``date_rule`` dates a progression from lesions; empty: as the setting says. With
    ``needs_baseline`` a line without a baseline examination is censored on day 1.
    """

    code: str
    name: str
    endpoints: tuple[str, ...]
    source: str
    progression_from: str = "given"
    ignored_ends: tuple[str, ...] = ()
    censors_missed: bool = False
    censoring_scan: str = "adequate"
    date_rule: str = ""
    needs_baseline: bool = False


RULE_SETS: tuple[RuleSet, ...] = (
    RuleSet("default", "Readers' responses; new therapy ends observation", (), "house"),
    RuleSet(
        "fda",
        "FDA-style: new therapy, missed assessments and a missing baseline censor",
        ("PFS",),
        "fda_endpoints",
        censors_missed=True,
        needs_baseline=True,
    ),
    RuleSet(
        "ema",
        "EMA-style: new therapy and missed assessments ignored",
        ("PFS",),
        "ema_pfs",
        ignored_ends=("new_therapy",),
    ),
    RuleSet(
        "admiral",
        "As admiral: censored at the last assessment, not evaluable ones included",
        ("PFS",),
        "admiral",
        censoring_scan="any",
    ),
    RuleSet(
        "clinical",
        "Progression called without a scan counts too",
        ("PFS",),
        "fda_endpoints",
        progression_from="clinical",
    ),
    RuleSet(
        "lesions",
        "Progression derived from lesions",
        ("PFS", "TTP", "DOR", "TTR", "DOR_CONF", "TTR_CONF", "TTCB"),
        "recist11",
        progression_from="lesions",
    ),
    RuleSet(
        "lesions_earliest",
        "From lesions, dated by the first scan of the visit",
        ("PFS",),
        "recist11",
        progression_from="lesions",
        date_rule="first_date",
    ),
    RuleSet(
        "lesions_latest",
        "From lesions, dated by the last scan of the visit",
        ("PFS",),
        "fda_endpoints",
        progression_from="lesions",
        date_rule="last_date",
    ),
)

RULE_SET_BY_CODE: dict[str, RuleSet] = {entry.code: entry for entry in RULE_SETS}

RADIOLOGICAL_CRITERIA: tuple[str, ...] = ("RECIST_1_1", "RECIST_1_0", "mRECIST", "Choi", "PERCIST", "clinical")
"""Criteria whose responses count for progression, the preferred first; «clinical» only with its examination.

Of several assessments on one day the preferred criteria are used, then a central before a local reader,
then the worst response. Biochemical and symptomatic responses never make a radiological progression.
"""

ADEQUATE_RESPONSES: tuple[str, ...] = ("CR", "PR", "SD", "NON_CR_NON_PD")
"""Responses that show the disease was assessed and had not progressed."""

WORST_LAST: tuple[str, ...] = ("ND", "NE", "CR", "PR", "SD", "NON_CR_NON_PD", "PD")
"""Order of responses of one day; the last one is used."""
