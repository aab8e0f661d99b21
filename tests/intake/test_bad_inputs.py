"""What people send, and what becomes of it: taken, turned away with a reason, or stopped with a sentence.

The order follows a file from its bytes to its meaning: encodings, shapes, values, dates, identities, records.
In every case each record read is accounted for once, or intake would have refused to go on.
"""

# ruff: noqa: E501 - a case reads best on one line
from __future__ import annotations

import gzip
from dataclasses import dataclass, fields
from datetime import date

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.errors import LayoutError, SettingsError, SourceError, UserError
from analytics.intake.accept import accept_source
from analytics.intake.possible_settings import RANGES, WORDS, refuse_impossible

PATIENTS = "patient_id,sex,birth_year\n"
LABS = "patient_id,analyte,collected,value_text,unit,uln\n"
VITAL = "patient_id,date,kind\n"


@dataclass(frozen=True)
class Taken:
    """The rows are used; ``column`` of ``table`` holds ``values``."""

    table: str
    column: str
    values: list


@dataclass(frozen=True)
class TurnedAway:
    """Rule ``rule_id`` names ``row`` with ``reason``; of the table ``accepted`` rows are used."""

    rule_id: str
    table: str | None
    row: int | None
    accepted: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Stopped:
    """The import ends with this error, whose sentence holds ``words``."""

    error: type[UserError]
    words: str


def lab(value: str, unit: str = "ng/mL", day: str = "2020-01-10", analyte: str = "CGA") -> dict[str, str]:
    """Return a labs table of one value."""
    return {"labs": f'{LABS}P1,{analyte},{day},"{value}",{unit},85\n'}


def ki67(text: str) -> dict[str, str]:
    """Return a diagnosis with a labelling index."""
    return {"diagnoses": f"patient_id,diagnosis_no,diagnosis_date,ki67_pct\nP1,1,2019-01-01,{text}\n"}


def marked(*rows: str) -> dict[str, str]:
    """Return labs of one day; a row is its value, its source_id and its status."""
    said = [row.split(",") for row in rows]
    lines = [f"P1,CGA,2020-01-10,{value},ng/mL,85,{source},{status}\n" for value, source, status in said]
    return {"labs": f"{LABS[:-1]},source_id,status\n{''.join(lines)}"}


def value(number: float | None) -> Taken:
    """Say that the one laboratory value is ``number``."""
    return Taken("labs", "value", [number])


ONE_LAB = f"{LABS}P1,CGA,2020-01-10,588.1,ng/mL,85\n"
MICRO = f"{LABS}P1,CGA,2020-01-10,588.1,µg/L,85\n"
WIDE = ",".join(["patient_id,sex", *(f"c{number}" for number in range(600))]) + "\n"

