"""What people send, and what becomes of it: taken, turned away with a reason, or stopped with a sentence.

The order follows a file from its bytes to its meaning: encodings, shapes, values, dates, identities, records.
In every case each record read is accounted for once, or intake would have refused to go on.
"""

# ruff: noqa: E501 - a case reads best on one line
from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date

import polars as pl
import pytest

from analytics.errors import LayoutError, SettingsError, SourceError, UserError

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
    """Rule ``rule_id`` names ``row``; of the table ``accepted`` rows are used."""

    rule_id: str
    table: str
    row: int
    accepted: int = 0


@dataclass(frozen=True)
class Stopped:
    """The import ends with this error, whose sentence holds ``words``."""

    error: type[UserError]
    words: str


def lab(value: str, unit: str = "ng/mL", day: str = "2020-01-10", analyte: str = "CGA") -> dict[str, str]:
    """Return a labs table of one value."""
    return {"labs": f'{LABS}P1,{analyte},{day},"{value}",{unit},85\n'}


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
    "cp1252, not declared": ({"labs": MICRO.encode("cp1252")}, {}, Stopped(SourceError, "labs.csv, line 2: The text is not UTF-8")),
    "cp1252, declared": ({"labs": MICRO.encode("cp1252")}, {"encoding": "cp1252"}, Taken("labs", "unit", ["µg/L"])),
    "cp1252, declared on the study sheet": ({"labs": MICRO.encode("cp1252"), "study": "setting,value\nencoding,cp1252\n"}, {}, Taken("labs", "unit", ["µg/L"])),
    "encoding nobody knows": ({"labs": MICRO.encode("cp1252")}, {"encoding": "klingon"}, Stopped(SettingsError, "klingon")),
    "byte that is no letter of cp1252": ({"labs": b"patient_id\xff\x81\n"}, {"encoding": "cp1252"}, Stopped(SourceError, "cp1252")),
    "NUL inside": ({"labs": ONE_LAB.encode().replace(b"588", b"5\x0088")}, {}, Stopped(SourceError, "NUL bytes")),
    "CR line ends only": ({"labs": ONE_LAB.replace("\n", "\r")}, {}, value(588.1)),
    "CR LF line ends": ({"labs": ONE_LAB.replace("\n", "\r\n")}, {}, value(588.1)),
    "mixed line ends": ({"labs": f"{LABS}P1,CGA,2020-01-10,1,ng/mL,85\r\nP1,CGA,2020-02-10,2,ng/mL,85\n"}, {}, Taken("labs", "value", [1.0, 2.0])),
    "no line end at the end": ({"labs": ONE_LAB.rstrip("\n")}, {}, value(588.1)),
    "control-Z at the end": ({"labs": ONE_LAB + "\x1a"}, {}, TurnedAway("V72", "labs", 3, 1)),
    # shapes
    "empty file": ({"labs": ""}, {}, Stopped(SourceError, "labs.csv: The file is empty")),
    "header only": ({"labs": LABS}, {}, Taken("labs", "value", [])),
    "spreadsheet renamed to csv": ({"labs": b"PK\x03\x04rest"}, {}, Stopped(SourceError, "an .xlsx workbook")),
    "PDF renamed to csv": ({"labs": b"%PDF-1.7 rest"}, {}, Stopped(SourceError, "a PDF document")),
    "web page renamed to csv": ({"labs": b"<!DOCTYPE html>"}, {}, Stopped(SourceError, "a web page")),
    "semicolons": ({"labs": ONE_LAB.replace(",", ";")}, {}, value(588.1)),
    "tabs": ({"labs": ONE_LAB.replace(",", "\t")}, {}, value(588.1)),
    "bars": ({"labs": ONE_LAB.replace(",", "|")}, {}, value(588.1)),
    "semicolons and decimal commas": ({"labs": ONE_LAB.replace(",", ";").replace(".", ",")}, {}, value(588.1)),
    "title above the header": ({"labs": f"Export of March\n{ONE_LAB}"}, {}, Stopped(LayoutError, "no column «patient_id»")),
    "note above the header": ({"labs": f"# Export of March\n{ONE_LAB}"}, {}, value(588.1)),
    "header in capitals with spaces": ({"labs": ONE_LAB.replace("patient_id", " Patient ID ")}, {}, value(588.1)),
    "column named twice": ({"labs": ONE_LAB.replace("uln", "unit")}, {}, Stopped(LayoutError, "«unit» twice")),
    "needed column missing": ({"labs": ONE_LAB.replace("value_text", "valeu_text")}, {}, Stopped(LayoutError, "Did you mean «valeu_text»?")),
    "columns in another order": ({"labs": "unit,value_text,collected,analyte,patient_id\nng/mL,5,2020-01-10,CGA,P1\n"}, {}, value(5.0)),
    "six hundred columns": ({"patients": WIDE}, {}, Stopped(LayoutError, "602 columns")),
    "short record": ({"labs": f"{LABS}P1,CGA,2020-01-10\n"}, {}, TurnedAway("V72", "labs", 2)),
    "long record": ({"labs": f"{LABS}P1,CGA,2020-01-10,588,1,ng/mL,85\n"}, {}, TurnedAway("V72", "labs", 2)),
    "short and long records that even out": ({"labs": f"{LABS}P1,CGA,2020-01-10,5,ng/mL\nP1,CGA,2020-01-10,588,1,ng/mL,85\n"}, {}, TurnedAway("V72", "labs", 3)),
    "last line cut off": ({"labs": f"{ONE_LAB}P1,CG"}, {}, TurnedAway("V72", "labs", 3, 1)),
    "blank lines": ({"labs": f"{LABS}\n\nP1,CGA,2020-01-10,588.1,ng/mL,85\n"}, {}, Taken("labs", "_row", [4])),
    "quote never closed": ({"labs": f'{LABS}P1,CGA,2020-01-10,"588.1,ng/mL,85\n'}, {}, Stopped(SourceError, "labs.csv, line 2: The record that starts here")),
    "line break inside quotes": ({"labs": f'{LABS[:-1]},comment\nP1,CGA,2020-01-10,1,ng/mL,85,"one\ntwo"\nP1,CGA,2020-01-11,2,ng/mL,85,\n'}, {}, Taken("labs", "_row", [2, 4])),
    "total line at the end": ({"labs": f"{ONE_LAB}Total,,,588.1,,\n"}, {}, TurnedAway("V06", "labs", 3, 1)),
    "rows of commas": ({"labs": f"{ONE_LAB},,,,,\n"}, {}, value(588.1)),
    "unknown column": ({"labs": ONE_LAB.replace("uln", "ulnn")}, {}, TurnedAway("V04", "labs", None, 1)),
    "no patients": ({"patients": None}, {}, Stopped(LayoutError, "no table «patients»")),
    "table in two files": ({"labs-2.csv": f"{LABS}P2,CGA,2020-01-10,7,ng/mL,85\n"}, {}, Taken("labs", "value", [588.1, 7.0])),
    "file named after nothing": ({"lbas": ONE_LAB}, {}, TurnedAway("V04", None, None)),
    "gzip": ({"labs": None, "labs.csv.gz": gzip.compress(ONE_LAB.encode())}, {}, value(588.1)),
    "gzip cut off": ({"labs": None, "labs.csv.gz": gzip.compress(ONE_LAB.encode())[:-9]}, {}, Stopped(SourceError, "damaged")),
    "gzip bomb": ({"labs": None, "labs.csv.gz": gzip.compress(b"a" * 3_000_000)}, {}, Stopped(SourceError, "100 times its size")),
    "Parquet that is none": ({"labs": None, "labs.parquet": b"PAR1 nonsense"}, {}, Stopped(SourceError, "labs.parquet: The file cannot be read")),
    # values
    "decimal comma": (lab("100,5"), {}, value(100.5)),
    "thousands and decimals": (lab("1.234,5"), {}, value(1234.5)),
    "English thousands and decimals": (lab("1,234.5"), {}, value(1234.5)),
    "comma that could be either": (lab("1,234"), {}, TurnedAway("V21", "labs", 2)),
    "point that could be either": (lab("1.234"), {}, TurnedAway("V21", "labs", 2)),
    "comma declared": (lab("1,234"), {"decimal_mark": ","}, value(1.234)),
    "thousands mark declared": (lab("1,234"), {"thousands_mark": ","}, value(1234.0)),
    "point under a declared comma": (lab("588.1"), {"decimal_mark": ","}, TurnedAway("V20", "labs", 2)),
    "blank as thousands mark, declared": (lab("1 234,5"), {"thousands_mark": " "}, value(1234.5)),
    "blank as thousands mark, not declared": (lab("1 234,5"), {}, TurnedAway("V20", "labs", 2)),
    "below quantitation": (lab("<10"), {}, Taken("labs", "comparator", ["<"])),
    "below, with a blank": (lab("< 10.0"), {}, value(10.0)),
    "at most, as one sign": (lab("≤10"), {}, Taken("labs", "comparator", ["<="])),
    "above the range": (lab(">5000"), {}, Taken("labs", "comparator", [">"])),
    "about": (lab("~121"), {}, Taken("labs", "comparator", ["~"])),
    "not yet known": (lab("pending"), {}, Taken("labs", "value_reason", ["pending"])),
    "haemolysed": (lab("haemolysed"), {}, value(None)),
    "unit inside the value": (lab("100 ng/mL"), {}, TurnedAway("V20", "labs", 2)),
    "two numbers": (lab("10-20"), {}, TurnedAway("V20", "labs", 2)),
    "negative": (lab("-1"), {}, TurnedAway("V22", "labs", 2)),
    "zero where none can be": (lab("0"), {}, TurnedAway("V22", "labs", 2)),
    "zero where it can be": (lab("0", "10^9/L", analyte="NEUT"), {}, value(0.0)),
    "infinite": (lab("1e400"), {}, TurnedAway("V20", "labs", 2)),
    "hexadecimal": (lab("0x1F"), {}, TurnedAway("V20", "labs", 2)),
    "scientific": (lab("1.2e3"), {}, value(1200.0)),
    "empty value": (lab(""), {}, TurnedAway("V74", "labs", 2)),
    "two ways to write micro": (lab("5", "μg/L"), {}, Taken("labs", "value_standard", [5.0])),
    "unit in capitals": (lab("5", "NG/ML"), {}, Taken("labs", "value_standard", [5.0])),
    "mg/dl": (lab("1", "mg/dl", analyte="CREAT"), {}, Taken("labs", "value_standard", [88.4])),
    "mg per day": (lab("10", "mg/24 h", analyte="5HIAA_U24"), {}, Taken("labs", "value_standard", [52.31])),
    "unit of another analyte": (lab("5", "g/L"), {}, TurnedAway("V26", "labs", 2)),
    "no unit": (lab("5", ""), {}, TurnedAway("V25", "labs", 2)),
    "moles without an assay": (lab("5", "nmol/L"), {}, Taken("labs", "value_standard", [None])),
    "analyte in another spelling": (lab("5", analyte="CgA"), {}, Taken("labs", "analyte", ["CGA"])),
    "analyte that could be two": (lab("5", analyte="5-HIAA"), {}, TurnedAway("V09", "labs", 2)),
    "unreadable limit costs no row": ({"labs": f"{LABS}P1,CGA,2020-01-10,5,ng/mL,none\n"}, {}, TurnedAway("V20", "labs", 2, 1)),
    "unknown sex costs no row": ({"patients": f"{PATIENTS}P1,woman,1950\nP2,M,1960\n"}, {}, TurnedAway("V09", "patients", 2, 2)),
    # dates
    "day": (lab("5", day="2020-01-10"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "day and time": (lab("5", day="2020-01-10T08:30:00Z"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "midnight of a spreadsheet": (lab("5", day="2020-01-10 00:00:00"), {}, Taken("labs", "collected", [date(2020, 1, 10)])),
    "month": (lab("5", day="2020-02"), {}, Taken("labs", "collected_hi", [date(2020, 2, 29)])),
    "year": (lab("5", day="2020"), {}, Taken("labs", "collected_precision", ["Y"])),
    "no date": (lab("5", day=""), {}, Taken("labs", "collected", [None])),
    "30 February": (lab("5", day="2020-02-30"), {}, TurnedAway("V10", "labs", 2, 1)),
    "month 13": (lab("5", day="2020-13"), {}, TurnedAway("V10", "labs", 2, 1)),
    "day or month first": (lab("5", day="05/03/2020"), {}, TurnedAway("V11", "labs", 2, 1)),
    "year of two digits": (lab("5", day="05/03/24"), {}, TurnedAway("V11", "labs", 2, 1)),
    "local form, not declared": (lab("5", day="17.04.2020"), {}, TurnedAway("V10", "labs", 2, 1)),
    "local form, declared": (lab("5", day="05.03.2020"), {"date_form": "dd.mm.yyyy"}, Taken("labs", "collected", [date(2020, 3, 5)])),
    "month in the declared form": (lab("5", day="03.2020"), {"date_form": "dd.mm.yyyy"}, Taken("labs", "collected_lo", [date(2020, 3, 1)])),
    "American form, declared": (lab("5", day="05/03/2020"), {"date_form": "mm/dd/yyyy"}, Taken("labs", "collected", [date(2020, 5, 3)])),
    "impossible in the declared form": (lab("5", day="17/04/2020"), {"date_form": "mm/dd/yyyy"}, TurnedAway("V10", "labs", 2, 1)),
    "form that is none": (lab("5"), {"date_form": "day first"}, Stopped(SettingsError, "date_form")),
    "day number of a spreadsheet": (lab("5", day="43840"), {}, TurnedAway("V10", "labs", 2, 1)),
    "year 2999": (lab("5", day="2999-01-01"), {}, TurnedAway("V10", "labs", 2, 1)),
    "year 1": (lab("5", day="0001-01-01"), {}, TurnedAway("V10", "labs", 2, 1)),
    "tomorrow": (lab("5", day="2026-11-21"), {}, TurnedAway("V13", "labs", 2, 1)),
    "after the extract": (lab("5", day="2021-01-01"), {"extract_date": "2020-12-31"}, TurnedAway("V13", "labs", 2, 1)),
    "before birth": (lab("5", day="1949-12-31"), {}, TurnedAway("V14", "labs", 2, 1)),
    "after death": ({"vital_status": f"{VITAL}P1,2020-01-01,death\n"}, {}, TurnedAway("V15", "labs", 2, 1)),
    "two deaths": ({"vital_status": f"{VITAL}P1,2022-01-01,death\nP1,2022-03-01,death\n"}, {}, Taken("vital_status", "date", [date(2022, 1, 1)] * 2)),
    "death known to the year": ({"vital_status": f"{VITAL}P1,2022,death\nP1,2022-04-01,alive_contact\n"}, {}, Taken("vital_status", "date", [date(2022, 4, 1)] * 2)),
    # identities
    "leading zeros stay": ({"patients": f"{PATIENTS}001,F,1950\n1,M,1960\n", "labs": LABS, "treatments": None, "vital_status": None}, {}, Taken("patients", "patient_id", ["001", "1"])),
    "1E5 stays": ({"patients": f"{PATIENTS}1E5,F,1950\n100000,M,1960\n", "labs": LABS, "treatments": None, "vital_status": None}, {}, Taken("patients", "patient_id", ["100000", "1E5"])),
    "a patient called NA": ({"patients": f"{PATIENTS}NA,F,1950\nP1,F,1950\nP2,M,1960\n"}, {}, Taken("patients", "patient_id", ["NA", "P1", "P2"])),
    "blanks around the id": ({"labs": f"{LABS} P1 ,CGA,2020-01-10,5,ng/mL,85\n"}, {}, Taken("labs", "patient_id", ["P1"])),
    "full-width letters": ({"labs": f"{LABS}Ｐ１,CGA,2020-01-10,5,ng/mL,85\n"}, {}, Taken("labs", "patient_id", ["P1"])),
    "another case is another patient": ({"labs": f"{LABS}p1,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2)),
    "invisible mark in the id": ({"labs": f"{LABS}P\u200b1,CGA,2020-01-10,5,ng/mL,85\n"}, {}, TurnedAway("V06", "labs", 2)),
    # records
    "same row twice": ({"labs": ONE_LAB + ONE_LAB.partition("\n")[2]}, {}, value(588.1)),
    "two values of one day": ({"labs": f"{LABS}P1,CGA,2020-01-10,5,ng/mL,85\nP1,CGA,2020-01-10,6,ng/mL,85\n"}, {}, Taken("labs", "value", [5.0, 6.0])),
    "two values of one minute": ({"labs": f"{LABS}P1,CGA,2020-01-10 08:30,5,ng/mL,85\nP1,CGA,2020-01-10 08:30,6,ng/mL,85\n"}, {}, TurnedAway("V38", "labs", 2)),
    "one id, two values": ({"labs": f"{LABS[:-1]},source_id\nP1,CGA,2020-01-10,5,ng/mL,85,L1\nP1,CGA,2020-01-10,6,ng/mL,85,L1\n"}, {}, TurnedAway("V38", "labs", 2)),
    "corrected value": ({"labs": f"{LABS[:-1]},source_id,status\nP1,CGA,2020-01-10,5,ng/mL,85,L1,final\nP1,CGA,2020-01-10,6,ng/mL,85,L1,corrected\n"}, {}, value(6.0)),
    "entered in error": ({"labs": f"{LABS[:-1]},status\nP1,CGA,2020-01-10,5,ng/mL,85,entered_in_error\n"}, {}, Taken("labs", "value", [])),
    "last one wins, declared": ({"labs": f"{LABS[:-1]},source_id\nP1,CGA,2020-01-10,5,ng/mL,85,L1\nP1,CGA,2020-01-10,6,ng/mL,85,L1\n"}, {"duplicate_rule": "latest_status"}, value(6.0)),
    "patient with two sexes": ({"patients": f"{PATIENTS}P1,F,1950\nP1,M,1950\nP2,M,1960\n"}, {}, Taken("patients", "sex", [None, "M"])),
    "patient with and without consent": ({"patients": "patient_id,sex,consent_to_research\nP1,F,Y\nP1,F,N\nP2,M,Y\n"}, {}, Taken("patients", "consent_to_research", ["N", "Y"])),
    "one death and a contact before": ({"vital_status": f"{VITAL}P1,2021-01-01,alive_contact\nP1,2022-01-01,death\n"}, {}, Taken("vital_status", "date", [date(2021, 1, 1), date(2022, 1, 1)])),
    "formula in a comment": ({"labs": f"{LABS[:-1]},comment\nP1,CGA,2020-01-10,5,ng/mL,85,=cmd()\n"}, {}, Taken("labs", "comment", ["=cmd()"])),
    "unknown setting": ({"study": "setting,value\nspeed,fast\n"}, {}, Stopped(SettingsError, "study.csv, line 2: There is no setting «speed»")),
    "setting of the study sheet": ({"study": "setting,value\ndecimal_mark,\",\"\n"} | lab("1,234"), {}, value(1.234)),
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
    findings = accepted.findings.filter(pl.col("rule_id") == expected.rule_id)
    assert expected.row in findings.get_column("row").to_list()
    assert findings.get_column("suggestion").is_not_null().all()
    if expected.table is not None:
        assert accepted.tables[expected.table].height == expected.accepted


def _are_numbers(found: list) -> bool:
    return bool(found) and all(isinstance(item, float) for item in found)


def test_there_are_enough_cases():
    assert len(CASES) >= 80
