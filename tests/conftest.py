"""Fixtures for many tests: the registry, scenarios by selector, and cells without any waiting."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations.registry import capabilities, ends_of, spellings
from tlsbench.results import Cell, Run
from tlsbench.results.collect import collect
from tlsbench.sampling import WALL, Plan, measure
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.stats import summarise
from tlsbench.workloads import Workload, prepare

pytest_plugins = ["pytester"]

_NEEDED = ("hypothesis", "pytest_timeout")
#: It determines the width of the output, and pytest-xdist sets it in its workers.
os.environ.pop("COLUMNS", None)
#: A test that takes longer hangs. It is set here, because an option of a plugin in pyproject.toml would be
#: refused if only the packages that the README installs are there to run the benchmarks.
_HANG_SECONDS = 120

if find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    # A property may take as long as the machine needs; pytest's --durations shows how long it took.
    settings.register_profile(
        "any-machine",
        settings(),  # hypothesis's own choice, which differs if CI is set
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("any-machine")


#: The folder for what several tests share, made once for all xdist workers; see shared_once.
_SHARED = "TLSBENCH_TESTS_SHARED"


def pytest_configure(config: pytest.Config) -> None:
    if _SHARED not in os.environ:
        os.environ[_SHARED] = folder = tempfile.mkdtemp(prefix="tlsbench-tests-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop(_SHARED, None))
    missing = [module for module in _NEEDED if find_spec(module) is None]
    if missing and not _measures(config):
        raise pytest.UsageError(
            f"the tests need {' and '.join(missing)}: pip install --group test (with pip 25.1 or newer)"
        )


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Skip the tests when only benchmarks run, which need nothing that the tests do."""
    return True if _measures(config) else None


#: Slow tests of the public suites, which do not use this project's marks.
_OF_SECONDS = (
    "::test_handshakes_leave_no_memory_behind",
    "::test_a_peer_that_never_answers_is_an_error_within_the_limit",
    "::test_datagrams_that_go_wrong_never_hang_it",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items if find_spec("pytest_timeout") else ():
        if here in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_HANG_SECONDS))
    for item in items:
        if item.nodeid.partition("[")[0].endswith(_OF_SECONDS):
            item.add_marker("slow")
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> bool:
    """Whether a test should start first: a slow one at the end would keep the other workers waiting."""
    limit = item.get_closest_marker("timeout")
    return limit is None or limit.args[0] <= _HANG_SECONDS


def _measures(config: pytest.Config) -> bool:
    return bool(config.getoption("benchmark_only", default=False))


@pytest.fixture(scope="session")
def shared_once() -> Callable[[str, Callable[[Path], None]], Path]:
    """A folder by its name, filled by a function once per run: the other xdist workers wait for it."""

    def folder_of(name: str, make: Callable[[Path], None]) -> Path:
        folder = Path(os.environ[_SHARED]) / "".join(letter if letter.isalnum() else "-" for letter in name)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return folder_of


QUICKLY = Plan(time_budget_s=0.0, precision=0.0, seed=1, warm_up_s=0.0, least_samples=8)


@pytest.fixture(autouse=True)
def out_of_sight_of_xdist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide xdist: pytest-benchmark is off when it sees it, and the tests start their own pytests."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


@pytest.fixture(scope="session")
def openssl_35() -> str:
    """The OpenSSL 3.5 in the wheel of psycopg-binary, by its name in selectors: it has QUIC at both ends."""
    if sys.platform != "linux":
        pytest.skip("the wheels of psycopg-binary for other systems have no libssl of their own to load")
    found = find_spec("psycopg_binary")
    assert found is not None and found.origin is not None, "pip install --group test"  # noqa: PT018
    (path,) = Path(found.origin).parents[1].glob("psycopg_binary.libs/libssl-*.so.3")
    return f"libssl:{path}"


@pytest.fixture
def scenarios_of() -> Callable[[str], tuple[Scenario, ...]]:
    """The scenarios that a selector describes; none may be excluded."""

    def find(selector: str) -> tuple[Scenario, ...]:
        selection = parse([selector], spellings())
        matrix = expand([selection], capabilities(selection))
        if missing := [one.reason for one in matrix.excluded if "not installed: pip install" in one.reason]:
            pytest.skip(missing[0])
        assert not matrix.excluded, matrix.excluded
        return matrix.scenarios

    return find


@pytest.fixture
def workload_of(
    scenarios_of: Callable[[str], tuple[Scenario, ...]],
) -> Iterator[Callable[[str], Workload]]:
    """A prepared workload, closed after the test."""
    made = []

    def make(selector: str) -> Workload:
        (scenario,) = scenarios_of(selector)
        workload = prepare(scenario, ends_of(scenario), WALL.clock)
        made.append(workload)
        return workload

    yield make
    for workload in made:
        workload.close()


@pytest.fixture
def run_of(scenarios_of: Callable[[str], tuple[Scenario, ...]]) -> Callable[[str], Run]:
    """A run with a few samples of each scenario."""

    def run(selector: str) -> Run:
        clock = WALL.clock
        outcome = measure(
            scenarios_of(selector), lambda scenario: prepare(scenario, ends_of(scenario), clock), QUICKLY
        )
        return collect(
            outcome.series,
            [],
            QUICKLY,
            meter=WALL,
            command="tlsbench run",
            elapsed_s=outcome.elapsed_s,
            stopped_by=outcome.stopped_by,
        )

    return run


@pytest.fixture
def taking() -> Callable[[Run, Callable[[Cell], float]], Run]:
    """Make the same run with a given time for each cell, and little noise."""

    def give(run: Run, time_of: Callable[[Cell], float]) -> Run:
        def timed(cell: Cell) -> Cell:
            steady = summarise([[time_of(cell) * (1 + step / 10_000)] for step in range(20)])
            return replace(cell, figures=dict.fromkeys(cell.figures, steady))

        return replace(run, cells=[timed(cell) for cell in run.cells], noise_floor={})

    return give


@pytest.fixture
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


#: Set to ``all`` where every extra is installed; on CI, a test that misses a library then fails.
_EXTRAS = "TLSBENCH_TESTS_EXTRAS"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skips a library as missing although all extras are installed."""
    report = yield
    reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if "not installed" in reason and os.environ.get("CI") and os.environ.get(_EXTRAS) == "all":
        report.outcome = "failed"
        report.longrepr = f"{reason} (with {_EXTRAS}=all nothing may be missing)"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests ran again after a failure, and what failed, so that it can be mended."""
    for report in terminalreporter.stats.get("rerun", ()):
        crash = getattr(report.longrepr, "reprcrash", None)
        terminalreporter.line(f"RERUN {report.nodeid} - {crash.message if crash else report.longreprtext}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """Skip tests that need a package that is not installed, such as those of the extras."""
    try:
        yield
    except RequestError as error:
        if "not installed: pip install" not in str(error):
            raise
        pytest.skip(str(error))