CASES: dict[str, tuple[dict[str, str | bytes | None], dict[str, str], Taken | TurnedAway | Stopped]] = {
    # encodings
    "UTF-8": ({"labs": MICRO}, {}, Taken("labs", "unit", ["µg/L"])),
    "UTF-8 with its mark": ({"labs": MICRO.encode("utf-8-sig")}, {}, Taken("labs", "unit", ["µg/L"])),
    "UTF-16 with its mark": ({"labs": MICRO.encode("utf-16")}, {}, Taken("labs", "unit", ["µg/L"])),
    "UTF-16 big-endian": ({"labs": b"\xfe\xff" + MICRO.encode("utf-16-be")}, {}, Taken("labs", "unit", ["µg/L"])),
    "UTF-16 without its mark": ({"labs": MICRO.encode("utf-16-le")}, {}, Stopped(SourceError, "NUL bytes")),
    "UTF-16 without its mark, declared": ({"labs": MICRO.encode("utf-16-le")}, {"encoding": "UTF-16LE"}, Taken("labs", "unit", ["µg/L"])),
    "UTF-16 big-endian without its mark, declared": ({"labs": MICRO.encode("utf-16-be")}, {"encoding": "utf-16-be"}, Taken("labs", "unit", ["µg/L"])),
    "UTF-16 cut off": ({"labs": MICRO.encode("utf-16-le")[:-1]}, {"encoding": "utf-16-le"}, Stopped(SourceError, "labs.csv, line 2: A byte here is no letter of the encoding utf-16-le")),
    "cp1252, declared as UTF-8": ({"labs": MICRO.encode("cp1252")}, {"encoding": "utf8"}, Stopped(SourceError, "labs.csv, line 2: The text is not UTF-8, as declared")),
    "cp1252, declared as UTF-16": ({"labs": MICRO.encode("cp1252")}, {"encoding": "utf-16"}, Stopped(SourceError, "labs.csv, line 1: A byte here is no letter of the encoding utf-16")),
    "cp1252, declared as UTF-32": ({"labs": MICRO.encode("cp1252")}, {"encoding": "utf-32"}, Stopped(SourceError, "labs.csv, line 1: A byte here is no letter of the encoding utf-32")),
    "cp1252, not declared": ({"labs": MICRO.encode("cp1252")}, {}, Stopped(SourceError, "labs.csv, line 2: The text is not UTF-8")),
    "cp1252, declared": ({"labs": MICRO.encode("cp1252")}, {"encoding": "cp1252"}, Taken("labs", "unit", ["µg/L"])),
    "cp1252, declared on the study sheet": ({"labs": MICRO.encode("cp1252"), "study": "setting,value\nencoding,cp1252\n"}, {}, Taken("labs", "unit", ["µg/L"])),
    "encoding nobody knows": ({"labs": MICRO.encode("cp1252")}, {"encoding": "klingon"}, Stopped(SettingsError, "klingon")),
    **{f"encoding of no texts: {name}": ({"labs": MICRO.encode("cp1252")}, {"encoding": name}, Stopped(SettingsError, f"Setting «encoding» cannot be «{name}»")) for name in ("hex", "base64", "rot13", "idna", "punycode", "undefined", "unicode_escape", "a\0b")},
    "byte that is no letter of cp1252": ({"labs": b"patient_id\xff\x81\n"}, {"encoding": "cp1252"}, Stopped(SourceError, "cp1252")),
    "UTF-32": ({"labs": MICRO.encode("utf-32")}, {}, Stopped(SourceError, "a text in UTF-32")),
    "latin-1 name, not declared": ({"labs": f"{LABS[:-1]},comment\nP1,CGA,2020-01-10,5,ng/mL,85,Müller\n".encode("latin-1")}, {}, Stopped(SourceError, "guessing another encoding could change a letter or a unit")),
    "Mac Roman, declared": ({"labs": MICRO.encode("mac_roman")}, {"encoding": "mac_roman"}, Taken("labs", "unit", ["µg/L"])),
    "UTF-8 where another encoding was declared": ({"labs": MICRO}, {"encoding": "cp1252"}, Taken("labs", "unit", ["µg/L"])),
    "NUL inside": ({"labs": ONE_LAB.encode().replace(b"588", b"5\x0088")}, {}, Stopped(SourceError, "NUL bytes")),
    "CR line ends only": ({"labs": ONE_LAB.replace("\n", "\r")}, {}, value(588.1)),
    "CR LF line ends": ({"labs": ONE_LAB.replace("\n", "\r\n")}, {}, value(588.1)),
    "mixed line ends": ({"labs": f"{LABS}P1,CGA,2020-01-10,1,ng/mL,85\r\nP1,CGA,2020-02-10,2,ng/mL,85\n"}, {}, Taken("labs", "value", [1.0, 2.0])),
    "no line end at the end": ({"labs": ONE_LAB.rstrip("\n")}, {}, value(588.1)),
    "control-Z at the end": ({"labs": ONE_LAB + "\x1a"}, {}, TurnedAway("V72", "labs", 3, 1, reason="The header has 6 fields, this record 1.")),
    # shapes
    "empty file": ({"labs": ""}, {}, Stopped(SourceError, "labs.csv: The file is empty")),
    "header only": ({"labs": LABS}, {}, Taken("labs", "value", [])),
    "spreadsheet renamed to csv": ({"labs": b"PK\x03\x04rest"}, {}, Stopped(SourceError, "an .xlsx workbook")),
    "PDF renamed to csv": ({"labs": b"%PDF-1.7 rest"}, {}, Stopped(SourceError, "a PDF document")),
    "web page renamed to csv": ({"labs": b"<!DOCTYPE html>"}, {}, Stopped(SourceError, "a web page")),
    "old Excel renamed to csv": ({"labs": b"\xd0\xcf\x11\xe0 rest"}, {}, Stopped(SourceError, "an old Excel or Word file")),
    "XML renamed to csv": ({"labs": b"<?xml version='1.0'?>"}, {}, Stopped(SourceError, "an XML file")),
    "JSON renamed to csv": ({"labs": b'{"patient_id": 1}'}, {}, Stopped(SourceError, "a JSON file")),
    "word processor's file renamed to csv": ({"labs": b"{\\rtf1 patient_id"}, {}, Stopped(SourceError, "a word processor's document")),
    "semicolons": ({"labs": ONE_LAB.replace(",", ";")}, {}, value(588.1)),
    "tabs": ({"labs": ONE_LAB.replace(",", "\t")}, {}, value(588.1)),
    "bars": ({"labs": ONE_LAB.replace(",", "|")}, {}, value(588.1)),
    "carets": ({"labs": ONE_LAB.replace(",", "^")}, {}, value(588.1)),
    "colons": ({"labs": ONE_LAB.replace(",", ":")}, {}, value(588.1)),
    "unit separators": ({"labs": ONE_LAB.replace(",", "\x1f")}, {}, value(588.1)),
    "semicolons and decimal commas": ({"labs": ONE_LAB.replace(",", ";").replace(".", ",")}, {}, value(588.1)),
    "line for spreadsheets above the header": ({"labs": "sep=;\n" + ONE_LAB.replace(",", ";")}, {}, value(588.1)),
    "line for spreadsheets is nobody's note": ({"labs": "sep=;\n#x\n" + ONE_LAB.replace(",", ";")}, {}, TurnedAway("V73", None, None, reason="Lines starting with «#», passed over as notes: 1 (in labs).")),
    "ids that start like notes": ({"labs": f'{LABS}#1,CGA,2020-01-10,5,ng/mL,85\n"#2",CGA,2020-01-10,5,ng/mL,85\n'}, {}, TurnedAway("V87", "labs", 2, reason="Lines that start with «#» and are filled like records, passed over as notes: 1 (lines 2).")),
    "title above the header": ({"labs": f"Export of March\n{ONE_LAB}"}, {}, Stopped(LayoutError, "labs.csv, header: labs.csv has no column «patient_id» nor «analyte» nor «collected» nor «value_text» nor «unit». Found: Export of March.")),
    "quoted id that starts like a note, in a file read with care": ({"patients": 'patient_id,sex\nP1,F\nP2,M\n"#2",F\n', "labs": f'{LABS[:-1]},comment\n# a note\n"#2",CGA,2020-01-10,5,ng/mL,85,"two\nlines"\n'}, {}, value(5.0)),
    "note above the header": ({"labs": f"# Export of March\n{ONE_LAB}"}, {}, value(588.1)),
    "header in capitals with spaces": ({"labs": ONE_LAB.replace("patient_id", " Patient ID ")}, {}, value(588.1)),
    "column named twice": ({"labs": ONE_LAB.replace("uln", "unit")}, {}, Stopped(LayoutError, "«unit» twice")),
    "needed column missing": ({"labs": ONE_LAB.replace("value_text", "valeu_text")}, {}, Stopped(LayoutError, "Did you mean «valeu_text»?")),
    "columns in another order": ({"labs": "unit,value_text,collected,analyte,patient_id\nng/mL,5,2020-01-10,CGA,P1\n"}, {}, value(5.0)),
    "six hundred columns": ({"patients": WIDE}, {}, Stopped(LayoutError, "602 columns")),
    "short record": ({"labs": f"{LABS}P1,CGA,2020-01-10\n"}, {}, TurnedAway("V72", "labs", 2, reason="The header has 6 fields, this record 3.")),
    "long record": ({"labs": f"{LABS}P1,CGA,2020-01-10,588,1,ng/mL,85\n"}, {}, TurnedAway("V72", "labs", 2, reason="The header has 6 fields, this record 7.")),
    "short and long records that even out": ({"labs": f"{LABS}P1,CGA,2020-01-10,5,ng/mL\nP1,CGA,2020-01-10,588,1,ng/mL,85\n"}, {}, TurnedAway("V72", "labs", 3, reason="The header has 6 fields, this record 7.")),
    "last line cut off": ({"labs": f"{ONE_LAB}P1,CG"}, {}, TurnedAway("V72", "labs", 3, 1, reason="The header has 6 fields, this record 2.")),
    "blank lines": ({"labs": f"{LABS}\n\nP1,CGA,2020-01-10,588.1,ng/mL,85\n"}, {}, Taken("labs", "_row", [4])),
    "quote never closed": ({"labs": f'{LABS}P1,CGA,2020-01-10,"588.1,ng/mL,85\n'}, {}, Stopped(SourceError, "labs.csv, line 2: The record that starts here")),
    "line break inside quotes": ({"labs": f'{LABS[:-1]},comment\nP1,CGA,2020-01-10,1,ng/mL,85,"one\ntwo"\nP1,CGA,2020-01-11,2,ng/mL,85,\n'}, {}, Taken("labs", "_row", [2, 4])),
    "total line at the end": ({"labs": f"{ONE_LAB}Total,,,588.1,,\n"}, {}, TurnedAway("V06", "labs", 3, 1, reason="Patient «Total» is not on the patients sheet.")),
    "header repeated below": ({"labs": ONE_LAB + ONE_LAB}, {}, TurnedAway("V06", "labs", 3, 1, reason="Patient «patient_id» is not on the patients sheet.")),
    "header in quotes": ({"labs": ONE_LAB.replace(LABS, LABS.replace(",", '","').replace("patient", '"patient').replace("uln", 'uln"'))}, {}, value(588.1)),
    "column without a name and without values": ({"labs": f"{LABS[:-1]},\nP1,CGA,2020-01-10,5,ng/mL,85,\n"}, {}, value(5.0)),
    "quotation mark inside a cell": ({"labs": f'{LABS}P1,CGA,2020-01-10,5",ng/mL,85\n'}, {}, TurnedAway("V20", "labs", 2, reason="«5\"» in value_text cannot be read as a result.")),
    "rows of commas": ({"labs": f"{ONE_LAB},,,,,\n"}, {}, value(588.1)),
    "unknown column": ({"labs": ONE_LAB.replace("uln", "ulnn")}, {}, TurnedAway("V04", "labs", None, 1, reason="Column «ulnn» is not used. Did you mean «uln»?")),
    "no patients": ({"patients": None}, {}, Stopped(LayoutError, "no table «patients»")),
    "table in two files": ({"labs-2.csv": f"{LABS}P2,CGA,2020-01-10,7,ng/mL,85\n"}, {}, Taken("labs", "value", [588.1, 7.0])),
    "file named after nothing": ({"lbas": ONE_LAB}, {}, TurnedAway("V04", None, None, reason="It is named after no table and is not used. Did you mean «labs»?")),
    "file of no format": ({"labs.docx": b"PK"}, {}, TurnedAway("V04", None, None, reason="It is in no format that is read (.csv, .tsv, .txt, .parquet, .arrow, packed as .gz or not); it is not used.")),
    "workbook beside files": ({"labs.xlsx": b"PK"}, {}, TurnedAway("V04", None, None, reason="A workbook of a folder is read only where a layout names its sheets; it is not used.")),
    "packed twice": ({"labs": None, "labs.csv.gz.gz": gzip.compress(gzip.compress(ONE_LAB.encode()))}, {}, TurnedAway("V04", None, None, reason="It is in no format that is read (.csv, .tsv, .txt, .parquet, .arrow, packed as .gz or not); it is not used.")),
    "rows delivered twice in two files": ({"labs-2.csv": ONE_LAB}, {}, value(588.1)),
    "gzip": ({"labs": None, "labs.csv.gz": gzip.compress(ONE_LAB.encode())}, {}, value(588.1)),
    "gzip cut off": ({"labs": None, "labs.csv.gz": gzip.compress(ONE_LAB.encode())[:-9]}, {}, Stopped(SourceError, "damaged")),
    "gzip bomb": ({"labs": None, "labs.csv.gz": gzip.compress(b"a" * 3_000_000)}, {}, Stopped(SourceError, "100 times its size")),
    "Parquet that is none": ({"labs": None, "labs.parquet": b"PAR1 nonsense"}, {}, Stopped(SourceError, "labs.parquet: The file cannot be read")),
    # values
    "decimal comma": (lab("100,5"), {}, value(100.5)),
    "thousands and decimals": (lab("1.234,5"), {}, value(1234.5)),
    "English thousands and decimals": (lab("1,234.5"), {}, value(1234.5)),
    "comma that could be either": (lab("1,234"), {}, TurnedAway("V21", "labs", 2, reason="«1,234» could be 1.234 or 1234.")),
    "point that could be either": (lab("1.234"), {}, TurnedAway("V21", "labs", 2, reason="«1.234» could be 1.234 or 1234.")),
    "comma declared": (lab("1,234"), {"decimal_mark": ","}, value(1.234)),
    "thousands mark declared": (lab("1,234"), {"thousands_mark": ","}, value(1234.0)),
    "point under a declared comma": (lab("588.1"), {"decimal_mark": ","}, TurnedAway("V20", "labs", 2, reason="«588.1» in value_text cannot be read as a result.")),
    "blank as thousands mark, declared": (lab("1 234,5"), {"thousands_mark": " "}, value(1234.5)),
    "blank as thousands mark, not declared": (lab("1 234,5"), {}, TurnedAway("V20", "labs", 2, reason="«1 234,5» in value_text cannot be read as a result.")),
    "no-break space as thousands mark": (lab("1\u00a0234,5"), {"thousands_mark": " "}, value(1234.5)),
    "thin space as thousands mark": (lab("1\u2009234,5"), {"thousands_mark": " "}, value(1234.5)),
    "narrow no-break space as thousands mark": (lab("1\u202f234"), {"thousands_mark": " "}, value(1234.0)),
    "apostrophe as thousands mark": (lab("1'234.5"), {"thousands_mark": "'"}, value(1234.5)),
    "typographic apostrophe as thousands mark": (lab("1’234.5"), {"thousands_mark": "'"}, value(1234.5)),
    "groups of two digits": (lab("1,23,456"), {"thousands_mark": ","}, TurnedAway("V20", "labs", 2, reason="«1,23,456» in value_text cannot be read as a result.")),
    "two points": (lab("1.234.567"), {}, TurnedAway("V20", "labs", 2, reason="«1.234.567» in value_text cannot be read as a result.")),
    "full-width digit": (lab("５"), {}, value(5.0)),
    "Arabic digits": (lab("١٢"), {}, value(12.0)),
    "plus sign": (lab("+5"), {}, value(5.0)),
    "typographic minus": (lab("−5"), {}, TurnedAway("V22", "labs", 2, reason="CGA cannot be −5.")),
    "number begins with its mark": (lab(".5"), {}, TurnedAway("V20", "labs", 2, reason="«.5» in value_text cannot be read as a result.")),
    "number ends with its mark": (lab("5."), {}, TurnedAway("V20", "labs", 2, reason="«5.» in value_text cannot be read as a result.")),
    "superscript": (lab("5²"), {}, TurnedAway("V20", "labs", 2, reason="«5²» in value_text cannot be read as a result.")),
    "star of the laboratory": (lab("5*"), {}, TurnedAway("V20", "labs", 2, reason="«5*» in value_text cannot be read as a result.")),
    "flag of the laboratory": (lab("5 H"), {}, TurnedAway("V106", "labs", 2, 1, reason="CGA «5 H» is flagged as high, but the upper limit is 85.")),
    "power of ten": (lab("10^3"), {}, TurnedAway("V20", "labs", 2, reason="«10^3» in value_text cannot be read as a result.")),
    "per cent": (lab("5 %"), {}, TurnedAway("V20", "labs", 2, reason="«5 %» in value_text cannot be read as a result.")),
    "fraction": (lab("1/2"), {}, TurnedAway("V20", "labs", 2, reason="«1/2» in value_text cannot be read as a result.")),
    "date where a value should be": (lab("2020-01-10"), {}, TurnedAway("V20", "labs", 2, reason="«2020-01-10» in value_text cannot be read as a result.")),
    "spreadsheet error": (lab("#DIV/0!"), {}, TurnedAway("V20", "labs", 2, reason="«#DIV/0!» in value_text cannot be read as a result.")),
    "spreadsheet error without a digit": (lab("#N/A"), {}, TurnedAway("V20", "labs", 2, reason="«#N/A» in value_text cannot be read as a result.")),
    "not a number, in so many letters": (lab("NaN"), {}, Taken("labs", "value_reason", ["NaN"])),
    "comparator alone": (lab("<"), {}, Taken("labs", "value_reason", ["<"])),
    "comparator behind": (lab("5<"), {}, TurnedAway("V20", "labs", 2, reason="«5<» in value_text cannot be read as a result.")),
    "comparator twice": (lab("<<5"), {}, TurnedAway("V20", "labs", 2, reason="«<<5» in value_text cannot be read as a result.")),
    "bound that could be either": (lab("> 1.234"), {}, TurnedAway("V21", "labs", 2, reason="«> 1.234» could be 1.234 or 1234.")),
    "comparator in the upper limit": ({"labs": f"{LABS}P1,CGA,2020-01-10,5,ng/mL,<85\n"}, {}, TurnedAway("V20", "labs", 2, 1, reason="«<85» in uln cannot be read as a number.")),
    "year of birth beyond all numbers": ({"patients": f"{PATIENTS}P1,F,1e20\nP2,M,1960\n"}, {}, TurnedAway("V20", "patients", 2, 2, reason="«1e20» in birth_year cannot be read as a whole number.")),
    "year of birth in half years": ({"patients": f"{PATIENTS}P1,F,1950.5\nP2,M,1960\n"}, {}, TurnedAway("V20", "patients", 2, 2, reason="«1950.5» in birth_year cannot be read as a whole number.")),
    "year of birth before anybody alive": ({"patients": f"{PATIENTS}P1,F,1850\nP2,M,1960\n"}, {}, TurnedAway("V22", "patients", 2, 2, reason="birth_year cannot be 1850. At least 1880. At most 2100.")),
    "below quantitation": (lab("<10"), {}, Taken("labs", "comparator", ["<"])),
    "below, with a blank": (lab("< 10.0"), {}, value(10.0)),
    "at most, as one sign": (lab("≤10"), {}, Taken("labs", "comparator", ["<="])),
    "above the range": (lab(">5000"), {}, Taken("labs", "comparator", [">"])),
    "about": (lab("~121"), {}, Taken("labs", "comparator", ["~"])),
    "not yet known": (lab("pending"), {}, Taken("labs", "value_reason", ["pending"])),
    "haemolysed": (lab("haemolysed"), {}, value(None)),
    "unit inside the value": (lab("100 ng/mL"), {}, TurnedAway("V20", "labs", 2, reason="«100 ng/mL» in value_text cannot be read as a result.")),
    "two numbers": (lab("10-20"), {}, TurnedAway("V20", "labs", 2, reason="«10-20» in value_text cannot be read as a result.")),
    "negative": (lab("-1"), {}, TurnedAway("V22", "labs", 2, reason="CGA cannot be -1.")),
    "zero where none can be": (lab("0"), {}, TurnedAway("V22", "labs", 2, reason="CGA cannot be 0.")),
    "zero where it can be": (lab("0", "10^9/L", analyte="NEUT"), {}, value(0.0)),
    "infinite": (lab("1e400"), {}, TurnedAway("V20", "labs", 2, reason="«1e400» in value_text cannot be read as a result.")),
    "hexadecimal": (lab("0x1F"), {}, TurnedAway("V20", "labs", 2, reason="«0x1F» in value_text cannot be read as a result.")),
    "scientific": (lab("1.2e3"), {}, value(1200.0)),
    "empty value": (lab(""), {}, TurnedAway("V74", "labs", 2, reason="The cell value_text is empty, and the row means nothing without it.")),
    "two ways to write micro": (lab("5", "μg/L"), {}, Taken("labs", "value_standard", [5.0])),
    "unit in capitals": (lab("5", "NG/ML"), {}, Taken("labs", "value_standard", [5.0])),
    "mg/dl": (lab("1", "mg/dl", analyte="CREAT"), {}, Taken("labs", "value_standard", [88.4])),
    "mg per day": (lab("10", "mg/24 h", analyte="5HIAA_U24"), {}, Taken("labs", "value_standard", [52.31])),
    "unit of another analyte": (lab("5", "g/L"), {}, TurnedAway("V26", "labs", 2, reason="«g/L» is not a unit of CGA.")),
    "no unit": (lab("5", ""), {}, TurnedAway("V25", "labs", 2, reason="The CGA value 5 has no unit.")),
    "moles without an assay": (lab("5", "nmol/L"), {}, Taken("labs", "value_standard", [None])),
    "analyte in another spelling": (lab("5", analyte="CgA"), {}, Taken("labs", "analyte", ["CGA"])),
    "analyte that could be two": (lab("5", analyte="5-HIAA"), {}, TurnedAway("V09", "labs", 2, reason="«5-HIAA» is not a known analyte. Did you mean «5HIAA_S» or «5HIAA_U24»?")),
    "unreadable limit costs no row": ({"labs": f"{LABS}P1,CGA,2020-01-10,5,ng/mL,none\n"}, {}, TurnedAway("V20", "labs", 2, 1, reason="«none» in uln cannot be read as a number.")),
    "unknown sex costs no row": ({"patients": f"{PATIENTS}P1,woman,1950\nP2,M,1960\n"}, {}, TurnedAway("V09", "patients", 2, 2, reason="«woman» is not a known sex.")),
    "flag of a laboratory": (lab("588,1 (H)"), {}, Taken("labs", "value", [588.1])),
    "flag as an arrow": (lab("588↑"), {}, Taken("labs", "value", [588])),
    "flag and comparator": (lab("<20 (L)"), {}, Taken("labs", "comparator", ["<"])),
    "flag behind two readings": (lab("1,234 H"), {}, TurnedAway("V21", "labs", 2, reason="«1,234 H» could be 1.234 or 1234.")),
    "star": (lab("588 *"), {}, TurnedAway("V20", "labs", 2, reason="«588 *» in value_text cannot be read as a result.")),
    "plus": (lab("588 +"), {}, TurnedAway("V20", "labs", 2, reason="«588 +» in value_text cannot be read as a result.")),
    "letter that is no flag": (lab("588 h"), {}, TurnedAway("V20", "labs", 2, reason="«588 h» in value_text cannot be read as a result.")),
    "unit beside the value": (lab("588 ng/mL"), {}, TurnedAway("V20", "labs", 2, reason="«588 ng/mL» in value_text cannot be read as a result.")),
    "percent of a percentage": (ki67("15 %"), {}, Taken("diagnoses", "ki67_pct", [15])),
    "percent with a decimal comma": (ki67('"2,5%"'), {}, Taken("diagnoses", "ki67_pct", [2.5])),
    "percent beyond all": (ki67("150 %"), {}, TurnedAway("V22", "diagnoses", 2, 1, reason="ki67_pct cannot be 150. At least 0. At most 100.")),
    "range of a percentage": (ki67("10-15 %"), {}, TurnedAway("V20", "diagnoses", 2, 1, reason="«10-15 %» in ki67_pct cannot be read as a number.")),
    "bound of a percentage": (ki67("<2 %"), {}, TurnedAway("V20", "diagnoses", 2, 1, reason="«<2 %» in ki67_pct cannot be read as a number.")),
    "percent of something else": (lab("15 %"), {}, TurnedAway("V20", "labs", 2, reason="«15 %» in value_text cannot be read as a result.")),
    # dates
    "day": (lab("5", day="2020-01-10"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "day and time": (lab("5", day="2020-01-10T08:30:00Z"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "midnight of a spreadsheet": (lab("5", day="2020-01-10 00:00:00"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "month": (lab("5", day="2020-02"), {}, Taken("labs", "collected_hi", [date(2020, 2, 29)])),
    "year": (lab("5", day="2020"), {}, Taken("labs", "collected_precision", ["Y"])),
    "no date": (lab("5", day=""), {}, Taken("labs", "collected", [None])),
    "30 February": (lab("5", day="2020-02-30"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020-02-30» is not a date: there is no such day.")),
    "month 13": (lab("5", day="2020-13"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020-13» is not a date: there is no such day.")),
    "day or month first": (lab("5", day="05/03/2020"), {}, TurnedAway("V11", "labs", 2, 1, reason="«05/03/2020» could be 2020-03-05 or 2020-05-03.")),
    "year of two digits": (lab("5", day="05/03/24"), {}, TurnedAway("V11", "labs", 2, 1, reason="«05/03/24» could be a day of 1924 or a day of 2024.")),
    "local form, not declared": (lab("5", day="17.04.2020"), {}, TurnedAway("V10", "labs", 2, 1, reason="«17.04.2020» is not a date of the form 2020-04-17, and no other form was declared.")),
    "local form, declared": (lab("5", day="05.03.2020"), {"date_form": "dd.mm.yyyy"}, Taken("labs", "collected", [date(2020, 3, 5)])),
    "month in the declared form": (lab("5", day="03.2020"), {"date_form": "dd.mm.yyyy"}, Taken("labs", "collected_lo", [date(2020, 3, 1)])),
    "American form, declared": (lab("5", day="05/03/2020"), {"date_form": "mm/dd/yyyy"}, Taken("labs", "collected", [date(2020, 5, 3)])),
    "impossible in the declared form": (lab("5", day="17/04/2020"), {"date_form": "mm/dd/yyyy"}, TurnedAway("V10", "labs", 2, 1, reason="«17/04/2020» is not a date: there is no such day.")),
    "form that is none": (lab("5"), {"date_form": "day first"}, Stopped(SettingsError, "date_form")),
    "year of two digits in a declared form": (lab("5", day="05.03.20"), {"date_form": "dd.mm.yyyy"}, TurnedAway("V10", "labs", 2, 1, reason="«05.03.20» is not a date in the declared form dd.mm.yyyy.")),
    "29 February of a common year": (lab("5", day="2019-02-29"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2019-02-29» is not a date: there is no such day.")),
    "29 February of a leap year": (lab("5", day="2020-02-29"), {}, Taken("labs", "collected", [date(2020, 2, 29)])),
    "month and day of one digit": (lab("5", day="2020-1-5"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020-1-5» is not a date.")),
    "slashes after the year": (lab("5", day="2020/01/10"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020/01/10» is not a date.")),
    "eight digits": (lab("5", day="20200110"), {}, TurnedAway("V10", "labs", 2, 1, reason="«20200110» is not a date.")),
    "month in letters": (lab("5", day="10-Jan-2020"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "month in letters and another form": (lab("5", day="10-Jan-2020"), {"date_form": "mm/dd/yyyy"}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "month in letters, day unknown": (lab("5", day="mars 2020"), {}, Taken("labs", "collected_hi", [date(2020, 3, 31)])),
    "month in letters, two digits of a year": (lab("5", day="12-JAN-20"), {}, TurnedAway("V11", "labs", 2, 1, reason="«12-JAN-20» could be 1920-01-12 or 2020-01-12.")),
    "month in letters, two digits of a year alone": (lab("5", day="Jan-20"), {}, TurnedAway("V11", "labs", 2, 1, reason="«Jan-20» could be 1920-01 or 2020-01.")),
    "month in letters, no such day": (lab("5", day="31. juni 2020"), {}, TurnedAway("V10", "labs", 2, 1, reason="«31. juni 2020» is not a date: there is no such day.")),
    "letters of two months": (lab("5", day="12 jui 2020"), {}, TurnedAway("V10", "labs", 2, 1, reason="«12 jui 2020» is not a date.")),
    "eight digits, declared": (lab("5", day="20200110"), {"date_form": "yyyymmdd"}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "six digits, declared": (lab("5", day="202002"), {"date_form": "yyyymmdd"}, Taken("labs", "collected_hi", [date(2020, 2, 29)])),
    "five digits in a form of eight": (lab("5", day="43840"), {"date_form": "yyyymmdd"}, TurnedAway("V10", "labs", 2, 1, reason="«43840» is not a date: it looks like the day number of a spreadsheet, whose cell was not formatted as a date.")),
    "dashes of a typesetter": (lab("5", day="2020–01–10"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020–01–10» is not a date.")),
    "day not known, marked": (lab("5", day="2020-01-??"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020-01-??» is not a date.")),
    "word": (lab("5", day="unknown"), {}, TurnedAway("V10", "labs", 2, 1, reason="«unknown» is not a date.")),
    "zeros": (lab("5", day="0000-00-00"), {}, TurnedAway("V10", "labs", 2, 1, reason="«0000-00-00» is not a date: the year is not between 1850 and 2150.")),
    "no such time": (lab("5", day="2020-01-10 25:99"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020-01-10 25:99» is not a date.")),
    "end of the day": (lab("5", day="2020-01-10 24:00"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "half days of a clock": (lab("5", day="3/17/2020 8:30 PM"), {"date_form": "mm/dd/yyyy"}, Taken("labs", "collected", [date(2020, 3, 17)])),
    "half days of a clock of 24 hours": (lab("5", day="2020-01-10 20:30 PM"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020-01-10 20:30 PM» is not a date.")),
    "corrected in the other half of the day": (
        {"labs": f"{LABS[:-1]},status\nP1,CGA,2020-01-10 8:30 AM,5,ng/mL,85,\nP1,CGA,2020-01-10 8:30 PM,6,ng/mL,85,corrected\n"},
        {},
        Taken("labs", "value", [5.0, 6.0]),
    ),
    "after the end of the day": (lab("5", day="2020-01-10 24:59"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2020-01-10 24:59» is not a date.")),
    "time of another zone stays that day": (lab("5", day="2020-01-10T23:30:00-05:00"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "day and hour number of a spreadsheet": (lab("5", day="43840.5"), {}, TurnedAway("V10", "labs", 2, 1, reason="«43840.5» is not a date: it looks like the day number of a spreadsheet, whose cell was not formatted as a date.")),
    "day number of a spreadsheet that counts from 1904": (lab("5", day="42378"), {}, TurnedAway("V10", "labs", 2, 1, reason="«42378» is not a date: it looks like the day number of a spreadsheet, whose cell was not formatted as a date.")),
    "day number of a spreadsheet": (lab("5", day="43840"), {}, TurnedAway("V10", "labs", 2, 1, reason="«43840» is not a date: it looks like the day number of a spreadsheet, whose cell was not formatted as a date.")),
    "year 2999": (lab("5", day="2999-01-01"), {}, TurnedAway("V10", "labs", 2, 1, reason="«2999-01-01» is not a date: the year is not between 1850 and 2150.")),
    "year 1": (lab("5", day="0001-01-01"), {}, TurnedAway("V10", "labs", 2, 1, reason="«0001-01-01» is not a date: the year is not between 1850 and 2150.")),
    "tomorrow": (lab("5", day="2026-11-21"), {}, TurnedAway("V13", "labs", 2, 1, reason="collected 2026-11-21 is after 2026-11-20, the day the data were taken.")),
    "after the extract": (lab("5", day="2021-01-01"), {"extract_date": "2020-12-31"}, TurnedAway("V13", "labs", 2, 1, reason="collected 2021-01-01 is after 2020-12-31, the day the data were taken.")),
    "before birth": (lab("5", day="1949-12-31"), {}, TurnedAway("V14", "labs", 2, 1, reason="collected 1949-12-31 is before the birth, 1950-01-01.")),
    "after death": ({"vital_status": f"{VITAL}P1,2020-01-01,death\n"}, {}, TurnedAway("V15", "labs", 2, 1, reason="collected 2020-01-10 is after the death, 2020-01-01.")),
    "month in which the patient died": ({"vital_status": f"{VITAL}P1,2020-01-10,death\n"} | lab("5", day="2020-01"), {}, TurnedAway("V16", "labs", 2, 1, reason="collected 2020-01 may be after the death, 2020-01-10.")),
    "end in the month of death": ({"vital_status": f"{VITAL}P1,2021-01,death\n", "toxicities": "patient_id,term,grade,start,end\nP1,nausea,2,2020-12-01,2021-01-15\n"}, {}, TurnedAway("V16", "toxicities", 2, 1, reason="end 2021-01-15 may be after the death, between 2021-01-01 and 2021-01-31.")),
    "day of life in the month of death": ({"vital_status": f"{VITAL}P1,2020-01,death\n", "treatments": None} | lab("5"), {}, Taken("vital_status", "date", [date(2020, 1, 10)])),
    "two deaths": ({"vital_status": f"{VITAL}P1,2022-01-01,death\nP1,2022-03-01,death\n"}, {}, Taken("vital_status", "date", [date(2022, 1, 1)] * 2)),
    "death known to the year": ({"vital_status": f"{VITAL}P1,2022,death\nP1,2022-04-01,alive_contact\n"}, {}, Taken("vital_status", "date", [date(2022, 4, 1)] * 2)),
    # identities
    "leading zeros stay": ({"patients": f"{PATIENTS}001,F,1950\n1,M,1960\n", "labs": LABS, "treatments": None, "vital_status": None}, {}, Taken("patients", "patient_id", ["001", "1"])),
    "1E5 stays": ({"patients": f"{PATIENTS}1E5,F,1950\n100000,M,1960\n", "labs": LABS, "treatments": None, "vital_status": None}, {}, Taken("patients", "patient_id", ["100000", "1E5"])),
    "a patient called NA": ({"patients": f"{PATIENTS}NA,F,1950\nP1,F,1950\nP2,M,1960\n"}, {}, Taken("patients", "patient_id", ["NA", "P1", "P2"])),
    "blanks around the id": ({"labs": f"{LABS} P1 ,CGA,2020-01-10,5,ng/mL,85\n"}, {}, Taken("labs", "patient_id", ["P1"])),
    "full-width letters": ({"labs": f"{LABS}Ｐ１,CGA,2020-01-10,5,ng/mL,85\n"}, {}, Taken("labs", "patient_id", ["P1"])),
    "another case is another patient": ({"labs": f"{LABS}p1,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2, reason="Patient «p1» is not on the patients sheet. Did you mean «P1»?")),
    "invisible mark in the id": ({"labs": f"{LABS}P\u200b1,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2, reason="Patient «P\u200b1» is not on the patients sheet. Did you mean «P1»? The id has U+200B ZERO WIDTH SPACE.")),
    "no-break space behind the id": ({"labs": f"{LABS}P1\u00a0,CGA,2020-01-10,5,ng/mL,85\n"}, {}, Taken("labs", "patient_id", ["P1"])),
    "no-break space inside the id": ({"labs": f"{LABS}P\u00a01,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2, reason="Patient «P\u00a01» is not on the patients sheet. Did you mean «P1»?")),
    "mark that turns the writing round": ({"labs": f"{LABS}\u202eP1,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2, reason="Patient «\u202eP1» is not on the patients sheet. Did you mean «P1»? The id has U+202E RIGHT-TO-LEFT OVERRIDE.")),
    "Cyrillic letter that looks Latin": ({"labs": f"{LABS}\u04201,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2, reason="Patient «\u04201» is not on the patients sheet. Did you mean «P1»? The id has U+0420 CYRILLIC CAPITAL LETTER ER.")),
    "letter and accent apart": ({"patients": f"{PATIENTS}P\u00e9,F,1950\nP1,F,1950\nP2,M,1960\n", "labs": f"{LABS}Pe\u0301,CGA,2020-01-10,5,ng/mL,85\n"}, {}, Taken("labs", "patient_id", ["P\u00e9"])),
    "id that a spreadsheet took for a number": ({"labs": f"{LABS}P1.0,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2, reason="Patient «P1.0» is not on the patients sheet. Did you mean «P1»?")),
    "no id": ({"labs": f"{LABS},CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V05", "labs", 2, reason="The row names no patient.")),
    "names": ({"patients": f"{PATIENTS}Anna Schmidt,F,1950\n"}, {}, Stopped(LayoutError, "seems to hold personal names")),
    "birth numbers": ({"patients": f"{PATIENTS}19500101-1234,F,1950\n"}, {}, Stopped(LayoutError, "birth numbers")),
    "formula as id stays text": ({"patients": f"{PATIENTS}=1+1,F,1950\nP1,F,1950\nP2,M,1960\n"}, {}, Taken("patients", "patient_id", ["=1+1", "P1", "P2"])),
    # records
    "same row twice": ({"labs": ONE_LAB + ONE_LAB.partition("\n")[2]}, {}, value(588.1)),
    "two values of one day": ({"labs": f"{LABS}P1,CGA,2020-01-10,5,ng/mL,85\nP1,CGA,2020-01-10,6,ng/mL,85\n"}, {}, Taken("labs", "value", [5.0, 6.0])),
    "two values of one minute": ({"labs": f"{LABS}P1,CGA,2020-01-10 08:30,5,ng/mL,85\nP1,CGA,2020-01-10 08:30,6,ng/mL,85\n"}, {}, TurnedAway("V38", "labs", 2, reason="2 rows say different things of labs P1 CGA 2020-01-10 08:30: value_text 5 / 6. None is used. They stand in lines 2, 3.")),
    "one id, two values": ({"labs": f"{LABS[:-1]},source_id\nP1,CGA,2020-01-10,5,ng/mL,85,L1\nP1,CGA,2020-01-10,6,ng/mL,85,L1\n"}, {}, TurnedAway("V38", "labs", 2, reason="2 rows say different things of labs P1 CGA 2020-01-10 L1: value_text 5 / 6. None is used. They stand in lines 2, 3.")),
    "corrected value": ({"labs": f"{LABS[:-1]},source_id,status\nP1,CGA,2020-01-10,5,ng/mL,85,L1,final\nP1,CGA,2020-01-10,6,ng/mL,85,L1,corrected\n"}, {}, value(6.0)),
    "entered in error": ({"labs": f"{LABS[:-1]},status\nP1,CGA,2020-01-10,5,ng/mL,85,entered_in_error\n"}, {}, Taken("labs", "value", [])),
    "corrected value without id": (marked("5,,final", "6,,corrected"), {}, value(6.0)),
    "corrected value without id, ids differ": (marked("5,L1,final", "6,L2,corrected"), {}, Taken("labs", "value", [5.0, 6.0])),
    "corrected value, id on one side": (marked("5,L1,", "6,,corrected"), {}, value(6.0)),
    "corrected value that cannot be read": (marked("5,,final", "5..2,,corrected"), {}, Taken("labs", "value", [])),
    "corrected value of one of two": (marked("5,,final", "7,,final", "6,,corrected"), {}, TurnedAway("V83", "labs", 4, reason="The row of CGA 2020-01-10 marked corrected may stand for any of several rows or several for one (rows: 2, in lines 2, 3). None of them is used.")),
    "corrected value of one of two, the last one wins": (marked("5,,final", "7,,final", "6,,corrected"), {"duplicate_rule": "latest_status"}, value(6.0)),
    "superseded row is listed": (marked("5,,final", "6,,corrected"), {}, TurnedAway("V84", "labs", 2, 1, reason="The row is not used: a corrected or later row takes its place.")),
    "row entered in error is listed": (marked("5,,entered_in_error"), {}, TurnedAway("V84", "labs", 2, reason="The row is not used: it was entered in error, or is what a row entered in error takes back.")),
    "entered in error beside its final": (marked("5,,final", "7,,final", "5.0,,entered_in_error"), {}, value(7.0)),
    "entered in error of another value": (marked("5,,final", "500,,entered_in_error"), {}, value(5.0)),
    "entered in error, of either": (marked("5,L1,final", "5,L2,final", "5,,entered_in_error"), {}, TurnedAway("V83", "labs", 4, reason="The row of CGA 2020-01-10 marked entered_in_error may stand for any of several rows or several for one (rows: 2, in lines 2, 3). None of them is used.")),
    "corrected row entered in error": (marked("5,,final", "6,,corrected", "6,,entered_in_error"), {}, value(5.0)),
    "examination entered in error beside its final": ({"imaging": "patient_id,imaging_id,date,modality,status\nP1,I1,2020-01-10,CT,\nP1,I1,2020-01-10,CT,entered_in_error\n"}, {}, Taken("imaging", "imaging_id", [])),
    "patient in two Unicode forms": ({"patients": f"{PATIENTS}P1,F,1950\nＰ１,M,1950\nP2,M,1960\n"}, {}, Taken("patients", "sex", [None, "M"])),
    "patient in two Unicode forms, repeated": ({"patients": f"{PATIENTS}P\u00e9,F,1950\nPe\u0301,F,1950\nP1,F,1950\nP2,M,1960\n"}, {}, TurnedAway("V37", "patients", 3, 3, reason="Repeated rows of patients, counted once: 1.")),
    "two patients that look the same": ({"patients": f"{PATIENTS}P1,F,1950\nP\u200b1,F,1950\nP2,M,1960\n"}, {}, TurnedAway("V07", "patients", 2, 3, reason="«P1» and «P\u200b1» with U+200B ZERO WIDTH SPACE may be one patient written in different ways; they are kept apart.")),
    "corrected twice": ({"labs": f"{LABS[:-1]},source_id,status\nP1,CGA,2020-01-10,5,ng/mL,85,L1,corrected\nP1,CGA,2020-01-10,6,ng/mL,85,L1,corrected\n"}, {}, TurnedAway("V38", "labs", 2, reason="2 rows say different things of labs P1 CGA 2020-01-10 L1: value_text 5 / 6. None is used. They stand in lines 2, 3.")),
    "number of a line beyond all lines": ({"treatments": "patient_id,treatment_id,category,agent,start,line\nP1,T1,SSA,lanreotide,2020-02-01,100000\n"}, {}, TurnedAway("V22", "treatments", 2, 1, reason="line cannot be 100000. At least 1. At most 99999.")),
    "end before start": ({"treatments": "patient_id,treatment_id,category,agent,start,end\nP1,T1,SSA,lanreotide,2020-02-01,2020-01-01\n"}, {}, TurnedAway("V19", "treatments", 2, 1, reason="The end 2020-01-01 is before the start 2020-02-01.")),
    "last one wins, declared": ({"labs": f"{LABS[:-1]},source_id\nP1,CGA,2020-01-10,5,ng/mL,85,L1\nP1,CGA,2020-01-10,6,ng/mL,85,L1\n"}, {"duplicate_rule": "latest_status"}, value(6.0)),
    "patient with two sexes": ({"patients": f"{PATIENTS}P1,F,1950\nP1,M,1950\nP2,M,1960\n"}, {}, Taken("patients", "sex", [None, "M"])),
    "patient with and without consent": ({"patients": "patient_id,sex,consent_to_research\nP1,F,Y\nP1,F,N\nP2,M,Y\n"}, {}, Taken("patients", "consent_to_research", ["N", "Y"])),
    "consent that cannot be read": ({"patients": "patient_id,sex,consent_to_research\nP1,F,withdrawn\nP2,M,\n"}, {}, Taken("patients", "consent_to_research", ["N", None])),
    "consent that cannot be read is told": ({"patients": "patient_id,sex,consent_to_research\nP1,F,nein\nP2,M,Y\n"}, {}, TurnedAway("V86", "patients", 2, 2, reason="«nein» is not a known consent_to_research. It is taken as N until corrected: the patient is in no analysis.")),
    "consent that cannot be read beside one that can": ({"patients": "patient_id,sex,consent_to_research\nP1,F,Y\nP1,F,0\nP2,M,Y\n"}, {}, Taken("patients", "consent_to_research", ["N", "Y"])),
    "adequacy that cannot be read": ({"imaging": "patient_id,imaging_id,date,modality,adequate\nP1,I1,2020-01-10,CT,poor\nP1,I2,2020-04-10,CT,\n"}, {}, Taken("imaging", "adequate", ["N", None])),
    "status that cannot be read": (marked("5,L1,final", "6,L2,storniert"), {}, TurnedAway("V85", "labs", 3, 1, reason="«storniert» is not a known status; the row is not used.")),
    "one death and a contact before": ({"vital_status": f"{VITAL}P1,2021-01-01,alive_contact\nP1,2022-01-01,death\n"}, {}, Taken("vital_status", "date", [date(2021, 1, 1), date(2022, 1, 1)])),
    "formula in a comment": ({"labs": f"{LABS[:-1]},comment\nP1,CGA,2020-01-10,5,ng/mL,85,=cmd()\n"}, {}, Taken("labs", "comment", ["=cmd()"])),
    "unknown setting": ({"study": "setting,value\nspeed,fast\n"}, {}, Stopped(SettingsError, "study.csv, line 2: There is no setting «speed»")),
    "setting of the study sheet": ({"study": "setting,value\ndecimal_mark,\",\"\n"} | lab("1,234"), {}, value(1.234)),
    "setting that contradicts itself": ({"study": "setting,value\ndecimal_mark,.\ndecimal_mark,\",\"\n"} | lab("1,234"), {}, TurnedAway("V21", "labs", 2, reason="«1,234» could be 1.234 or 1234.")),
    "setting that is corrected": ({"study": "setting,value,status\ndecimal_mark,\",\",corrected\ndecimal_mark,.,final\n"} | lab("1,234"), {}, value(1.234)),
    "command line over study sheet": ({"study": "setting,value\ndecimal_mark,\",\"\n"} | lab("1.234"), {"decimal_mark": "."}, value(1.234)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_it(name, deliver):
    tables, settings, expected = CASES[name]
    if isinstance(expected, Stopped):
        with pytest.raises(expected.error) as stopped:
            deliver(tables, **settings)
        sentence = str(stopped.value)
        assert expected.words in sentence
        assert stopped.value.hint
        return
    accepted = deliver(tables, **settings)
    if isinstance(expected, Taken):
        found = accepted.tables[expected.table].get_column(expected.column).to_list()
        assert found == pytest.approx(expected.values, nan_ok=True) if _are_numbers(found) else found == expected.values
        return
    named = (pl.col("rule_id") == expected.rule_id) & pl.col("row").eq_missing(pl.lit(expected.row))
    findings = accepted.findings.filter(named)
    assert expected.reason in findings["message"].to_list()
    assert findings.get_column("suggestion").is_not_null().all()
    if expected.table is not None:
        assert accepted.tables[expected.table].height == expected.accepted


def _are_numbers(found: list) -> bool:
    return bool(found) and all(isinstance(item, float) for item in found)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("date_form", "dd.mm/yyyy", "Write it like dd.mm.yyyy"),
        ("data_cutoff", "2020-13-01", "Write it like 2026-03-31"),
        ("pd_date_rule", "foo", "Use one of: 'first_sign', 'earliest_scan', 'latest_scan', 'scheduled_visit'"),
        ("index_rule", "zz", "Use one of: 'first_administration'"),
        ("response_rule", "ELECT", "'ELECT50'"),
        ("marker_progression_rule", "", "'DOUBLED'"),
        ("who_edition", "2020", "'2019'"),
        ("size_criteria", "RECIST", "'RECIST_1_1'"),
        ("after_complete_response", "PD", "'leave'"),
        ("confirmation_accepts_sd", "yes", "Use one of: 'N', 'Y'"),
        ("cr_needs_normal_markers", "1", "Use one of: 'N', 'Y'"),
        ("gap_days", "-5", "It is a number from 0 days"),
        ("baseline_window_days", "-1", "It is a number from 0 days"),
        ("max_suv", "nan", "It is a number from 0 SUV"),
        ("jump_factor", "0.0", "It is a number from 1.01"),
        ("floor_patients", "0", "It is a number from 1 patients"),
        ("first_believed_year", "20", "It is a number from 1850 year"),
        ("min_cycle_gap_days", "200", "max_cycle_gap_days is 182"),
        ("thousands_mark", ",", "It is the decimal mark already"),
    ],
)
def test_a_setting_no_study_can_have_is_refused_before_anything_is_accepted(name, value, remedy, deliver):
    with pytest.raises(SettingsError) as stopped:
        deliver(**{"decimal_mark": ","} | {name: value})
    assert f"Setting «{name}» cannot be «{value}»" in str(stopped.value)
    assert remedy in str(stopped.value)


def test_every_setting_may_be_as_it_is_and_every_word_is_one_of_some_setting():
    refuse_impossible(Settings())
    assert {*WORDS, *RANGES} <= {item.name for item in fields(Settings)}


PLAN = "schedule_id,phase,anchor,start_offset_days,interval_days\n"


@pytest.mark.parametrize(
    ("schedule", "changes", "said"),
    [
        ("A,1,index,84,84\n", {"assessment_schedule": "B"}, "no schedule «B».*It has: A"),
        ("", {"assessment_schedule": "B"}, "no schedule «B».*It has: none"),
        ("A,1,index,84,84\nB,1,index,91,91\n", {}, "2 schedules.*Name one of: A, B"),
        ("", {"pd_date_rule": "scheduled_visit"}, "cannot be dated by planned visits"),
    ],
)
def test_a_schedule_that_is_not_known_is_refused_before_anything_is_accepted(schedule, changes, said, write_source):
    """`check` says what `build` would stop at."""
    folder = write_source({"schedule": PLAN + schedule} if schedule else {})
    with pytest.raises(SettingsError, match=f"(?s){said}"):
        accept_source(folder, changes)
    accept_source(write_source({"schedule": PLAN + "A,1,index,84,84\n"}), {"assessment_schedule": "A"})


@pytest.mark.parametrize("name", ["labs", "patients"])
def test_a_file_the_system_does_not_let_us_read_is_named(name, write_source):
    folder = write_source({name: None})
    (folder / f"{name}.csv").symlink_to("/proc/self/mem")  # even to root: an input/output error
    with pytest.raises(SourceError, match=rf"^{name}.csv: The file cannot be read .*See that"):
        accept_source(folder)


def test_there_are_enough_cases():
    assert len(CASES) >= 80
