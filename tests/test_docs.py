"""Every command and code block in README and docs runs with exactly what its page says to install."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tlsbench.cli.app import run as tlsbench
from tlsbench.sampling import duel, instructions

ROOT = Path(__file__).parent.parent
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "certs/README.md",
    *sorted(page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")),
]
#: What a page says to install: the first such line in it.
INSTALL = re.compile(r"pip install ((?:'\.\[[a-z,]+\]')|\.)(?=[\s`]|$)")
#: Options for the loads in the docs, for less time and fewer connections.
#: Long enough for a busy machine to end the connections of the warm-up and begin others.
SMALL_LOAD = ("--duration", "1s", "--warm-up", "100ms", "--ramp-up", "50ms", "--connections", "10", "-q")
pytestmark = pytest.mark.slow

Environment = Callable[[str], dict[str, str]]


def tokens(page: str) -> list[Token]:
    return MarkdownIt().parse((ROOT / page).read_text(encoding="utf-8"))


def blocks(page: str, language: str) -> list[str]:
    return [token.content for token in tokens(page) if token.type == "fence" and token.info == language]


def commands(page: str, language: str) -> list[str]:
    """The commands in the blocks of a language; those of a console block are its prompt lines."""
    lines = [line for block in blocks(page, language) for line in block.splitlines()]
    if language == "console":
        assert all(line.startswith("$ ") for line in lines), f"{page}: a console block has commands alone"
    return [line.removeprefix("$ ") for line in lines]


def install_line(page: str) -> str:
    found = INSTALL.search((ROOT / page).read_text(encoding="utf-8"))
    assert found is not None, f"{page} has commands, and does not say what to install"
    return found[0]


def clone(folder: Path) -> Path:
    """A fresh clone, including uncommitted changes."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    files = listed.stdout.split("\0") if listed.returncode == 0 else ["."]  # "." in a source distribution
    for name in filter(None, files):
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".*"))
        elif source.exists() or source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return folder


def without_this_environment() -> dict[str, str]:
    """The variables of a shell in which no environment is active, and in which nothing takes long."""
    ours = {str(Path(sys.prefix) / "bin"), str(Path(sys.executable).parent)}
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder not in ours]
    dropped = ("PYTHON", "VIRTUAL_ENV", "COV", "PYTEST", "TOX")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.base_prefix) / "bin"), *path]),
        "PYTEST_ADDOPTS": "--benchmark-max-time=0.001 -p no:cacheprovider",
        "TLSBENCH_TIME_BUDGET": "1ms",
    }


@pytest.fixture(scope="session")
def installed(shared_once: Callable[[str, Callable[[Path], None]], Path]) -> Environment:
    """The variables of an environment for an install line: it has what that line installs, and nothing else.

    The line runs in a fresh clone; the README's runs verbatim, up to the first measurement.
    """
    readme_line, readme_command = install_line("README.md"), blocks("README.md", "sh")[0].strip()

    def environment(line: str) -> dict[str, str]:
        command = readme_command if line == readme_line else f"python3 -m venv .venv && .venv/bin/{line}"

        def install(folder: Path) -> None:
            variables = {**without_this_environment(), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                cwd=clone(folder),
                env=variables,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            assert line != readme_line or "noise floor" in done.stdout

        scripts = shared_once(line, install) / ".venv/bin"
        plain = without_this_environment()
        return {**plain, "PATH": f"{scripts}{os.pathsep}{plain['PATH']}"}

    return environment


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page, "console")])
def test_the_commands_of_a_page_run(page: str, installed: Environment, tmp_path: Path) -> None:
    environment, folder = installed(install_line(page)), clone(tmp_path / "tlsbench")
    for line in commands(page, "console"):
        out = run(line, folder, environment)
        assert not line.startswith("pytest ") or re.search(r"[1-9]\d* passed", out), f"{line}\n{out}"


