from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.exporters.made import REPORTS, holding, report

from tlsbench.escaping import for_terminal
from tlsbench.report.exporters import export

#: The format common to Jenkins, GitLab and Azure: for each element its children, in this order, the
#: attributes that it must have, and those that it may have.
SHAPE: dict[str, tuple[str, set[str], set[str]]] = {
    "testsuites": ("testsuite*", set(), {"name", "tests", "failures", "errors", "time"}),
    "testsuite": (
        "properties? testcase* system-out? system-err?",
        {"name", "tests", "failures", "errors", "skipped"},
        {"id", "package", "hostname", "time", "timestamp"},
    ),
    "testcase": (
        "skipped? error* failure* system-out* system-err*",
        {"name", "classname"},
        {"time", "assertions", "status"},
    ),
    "failure": ("", {"message", "type"}, set()),
    "error": ("", {"message", "type"}, set()),
    "skipped": ("", {"message"}, {"type"}),
    "system-out": ("", set(), set()),
    "system-err": ("", set(), set()),
}


def check(element: ET.Element) -> None:
    children, required, optional = SHAPE[element.tag]
    pattern = "".join(f"(?:{one.rstrip('?*')} ){one[-1]}" for one in children.split())
    assert re.fullmatch(pattern, "".join(f"{child.tag} " for child in element)), element.tag
    assert required <= set(element.keys()) <= required | optional, element.tag
    for count in {"tests", "failures", "errors", "skipped"} & set(element.keys()):
        assert element.get(count, "").isdigit()
    for child in element:
        check(child)


def suite_of(text: str) -> ET.Element:
    root = ET.fromstring(text)
    check(root)
    (suite,) = root
    return suite


@pytest.mark.parametrize("name", REPORTS)
def test_it_has_the_shape_of_junit_and_its_counts_are_those_of_its_tests(name: str) -> None:
    suite = suite_of(export(report(name), "junit", 0))
    assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(count, "")) == len(suite.findall(f"testcase/{tag}"))


def test_cells_pass_or_are_skipped_with_their_reason_or_end_with_an_error() -> None:
    suite = suite_of(export(report("run.json incomplete"), "junit", 0))
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["11", "0", "1", "2"]
    outcomes = {
        test.get("name"): (child.tag, child.get("message"))
        for test in suite
        for child in test
        if child.tag != "system-out"
    }
    assert outcomes == {
        "a cell": ("error", "wanted x25519"),
        "one cell": ("skipped", "no tickets"),
        "another cell": ("skipped", "no tickets"),
    }


@pytest.mark.parametrize("name", ["run.json slower", "duel.json"])
def test_who_failed_a_gate_is_a_failure_that_names_the_gate(name: str) -> None:
    made = report(name)
    suite = suite_of(export(made, "junit", 0))
    failed = [test.get("name") for test in suite if test.find("failure") is not None]
    assert failed == [entry.id for entry in made.entries if entry.failed] != []
    text = suite.findtext("testcase/failure") or ""
    assert text.startswith("failed 'slower>5%': ")
    assert len(text.splitlines()) == (2 if name == "run.json slower" else 1), "a line for each gate"


@pytest.mark.parametrize(
    ("counts_as", "outcome", "annotated"),
    [("", "error", "warning"), ("pass", None, "warning"), ("fail", "failure", "error")],
)
def test_an_undecided_gate_is_what_it_counts_for(counts_as: str, outcome: str | None, annotated: str) -> None:
    plain = holding("x")
    entries = [replace(entry, failed=(), undecided=("undecided",)) for entry in plain.entries]
    sheets = [replace(plain.sheets[0], entries=entries)]
    made = replace(plain, sheets=sheets, failed=(), undecided=("undecided",), undecided_as=counts_as)
    suite = suite_of(export(made, "junit", 0))
    test = next(one for one in suite.iter("testcase") if one.get("name") == entries[0].id)
    found = [child.tag for child in test if child.tag in {"error", "failure", "skipped"}]
    assert found == ([outcome] if outcome else [])
    assert (test.findtext("system-out") or "").startswith("undecided") == (outcome is None)
    assert f"::{annotated} title=tlsbench::undecided\n" in export(made, "github", 0)


@given(st.text(max_size=30) | st.sampled_from(["]]>", "<a b='\"'>&amp;", "\x00\ufffe\ud800\x1b"]))
def test_any_text_is_read_back_as_a_terminal_would_show_it(text: str) -> None:
    suite = suite_of(export(holding(text), "junit", 0))
    assert {test.get("name") for test in suite.iter("testcase")} == {for_terminal(text)}
    assert (suite.findtext("system-err") or "") == for_terminal(text)
