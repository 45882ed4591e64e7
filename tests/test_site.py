"""The pages generated for the site, and the check of the built site; `tox -e docs` builds it."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest

import tlsbench
from tlsbench.cli.commands.certs import COMMANDS as CERTS
from tlsbench.cli.commands.fleet import COMMANDS as FLEET
from tlsbench.cli.overview import COMMANDS
from tlsbench.implementations.registry import spellings
from tlsbench.report.table import COLUMNS
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.profiles import PROFILES

ROOT = Path(__file__).parent.parent
MAKERS = ("api", "check", "commands", "nav", "schema", "tables")


@pytest.fixture(scope="module")
def site() -> Iterator[dict[str, ModuleType]]:
    """The modules that generate the pages, which mkdocs finds next to its hooks."""
    folder = str(ROOT / "docs/site")
    sys.path.insert(0, folder)
    try:
        yield {name: importlib.import_module(name) for name in MAKERS}
    finally:
        sys.path.remove(folder)
        for name in MAKERS:
            sys.modules.pop(name, None)


def headings(page: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", page, re.MULTILINE)


def test_every_command_has_a_page_with_every_option(
    site: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    from tlsbench.cli.app import run

    pages = dict(site["commands"].command_pages())
    groups = {"certs": CERTS, "fleet": FLEET}
    wanted = [
        *(one for one in COMMANDS if one not in groups),
        *(f"{group} {one}" for group, names in groups.items() for one in names),
    ]
    assert set(pages) == {"commands/index.md", *(f"commands/{one.replace(' ', '-')}.md" for one in wanted)}
    for words in wanted:
        page = pages[f"commands/{words.replace(' ', '-')}.md"]
        assert headings(page)[0] == f"tlsbench {words}"
        assert run([*words.split(), "--help"]) == 0
        options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", capsys.readouterr().out, re.MULTILINE)) - {
            "--help"
        }
        assert options
        assert all(re.search(rf"^\| `[^`]*{option}\b", page, re.MULTILINE) for option in options), words
        assert "\b" not in page


def test_every_axis_has_its_values_and_aliases(site: dict[str, ModuleType]) -> None:
    page = site["tables"].axes_page()
    sections = dict(zip(AXES, re.split(r"^## .*$", page, flags=re.MULTILINE)[1:], strict=True))
    for name, axis in AXES.items():
        words = [*(axis.values or spellings()), *axis.aliases]
        assert all(f"`{word}`" in sections[name] for word in words)


def test_every_profile_column_and_library_is_on_its_page(site: dict[str, ModuleType]) -> None:
    tables = site["tables"]
    assert headings(tables.profiles_page())[1:] == list(PROFILES)
    rows = re.findall(r"^\| [^|]* \| `(\w+)` \|", tables.columns_page(), re.MULTILINE)
    assert rows == [column.name for column in COLUMNS]
    libraries = tables.libraries_page()
    assert all(f"| `{name}` |" in libraries for name in spellings())


def test_every_definition_of_the_schema_has_its_members(site: dict[str, ModuleType]) -> None:
    page = site["schema"].schema_page()
    schema = json.loads((files("tlsbench.results") / "schema.json").read_text(encoding="utf-8"))
    assert headings(page)[1:] == sorted(schema["$defs"])
    for definition in schema["$defs"].values():
        assert all(f"| `{name}` |" in page for name in definition.get("properties", {}))
    targets = set(re.findall(r"\]\(#([\w-]+)\)", page))
    assert targets <= {name.lower() for name in schema["$defs"]}


def test_every_name_of_the_api_is_on_its_page_in_plain_words(site: dict[str, ModuleType]) -> None:
    page = site["api"].api_page()
    assert set(tlsbench.__all__) - {"__version__"} <= set(headings(page))
    assert "Result.to_pandas" in headings(page)
    assert "- `time_budget`: " in page
    assert not re.search(r":(class|func|meth|attr|data|param|raises|returns)\b[^`]*:", page)


def test_a_page_that_the_navigation_does_not_name_is_among_the_guides(site: dict[str, ModuleType]) -> None:
    nav = site["nav"].nav_of(["measuring.md", "new.md"], ["commands/run.md"])
    sections = {name: pages for section in nav for name, pages in section.items()}
    assert sections["Guides"][-1] == "new.md"
    assert sections["Guides"].count("measuring.md") == 1
    assert list(sections).index("Commands") == list(sections).index("Reference") - 1


def page(body: str) -> str:
    return f"<html><body><article>{body}</article></body></html>"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<h1 id="a">A</h1><a href="#a">a</a><a href="b/">b</a><a href="b/index.html#c">c</a>', None),
        ('<h1>A</h1><a href="https://example.org/">elsewhere</a>', None),
        ('<h1>A</h1><a href="#b">b</a>', "#b: there is no such section"),
        ('<h1>A</h1><a href="b/#a">b</a>', "b/#a: there is no such section"),
        ('<h1>A</h1><a href="c/">c</a>', "c/ leads nowhere"),
        ('<h1>A</h1><img src="c.png">', "c.png leads nowhere"),
        ('<h1>A</h1><script src="https://example.org/x.js"></script>', "loads https://example.org/x.js"),
        ("<p># A</p>", "1 of heading in the Markdown are 0"),
        ("<h1>A</h1><ul><li>one</li></ul>", "0 of li in the Markdown are 1"),
    ],
)
def test_the_check_of_the_site_sees_what_is_wrong(
    body: str, problem: str | None, site: dict[str, ModuleType], tmp_path: Path
) -> None:
    built, sources = tmp_path / "built", tmp_path / "docs"
    (built / "b").mkdir(parents=True)
    sources.mkdir()
    (sources / "index.md").write_text("# A\n", encoding="utf-8")
    (built / "index.html").write_text(page(body), encoding="utf-8")
    (built / "b/index.html").write_text(page('<h1 id="c">B</h1>'), encoding="utf-8")
    found = list(site["check"].problems(built, sources))
    assert len(found) == (problem is not None), found
    assert problem is None or problem in found[0]


def test_a_folder_without_pages_is_no_site(site: dict[str, ModuleType], tmp_path: Path) -> None:
    assert list(site["check"].problems(tmp_path)) == [f"{tmp_path} has no pages"]
