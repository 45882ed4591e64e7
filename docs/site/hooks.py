"""The mkdocs hooks for building the site: pages from elsewhere, generated pages, and the navigation.

Links in the pages are those that work in the repository. A target outside docs/ is either a page of the site
(``FROM_ELSEWHERE``), or is copied as a file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from api import api_page
from commands import command_pages
from mkdocs.structure.files import File, Files
from nav import nav_of
from schema import schema_page
from tables import axes_page, columns_page, libraries_page, profiles_page

ROOT: Final = Path(__file__).resolve().parents[2]
_DOCS: Final = "docs/"
#: Pages of the site that are not in docs/, by their path in the repository.
FROM_ELSEWHERE: Final = {
    "certs/README.md": "certificates-tour.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "CHANGELOG.md": "project/changelog.md",
    "README.md": "index.md",
    "src/tlsbench/results/schema.json": "reference/schema.json",
}
#: Pages that are generated when the site is built.
_MADE: Final = {
    "reference/axes.md": axes_page,
    "reference/profiles.md": profiles_page,
    "reference/columns.md": columns_page,
    "reference/libraries.md": libraries_page,
    "reference/schema.md": schema_page,
    "reference/api.md": api_page,
}
_LINK: Final = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")
_FENCE: Final = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def on_config(config: Any) -> Any:
    """Set the navigation, which contains every page of docs/."""
    own = [
        path.relative_to(ROOT / _DOCS).as_posix()
        for path in sorted((ROOT / _DOCS).rglob("*.md"))
        if "site" not in path.relative_to(ROOT / _DOCS).parts[:1]
    ]
    config.nav = nav_of(own, [uri for uri, _ in command_pages()])
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from elsewhere, the generated ones, and the files that pages link to."""
    for path, uri in FROM_ELSEWHERE.items():
        if files.get_file_from_path(uri) is None:
            text = (ROOT / path).read_text(encoding="utf-8")
            files.append(File.generated(config, uri, content=text))
    for uri, make in _MADE.items():
        files.append(File.generated(config, uri, content=make()))
    for uri, content in command_pages():
        files.append(File.generated(config, uri, content=content))
    for path in sorted(set(_carried(files))):
        files.append(File.generated(config, _uri(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Adapt the links of a page to the paths of their targets in the site."""
    source = _source(page.file.src_uri)
    if source is None:
        return markdown
    here = posixpath.dirname(page.file.src_uri)

    def relinked(found: re.Match[str]) -> str:
        before, target, after = found.groups()
        path, mark, section = target.partition("#")
        if "://" in target or not path or target.startswith("mailto:"):
            return found[0]
        place = posixpath.relpath(_uri(_in_repository(source, path)), here or ".")
        return f"{before}{place}{mark}{section}{after}"

    return _outside_code(markdown, lambda text: _LINK.sub(relinked, text))


def on_post_page(output: str, **_: Any) -> str:
    """Give the theme's dialog a name for screen readers."""
    return output.replace(' role="dialog"', ' role="dialog" aria-label="Search"')


def _outside_code(text: str, change: Any) -> str:
    """Change a text, except its code."""
    return "".join(part if at % 2 else change(part) for at, part in enumerate(_FENCE.split(text)))


def _in_repository(source: str, path: str) -> str:
    """The path in the repository that a link in one of its files refers to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), path))


def _uri(path: str) -> str:
    """The path in the site of a file of the repository."""
    if path in FROM_ELSEWHERE:
        return FROM_ELSEWHERE[path]
    return path.removeprefix(_DOCS) if path.startswith(_DOCS) else f"files/{path}"


def _source(uri: str) -> str | None:
    """The file of the repository behind a page of the site; None for a generated page."""
    for path, place in FROM_ELSEWHERE.items():
        if uri == place and path != "README.md":
            return path
    return f"{_DOCS}{uri}" if (ROOT / _DOCS / uri).is_file() else None


def _carried(files: Files) -> Iterator[str]:
    """The files outside docs/ that pages link to and that are not pages."""
    for file in files.documentation_pages():
        source = _source(file.src_uri)
        if source is None:
            continue
        text = "".join(_FENCE.split((ROOT / source).read_text(encoding="utf-8"))[::2])
        for _, target, _ in _LINK.findall(text):
            path = target.partition("#")[0]
            if path and "://" not in target:
                found = _in_repository(source, path)
                if found not in FROM_ELSEWHERE and not found.startswith(_DOCS) and (ROOT / found).is_file():
                    yield found
