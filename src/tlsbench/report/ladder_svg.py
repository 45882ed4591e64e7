"""A traced handshake as a picture: two lifelines, an arrow for each flight, the messages below it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from tlsbench.escaping import for_xml
from tlsbench.report.ladder import compression_text, parts_of

if TYPE_CHECKING:
    from tlsbench.decryption.decoding import Message
    from tlsbench.results.trace_json import TracedHandshake
    from tlsbench.tracing.ladder import LadderFlight

#: In pixels; lines of text are wrapped after this many characters.
_WIDTH: Final = 860
_CLIENT, _SERVER = 90, _WIDTH - 90
_LINE, _GAP, _MARGIN = 18, 14, 24
_WRAP: Final = 96
#: Of the ladder alone: in a page it is among other pictures.
_STYLE: Final = (
    ".ladder text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1b1f24}"
    ".ladder .title{font-weight:600}.ladder .small{font-size:11px;fill:#59636e}"
    ".ladder .clear{fill:#9a3412}.ladder .encrypted{fill:#1f6f43}"
    ".ladder line{stroke:#8b949e;stroke-width:1.5}.ladder .arrow{stroke:#1b1f24}.ladder .head{fill:#1b1f24}"
    ".ladder .paper{fill:#fff}"
)
_NOTE: Final = "one traced handshake: its times are not a benchmark; sizes are bytes on the wire with headers"


def ladder_svg(trace: TracedHandshake) -> str:
    """The ladder as an SVG document, which needs nothing from outside."""
    sheet = _Sheet()
    for line in textwrap.wrap(trace.scenario, _WRAP, break_on_hyphens=False):
        sheet.text(_MARGIN, line, "title")
    engines = ", ".join(f"{name}: {engine}" for name, engine in trace.engines.items())
    sheet.text(_MARGIN, f"{trace.ladder.protocol}, {trace.ladder.cipher}; {engines}", "small")
    sheet.text(_MARGIN, _NOTE, "small")
    sheet.skip(_GAP)
    sheet.text(_CLIENT, "client", "title", anchor="middle")
    sheet.skip(-_LINE)
    sheet.text(_SERVER, "server", "title", anchor="middle")
    top = sheet.y - _LINE // 2
    for number, flight in enumerate(trace.ladder.flights, 1):
        _flight(sheet, number, flight, trace.ladder.carrier.unit)
    for x in (_CLIENT, _SERVER):
        sheet.element("line", x1=x, x2=x, y1=top, y2=sheet.y)
    return sheet.document(trace.scenario)


@dataclass(slots=True)
class _Sheet:
    """A page that is written from top to bottom."""

    y: int = _MARGIN
    elements: list[ET.Element] = field(default_factory=list)

    def skip(self, pixels: int) -> None:
        self.y += pixels

    def element(self, tag: str, text: str = "", **attributes: object) -> None:
        made = ET.Element(tag, {name.replace("kind", "class"): str(one) for name, one in attributes.items()})
        made.text = for_xml(text) or None
        self.elements.append(made)

    def text(self, x: int, text: str, kind: str = "", anchor: str = "start") -> None:
        self.element("text", text, **{"x": x, "y": self.y, "kind": kind, "text-anchor": anchor})
        self.skip(_LINE)

    def document(self, title: str) -> str:
        height = self.y + _MARGIN
        size = {"width": str(_WIDTH), "height": str(height), "viewBox": f"0 0 {_WIDTH} {height}"}
        root = ET.Element(
            "svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "class": "ladder", **size}
        )
        ET.SubElement(root, "title").text = for_xml(title)
        ET.SubElement(root, "style").text = _STYLE
        ET.SubElement(root, "rect", {"width": str(_WIDTH), "height": str(height), "class": "paper"})
        root.extend(self.elements)
        ET.indent(root)
        return ET.tostring(root, encoding="unicode") + "\n"


def _flight(sheet: _Sheet, number: int, flight: LadderFlight, unit: str) -> None:
    from_client = flight.sender == "client"
    start, end = (_CLIENT, _SERVER) if from_client else (_SERVER, _CLIENT)
    sheet.skip(_GAP)
    sheet.text(
        (_CLIENT + _SERVER) // 2,
        f"flight {number}: {flight.wire_bytes:,} bytes in {parts_of(flight, unit)}, after "
        f"{flight.spent_ns / 1e6:.2f} ms in the {flight.sender}",
        "title",
        anchor="middle",
    )
    y, back = sheet.y - _LINE // 2, -10 if from_client else 10
    sheet.element("line", x1=start, x2=end, y1=y, y2=y, kind="arrow")
    sheet.element("path", d=f"M{end} {y}l{back} -5v10z", kind="head")
    sheet.skip(_LINE // 2)
    for message in flight.messages:
        kind = "encrypted" if message.encrypted else "clear"
        name = message.name if message.opened else f"{message.name}: not decrypted"
        sheet.text(_CLIENT + _MARGIN, f"{name}, {message.wire_bytes:,} bytes, {kind}", kind)
        for line in _details(message):
            sheet.text(_CLIENT + 2 * _MARGIN, line, "small")


def _details(message: Message) -> Iterator[str]:
    parts = [f"{one.name} {one.wire_bytes:,}" for one in message.extensions]
    if message.certificates_bytes:
        parts.insert(0, f"certificates {' + '.join(f'{size:,}' for size in message.certificates_bytes)}")
    if message.compression:
        parts.insert(0, compression_text(message.compression))
    yield from textwrap.wrap(", ".join(parts), _WRAP)
