"""How the numbers of this room were made: one `Method` a procedure, with its source and the library that ran."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from analytics.tables.results import Method

KAPLAN_MEIER = "Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. doi:10.1080/01621459.1958.10501452"
LOG_RANK = "Peto R, Peto J. J R Stat Soc A 1972;135:185-207. doi:10.2307/2344317"
COX = "Cox DR. J R Stat Soc B 1972;34:187-202. doi:10.1111/j.2517-6161.1972.tb00899.x"
ROBUST = "Lin DY, Wei LJ. J Am Stat Assoc 1989;84:1074-1078. doi:10.1080/01621459.1989.10478874"
PROPORTIONALITY = "Grambsch PM, Therneau TM. Biometrika 1994;81:515-526. doi:10.1093/biomet/81.3.515"
GRAY = "Gray RJ. Ann Stat 1988;16:1141-1154. doi:10.1214/aos/1176350951"
FINE_GRAY = "Fine JP, Gray RJ. J Am Stat Assoc 1999;94:496-509. doi:10.1080/01621459.1999.10474144"
AALEN_JOHANSEN = "Aalen OO, Johansen S. Scand J Stat 1978;5:141-150"
RESTRICTED_MEAN = "Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152. doi:10.1186/1471-2288-13-152"
HOLM = "Holm S. Scand J Stat 1979;6:65-70"
FLEMING_HARRINGTON = "Harrington DP, Fleming TR. Biometrika 1982;69:553-566. doi:10.1093/biomet/69.3.553"
TARONE_WARE = "Tarone RE, Ware J. Biometrika 1977;64:156-160. doi:10.1093/biomet/64.1.156"
GEHAN = "Gehan EA. Biometrika 1965;52:203-223. doi:10.1093/biomet/52.1-2.203"
ACCELERATED_FAILURE = (
    "Kalbfleisch JD, Prentice RL. Statistical Analysis of Failure Time Data. Wiley 2002. doi:10.1002/9781118032985"
)
ROYSTON_PARMAR = "Royston P, Parmar MKB. Stat Med 2002;21:2175-2197. doi:10.1002/sim.1203"
TURNBULL = "Turnbull BW. J R Stat Soc B 1976;38:290-295. doi:10.1111/j.2517-6161.1976.tb01597.x"
INTERVAL_SCORES = "Finkelstein DM. Biometrics 1986;42:845-854. doi:10.2307/2530698"
STANDARDISATION = "Makuch RW. J Chronic Dis 1982;35:437-443. doi:10.1016/0021-9681(82)90058-3"
FIRTH = "Heinze G, Schemper M. Biometrics 2001;57:114-119. doi:10.1111/j.0006-341X.2001.00114.x"
BOOTSTRAP = "Efron B. J Am Stat Assoc 1981;76:312-319. doi:10.1080/01621459.1981.10477650"
INTERACTION = "Assmann SF, et al. Lancet 2000;355:1064-1069. doi:10.1016/S0140-6736(00)02039-0"
REVERSE_KAPLAN_MEIER = "Schemper M, Smith TL. Control Clin Trials 1996;17:343-346. doi:10.1016/0197-2456(96)00075-X"
CLOPPER_PEARSON = "Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. doi:10.1093/biomet/26.4.404"
INVERSE_PROBABILITY = (
    "Robins JM, Hernán MA, Brumback B. Epidemiology 2000;11:550-560. doi:10.1097/00001648-200009000-00011"
)
OVERLAP = "Li F, Morgan KL, Zaslavsky AM. J Am Stat Assoc 2018;113:390-400. doi:10.1080/01621459.2016.1260466"
WILSON = "Wilson EB. J Am Stat Assoc 1927;22:209-212. doi:10.1080/01621459.1927.10502953"


@cache
def library_version(library: str) -> str:
    """Return the installed version of a library; ``source tree`` when Lutetia runs uninstalled."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "source tree"


def describe_method(
    name: str,
    citation: str,
    library: str = "lutetia",
    *,
    interval: str = "",
    ties: str = "",
    **options: str,
) -> Method:
    """Return the record of a procedure with the version of the library that ran it."""
    return Method(name, citation, library, library_version(library), interval, ties, tuple(sorted(options.items())))
