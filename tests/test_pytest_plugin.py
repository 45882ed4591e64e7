from __future__ import annotations

import json
from pathlib import Path

import pytest
import scipy.stats  # noqa: F401 - pytester forgets what a test imports first, and numpy is not imported twice

SUITE = """
def test_tls(tls_benchmark):
    assert tls_benchmark().negotiated
"""
TWO = ("--tls=implementation=fake", "--tls=resumption=none,psk")
#: Each starts its own pytest, which takes seconds.
pytestmark = pytest.mark.slow
QUICKLY = ("--benchmark-max-time=0.001", "--benchmark-min-rounds=6", "-p", "no:cacheprovider")


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_suite=SUITE)
    return pytester


def run(suite: pytest.Pytester, *words: str) -> pytest.RunResult:
    return suite.runpytest_subprocess(*QUICKLY, *words)


def results(path: str = "x.json") -> dict[str, dict[str, object]]:
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    return {benchmark["fullname"]: benchmark for benchmark in document["benchmarks"]}


def test_each_scenario_is_a_benchmark_named_by_its_id(suite: pytest.Pytester) -> None:
    run(suite, *TWO, "--benchmark-only", "--benchmark-json=x.json").assert_outcomes(passed=2)
    found = results()
    assert [fullname.endswith("resumption=psk") for fullname in found] == [False, True]
    for benchmark in found.values():
        assert benchmark["params"]["implementation"] == "fake"  # type: ignore[index]
        assert benchmark["stats"]["rounds"] >= 6  # type: ignore[index]
        assert benchmark["extra_info"]["tlsbench"]["wire"]["flights"] == 4  # type: ignore[index]


def test_without_options_the_quick_profile_is_measured(suite: pytest.Pytester) -> None:
    result = run(suite, "--collect-only", "-q")
    assert len([line for line in result.outlines if "test_tls[" in line]) == 22


def test_a_profile_is_narrowed_by_selectors(suite: pytest.Pytester) -> None:
    result = run(suite, "--collect-only", "-q", "--tls-profile=post-quantum", "--tls=key=ml-dsa-65")
    lines = [line for line in result.outlines if "test_tls[" in line]
    assert lines
    assert all("key=ml-dsa-65" in line for line in lines)


