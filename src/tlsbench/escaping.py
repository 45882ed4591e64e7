"""Make text from outside harmless for the format in which it is written.

A filter is applied on output, by the writer of that format; names in certificates, stored results, file
names, selectors, alerts and answers of servers may contain anything. Each filter keeps a line a single line.
"""

from __future__ import annotations

import html as html_standard
import re

#: What spreadsheets take for the start of a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@")
#: What GitHub Markdown could take for markup within a line: code, emphasis, HTML, links, entities, tables,
#: strikethrough, mathematics.
_MARKUP = re.compile(r"[\\`*|~$]|<(?=[A-Za-z/!?])|\](?=[(\[:])|&(?=[#\w]+;)|!(?=\[)|(?<![^\W_])_|_(?![^\W_])")
#: And at the start of a line: headings, block quotes, lists, rules.
_BLOCK = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[#>+=-]))")


def for_terminal(text: str) -> str:
    r"""One line of printable text: everything else appears as its escape, such as ``\x1b`` or ``\u202e``.

    Text is printable according to :meth:`str.isprintable`, which excludes control characters, line ends,
    bidirectional and zero-width formatting, lone surrogates, and spaces that look like others.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def lines_for_terminal(text: str) -> str:
    r"""Like :func:`for_terminal`, but keeping line ends: ``\n``, or ``\r\n`` as in CSV."""
    return "\r\n".join("\n".join(map(for_terminal, part.split("\n"))) for part in text.split("\r\n"))


def for_csv(text: str) -> str:
    """A field that no spreadsheet evaluates: whatever looks like a formula is prefixed with an apostrophe."""
    line = for_terminal(text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line


def for_markdown(text: str) -> str:
    """A line, or a table cell, of GitHub Markdown that shows this text literally."""
    return _BLOCK.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", for_terminal(text).strip()))


def for_html(text: str) -> str:
    """Text, or a quoted attribute value, in HTML."""
    return html_standard.escape(for_terminal(text))


def for_xml(text: str) -> str:
    """One line of characters that XML 1.0 allows (section 2.2); whoever writes the tree escapes markup."""
    return for_terminal(text)


def for_openmetrics(text: str) -> str:
    """A label value, or a help text, in OpenMetrics."""
    return for_terminal(text).replace("\\", r"\\").replace('"', r"\"")


def for_github(text: str) -> str:
    """The data of a workflow command: a percent sign starts an escape, and a line end ends the command."""
    return for_terminal(text).replace("%", "%25")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
