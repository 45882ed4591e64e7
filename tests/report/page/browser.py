"""A page in a browser: what it shows, and what is wrong with how it looks."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Any

#: How long a page may take on a busy machine.
_PATIENCE_MS = 120_000
PHONE, DESKTOP, WIDE = (390, 844), (1280, 900), (1400, 900)


#: What is wrong with the texts of pictures and ladders: they overlap, are cut, or are hard to tell from the
#: ground. Slanted names have boxes that overlap, but do not overlap themselves. The cells of a heat map have
#: grounds of their own, from which Plotly chooses the colour of their texts.
_FLAWS_OF_PICTURES = """() => {
  const found = [];
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3)
    .map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = light(getComputedStyle(document.body).backgroundColor);
  for (const picture of document.querySelectorAll('.plot, svg.ladder')) {
    const [whole, area] = [picture, picture.querySelector('.nsewdrag') || picture]
      .map((one) => one.getBoundingClientRect());
    const name = picture.ariaLabel || picture.closest('figure').querySelector('h3').textContent;
    const isSeen = ({ one, box }) => box.width && one.textContent.trim();
    const texts = [...picture.querySelectorAll('text')]
      .map((one) => ({ one, box: one.getBoundingClientRect() })).filter(isSeen);
    const say = (flaw, ...of) => {
      found.push(`${name}: ${flaw}: ${of.map(({ one }) => one.textContent).join(' | ')}`);
    };
    for (const one of picture.querySelectorAll('.xtick text, .ytick text')) {
      if (one.textContent && getComputedStyle(one).display === 'none') say('hidden', { one });
    }
    for (const text of texts) {
      const { box, one } = text;
      const around = one.closest('.scatterlayer') ? area : whole;
      const isCutAcross = box.left < around.left - 1 || box.right > around.right + 1;
      if (isCutAcross || box.top < around.top - 1 || box.bottom > around.bottom + 1) say('cut', text);
      if (one.closest('.ytick') && one.textContent.includes('…')) say('shortened', text);
      const [bright, dim] = [light(getComputedStyle(one).fill), ground].sort((a, b) => b - a);
      if (!one.closest('.heatmap-label') && (bright + 0.05) / (dim + 0.05) < 4.5) say('faint', text);
    }
    const isSlanted = ({ one }) => /rotate\\((?!0[,)])/.test(one.getAttribute('transform'));
    const straight = texts.filter((text) => !isSlanted(text));
    straight.forEach((a, at) => straight.slice(at + 1).forEach((b) => {
      const isAcross = a.box.left + 1 < b.box.right && b.box.left + 1 < a.box.right;
      if (isAcross && a.box.top + 2 < b.box.bottom && b.box.top + 2 < a.box.bottom) say('overlap', a, b);
    }));
  }
  return found;
}"""
#: Elements whose text is wider than they are, or that reach over the edge of the page. What is in a region
#: that scrolls may be wider than the page.
_CUT_ELEMENTS = """() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page scrolls sideways');
  const names = 'h1, h2, h3, h4, p, li, dt, dd, td, th, label, button, select, summary, figcaption';
  for (const one of document.querySelectorAll(names)) {
    const box = one.getBoundingClientRect();
    if (!box.width || getComputedStyle(one).display === 'inline') continue;
    const isOutside = !one.closest('.scroll') && (box.left < -1 || box.right > innerWidth + 1);
    const isCut = one.scrollWidth > one.clientWidth + 1;
    if (isOutside || isCut) found.push(`cut: ${one.tagName} ${one.textContent.slice(0, 80)}`);
  }
  return found;
}"""


class Opened:
    """A page in a tab, with all that the browser complained about and requested."""

    def __init__(self, browser: Any, path: Path, size: tuple[int, int], scheme: str) -> None:
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.context.set_default_timeout(_PATIENCE_MS)
        self.tab = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.goto(path.as_uri())
        self.tab.wait_for_selector("html[data-ready=yes]")

    def draw_all(self) -> None:
        """Scroll through the page, so that every picture is drawn."""
        for plot in self.tab.query_selector_all(".plot"):
            plot.scroll_into_view_if_needed()
        self.tab.wait_for_function(
            "[...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('.main-svg'))"
        )

    def open_all(self) -> None:
        """Open what is folded, and the proof of the first row of each table."""
        self.tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for region in self.tab.query_selector_all(".grid"):
            if proof := region.query_selector("button.open"):
                proof.click()

    def change_scheme(self, scheme: str) -> None:
        """Prefer light or dark colours from now on, as if the system had changed."""
        self.tab.emulate_media(color_scheme=scheme)
        self.tab.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=scheme)

    def flaws(self) -> list[str]:
        """The texts that overlap, are cut, or are faint, and what is wider than the page."""
        found: list[str] = self.tab.evaluate(_FLAWS_OF_PICTURES) + self.tab.evaluate(_CUT_ELEMENTS)
        return found

    def barriers(self) -> list[str]:
        """What axe calls serious or critical, each with an element that has it."""
        files = importlib.resources.files("axe_core_python")
        # Through the debugger: the page's own policy allows no scripts.
        self.tab.evaluate(files.joinpath("axe.min.js").read_text(encoding="utf-8"))
        found = self.tab.evaluate(
            "axe.run({ resultTypes: ['violations'] }).then((result) => result.violations)"
        )
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def rows(self, column: str) -> list[str]:
        """The values of a column in the first table, row by row."""
        texts: list[str] = self.tab.evaluate(
            """(name) => {
              const table = document.querySelector('.grid table');
              const heads = [...table.tHead.rows[0].cells];
              const at = heads.findIndex((head) => head.dataset.column === name);
              const cells = [...table.tBodies[0].rows].map((row) => row.cells[at]);
              return cells.map((cell) => (cell.querySelector('span') || cell).textContent);
            }""",
            column,
        )
        return texts