def test_the_marker_chooses_where_no_option_does(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.tls("implementation=fake", "key=ed25519")
        def test_tls(tls_benchmark, tls_scenario, tls_peers):
            assert tls_scenario.key == tls_peers.server.key_type
            tls_benchmark()
        """
    )
    run(pytester, "--benchmark-json=x.json").assert_outcomes(passed=1)
    assert next(iter(results())).endswith("key=ed25519")
    result = run(pytester, "--tls=implementation=fake", "--tls=key=rsa-2048")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*ed25519*")


def test_peers_serve_suites_without_scenarios_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import ssl

        def test_own(tls_peers, benchmark):
            with tls_peers.server.pem_file() as path:
                benchmark(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain, path)
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_the_command_line_and_pytest_find_each_others_results(suite: pytest.Pytester) -> None:
    from tlsbench.cli.app import run as tlsbench

    words = ["implementation=fake", "resumption=none,psk", "--time-budget", "1ms"]
    assert tlsbench(["run", *words, "--save", "cli"]) == 0
    result = run(suite, *TWO, "--benchmark-compare=0001", "--benchmark-autosave")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(["*handshake fake *(0001_cli)*", "*handshake fake *(NOW)*"])
    assert "machine_info is different" not in result.stdout.str() + result.stderr.str()
    assert tlsbench(["show", "2"]) == 0


def test_a_regression_fails_the_run(suite: pytest.Pytester) -> None:
    run(suite, *TWO, "--benchmark-save=base", "--benchmark-save-data")
    (path,) = Path(".benchmarks").rglob("0001_base.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    for benchmark in document["benchmarks"]:
        benchmark["stats"]["median"] /= 100
    path.write_text(json.dumps(document), encoding="utf-8")
    passing = run(suite, *TWO, "--benchmark-compare=0001", "--benchmark-compare-fail=median:100000%")
    assert passing.ret == 0
    failing = run(suite, *TWO, "--benchmark-compare=0001", "--benchmark-compare-fail=median:50%")
    assert failing.ret != 0
    assert "Performance has regressed" in failing.stdout.str() + failing.stderr.str()


def test_grouping_by_an_axis_works_beside_benchmarks_that_have_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_suite=SUITE, test_other="def test_other(benchmark): benchmark(sum, [1])")
    result = run(pytester, *TWO, "--benchmark-group-by=param:resumption")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines_random(
        ["*benchmark 'resumption=none'*", "*benchmark 'resumption=psk'*", "*benchmark 'resumption=-'*"]
    )


@pytest.mark.parametrize("meter", ["client", "server"])
def test_the_table_can_show_one_side(suite: pytest.Pytester, meter: str) -> None:
    run(suite, *TWO, f"--tls-side={meter}", "--benchmark-json=x.json").assert_outcomes(passed=2)
    for fullname, benchmark in results().items():
        assert fullname.endswith(f"({meter})"), "so that it is never compared with a total"
        times = benchmark["extra_info"]["tlsbench"]["figures"]  # type: ignore[index]
        assert benchmark["stats"]["median"] * 1e9 < times["total"]["median"]  # type: ignore[index]


def test_the_numbers_of_pytest_benchmark_are_ours(suite: pytest.Pytester) -> None:
    run(suite, "--tls=implementation=fake workload=bulk size=1KiB", "--benchmark-json=x.json")
    (benchmark,) = results().values()
    notes = benchmark["extra_info"]["tlsbench"]  # type: ignore[index]
    assert benchmark["stats"]["rounds"] == notes["samples"] == sum(notes["round_sizes"])  # type: ignore[index]
    assert benchmark["stats"]["iterations"] == notes["operations_per_sample"] > 1  # type: ignore[index]
    assert benchmark["stats"]["median"] * 1e9 == pytest.approx(notes["figures"]["total"]["median"], rel=0.5)  # type: ignore[index]


def test_the_rounds_options_are_honoured(suite: pytest.Pytester) -> None:
    def rounds(*words: str) -> list[int]:
        run(suite, *TWO, *words, "--benchmark-json=x.json").assert_outcomes(passed=2)
        return [benchmark["stats"]["rounds"] for benchmark in results().values()]  # type: ignore[index]

    few, many = rounds("--benchmark-min-rounds=6"), rounds("--benchmark-min-rounds=1000")
    longer = rounds("--benchmark-min-rounds=6", "--benchmark-max-time=1")
    assert min(few) >= 6
    assert min(many) >= 1000
    assert min(longer) > max(few)


def test_disabled_benchmarks_still_prove_one_sample(suite: pytest.Pytester) -> None:
    result = run(suite, *TWO, "--benchmark-disable", "--benchmark-json=x.json")
    result.assert_outcomes(passed=2)
    stored = Path("x.json")
    assert not stored.exists() or not stored.read_text(encoding="utf-8"), "nothing was timed"


def test_a_failed_proof_fails_its_test_and_no_other(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_suite=SUITE)
    pytester.makeconftest(
        """
        from tlsbench.implementations.pyopenssl import bindings as openssl_bindings
        openssl_bindings.set_groups = lambda context, names: None
        """
    )
    result = run(
        pytester,
        "--tls=implementation=pyopenssl",
        "--tls=group=secp384r1,X25519MLKEM768",
        "--benchmark-json=x.json",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*ProofError: group: wanted secp384r1, got X25519MLKEM768*"])
    assert ["X25519MLKEM768" in fullname for fullname in results()] == [True]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--tls=kye=1",), "unknown axis 'kye': did you mean 'key'?"),
        (("--tls-profile=quik",), "unknown profile 'quik'"),
        (
            ("--tls=signature=* cipher=* group=* key=* resumption=*",),
            "combinations, more than the 50,000 that are expanded",
        ),
        (("--tls=implementation=ssl", "--tls=resumption=early-data"), "no TLS scenario to measure: ssl"),
    ],
)
def test_a_wrong_request_ends_pytest_with_one_line(
    suite: pytest.Pytester, words: tuple[str, ...], message: str
) -> None:
    result = run(suite, *words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_a_void_cell_fails_its_test_and_has_no_row(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        from tlsbench.results import collect

        collect.why_void = lambda cell: "void: the controls failed"
        """
    )
    result = run(suite, "--tls=workload=scaling implementation=fake", "--benchmark-json=x.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*MeasurementError: void: the controls failed"])
    # Older versions of pytest-benchmark leave an empty file if there is nothing to store.
    stored = Path("x.json")
    assert not stored.exists() or not stored.read_bytes() or not results()


def test_what_is_excluded_is_told_with_its_reason(suite: pytest.Pytester) -> None:
    result = run(suite, "--tls=implementation=fake", "--tls=version=1.2,1.3", "--tls=resumption=psk")
    result.stdout.fnmatch_lines(["*tlsbench: excluded 1: TLS 1.2 resumes by*"])


def test_machine_info_names_the_engines_and_nothing_that_always_differs(suite: pytest.Pytester) -> None:
    run(suite, *TWO, "--benchmark-json=x.json")
    machine = json.loads(Path("x.json").read_text(encoding="utf-8"))["machine_info"]
    assert machine["tlsbench"]["engines"]["pyopenssl"].startswith("OpenSSL")
    assert "node" not in machine
    assert "hz_actual" not in machine["cpu"]


