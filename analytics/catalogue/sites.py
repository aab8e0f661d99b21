"""Primary sites, metastatic sites, lesion organs and histologies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A body site; ``icd_o`` is the ICD-O-3 topography (primary) or ICD-10 code (metastasis), if known."""

    code: str
    name: str
    icd: str
    source: str = "house"


@dataclass(frozen=True, slots=True)
class Histology:
    """A tumour type; ``is_net_cohort`` is false for what must not be mixed with NETs, with the reason."""

    code: str
    name: str
    is_net_cohort: bool
    reason: str
    source: str


PRIMARY_SITES: tuple[Site, ...] = (
    Site("pancreas", "Pancreas", "C25"),
    Site("small_bowel", "Small intestine", "C17"),
    Site("lung", "Lung", "C34"),
    Site("stomach", "Stomach", "C16"),
    Site("duodenum", "Duodenum", "C17.0"),
    Site("appendix", "Appendix", "C18.1"),
    Site("colon", "Colon", "C18"),
    Site("rectum", "Rectum", "C20.9"),
    Site("thymus", "Thymus", "C37.9"),
    Site("presacral_retroperitoneal", "Presacral or retroperitoneal", "C48.0", "kim2019"),
    Site("skin", "Skin", "C44", "skin_guidance"),
    Site("unknown", "Unknown primary", "C80.9"),
    Site("other", "Other", ""),
)

METASTATIC_SITES: tuple[Site, ...] = (
    Site("liver", "Liver", "C78.7"),
    Site("lymph_node", "Lymph nodes", "C77"),
    Site("bone", "Bone", "C79.5"),
    Site("peritoneum", "Peritoneum", "C78.6"),
    Site("lung", "Lung", "C78.0"),
    Site("pleura", "Pleura", "C78.2"),
    Site("skin", "Skin", "C79.2", "tunghahn2024"),
    Site("presacral", "Presacral", "C79.8", "kim2019"),
    Site("brain", "Brain", "C79.3"),
    Site("adrenal", "Adrenal gland", "C79.7"),
    Site("ovary", "Ovary", "C79.6"),
    Site("heart", "Heart", "C79.8"),
    Site("other", "Other", ""),
)

SITE_OF_PRIMARY: dict[str, str] = {"presacral_retroperitoneal": "presacral"}
"""Primary sites that go by another code among metastatic sites."""

ORGANS: tuple[Site, ...] = (
    *METASTATIC_SITES,
    *(site for site in PRIMARY_SITES if site.code not in {known.code for known in METASTATIC_SITES}),
)
"""Where a lesion may sit: every metastatic site, and the primary's own organ."""

HISTOLOGIES: tuple[Histology, ...] = (
    Histology("NET", "Neuroendocrine tumour, well differentiated", True, "", "who2019"),
    Histology("NEC", "Neuroendocrine carcinoma, poorly differentiated", True, "", "who2019"),
    Histology("MiNEN", "Mixed neuroendocrine-non-neuroendocrine neoplasm", True, "", "who2019"),
    Histology(
        "Merkel_cell_carcinoma",
        "Merkel cell carcinoma (primary skin)",
        False,
        "Merkel cell carcinoma is a primary skin tumour, not a metastasis of a visceral NET",
        "skin_guidance",
    ),
    Histology("other", "Other", True, "", "house"),
)
