from __future__ import annotations

import csv
import html
import io
import re
import unicodedata
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from rich.text import Text

from tlsbench.escaping import (
    for_csv,
    for_github,
    for_html,
    for_markdown,
    for_openmetrics,
    for_terminal,
    for_xml,
    lines_for_terminal,
)
from tlsbench.report.terminal import Harmless, print_plain

#: Text that does harm somewhere.
HARMFUL = [
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31m",
    "one\ntwo",
    "one\r\ntwo\x85three\u2028four\x0bfive",
    "\u202egnp.exe",
    "\u2066isolated\u2069",
    "zero\u200bwidth\ufeff",
    "\ud800 lone",
    "\x00\x08\x7f\t",
    "=cmd|'/c calc'!A1",
    "@SUM(1)",
    "+1",
    "-1",
    "# heading",
    "1. list",
    "- list",
    "> quotation",
    "| a | b |",
    "`code`",
    "<img src=x onerror=alert(1)>",
    "<!-- comment",
    "[link](javascript:alert(1))",
    "![image](http://example.test/x.png)",
    "[a]: http://example.test",
    "*a* _b_ **c** __d__ ~~e~~ $f$ ***",
    "&lt;b&gt;",
    "</script>\"'&",
    "===",
    "---",
]
TEXTS = st.one_of(st.sampled_from(HARMFUL), st.text(st.characters(codec=None), max_size=40)) | st.text(
    "#*_`<>[]()!|\\&;=+-@~$ \n\x1b\u202eab1.", max_size=20
)


@given(TEXTS)
def test_a_line_for_a_terminal_is_one_printable_line(text: str) -> None:
    line = for_terminal(text)
    assert line.isprintable()
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in line)
    assert for_terminal(line) == line
    if text.isprintable():
        assert line == text


def test_what_is_no_text_to_see_stands_as_its_escape() -> None:
    assert for_terminal("a\x1b[31m\n\u202eb\ud800µ") == r"a\x1b[31m\n\u202eb\ud800µ"
    assert lines_for_terminal("a\x07\nb\n") == "a\\x07\nb\n"


@given(TEXTS)
def test_no_field_of_csv_is_a_formula(text: str) -> None:
    field = for_csv(text)
    assert not field.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))
    written = io.StringIO()
    csv.writer(written).writerow(["a", field, "b"])
    assert written.getvalue().count("\n") == 1
    assert next(csv.reader([written.getvalue()])) == ["a", field, "b"]


def rendered(markdown: str) -> str:
    return MarkdownIt("gfm-like", {"linkify": False}).render(markdown)


@given(TEXTS.filter(lambda text: for_terminal(text).strip() != ""))
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    shown = html.escape(for_terminal(text).strip(), quote=False).replace('"', "&quot;")
    assert rendered(f"- {for_markdown(text)}") == f"<ul>\n<li>{shown}</li>\n</ul>\n"
    assert (
        rendered(f"a\n\n**x {for_markdown(text)} y**") == f"<p>a</p>\n<p><strong>x {shown} y</strong></p>\n"
    )
    table = rendered(f"| a | b |\n| --- | --- |\n| {for_markdown(text)} | 1 |")
    assert f"<td>{shown}</td>\n<td>1</td>" in table


@given(TEXTS)
def test_html_shows_the_text_and_nothing_else(text: str) -> None:
    escaped = for_html(text)
    assert not set("<>\"'") & set(escaped)
    assert html.unescape(escaped) == for_terminal(text)
    escaped.encode()


@given(TEXTS)
def test_xml_is_read_back_as_the_text(text: str) -> None:
    element = ET.Element("a", {"b": for_xml(text)})
    element.text = for_xml(text)
    read = ET.fromstring(ET.tostring(element, encoding="utf-8"))
    assert (read.text or "", read.get("b")) == (for_terminal(text), for_terminal(text))


@given(TEXTS)
def test_the_value_of_a_label_ends_where_it_should(text: str) -> None:
    escaped = for_openmetrics(text)
    assert re.fullmatch(r'(?:[^"\\\n]|\\[\\"n])*', escaped)
    assert re.sub(r"\\(.)", r"\1", escaped) == for_terminal(text)


@given(TEXTS)
def test_a_workflow_command_has_no_escape_but_of_a_percent_sign(text: str) -> None:
    escaped = for_github(text)
    assert escaped.isprintable()
    assert unquote(escaped) == for_terminal(text)


@given(TEXTS)
def test_what_rich_lays_out_brings_no_control_to_a_terminal_but_its_styles(text: str) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    console.print(Harmless(Text(text)))
    assert isinstance(console.file, io.StringIO)
    assert all(line.isprintable() for line in console.file.getvalue().split("\n"))
    assert all(line.isprintable() for line in print_plain(Text(text), 80).split("\n"))


@pytest.mark.parametrize("text", ["TLS_AES_256_GCM_SHA384", "0.65 [0.60, 0.70]", "a < b", "a - b"])
def test_what_is_no_markup_stays_readable_in_markdown(text: str) -> None:
    assert for_markdown(text) == text
