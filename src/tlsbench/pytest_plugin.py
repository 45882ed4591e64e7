"""The pytest plugin: cells of the matrix as benchmarks of pytest-benchmark.

A test that uses the fixture ``tls_benchmark`` becomes one test for each scenario requested with ``--tls``,
``--tls-profile`` or the marker ``tls``. All of them are measured together, in interleaved rounds, when the
first one runs; each test then passes its own samples to pytest-benchmark, which stores, compares and prints
them as usual. Thus a machine that slows down slows every cell, not just the last ones.

pytest imports this module whenever tlsbench is installed: heavy imports wait in
:mod:`tlsbench.pytest_session` until a test needs them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tlsbench.pki import Peers
    from tlsbench.pytest_session import TlsSession
    from tlsbench.results import Cell
    from tlsbench.scenarios import Scenario

_MARKER = "tls(*selectors): the scenarios of this test, unless --tls or --tls-profile selects others"
_SIDES = ("total", "client", "server")
_SESSION = pytest.StashKey["TlsSession"]()
_UNMEASURED = "the plugin pytest-benchmark, which measures, is turned off ('-p no:benchmark')"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tlsbench", "TLS benchmarks")
    group.addoption(
        "--tls",
        action="append",
        default=[],
        metavar="AXIS=VALUES",
        help="measure these scenarios, such as key=rsa-2048,ed25519 (repeatable; 'tlsbench list axes')",
    )
    group.addoption(
        "--tls-profile",
        metavar="NAME",
        help="measure this named set of scenarios (default: quick; 'tlsbench list profiles')",
    )
    group.addoption(
        "--tls-side",
        choices=_SIDES,
        help="whose time pytest-benchmark shows and stores: total, client or server (default: total)",
    )
    group.addoption(
        "--tls-compare",
        metavar="RESULT",
        help="compare the session's benchmarks with a stored result as 'tlsbench compare' does: a JSON file, "
        "or the name or number of a saved run",
    )
    group.addoption(
        "--tls-yardstick",
        action="append",
        default=[],
        metavar="PATTERN",
        help="in that comparison, use the benchmarks with this name or glob as yardsticks: "
        "'*::test_reference*' (repeatable)",
    )
    group.addoption(
        "--tls-fail-on",
        action="append",
        default=[],
        metavar="GATE",
        help="fail the session if the comparison does: 'slower>5%%', 'slower>3%% where workload=bulk' "
        "(repeatable)",
    )
    group.addoption(
        "--tls-undecided",
        choices=("fail", "pass"),
        default="fail",
        help="whether a gate fails or passes that the measurement leaves undecided (default: fail)",
    )
    # The name of --tls-side in 0.1.0
    group.addoption("--tls-meter", choices=_SIDES, help=argparse.SUPPRESS)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    for option in ("--tls-fail-on", "--tls-yardstick"):
        if config.getoption(option) and not config.getoption("--tls-compare"):
            raise pytest.UsageError(f"{option} needs --tls-compare: the result to compare with")
    asked = ("--tls", "--tls-profile", "--tls-compare")
    if any(map(config.getoption, asked)):
        if not _can_measure(config):
            raise pytest.UsageError(f"{', '.join(asked)}: {_UNMEASURED}")
        _tls_session(config).check_request()


def _can_measure(config: pytest.Config) -> bool:
    return config.pluginmanager.hasplugin("benchmark")


def _tls_session(config: pytest.Config) -> TlsSession:
    """The state of the session, created when it is first needed."""
    if _SESSION not in config.stash:
        from tlsbench.pytest_session import TlsSession

        config.stash[_SESSION] = TlsSession(config)
    return config.stash[_SESSION]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tls_scenario" not in metafunc.fixturenames:
        return
    if any("tls_scenario" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")):
        return  # the test provides its own
    marker = metafunc.definition.get_closest_marker("tls")
    ids = _tls_session(metafunc.config).scenario_ids(marker.args if marker else ())
    metafunc.parametrize("tls_scenario", ids, ids=ids, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "tls_benchmark" in getattr(item, "fixturenames", ()):
        if not _can_measure(item.config):
            pytest.skip(_UNMEASURED)
        _tls_session(item.config).prepare_item(item)


@pytest.fixture
def tls_scenario(request: pytest.FixtureRequest) -> Scenario:
    """The scenario of this test: a :class:`tlsbench.scenarios.Scenario`, one test for each."""
    return _tls_session(request.config).scenario(request.param)


@pytest.fixture
def tls_peers(request: pytest.FixtureRequest) -> Peers:
    """The PKI of this test: root, server and client identity (:class:`tlsbench.pki.Peers`).

    Their key type and chain length are the scenario's if the test has one, otherwise P-256 and 1.
    """
    from tlsbench import pki

    if "tls_scenario" in request.fixturenames:
        scenario = request.getfixturevalue("tls_scenario")
        if scenario.key:
            return pki.peers_for(scenario)
    return pki.peers("ecdsa-secp256r1", 1)


@pytest.fixture
def tls_benchmark(
    request: pytest.FixtureRequest, tls_scenario: Scenario, benchmark: BenchmarkFixture
) -> Callable[[], Cell]:
    """Call it once: it passes the scenario's samples to pytest-benchmark and returns the cell.

    Every sample is proved; a handshake that is not what the scenario says fails the test with
    :class:`tlsbench.errors.ProofError`. The :class:`tlsbench.results.Cell` returned has the medians,
    the wire ledger and the negotiated parameters, for your own assertions.
    """
    session = _tls_session(request.config)
    return lambda: session.benchmark(request.node, tls_scenario, benchmark)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _SESSION in terminalreporter.config.stash:
        for line in terminalreporter.config.stash[_SESSION].notes():
            terminalreporter.write_line(f"tlsbench: {line}")
        for line in terminalreporter.config.stash[_SESSION].comparison.lines:
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _SESSION not in session.config.stash:
        return
    ours = session.config.stash[_SESSION]
    ours.compare()
    if ours.interrupted:
        session.exitstatus = pytest.ExitCode.INTERRUPTED
    elif ours.comparison.fails and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    if _SESSION in config.stash:
        _describe(machine_info)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_compare_machine_info(
    machine_info: dict[str, Any], compared_benchmark: Mapping[str, Any]
) -> None:
    # This runs before any test is collected: only the other file shows whether it is about TLS.
    if "tlsbench" in compared_benchmark.get("machine_info", {}):
        _describe(machine_info)


def _describe(machine_info: dict[str, Any]) -> None:
    if "tlsbench" in machine_info:
        return
    from tlsbench.results.environment import describe_machine

    described = describe_machine(machine_info)
    machine_info.clear()
    machine_info.update(described)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    if _SESSION in config.stash:
        config.stash[_SESSION].annotate(output_json)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_group_stats(benchmarks: Sequence[dict[str, Any]], group_by: str) -> None:
    """Give benchmarks that lack an axis a value for it, since grouping by ``param:axis`` needs one.

    Returning None leaves the grouping itself to pytest-benchmark.
    """
    axes = [part.removeprefix("param:") for part in group_by.split(",") if part.startswith("param:")]
    for benchmark in benchmarks if axes else ():
        benchmark["params"] = {**dict.fromkeys(axes, "-"), **(benchmark["params"] or {})}
