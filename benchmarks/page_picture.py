"""Take the picture of a page for the docs: its first screen, from the title to the first picture.

``tlsbench run --report report.html && python benchmarks/page_picture.py report.html docs/report.png`` (needs
playwright, from the dependency group ``test``, and Debian's Chromium).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

_WIDTH = 1100


def main() -> None:
    """Open the page in a headless browser, and save the part above its pictures."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-lcd-text"]
        )
        tab = browser.new_page(viewport={"width": _WIDTH, "height": 1500}, color_scheme="light")
        tab.goto(options.page.resolve().as_uri())
        tab.wait_for_selector("html[data-ready=yes]")
        height = tab.evaluate("document.querySelector('#pictures').getBoundingClientRect().top")
        tab.screenshot(
            path=options.picture, full_page=True, clip={"x": 0, "y": 0, "width": _WIDTH, "height": height}
        )
        browser.close()


if __name__ == "__main__":
    main()
