"""Text that came from outside, made harmless for the format in which it goes out.

A filter is applied where text leaves, by the writer of that format; names in certificates, stored results,
file names, selectors, alerts and answers of servers may hold anything. Each filter keeps one line one line.
"""

from __future__ import annotations

import html as html_standard
import re

#: What spreadsheets take for the beginning of a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@")
#: What GitHub's Markdown could take for markup within a line: code, emphasis, HTML, links, entities, tables,
#: strikethrough, mathematics.
_MARKUP = re.compile(r"[\\`*|~$]|<(?=[A-Za-z/!?])|\](?=[(\[:])|&(?=[#\w]+;)|!(?=\[)|(?<![^\W_])_|_(?![^\W_])")
#: And at a line's beginning: headings, quotations, lists, rules.
_BLOCK = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[#>+=-]))")


def for_terminal(text: str) -> str:
    r"""One line of printable text: everything else appears as its escape, such as ``\x1b`` or ``\u202e``.

    That is what :meth:`str.isprintable` says: controls, line ends, bidirectional and zero-width formatting,
    lone surrogates, spaces that look like others.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def lines_for_terminal(text: str) -> str:
    r"""The same of text whose lines, ended by ``\n`` or as CSV's by ``\r\n``, are meant."""
    return "\r\n".join("\n".join(map(for_terminal, part.split("\n"))) for part in text.split("\r\n"))


def for_csv(text: str) -> str:
    """A field that no spreadsheet runs: what looks like a formula gets an apostrophe before it."""
    line = for_terminal(text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line


def for_markdown(text: str) -> str:
    """A line, or a table's cell, of GitHub's Markdown that shows this text and is nothing else."""
    return _BLOCK.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", for_terminal(text).strip()))


def for_html(text: str) -> str:
    """Text, or an attribute's value in quotes, of HTML."""
    return html_standard.escape(for_terminal(text))


def for_xml(text: str) -> str:
    """One line of characters that XML 1.0 may hold (section 2.2); who writes the tree escapes its markup."""
    return for_terminal(text)


def for_openmetrics(text: str) -> str:
    """A label's value, or a help text, of OpenMetrics."""
    return for_terminal(text).replace("\\", r"\\").replace('"', r"\"")


def for_github(text: str) -> str:
    """A workflow command's data: a percent sign begins an escape, and a line end would end the command."""
    return for_terminal(text).replace("%", "%25")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
