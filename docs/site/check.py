"""Check a built site: ``python docs/site/check.py FOLDER``.

Every link, picture and script of every page must be in the site, with the section that it names; nothing may
be loaded from elsewhere; and a page must have the lists, tables and code blocks that its Markdown has,
since Markdown parsers differ. Each problem is a line; the exit code is 1 if there is any.
"""

from __future__ import annotations

import posixpath
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

#: The attributes that name a link target or a resource, by element.
_LINKS: Final = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src", "source": "src"}
_LOADED: Final = frozenset(_LINKS) - {"a"}
#: What a page must have as many of as its Markdown, by markdown-it's name.
_COUNTED: Final = {"list_item_open": "li", "tr_open": "tr", "fence": "pre", "heading_open": "heading"}
_DOCS: Final = Path(__file__).resolve().parents[1]
#: Links of the theme that a browser may ignore without harm.
_CANONICAL: Final = frozenset({"canonical", "preconnect"})


class _Page(HTMLParser):
    """The links, the names of sections, and the contents of the article."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str]] = []
        self.names: set[str] = set()
        self.counts: Counter[str] = Counter()
        self._in_article = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.names |= {found[name] for name in ("id", "name") if name in found}
        link = found.get(_LINKS.get(tag, ""))
        if link and found.get("rel") not in _CANONICAL:
            self.links.append((tag, link))
        self._in_article = self._in_article or tag == "article"
        if self._in_article:
            heading = len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()
            self.counts["heading" if heading else tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._in_article = False


def problems(site: Path, sources: Path = _DOCS) -> Iterator[str]:
    """The problems of a site, a line for each.

    :param sources: the Markdown of the pages, where there is any.
    """
    pages = {
        path.relative_to(site).as_posix(): _Page(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }
    if not pages:
        yield f"{site} has no pages"
    for name, page in pages.items():
        for tag, link in page.links:
            problem = _broken(name, tag, link, pages, site)
            if problem:
                yield f"{name}: {problem}"
        source = sources / _source(name)
        if source.is_file():
            yield from (f"{name}: {one}" for one in _unlike(source, page))


def _broken(name: str, tag: str, link: str, pages: Mapping[str, _Page], site: Path) -> str:
    """What is wrong with a link; ``""`` if nothing is."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return f"loads {link} from elsewhere" if tag in _LOADED and parts.scheme != "data" else ""
    if link.startswith("/") and name == "404.html":
        return ""  # it is shown at any path, and its links start at the root
    path = (
        posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
        if parts.path
        else name
    )
    if (site / path).is_dir():
        path = posixpath.normpath(f"{path}/index.html")
    if not (site / path).is_file():
        return f"{link} leads nowhere"
    section = unquote(parts.fragment)
    if section and path in pages and section not in pages[path].names | {"__top"}:
        return f"{link}: there is no such section"
    return ""


def _source(name: str) -> str:
    """The path of the Markdown that a page is made from."""
    return "index.md" if name == "index.html" else f"{name.removesuffix('/index.html')}.md"


def _unlike(source: Path, page: _Page) -> Iterator[str]:
    tokens = MarkdownIt().enable("table").parse(source.read_text(encoding="utf-8"))
    wanted = Counter(_COUNTED[one.type] for one in tokens if one.type in _COUNTED)
    for what in _COUNTED.values():
        if page.counts[what] != wanted[what]:
            yield f"{wanted[what]} of {what} in the Markdown are {page.counts[what]} on the page"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1])))
    for line in found:
        print(line)
    sys.exit(bool(found))
