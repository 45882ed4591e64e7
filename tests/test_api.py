from __future__ import annotations

import inspect
import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tlsbench
from tlsbench import pki
from tlsbench.api import frames
from tlsbench.loading import Load
from tlsbench.loopback import Server, ServerSetup
from tlsbench.results.stored import Benchmark, Foreign, Stored

FAKE = "implementation=fake key=rsa-2048,ed25519"
STORED = Path(__file__).parent / "data/results-0.1.0"


@pytest.fixture(scope="module")
def run() -> tlsbench.Result:
    return tlsbench.run(FAKE, time_budget=0.2, precision=0, seed=1)


@pytest.fixture(scope="module")
def duel() -> tlsbench.Result:
    return tlsbench.duel(FAKE, time_budget=0.01, seed=1)


def modules_after(statement: str) -> set[str]:
    """What a new interpreter has imported after a statement, and not before."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_tlsbench_imports_nothing_but_what_python_brings() -> None:
    found = {
        name for name in modules_after("import tlsbench") if name.split(".")[0] not in sys.stdlib_module_names
    }
    assert found == {"tlsbench", "tlsbench.version"}


def test_an_error_can_be_named_without_what_measures() -> None:
    found = modules_after("import tlsbench; tlsbench.RequestError")
    assert not {"numpy", "cryptography", "tlsbench.api"} & found


@pytest.mark.parametrize("name", tlsbench.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(tlsbench, name)
    assert name in dir(tlsbench)
    assert isinstance(value, str) or inspect.getdoc(value)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'tlsbench' has no attribute 'rnu'"):
        getattr(tlsbench, "rnu")  # noqa: B009 - no type checker lets it through otherwise


def test_no_package_has_the_name_of_a_function() -> None:
    """Importing one would replace the function."""
    packages = {one.name for one in pkgutil.iter_modules(tlsbench.__path__)}
    assert not packages & set(tlsbench.__all__)


def test_a_row_holds_axes_medians_with_intervals_bytes_and_the_proof(run: tlsbench.Result) -> None:
    rows = run.rows()
    assert [row["key"] for row in rows] == ["rsa-2048", "ed25519"]
    for row in rows:
        assert (row["implementation"], row["client"], row["server"]) == ("fake", "fake", "fake")
        assert (row["instrument"], row["chain_length"], row["flights"]) == ("wall", 1, 4)
        assert row["server_bytes"] > row["client_bytes"] > 0
        assert row["negotiated"]["server_key"] == row["key"]
        for part in ("client", "server", "libraries", "total"):
            assert row[f"{part}_ns"] > 0
        if row["precision"] is not None:
            assert row["libraries_low_ns"] <= row["libraries_ns"] <= row["libraries_high_ns"]
            half_width = (row["libraries_high_ns"] - row["libraries_low_ns"]) / 2
            assert row["precision"] == pytest.approx(half_width / row["libraries_ns"])
    json.dumps(rows, allow_nan=False)  # only plain values


@pytest.mark.slow
def test_figures_that_are_no_times_say_so_in_their_names_and_all_rows_have_all_keys() -> None:
    result = tlsbench.run(
        "implementation=pyopenssl workload=handshake,memory,bulk size=64", version="1.3", time_budget=0.05
    )
    by_workload = {row["workload"]: row for row in result.rows()}
    assert by_workload["memory"]["client_allocated_bytes"] is not None
    assert by_workload["memory"]["total_ns"] is None
    assert by_workload["bulk"]["size"] == 64
    assert by_workload["handshake"]["size"] is None
    assert len({tuple(row) for row in result.rows()}) == 1


def test_a_result_is_measured_again(run: tlsbench.Result) -> None:
    again = tlsbench.run(like=run, time_budget=0.01, seed=1)
    assert [row["key"] for row in again.rows()] == ["rsa-2048", "ed25519"]
    (narrowed,) = tlsbench.matrix("key=ed25519", like=run).scenarios
    assert (narrowed.client, narrowed.key) == ("fake", "ed25519")


@pytest.mark.slow
def test_selectors_keywords_and_scenarios_spell_the_same_matrix() -> None:
    spelled = tlsbench.matrix("implementation=fake chain_length=1,2", version=["1.2", "1.3"])
    keywords = tlsbench.matrix(implementation="fake", chain_length=[1, 2], version=("1.2", "1.3"))
    assert spelled == keywords
    assert len(spelled.scenarios) == 4
    a, b = spelled.scenarios[0], spelled.scenarios[3]
    assert tlsbench.matrix(a, b, a).scenarios == (a, b)
    assert [one.scenario for one in tlsbench.run(a, b, time_budget=0.01).cells] == [a, b]
    assert tlsbench.duel(a, b, time_budget=0.01).rows()[0]["a_id"] == a.id


def test_what_was_excluded_or_failed_is_in_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    result = tlsbench.run(
        implementation="fake", version=["1.2", "1.3"], resumption="early-data", time_budget=0.01
    )
    (excluded,) = result.excluded
    assert "version=1.2" in excluded.id
    assert excluded.reason
    broken = "tlsbench.workloads.handshake.Handshake.sample"
    monkeypatch.setattr(broken, lambda _self: (_ for _ in ()).throw(tlsbench.MeasurementError("it broke")))
    failed = tlsbench.run(implementation="fake", time_budget=0.01)
    assert [(failure.error, failed.rows()) for failure in failed.failures] == [("it broke", [])]


@pytest.mark.slow
def test_an_observer_sees_the_progress_and_a_stop_keeps_what_there_is() -> None:
    seen: list[tlsbench.Progress] = []
    result = tlsbench.run(FAKE, time_budget=60, observe=seen.append, stop_asked=lambda: len(seen) > 8)
    assert result.interrupted
    assert len(result.rows()) == 2
    assert {"preparing", "warming up", "measuring"} == {progress.stage for progress in seen}


@pytest.mark.slow
def test_a_duel_has_a_row_for_each_part(duel: tlsbench.Result) -> None:
    assert [row["part"] for row in duel.rows()] == ["client", "server", "libraries"]
    row = duel.rows()[-1]
    assert (row["a"], row["b"], duel.kind) == ("rsa-2048", "ed25519", "duel")
    assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
    assert row["verdict"] in {"faster", "slower", "~"}


@pytest.mark.slow
def test_the_sides_of_a_duel_are_selectors_dicts_or_scenarios() -> None:
    (b,) = tlsbench.matrix(FAKE.replace("rsa-2048,", "")).scenarios
    a = {"implementation": "fake", "key": "rsa-2048", "chain_length": 2}
    row = tlsbench.duel(a=a, b=b, time_budget=0.01).rows()[0]
    assert (row["a"], row["b"]) == ("rsa-2048 2", "ed25519 1")


def test_two_results_are_compared_and_gates_name_the_cells_that_fail(run: tlsbench.Result) -> None:
    same = tlsbench.compare(run, run, fail_on="slower>5%")
    assert [row["verdict"] for row in same.rows()] == ["~", "~"]
    assert (same.failed_gates, same.geometric_mean) == ({}, 1)

    def of(time_ns: float) -> tlsbench.Result:
        figures = tuple(time_ns + step for step in range(40))
        return tlsbench.Result(
            Stored(source="x", result=Foreign("5"), benchmarks=[Benchmark("a", {}, figures)])
        )

    slower = tlsbench.compare(of(1e6), of(2e6), fail_on=["slower>5%", "faster>5%"])
    assert slower.failed_gates == {"slower>5%": ["a"]}
    (row,) = slower.rows()
    assert (row["verdict"], round(row["ratio"])) == ("slower", 2)


@pytest.mark.slow
def test_a_load_has_a_row_for_each_phase_and_can_be_written_and_read(tmp_path: Path) -> None:
    seen: list[tlsbench.Progress] = []
    with Server(ServerSetup(identity=pki.peers("ecdsa-secp256r1", 1).server)) as server:
        host, port = server.address
        result = tlsbench.load(
            f"{host}:{port}",
            version="1.3",
            connections=2,
            duration="1200ms",
            warm_up=0,
            fail_on=["p50<10s", "p50<1us"],
            observe=seen.append,
        )
    assert result.kind == "load"
    assert {"connect", "handshake"} <= {row["phase"] for row in result.rows()}
    assert all(row["p50_ns"] <= row["max_ns"] for row in result.rows())
    assert result.rows()[0]["handshakes_per_s"] > 0
    assert {progress.stage for progress in seen} == {"loading"}
    load = result.value
    assert isinstance(load, Load)
    assert [threshold.answer(load) for threshold in load.thresholds] == ["pass", "fail"]
    assert [second.at_s for second in load.seconds] == [1.0]
    result.write(tmp_path / "load.json")
    again = tlsbench.read(tmp_path / "load.json")
    assert again.rows() == result.rows()
    assert again.to_json() == result.to_json()


@pytest.mark.parametrize("which", ["run", "duel"])
def test_what_was_written_is_read_as_it_was(
    which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    result: tlsbench.Result = request.getfixturevalue(which)
    result.write(tmp_path / "result.json")
    again = tlsbench.read(tmp_path / "result.json")
    assert (again.kind, again.rows(), str(again)) == (which, result.rows(), str(result))


def test_a_run_can_be_saved_by_name(run: tlsbench.Result, in_empty_folder: Path) -> None:
    path = run.save("before")
    assert path.is_file()
    assert tlsbench.read("before").rows() == tlsbench.read(path).rows() == run.rows()


@pytest.mark.parametrize("file", sorted(STORED.glob("*.json")), ids=lambda file: file.stem)
def test_results_of_older_versions_have_rows_tables_and_a_repr(file: Path) -> None:
    if file.name == "serve.json":  # counts, not a result
        with pytest.raises(tlsbench.RequestError, match="serve"):
            tlsbench.read(file)
        return
    result = tlsbench.read(file)
    assert result.rows()
    assert str(result)
    assert file.name in repr(result)
    assert result._repr_html_().startswith("<pre")
    json.dumps(result.rows(), allow_nan=False)


def test_a_notebook_is_shown_the_table_and_rich_shows_nothing_there(
    run: tlsbench.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert "noise floor" in str(run)
    assert str(run).splitlines()[0] in run._repr_html_()


def test_a_notebook_is_shown_no_markup_of_a_file() -> None:
    hostile = Benchmark("<script>alert(1)</script>\x1b[31m", {}, (1.0,))
    result = tlsbench.Result(Stored(source="x", result=Foreign("5"), benchmarks=[hostile]))
    assert "<script" not in result._repr_html_()
    assert "&lt;script&gt;" in result._repr_html_()
    assert "\x1b" not in f"{result}{result._repr_html_()}"


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_rows_become_tables_whose_unknown_figures_are_numbers(
    package: str, run: tlsbench.Result, duel: tlsbench.Result
) -> None:
    pytest.importorskip(package)
    for result in (run, duel, tlsbench.read(STORED / "load.json"), tlsbench.compare(run, run)):
        frame = getattr(result, f"to_{package}")()
        assert len(frame) == len(result.rows())
    frame = getattr(tlsbench.run("implementation=fake", time_budget=0.001), f"to_{package}")()
    assert list(frame["negotiated.version"]) == ["1.3"]
    assert str(frame["total_low_ns"].dtype).lower() == "float64"


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    package: str, run: tlsbench.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "find_spec", lambda _name: None)
    with pytest.raises(tlsbench.RequestError, match=f"needs {package}: pip install {package}$"):
        getattr(run, f"to_{package}")()


@pytest.mark.parametrize(
    ("words", "ask"),
    [
        ("did you mean 'key'", lambda: tlsbench.run(kye="rsa-2048")),
        ("did you mean 'rsa-2048'", lambda: tlsbench.run("key=rsa-204")),
        ("key=None is not a value", lambda: tlsbench.run(key=None)),
        ("it has blanks", lambda: tlsbench.run(key="rsa-2048 version=1.2")),
        ("3 is not a selector", lambda: tlsbench.run(3)),
        ("key=VALUE", lambda: tlsbench.run(key=[])),
        ("time_budget=0 ", lambda: tlsbench.run(time_budget=0)),
        ("time_budget=nan ", lambda: tlsbench.run(time_budget=float("nan"))),
        ("'soon' is not a time", lambda: tlsbench.run(time_budget="soon")),
        ("precision=2 ", lambda: tlsbench.run(precision=2)),
        ("unknown meter 'sun'", lambda: tlsbench.run(meter="sun")),
        ("seed='x' is not a seed", lambda: tlsbench.run(seed="x")),
        ("unknown profile", lambda: tlsbench.run(profile="fast")),
        ("a Scenario is complete", lambda: tlsbench.run(*tlsbench.matrix(FAKE).scenarios, key="rsa-2048")),
        ("leave out profile", lambda: tlsbench.run(like=STORED / "run.json", profile="quick")),
        ("like is a duel: give a run", lambda: tlsbench.run(like=STORED / "duel.json")),
        ("nothing to measure", lambda: tlsbench.run("implementation=fake version=1.2 resumption=early-data")),
        ("give both a and b", lambda: tlsbench.duel(a=FAKE)),
        ("leave out the other selectors", lambda: tlsbench.duel(FAKE, a=FAKE, b=FAKE)),
        ("name 1", lambda: tlsbench.duel("implementation=fake")),
        ("two interpreters", lambda: tlsbench.duel(FAKE, python=["python3"])),
        ("leave out python", lambda: tlsbench.duel(a=FAKE, b=FAKE, env_a={"A": "1"})),
        ("another python, env_a or env_b", lambda: tlsbench.duel(FAKE, python=[sys.executable] * 2)),
        ("is not a target", lambda: tlsbench.load("nowhere")),
        ("add i_may_load_this_target", lambda: tlsbench.load("192.0.2.1:443")),
        ("connections 0", lambda: tlsbench.load("127.0.0.1:1", connections=0)),
        ("a load has no axis 'resumption'", lambda: tlsbench.load("127.0.0.1:1", resumption="psk")),
        ("'50ms' is not a condition", lambda: tlsbench.load("127.0.0.1:1", via="50ms")),
        ("via simulates a line for TCP", lambda: tlsbench.load("unix:/run/tls.sock", via="rtt=50ms")),
        ("give cert too", lambda: tlsbench.load("127.0.0.1:1", key="key.pem")),
        ("no file 'nothing'", lambda: tlsbench.read("nothing")),
        ("fail_on 'x' is not a gate", lambda: tlsbench.compare("a", "b", fail_on="x")),
    ],
)  # fmt: skip
def test_a_wrong_request_is_one_line_in_the_words_of_python(words: str, ask: Callable[[], object]) -> None:
    with pytest.raises(tlsbench.RequestError) as caught:
        ask()
    assert words in str(caught.value)
    assert "--" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_result_that_cannot_be_kept_is_refused(
    run: tlsbench.Result, duel: tlsbench.Result, in_empty_folder: Path
) -> None:
    foreign = tlsbench.Result(Stored(source="theirs.json", result=Foreign("5")))
    for words, ask in {
        "is not a name": lambda: run.save("a b"),
        "duel": lambda: duel.save("a"),
        "cannot write": lambda: run.write(in_empty_folder / "none" / "x.json"),
        "copy the file": lambda: foreign.write("x.json"),
    }.items():
        with pytest.raises(tlsbench.RequestError, match=words):
            ask()
    assert list(in_empty_folder.iterdir()) == []


@pytest.fixture
def own_handler() -> Iterator[list[int]]:
    """A program's own handler of Ctrl-C, which raises nothing."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGINT, before)


