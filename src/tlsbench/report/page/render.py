"""The page as one HTML file: it loads nothing from elsewhere, and nothing from results runs as code.

Everything from results is escaped in the HTML, or packed in a block that the page's own script reads. The
page's own Content-Security-Policy allows no script but its two, by their hashes, and no requests at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from importlib.resources import files
from string import Template

from tlsbench.errors import OutputError
from tlsbench.escaping import for_html
from tlsbench.report.digits import as_in_tables
from tlsbench.report.extras import require_plotly
from tlsbench.report.findings import Finding
from tlsbench.report.ladder import ladder_text
from tlsbench.report.ladder_svg import NARROW, ladder_svg
from tlsbench.report.page.grid import Grid
from tlsbench.report.page.sources import Page
from tlsbench.report.page.traces import headline
from tlsbench.report.pictures import Bars, Dots, Heat, Lines, Picture
from tlsbench.report.pictures.shapes import COLOURS, TOGETHER
from tlsbench.results.benchmark_json import finite
from tlsbench.results.trace_json import TracedHandshake

#: The largest size of a page.
MOST_BYTES = 6_000_000
#: A picture with more figures than this gets no table.
_MOST_FIGURES = 120
_NOTHING = "No two cells of these results differ in only one thing, so nothing can be concluded from them."
#: Shown below findings that have intervals.
_INTERVALS = (
    "<p class=soft>Brackets are 95&nbsp;% intervals. Differences within the uncertainty or the noise floor "
    "are not reported.</p>"
)
_HERE = files("tlsbench.report.page")


def render(page: Page) -> str:
    """The whole page.

    :raises RequestError: if plotly is not installed.
    :raises OutputError: if the page would be larger than :data:`MOST_BYTES`.
    """
    require_plotly()
    from plotly.offline import get_plotlyjs

    sections = [section for section in _sections(page) if section[2]]
    scripts = [get_plotlyjs(), _read("pictures.js") + _read("page.js")]
    text = Template(_read("page.html")).substitute(
        policy=" ".join(f"'sha256-{_hash(script)}'" for script in scripts),
        style=_read("page.css"),
        title=for_html(page.title),
        subtitle=for_html(page.subtitle),
        findings=_findings(page.findings),
        doubts=_list(page.doubts) or "<p>None found.</p>",
        links="".join(f'<a href="#{name}">{title}</a> ' for name, title, _ in sections),
        sections="".join(_section(*section) for section in sections),
        environment="".join(_environment(name, facts) for name, facts in page.environment),
        commands=_to_repeat(page.commands),
        data=_data(page),
        plotly=scripts[0],
        script=scripts[1],
    )
    if len(text.encode()) > MOST_BYTES:
        raise OutputError(f"the page would be larger than {MOST_BYTES:,} bytes: report fewer cells")
    return text


def _to_repeat(commands: Sequence[str]) -> str:
    """The commands under their heading; ``""`` if none is known, as for other tools."""
    blocks = "".join(f"<pre><code>{for_html(command)}</code></pre>" for command in commands)
    return f"<h3>To reproduce it</h3>\n{blocks}" if blocks else ""


def _sections(page: Page) -> Iterator[tuple[str, str, str]]:
    """The possible sections between the findings and the environment: name, title and content, or ``""``."""
    pictures = "".join(_picture(number, picture) for number, picture in enumerate(page.pictures))
    yield "pictures", "Pictures", pictures
    yield "handshakes", "Handshakes", "".join(map(_ladder, page.traces))
    yield "table", "Table", "".join(_grid(number, grid) for number, grid in enumerate(page.grids))


def _section(name: str, title: str, content: str) -> str:
    heading = f"<h2 id={name}-title>{title}</h2>"
    return f"<section id={name} aria-labelledby={name}-title>{heading}\n{content}\n</section>\n"


def _ladder(traced: TracedHandshake) -> str:
    """The ladder of a handshake: the picture, and the same as text."""
    label = for_html(f"The ladder of {traced.scenario}")
    text = "\n".join(map(for_html, ladder_text(traced).split("\n")))
    note = for_html(traced.ladder.note)
    drawn = f"<div class=wide>{ladder_svg(traced)}</div><div class=narrow>{ladder_svg(traced, NARROW)}</div>"
    return (
        f"<figure><h3>{for_html(headline(traced))}</h3>"
        f'<div class=scroll tabindex=0 role=region aria-label="{label}">{drawn}</div>'
        f"<figcaption>{note}</figcaption><details><summary>The ladder as text</summary>"
        f'<pre class=text tabindex=0 role=region aria-label="{label}, as text">{text}</pre>'
        "</details></figure>"
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def _data(page: Page) -> str:
    """The figures as gzipped JSON in base64: much smaller, and nothing in it can end its block of HTML."""
    document = {
        "colours": COLOURS,
        "pictures": [
            {
                "form": type(picture.shape).__name__,
                **asdict(replace(picture, drawn=tuple(picture.drawn))),
            }
            for picture in page.pictures
        ],
        "grids": [asdict(grid) for grid in page.grids],
    }
    text = json.dumps(finite(document), allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return base64.b64encode(gzip.compress(text.encode("ascii"), mtime=0)).decode("ascii")


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return f"<p>{_NOTHING}</p>"
    items = "".join(
        f"<li><p class=headline>{for_html(finding.headline)}</p>{_list(finding.details)}</li>"
        for finding in findings
    )
    has_intervals = any("[" in line for one in findings for line in (one.headline, *one.details))
    return f"<ol class=findings>{items}</ol>{_INTERVALS if has_intervals else ''}"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{for_html(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _picture(number: int, picture: Picture) -> str:
    caption = f"{picture.caption} {picture.beside}".strip()
    return (
        f'<figure id="picture-{number}"><h3>{for_html(picture.title)}</h3>{_choice(number, picture)}'
        f'<div class=plot data-picture="{number}" role=group aria-label="{for_html(picture.title)}"></div>'
        f"<figcaption>{for_html(caption)}</figcaption>{_figures(picture)}</figure>"
    )


def _choice(number: int, picture: Picture) -> str:
    """The field that chooses what to draw, if a picture draws only some of many."""
    if not picture.drawn:
        return ""
    return (
        "<div class=tools><label>Draw only those with"
        f'<input type=search placeholder=words data-choose="{number}">'
        "</label><p class=found role=status></p></div>"
    )


def _figures(picture: Picture) -> str:
    """The same figures as a table, for readers who cannot see the picture."""
    headings, rows = _table(picture.shown)
    if not rows or len(rows) * len(headings) > _MOST_FIGURES:
        return ""
    head = "".join(f"<th scope=col>{for_html(heading)}</th>" for heading in headings)
    body = "".join(
        f"<tr><th scope=row>{for_html(first)}</th>"
        + "".join(f"<td>{for_html(text)}</td>" for text in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f"<details><summary>The figures of this picture</summary><div class=scroll tabindex=0 role=region "
        f'aria-label="The figures of: {for_html(picture.title)}"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )


def _table(shape: Bars | Lines | Dots | Heat) -> tuple[list[str], list[list[str]]]:
    if isinstance(shape, Bars):
        parts = {**shape.parts, **({TOGETHER: shape.totals} if shape.totals else {})}.items()
        return ["", *(f"{name}, {shape.unit}" for name, _ in parts)], [
            [label, *(as_in_tables(values[at], shape.unit) for _, values in parts)]
            for at, label in enumerate(shape.labels)
        ]
    if isinstance(shape, Dots):
        return ["", shape.unit, "verdict"], [
            [label, f"{value:.3f}", kind]
            for label, value, kind in zip(shape.labels, shape.values, shape.kinds, strict=True)
        ]
    if isinstance(shape, Heat):
        return ["", *shape.columns], [
            [row, *texts] for row, texts in zip(shape.rows, shape.texts, strict=True)
        ]
    if shape.is_stepped or not shape.ticks:
        return [], []
    places = list(shape.ticks)
    return ["", *shape.ticks.values()], [
        [
            line.name,
            *(as_in_tables(dict(zip(line.x, line.y, strict=True)).get(x), shape.y_title) for x in places),
        ]
        for line in shape.lines
    ]


def _grid(number: int, grid: Grid) -> str:
    name = for_html(grid.title)
    constants = "".join(
        f"<dt>{for_html(axis)}</dt><dd>{for_html(value)}</dd>" for axis, value in grid.constants
    )
    same = f"<dl class=constants>{constants}</dl>" if constants else ""
    return f'<section class=grid data-grid="{number}" aria-label="{name}"><h3>{name}</h3>{same}</section>'


def _environment(name: str, facts: Sequence[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{for_html(fact)}</dt><dd>{for_html(value)}</dd>" for fact, value in facts)
    return f"<h3>{for_html(name)}</h3><dl>{items}</dl>"