def python_blocks(page: str) -> tuple[list[str], list[str]]:
    """The Python blocks of a page that define tests, and the others: one program, in order."""
    found = blocks(page, "python")
    tests = [one for one in found if re.search(r"^(def test_|class Test)", one, re.MULTILINE)]
    return tests, [one for one in found if one not in tests]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page)[0]])
def test_the_python_of_a_page_runs_as_tests(page: str, installed: Environment, tmp_path: Path) -> None:
    found, _ = python_blocks(page)
    for at, block in enumerate(found):
        (tmp_path / f"test_block_{at}.py").write_text(block, encoding="utf-8")
    out = run("pytest -p no:cacheprovider", tmp_path, installed(install_line(page)))
    assert int(re.findall(r"(\d+) passed", out)[-1]) >= len(found)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page)[1]])
def test_the_programs_of_a_page_run(page: str, installed: Environment, tmp_path: Path) -> None:
    _, found = python_blocks(page)
    (tmp_path / "program.py").write_text("\n".join(found), encoding="utf-8")
    run("python -W error program.py", tmp_path, installed(install_line(page)))


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_the_notebook_runs_and_shows_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this environment, which has what its readers install along with tlsbench: a notebook, and pandas."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("pandas")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(ROOT / "docs/notebook.ipynb", as_version=4)
    assert [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        output.data.get("text/html", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert any("noise floor" in page for page in shown)
    assert any("<table" in page for page in shown)


@pytest.mark.timeout(1800)
def test_the_loads_and_servers_of_their_page_run(installed: Environment, tmp_path: Path) -> None:
    """Its examples are for a server on port 8443, as it says; here it uses any free port."""
    environment, folder = installed(install_line("docs/load.md")), clone(tmp_path / "tlsbench")
    run("tlsbench certs init pki", folder, environment)
    port, of_http = free_port(), free_port()
    places = {
        "127.0.0.1:8443": f"127.0.0.1:{port}",
        "127.0.0.1:8444": f"127.0.0.1:{of_http}",
        "/run/tls.sock": f"{tmp_path}/tls.sock",
    }
    with ExitStack() as stack:
        for line in (
            f"tlsbench certs serve pki --port {port}",
            f"tlsbench serve --processes 1 --bind unix:{tmp_path}/tls.sock",
            f"tlsbench serve --processes 1 --port {of_http}",
            f"tlsbench serve --processes 1 --port {of_http} --http 3",
        ):
            stack.enter_context(serving(line, folder, environment))
        for line in commands("docs/load.md", "sh"):
            here = line
            for place, ours in places.items():
                here = here.replace(place, ours)
            if line.startswith("tlsbench serve"):
                with serving(f"{here.replace(' --port 8443', '')} --port 0", folder, environment):
                    pass
            elif line.startswith("tlsbench load"):
                # So few connections cannot decide a share, and a busy machine may miss any time.
                lenient = ("--undecided", "pass") if "--fail-on" in here else ()
                words = shlex.split(here.replace("p99<50ms", "p99<50s"))
                run(shlex.join([*words, *SMALL_LOAD, *lenient]), folder, environment)
            else:
                run(here, folder, environment)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def run(line: str, folder: Path, environment: dict[str, str]) -> str:
    """The output of a command, in little time whatever it requests; it must succeed."""
    words = shlex.split(re.sub(r"--time-budget \S+", "--time-budget 1ms", line))
    program = shutil.which(words[0], path=environment["PATH"])
    assert program is not None, f"{line}: there is no {words[0]}"
    done = subprocess.run([program, *words[1:]], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def serving(line: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """A server that has printed where it listens; Ctrl-C must end it cleanly."""
    words = shlex.split(line)
    program = shutil.which(words[0], path=environment["PATH"])
    assert program is not None
    process = subprocess.Popen(
        [program, *words[1:]],
        cwd=folder,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        said = ""
        try:
            while "serving" not in said:
                word = process.stdout.readline()
                said += word
                assert word, f"{line}\n{said}"
            yield
        finally:
            process.send_signal(signal.SIGINT)
            said += process.communicate()[0]
    assert process.returncode == 0, f"{line}\n{said}"


def mentioned() -> Iterator[tuple[str, str]]:
    """The tlsbench command lines that pages mention in sentences or show with their output."""
    for page in PAGES:
        for token in tokens(page):
            if token.type == "fence" and token.info == "text":
                lines = token.content.replace("\\\n", " ").splitlines()
                yield from ((page, line[2:]) for line in lines if line.startswith("$ tlsbench "))
            for child in token.children or ():
                if child.type == "code_inline" and child.content.startswith("tlsbench "):
                    yield page, child.content


@pytest.mark.parametrize(("page", "line"), sorted(set(mentioned())))
def test_the_commands_that_sentences_mention_exist_with_their_options(
    page: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line)[1:]
    command = words[: 2 if words[0] in {"certs", "fleet"} else 1]
    assert tlsbench([*command, "--help"]) == 0, page
    known = capsys.readouterr().out
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    assert all(re.search(rf"\s{re.escape(option)}\b", known) for option in options), page


#: tlsbench as if it were on a package index, which it is not: only a clone works.
PUBLISHED = re.compile(r"pip install (?:-\S+ )*'?tlsbench\b|'tlsbench\[")


def test_no_text_tells_to_install_tlsbench_from_where_it_is_not() -> None:
    texts = [ROOT / page for page in PAGES]
    texts += [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs/examples").iterdir()]
    assert [path for path in texts if PUBLISHED.search(path.read_text(encoding="utf-8"))] == []


def test_the_readme_gives_one_command_for_each_of_the_two_jobs() -> None:
    commands = blocks("README.md", "sh")
    assert len(commands) == 2
    assert commands[0].rstrip().endswith("tlsbench run")
    assert commands[1].rstrip().endswith("tox")


def test_the_readme_is_a_page_that_is_read_to_its_end() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 130
    assert "```sh" in lines[:15], "the command is on the first screen"


def test_the_check_runs_the_very_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "<!-- test command -->\n```sh\n" + blocks("README.md", "sh")[1] in readme
    assert "<!-- test command -->" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for token in MarkdownIt().parse(text):
            for child in token.children or ():
                target = child.attrs.get("href", "") if child.type == "link_open" else ""
                if isinstance(target, str) and target and "://" not in target:
                    name, _, section = target.partition("#")
                    path = (ROOT / page).parent / name if name else ROOT / page
                    assert path.exists(), f"{page}: {target}"
                    assert not section or section in sections(path), f"{page}: {target}"


def sections(page: Path) -> set[str]:
    """The anchors of a page's sections, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def environment_like_this(folder: Path) -> str:
    """The Python of a new virtual environment that sees the packages of this one."""
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "like.pth").write_text("\n".join(path for path in sys.path if path), encoding="utf-8")
    return str(folder / "bin/python")


@pytest.mark.integration
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is missing: apt-get install valgrind")
def test_the_duels_of_the_example_workflow_run_between_two_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TLSBENCH_TIME_BUDGET", "1ms")
    monkeypatch.setattr(duel, "_EPOCHS_OF_WORKERS", 6)
    monkeypatch.setattr(instructions, "_WHOLE", instructions._WHOLE[:2])
    text = (ROOT / "docs/examples/tlsbench.yml").read_text(encoding="utf-8")
    for side in ("base", "head"):
        python = environment_like_this(tmp_path / side)
        text = text.replace(f"--python ../venv-{side}/bin/python", f"--python {python}")
    commands = [
        line.partition(">>")[0].split("bin/tlsbench ")[1]
        for line in text.splitlines()
        if "bin/tlsbench" in line
    ]
    assert len(commands) == 2
    for command in commands:
        assert tlsbench(shlex.split(command)) == 0
    assert "| scenario | side |" in capsys.readouterr().out