def kill_when_measuring(progress: tlsbench.Progress) -> None:
    if progress.stage in {"measuring", "epochs"} and progress.done == 2:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("measure", [tlsbench.run, tlsbench.duel])
@pytest.mark.slow
def test_ctrl_c_raises_with_what_was_measured(measure: Callable[..., Any]) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        measure(FAKE, time_budget=60, observe=kill_when_measuring)
    assert isinstance(caught.value, tlsbench.Interrupted)
    assert caught.value.result is not None
    assert caught.value.result.interrupted
    assert caught.value.result.rows()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.slow
def test_ctrl_c_before_anything_is_measured_raises_without_a_result() -> None:
    with pytest.raises(tlsbench.Interrupted) as caught:
        tlsbench.run(FAKE, observe=lambda _progress: os.kill(os.getpid(), signal.SIGINT))
    assert caught.value.result is None


@pytest.mark.slow
def test_a_handler_of_the_programs_own_is_asked_once_and_the_result_returned(own_handler: list[int]) -> None:
    result = tlsbench.run(FAKE, time_budget=60, observe=kill_when_measuring)
    assert result.interrupted
    assert own_handler == [signal.SIGINT]


def test_an_error_of_an_observer_ends_the_run_as_it_is() -> None:
    def broken(progress: tlsbench.Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tlsbench.run(FAKE, observe=broken)


def test_a_run_goes_in_another_thread_too() -> None:
    results: list[tlsbench.Result] = []
    thread = threading.Thread(target=lambda: results.append(tlsbench.run(FAKE, time_budget=0.01)))
    thread.start()
    thread.join()
    assert len(results[0].rows()) == 2


@pytest.mark.slow
def test_sigterm_ends_a_program_that_measures_and_leaves_no_temporary_folder(tmp_path: Path) -> None:
    """``trust=1`` keeps a folder for the life of the process."""
    code = (
        "import os, signal, tlsbench\n"
        "def note(progress):\n"
        "    if progress.stage == 'measuring': os.kill(os.getpid(), signal.SIGTERM)\n"
        "tlsbench.run('implementation=pyopenssl trust=1', time_budget=60, observe=note)\n"
        "print('it went on')\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert done.stderr == ""
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_capacity_is_measured_once_and_computed_for_other_questions() -> None:
    asked = tlsbench.capacity(
        FAKE, connections="20000/s", resumed="60%", transfer="50KiB", version="1.3", time_budget=0.3, seed=1
    )
    first, *others = asked.rows()
    assert (first["of"], first["cores"]) == ("asked", asked.cores)
    assert {one["of"] for one in others} == {"key", "resumed", "ticket lifetime"}
    assert len({tuple(one) for one in asked.rows()}) == 1
    half = tlsbench.capacity(
        FAKE, connections=10_000, resumed=0.6, transfer=51_200, version="1.3", from_=asked.run
    )
    assert half.cores == pytest.approx(asked.cores / 2)
    plain, more = (
        tlsbench.capacity(FAKE, connections=10_000, version="1.3", from_=asked.run, beyond=beyond, headroom=0)
        for beyond in (None, "1ms")
    )
    assert more.cores == pytest.approx(plain.cores + 10)
    assert "busy cores" in str(asked)
    assert json.loads(asked.to_json())["capacity"]["demand"]["transfer_bytes"] == 51_200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"connections": 0}, "'0' is not a rate"),
        ({"connections": 5, "resumed": 2}, "'2' is not a share"),
        ({"connections": 5, "headroom": "100%"}, "headroom 1: it must be from 0% to below 100%"),
        ({"connections": 5, "beyond": "fast", "from_": STORED / "run.json"}, "is not a processor time"),
        ({"connections": 5, "from_": STORED / "load.json"}, "give a run"),
    ],
)
def test_a_capacity_that_cannot_be_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(tlsbench.RequestError, match=words):
        tlsbench.capacity(**arguments)
