"""Where facts come from: every catalogue entry names one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["read", "memory", "derived", "convention", "unreviewed"]


@dataclass(frozen=True, slots=True)
class Source:
    """A paper, guideline or convention; ``confidence`` says whether its text was read for this entry."""

    source_id: str
    citation: str
    doi: str
    confidence: Confidence


SOURCES: tuple[Source, ...] = (
    Source("house", "Convention of this software, stated where it is used", "", "convention"),
    Source("recist11", "Eisenhauer et al., Eur J Cancer 2009;45:228-247", "10.1016/j.ejca.2008.10.026", "read"),
    Source("recist10", "Therasse et al., J Natl Cancer Inst 2000;92:205-216", "10.1093/jnci/92.3.205", "memory"),
    Source("gcig", "Rustin et al., Int J Gynecol Cancer 2011;21:419-423", "10.1097/IGC.0b013e3182070f17", "memory"),
    Source("ctcae5", "CTCAE version 5.0, US National Cancer Institute, 2017", "", "memory"),
    Source("who2019", "WHO Classification of Digestive System Tumours, 5th ed., 2019", "", "read"),
    Source("who2010", "WHO Classification of Tumours of the Digestive System, 4th ed., 2010", "", "memory"),
    Source("ajcc8", "AJCC Cancer Staging Manual, 8th ed.", "", "memory"),
    Source("netter1", "Strosberg et al., N Engl J Med 2017;376:125-135", "10.1056/NEJMoa1607427", "read"),
    Source("netter2", "Singh et al., Lancet 2024;403:2807-2817", "10.1016/S0140-6736(24)00701-3", "read"),
    Source("clarinet", "Caplin et al., N Engl J Med 2014;371:224-233", "10.1056/NEJMoa1316158", "read"),
    Source(
        "clarinet_biomarkers",
        "Pavel et al., Oncologist 2019;24:463-474",
        "10.1634/theoncologist.2018-0217",
        "read",
    ),
    Source(
        "clarinet_elect_pool",
        "Pooled CLARINET and ELECT biochemical responses (congress abstract)",
        "",
        "read",
    ),
    Source("caspar", "CASPAR study, Clin Cancer Res 2024;30:5559-5567", "10.1158/1078-0432.CCR-24-1875", "read"),
    Source("jensen2013", "Jensen et al., 2013, chromogranin A in ileocaecal NET", "", "read"),
    Source("yao2011", "Yao et al., J Clin Endocrinol Metab 2011;96:3741-3749", "10.1210/jc.2011-0666", "memory"),
    Source(
        "prrt_pitfalls",
        "Brabander et al., Endocr Relat Cancer 2017;24:243-251",
        "10.1530/ERC-16-0524",
        "read",
    ),
    Source("mosli2012", "Mosli et al., J Clin Endocrinol Metab 2012: PPI and chromogranin A", "", "read"),
    Source("korse2011", "Korse et al., Br J Cancer 2011;105:1173", "10.1038/bjc.2011.380", "read"),
    Source("variation2013", "Clin Biochem 2013;46:148-151", "10.1016/j.clinbiochem.2012.09.005", "read"),
    Source("krenning", "Krenning scale for somatostatin-receptor scintigraphy", "", "read"),
    Source("netpet", "Chan et al., Theranostics 2017;7:1149-1158", "10.7150/thno.18068", "read"),
    Source("fda_endpoints", "FDA Guidance, Clinical Trial Endpoints for Cancer Drugs, appendix 3", "", "memory"),
    Source("ema_pfs", "EMA/CHMP/27994/2008 Rev. 1, PFS and DFS in confirmatory trials", "", "memory"),
    Source("admiral", "pharmaverse admiral and admiralonco, derivation rules", "", "read"),
    Source("loinc", "LOINC", "", "read"),
    Source("atc", "WHO Anatomical Therapeutic Chemical classification", "", "memory"),
    Source("molar_mass", "Arithmetic from molar masses", "", "derived"),
    Source("skin_guidance", "Unreviewed web summary on skin lesions in NET, 2025-10-26", "", "unreviewed"),
    Source("panel2015", "Kulke, Strosberg, Yao: Treating metastases in NET, panel, 2015", "", "read"),
    Source("esmo2020", "Pavel et al., Ann Oncol 2020;31:844", "10.1016/j.annonc.2020.03.304", "memory"),
    Source("soeiro2020", "Soeiro et al., BMJ Case Rep 2020;13:e233263", "10.1136/bcr-2019-233263", "read"),
    Source("kim2019", "Kim and Shim, Am J Case Rep 2019;20:1969-1975", "10.12659/AJCR.921439", "read"),
    Source("tunghahn2024", "Tung-Hahn et al., Case Rep Dermatol Med 2024:8873822", "10.1155/2024/8873822", "read"),
    Source("lutathera_label", "Lutetium (177Lu) oxodotreotide, US prescribing information", "", "read"),
    Source("compete", "Walter, Jann, … Capdevila: COMPETE, Lancet, 2 July 2026", "", "memory"),
    Source("qlqc30", "EORTC QLQ-C30 scoring manual, 3rd ed.", "", "memory"),
)

SOURCE_IDS: frozenset[str] = frozenset(source.source_id for source in SOURCES)
