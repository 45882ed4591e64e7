"""JUnit XML, as continuous integration reads it: a test for each cell, verdict or phase.

A gate that failed is a failure; one that is undecided is an error, unless it is set to pass or to fail. A
cell that was given up is an error; one that was left out is skipped, with its reason. The figures are in
``system-out``; there is no ``time``, because a median is not the duration of a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from tlsbench.escaping import for_xml
from tlsbench.report.sheets import Entry, Report, Sheet


def write(report: Report, _width: int) -> str:
    """The report as a test suite."""
    outcomes = [_of_gates(entry, report.undecided_as) for entry in report.entries]
    counts = {
        "tests": len(report.entries) + len(report.skipped) + len(report.errors),
        "failures": outcomes.count("failure"),
        "errors": len(report.errors) + outcomes.count("error"),
        "skipped": len(report.skipped),
    }
    numbers = {name: str(count) for name, count in counts.items()}
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite", {"name": f"tlsbench {report.kind}", **numbers})
    for sheet in report.sheets:
        _tests(suite, report, sheet)
    for failure in report.errors:
        _outcome(_test(suite, report, failure.id), "error", [failure.error], "measurement")
    for excluded in report.skipped:
        _outcome(_test(suite, report, excluded.id), "skipped", [excluded.reason])
    _lines(suite, "system-out", report.summary)
    _lines(suite, "system-err", report.warnings)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _tests(suite: ET.Element, report: Report, sheet: Sheet) -> None:
    for entry in sheet.entries:
        test = _test(suite, report, entry.id)
        if outcome := _of_gates(entry, report.undecided_as):
            kind = "gate" if entry.failed else "undecided gate"
            told = entry.failed or (*entry.undecided, *filter(None, [report.advice]))
            _outcome(test, outcome, told, kind)
        figures = (field for field in sheet.fields if field.kind != "label")
        shown = [f"{field.heading}: {entry.text(field.name)}" for field in figures]
        _lines(test, "system-out", [*([] if outcome else entry.undecided), *shown])


def _of_gates(entry: Entry, undecided_as: str) -> str:
    """The outcome that gates give to the test of a cell; ``""`` if it passes."""
    if entry.failed:
        return "failure"
    return {"": "error", "fail": "failure", "pass": ""}[undecided_as] if entry.undecided else ""


def _test(suite: ET.Element, report: Report, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", {"classname": f"tlsbench.{report.kind}", "name": for_xml(name)})


def _outcome(test: ET.Element, name: str, lines: Sequence[str], kind: str = "") -> None:
    attributes = {"message": for_xml(lines[0]), **({"type": kind} if kind else {})}
    ET.SubElement(test, name, attributes).text = "\n".join(map(for_xml, lines))


def _lines(parent: ET.Element, name: str, lines: Sequence[str]) -> None:
    if lines:
        ET.SubElement(parent, name).text = "\n".join(map(for_xml, lines))