def test_suites_without_tls_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_other(benchmark): benchmark(sum, [1])")
    result = run(pytester, "--benchmark-json=x.json")
    result.assert_outcomes(passed=1)
    assert "tlsbench" not in json.loads(Path("x.json").read_text(encoding="utf-8"))["machine_info"]


def test_the_plugin_does_without_pytest_benchmark(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_other(): pass")
    pytester.runpytest_subprocess("-p", "no:benchmark").assert_outcomes(passed=1)


def test_without_pytest_benchmark_the_scenarios_are_skipped_with_the_reason(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_suite=SUITE, test_other="def test_other(): pass")
    result = pytester.runpytest_subprocess("-p", "no:benchmark", "-rs")
    result.assert_outcomes(passed=1, skipped=22)
    result.stdout.fnmatch_lines(["*pytest-benchmark, which measures, is turned off ('-p no:benchmark')"])


@pytest.mark.parametrize("option", ["--tls=implementation=fake", "--tls-profile=quick"])
def test_asking_for_scenarios_without_pytest_benchmark_is_a_wrong_request(
    suite: pytest.Pytester, option: str
) -> None:
    result = suite.runpytest_subprocess("-p", "no:benchmark", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = result.stderr.str().strip().splitlines()
    assert line.endswith("the plugin pytest-benchmark, which measures, is turned off ('-p no:benchmark')")


@pytest.mark.parametrize(
    ("selector", "profiled"),
    [("implementation=fake", "*handshake.py:*(visit)"), ("cpu=no-aes", "*remote.py:*(visit)")],
)
def test_a_profile_is_of_new_samples(pytester: pytest.Pytester, selector: str, profiled: str) -> None:
    pytester.makepyfile(test_suite=SUITE)
    words = ("--benchmark-cprofile=cumtime", "--benchmark-cprofile-top=100", "--benchmark-cprofile-loops=3")
    result = run(pytester, f"--tls={selector}", *words)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"3{profiled}"])


def test_tests_that_share_a_scenario_have_one_row_and_say_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_suite=SUITE, test_other=SUITE)
    result = run(pytester, *TWO, "--benchmark-json=x.json")
    result.assert_outcomes(passed=4)
    document = json.loads(Path("x.json").read_text(encoding="utf-8"))
    assert len(document["benchmarks"]) == len(results()) == 2
    result.stdout.fnmatch_lines(["tlsbench: 4 tests share samples: scenarios measured once, one row each: 2"])
    assert "share samples" not in run(pytester, *TWO, "test_suite.py").stdout.str()


