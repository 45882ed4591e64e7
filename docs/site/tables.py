"""Pages with tables of the axes, the profiles, the libraries and the columns, from the program's own data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tlsbench.escaping import for_markdown
from tlsbench.implementations.installable import INSTALLABLE
from tlsbench.implementations.registry import implementations, spellings
from tlsbench.report.meanings import MEANINGS
from tlsbench.report.table import COLUMNS
from tlsbench.scenarios.axes import AXES, AXIS_ALIASES, WORKLOAD_AXES
from tlsbench.scenarios.axis import Axis
from tlsbench.scenarios.profiles import PROFILES


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose cells are Markdown already."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(*texts: str) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def axes_page() -> str:
    """The output of ``tlsbench list axes`` as a page."""
    parts = [
        "# The axes",
        (
            "A scenario is one value on every axis that applies to its workload. A selector names values, "
            "`axis=value[,value…]`; an axis that you leave out takes the first of its usual values that "
            "TLS and both libraries allow. Shell patterns such as `cipher=*CHACHA20*` select every value "
            "that matches, and case does not matter. `tlsbench list axes` prints this page, and `tlsbench "
            "list scenarios SELECTOR…` what a selector selects."
        ),
    ]
    for axis in AXES.values():
        facts = "\n".join(f"- **{name}**: {text}" for name, text in _facts(axis))
        parts += [f"## {axis.name}", _sentence(axis.meaning), facts]
    return "\n\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    return for_markdown(f"{text[0].upper()}{text[1:]}.")


def _facts(axis: Axis) -> Iterable[tuple[str, str]]:
    if also := [alias for alias, name in AXIS_ALIASES.items() if name == axis.name]:
        yield "other names", _code(*also)
    yield "values", _code(*(axis.values or spellings()))
    yield "usual value", ", else ".join(f"`{one}`" for one in axis.default) or "that of `implementation`"
    if axis.aliases:
        yield "aliases", ", ".join(f"`{alias}` = `{value}`" for alias, value in axis.aliases.items())
    if axis.workloads and len(axis.workloads) < len(WORKLOAD_AXES):
        yield "workloads", _code(*axis.workloads)
    if axis.neutral:
        yield "left out of ids", _code(axis.neutral)
    for value, reason in axis.denied.items():
        yield f"`{value}`", f"excluded unless the library is known to support it ({for_markdown(reason)})"


def profiles_page() -> str:
    """The output of ``tlsbench list profiles`` as a page."""
    parts = [
        "# Profiles",
        (
            "A profile is a named set of scenarios for `run --profile NAME`. Selectors narrow it, and an "
            "axis with a value that the profile does not have replaces the profile's."
        ),
    ]
    for profile in PROFILES.values():
        selectors = "\n".join(profile.selections)
        parts += [f"## {profile.name}", _sentence(profile.meaning), f"```text\n{selectors}\n```"]
    return "\n\n".join(parts) + "\n"


def libraries_page() -> str:
    """Every library that can be measured, and what provides more of them."""
    known = implementations()
    own = [
        (_code(name), for_markdown(known[name].summary) if name in known else "the library in that file")
        for name in spellings()
    ]
    more = [
        (_code(one.how), for_markdown(one.brings), _code(one.measured_as.removeprefix("implementation=")))
        for one in INSTALLABLE
    ]
    return "\n\n".join(
        [
            "# TLS libraries",
            (
                "`tlsbench list implementations` says which of these are usable on your machine, with "
                "their engine and version, and why the others are not; `tlsbench engines` finds every TLS "
                "library that is there. What each can and cannot do is in [TLS libraries side by "
                "side](../implementations.md), and how to add one in "
                "[Contributing](../project/contributing.md#an-implementation)."
            ),
            table(("`implementation=`", "what it is"), own),
            "## What brings more",
            "No compiler is needed for any of them.",
            table(("command", "brings (as tried)", "`implementation=`"), more),
            "",
        ]
    )


def columns_page() -> str:
    """The columns of the tables of ``run`` and ``show``."""
    rows = [
        (
            for_markdown(column.heading),
            _code(column.name),
            _sentence(MEANINGS[column.name])
            + f" Of {_code(*column.workloads)}." * (len(column.workloads) < len(WORKLOAD_AXES)),
        )
        for column in COLUMNS
    ]
    return "\n\n".join(
        [
            "# The columns",
            (
                "A row is one cell: one scenario, measured. Times are medians of one operation, and **±** "
                "is half the width of their 95 % interval. The headings are those on a terminal, the names "
                "those in CSV, JSON and a page's table. A narrow terminal drops the least important "
                "columns first; `--format csv` has all. [How tlsbench measures](../measuring.md) explains "
                "what is charged to which side."
            ),
            table(("heading", "name", "meaning"), rows),
            (
                "The columns of `compare` and `duel` are in [How to read a "
                "verdict](../verdicts.md#the-columns), those of `load` in [Many connections at "
                "once](../load.md)."
            ),
            "## Words in the headings",
            (
                "- **c→s** and **s→c** are from client to server, and from server to client; **B** is "
                "bytes on the wire, the headers of TLS records included, those of TCP and IP not.\n- A "
                "**flight** is all that one side sends before the other side sends something. A full TLS "
                "1.3 handshake has three flights, and a fourth where the server sends session tickets.\n- "
                "**RTTs** are round trips until the client may send its first byte, without the one that "
                "opens a TCP connection.\n- **× base** is a ratio to the row marked `=`. A `~` says that "
                "no difference was found, a `†` that the two rows differ in something else as well ([like "
                "with like](../measuring.md#like-with-like))."
            ),
            "",
        ]
    )
