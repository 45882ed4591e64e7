"""A traced handshake as a picture: two lifelines, an arrow for each flight, the messages below it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from tlsbench.escaping import for_xml
from tlsbench.report.ladder import KEPT, compression_text, lines_of, parts_of

if TYPE_CHECKING:
    from tlsbench.decryption.decoding import Message
    from tlsbench.results.trace_json import TracedHandshake
    from tlsbench.tracing.ladder import LadderFlight

#: In pixels.
WIDTH: Final = 860
NARROW: Final = 340
_LINE, _GAP, _MARGIN = 18, 14, 24
#: The greatest width of a letter, on average over a line, by kind of text.
_LETTER: Final = {"title": 7.2, "small": 6.0}
_USUAL_LETTER: Final = 6.6
#: It applies to the ladder alone, because a page has other pictures too.
_STYLE: Final = (
    ".ladder text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1b1f24}"
    ".ladder .title{font-weight:600}.ladder .small{font-size:11px;fill:#59636e}"
    ".ladder .clear{fill:#9a3412}.ladder .encrypted{fill:#1f6f43}"
    ".ladder line{stroke:#8b949e;stroke-width:1.5}.ladder .arrow{stroke:#1b1f24}.ladder .head{fill:#1b1f24}"
    ".ladder .paper{fill:#fff}"
)
_NOTE: Final = "one traced handshake: its times are not a benchmark; sizes are bytes on the wire with headers"


def ladder_svg(trace: TracedHandshake, width: int = WIDTH) -> str:
    """The ladder as a self-contained SVG document.

    :param width: in pixels, at least :data:`NARROW`.
    """
    sheet = _Sheet(width)
    sheet.text(_MARGIN, trace.scenario, "title")
    engines = ", ".join(f"{name}: {engine}" for name, engine in trace.engines.items())
    sheet.text(_MARGIN, f"{trace.ladder.protocol}, {trace.ladder.cipher}; {engines}", "small")
    sheet.text(_MARGIN, _NOTE, "small")
    sheet.skip(_GAP)
    sheet.text(sheet.client, "client", "title", anchor="middle")
    sheet.skip(-_LINE)
    sheet.text(sheet.server, "server", "title", anchor="middle")
    top = sheet.y - _LINE // 2
    for number, flight in enumerate(trace.ladder.flights, 1):
        _flight(sheet, number, flight, trace.ladder.carrier.unit)
    for x in (sheet.client, sheet.server):
        sheet.element("line", x1=x, x2=x, y1=top, y2=sheet.y)
    return sheet.document(trace.scenario)


@dataclass(slots=True)
class _Sheet:
    """A page that is written from top to bottom, between the lifelines of a client and a server."""

    width: int
    y: int = _MARGIN
    elements: list[ET.Element] = field(default_factory=list)

    @property
    def client(self) -> int:
        """The x coordinate of the client's lifeline."""
        return 90 if self.width >= WIDTH else _MARGIN

    @property
    def server(self) -> int:
        """The x coordinate of the server's lifeline."""
        return self.width - self.client

    def skip(self, pixels: int) -> None:
        self.y += pixels

    def element(self, tag: str, text: str = "", **attributes: object) -> None:
        made = ET.Element(tag, {name.replace("kind", "class"): str(one) for name, one in attributes.items()})
        made.text = for_xml(text) or None
        self.elements.append(made)

    def text(self, x: int, text: str, kind: str = "", anchor: str = "start") -> None:
        """Add text that starts at ``x``, or is centred on it, in as many lines as needed."""
        right = self.server if x > self.client else self.width - _LINE
        room = right - x if anchor == "start" else self.server - self.client - _LINE
        letters = int(room / _LETTER.get(kind, _USUAL_LETTER))
        for line in textwrap.wrap(text, letters, break_on_hyphens=False):
            self.element(
                "text", line.replace(KEPT, " "), **{"x": x, "y": self.y, "kind": kind, "text-anchor": anchor}
            )
            self.skip(_LINE)

    def document(self, title: str) -> str:
        height = self.y + _MARGIN
        size = {"width": str(self.width), "height": str(height), "viewBox": f"0 0 {self.width} {height}"}
        root = ET.Element(
            "svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "class": "ladder", **size}
        )
        ET.SubElement(root, "title").text = for_xml(title)
        ET.SubElement(root, "style").text = _STYLE
        ET.SubElement(root, "rect", {"width": str(self.width), "height": str(height), "class": "paper"})
        root.extend(self.elements)
        ET.indent(root)
        return ET.tostring(root, encoding="unicode") + "\n"


def _flight(sheet: _Sheet, number: int, flight: LadderFlight, unit: str) -> None:
    from_client = flight.sender == "client"
    start, end = (sheet.client, sheet.server) if from_client else (sheet.server, sheet.client)
    sheet.skip(_GAP)
    sheet.text(
        sheet.width // 2,
        f"flight {number}: {flight.wire_bytes:,} bytes in {parts_of(flight, unit)}, after "
        f"{flight.spent_ns / 1e6:.2f} ms in the {flight.sender}",
        "title",
        anchor="middle",
    )
    y, back = sheet.y - _LINE // 2, -10 if from_client else 10
    sheet.element("line", x1=start, x2=end, y1=y, y2=y, kind="arrow")
    sheet.element("path", d=f"M{end} {y}l{back} -5v10z", kind="head")
    sheet.skip(_LINE // 2)
    indent = _MARGIN if sheet.width >= WIDTH else _GAP
    for message in lines_of(flight):
        kind = "encrypted" if message.encrypted else "clear"
        name = message.name if message.opened else f"{message.name}: not decrypted"
        sheet.text(sheet.client + indent, f"{name}, {message.wire_bytes:,} bytes, {kind}", kind)
        sheet.text(sheet.client + 2 * indent, _details(message), "small")


def _details(message: Message) -> str:
    parts = [f"{one.name}{KEPT}{one.wire_bytes:,}" for one in message.extensions]
    if message.certificates_bytes:
        parts.insert(0, f"certificates {' + '.join(f'{size:,}' for size in message.certificates_bytes)}")
    if message.compression:
        parts.insert(0, compression_text(message.compression))
    return ", ".join(parts)
