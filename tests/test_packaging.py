"""The statements about the package agree with pyproject.toml, tox.ini and the source."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PYTHON = "Programming Language :: Python :: "


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_pythons_that_are_claimed_are_those_that_the_checks_try() -> None:
    claimed = {one.removeprefix(PYTHON) for one in project()["classifiers"] if one.startswith(PYTHON)}
    oldest = project()["requires-python"].removeprefix(">=")
    listed = re.search(r"^env_list = (.*)$", text("tox.ini"), re.MULTILINE)
    assert listed is not None
    tried = {f"3.{minor}" for minor in re.findall(r"\bpy3(\d+)", listed[1])}
    assert {one for one in claimed if re.fullmatch(r"3\.\d+", one)} == {oldest, *tried}


def test_no_system_is_claimed_on_which_nothing_is_tried() -> None:
    systems = {one for one in project()["classifiers"] if one.startswith("Operating System")}
    assert systems == {"Operating System :: POSIX :: Linux"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "name"),
        ("abstract", "description"),
        ("license", "license"),
    ],
)
def test_the_citation_says_what_the_package_says(field: str, value: str) -> None:
    cited = re.search(rf'^{field}: "?(.*?)"?$', text("CITATION.cff"), re.MULTILINE)
    assert cited is not None
    assert cited[1] == project()[value]


def test_the_citation_has_the_keywords_of_the_package() -> None:
    assert re.findall(r"^  - (\S+)$", text("CITATION.cff"), re.MULTILINE) == project()["keywords"]


def test_a_package_index_gets_links_into_the_repository_at_the_tag(tmp_path: Path) -> None:
    for name in ("README.md", "pyproject.toml"):
        (tmp_path / name).write_text(text(name), encoding="utf-8")
    url = "https://forge.example/team/tlsbench"
    subprocess.run([ROOT / ".ci/link-to", f"{url}/", "1.2.3", tmp_path], check=True)
    before, after = (
        re.findall(r"\]\((.*?)\)", page)
        for page in (text("README.md"), (tmp_path / "README.md").read_text(encoding="utf-8"))
    )
    assert after == [one if "://" in one else f"{url}/blob/v1.2.3/{one}" for one in before]
    urls = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert urls["Source"] == url
    for link in (urls["Documentation"], urls["Changelog"]):
        assert (ROOT / link.removeprefix(f"{url}/blob/v1.2.3/")).is_file()


def test_a_source_distribution_has_the_pages_that_the_readme_links() -> None:
    included = tomllib.loads(text("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    linked = {path.partition("#")[0] for path in re.findall(r"\]\(([^):]+)\)", text("README.md"))}
    missing = [
        path
        for path in linked
        if not any(fnmatchcase(path, pattern) or path.startswith(f"{pattern}/") for pattern in included)
    ]
    assert missing == []


def variables() -> Iterator[str]:
    """The environment variables that the source reads: by name, for an option, or as a list of folders."""
    for path in (ROOT / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            for name in names_read(node):
                if isinstance(name, ast.Constant):
                    yield str(name.value)
                elif isinstance(name, ast.Name) and name.id in constants:
                    yield str(constants[name.id])


def names_read(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) in (
        "os.environ.get",
        "os.getenv",
        "_folders_of",
    ):
        yield node.args[0]
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        yield node.slice
    elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "os.environ":
        yield node.left
    elif isinstance(node, ast.keyword) and node.arg == "envvar":
        yield node.value


#: Variables of bash, read only while it completes a word.
OF_THE_SHELL = {"COMP_WORDS", "COMP_CWORD"}


def test_every_variable_that_is_read_is_on_the_page_of_variables() -> None:
    read = set(variables()) - OF_THE_SHELL
    assert {"TLSBENCH_TIME_BUDGET", "TLSBENCH_ENGINES", "TLSBENCH_CHILD", "SSLKEYLOGFILE"} <= read
    assert {name for name in read if f"`{name}`" not in text("docs/environment.md")} == set()


def test_every_variable_of_tlsbench_on_that_page_is_in_the_source() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = set(re.findall(r"`(_?TLSBENCH_\w+)`", text("docs/environment.md")))
    assert {name for name in named if f'"{name}"' not in source} == set()