def test_the_plugin_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            assert not {"OpenSSL", "scipy", "tlsbench.pytest_session"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_fixtures_and_options_document_themselves(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("")
    fixtures = pytester.runpytest_subprocess("--fixtures").stdout.str()
    assert all(name in fixtures for name in ("tls_scenario", "tls_benchmark", "tls_peers"))
    assert "--tls=AXIS=VALUES" in pytester.runpytest_subprocess("--help").stdout.str()
    assert "tls(*selectors)" in pytester.runpytest_subprocess("--markers").stdout.str()


def test_the_old_name_of_tls_side_works_and_says_its_new_one(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_tls(tls_benchmark): tls_benchmark()")
    words = ["--benchmark-only", "--benchmark-max-time=0.01", "--tls", "implementation=fake"]
    result = pytester.runpytest_subprocess(*words, "--tls-meter", "server")
    result.stdout.fnmatch_lines(["*(server)*", "*--tls-meter is now called --tls-side*"])
    assert result.ret == 0


def test_yardsticks_are_stored_beside_the_benchmarks(suite: pytest.Pytester) -> None:
    run(suite, *TWO, "--benchmark-json=x.json").assert_outcomes(passed=2)
    notes = json.loads(Path("x.json").read_text(encoding="utf-8"))["tlsbench"]
    assert notes["yardsticks"] == [], "there was no time for any"
    run(suite, *TWO, "--benchmark-json=x.json", "--benchmark-max-time=4").assert_outcomes(passed=2)
    document = json.loads(Path("x.json").read_text(encoding="utf-8"))
    assert len(document["benchmarks"]) == 2
    rounds = len(document["benchmarks"][0]["extra_info"]["tlsbench"]["round_sizes"])
    assert document["tlsbench"]["yardsticks"]
    assert all(len(one["round_medians"]) == rounds for one in document["tlsbench"]["yardsticks"])


def base_result(suite: pytest.Pytester, *, factor: float = 1.0, floor: float = 0.01) -> None:
    """A stored result of the suite, in which everything took so many times as long."""
    words = (*TWO, "--benchmark-only", "--benchmark-json=base.json", LONGER)
    run(suite, *words).assert_outcomes(passed=2)
    document = json.loads(Path("base.json").read_text(encoding="utf-8"))
    document["tlsbench"]["noise_floor"] = {"handshake": floor}
    document["tlsbench"]["yardsticks"] = []
    for benchmark in document["benchmarks"]:
        for figures in benchmark["extra_info"]["tlsbench"]["figures"].values():
            figures["round_medians"] = [median and factor * median for median in figures["round_medians"]]
    Path("base.json").write_text(json.dumps(document), encoding="utf-8")


LONGER = "--benchmark-max-time=0.4"
GATED = (*TWO, "--benchmark-only", "--tls-compare=base.json", LONGER)


def test_a_session_fails_by_a_gate_on_what_became_slower(suite: pytest.Pytester) -> None:
    base_result(suite, factor=0.02)
    result = run(suite, *GATED, "--tls-fail-on=slower>100%")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["tlsbench: compared with base.json", "*failed 'slower>100%': *%, floor *"])


def test_a_session_passes_where_nothing_can_be_beyond_the_threshold(suite: pytest.Pytester) -> None:
    base_result(suite)
    result = run(suite, *GATED, "--tls-fail-on=slower>90000%")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*inconclusive*"])


def test_an_undecided_gate_fails_a_session_unless_it_is_to_pass(suite: pytest.Pytester) -> None:
    base_result(suite, floor=20.0)
    result = run(suite, *GATED, "--tls-fail-on=slower>5%")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["undecided 'slower>5%': *%, floor *"])
    assert run(suite, *GATED, "--tls-fail-on=slower>5%", "--tls-undecided=pass").ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tls-fail-on=slower>5%"], "--tls-fail-on needs --tls-compare"),
        (["--tls-compare=absent.json"], "no file 'absent.json'"),
        (["--tls-compare=base.json", "--tls-fail-on=quicker"], "--fail-on 'quicker' is not a gate"),
    ],
)
def test_what_cannot_be_compared_ends_pytest_before_anything_is_measured(
    suite: pytest.Pytester, words: list[str], said: str
) -> None:
    Path("base.json").write_text('{"benchmarks": []}', encoding="utf-8")
    result = run(suite, *TWO, *words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{said}*"])


def test_results_with_nothing_in_common_fail_a_gated_session(suite: pytest.Pytester) -> None:
    base_result(suite)
    result = run(suite, "--tls=implementation=ssl", "--tls-compare=base.json", "--tls-fail-on=slower>5%")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["tlsbench: *have no benchmark in common*"])


OWN = """
import pytest

def test_own(benchmark):
    benchmark(pow, 3, 2**521 - 2, 2**521 - 1)

def test_reference(benchmark):
    benchmark(sorted, range(1000))
"""


def own_base(suite: pytest.Pytester, factor: float) -> None:
    """A stored result of tests without scenarios, in which test_own took so many times as long."""
    suite.makepyfile(test_own=OWN)
    run(suite, "-k", "not tls", "--benchmark-json=own.json").assert_outcomes(passed=2)
    document = json.loads(Path("own.json").read_text(encoding="utf-8"))
    data = document["benchmarks"][0]["stats"]
    data["data"] = [factor * seconds for seconds in data["data"]]
    Path("own.json").write_text(json.dumps(document), encoding="utf-8")


def test_a_gate_guards_the_benchmarks_of_other_tests_beside_the_scenarios(suite: pytest.Pytester) -> None:
    own_base(suite, factor=0.001)
    words = ("--tls-compare=own.json", "--tls-yardstick=*::test_reference", "--tls-fail-on=slower>5%")
    result = run(suite, "-k", "not tls", *words)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*using 1 yardstick: test_own.py::test_reference", "failed *::test_own: +*"])
    result = run(suite, "--tls=implementation=fake", LONGER, *words)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["only in this session: *fake*", "failed *::test_own: +*"])


def test_a_gated_session_that_measures_nothing_fails_and_says_so(suite: pytest.Pytester) -> None:
    own_base(suite, factor=1000)
    suite.makepyfile(test_none="def test_none(): pass")
    gated = ("--tls-compare=own.json", "--tls-fail-on=slower>5%")
    result = run(suite, "-k", "none", *gated)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["tlsbench: not compared with own.json: this session holds no benchmark"])
    assert run(suite, "-k", "none", "--tls-compare=own.json").ret == pytest.ExitCode.OK
    assert run(suite, "--collect-only", *gated).ret == pytest.ExitCode.OK
