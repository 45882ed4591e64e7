from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from tlsbench.report.findings import findings
from tlsbench.report.findings.finding import amount
from tlsbench.report.findings.hidden import hidden_differences
from tlsbench.report.page import page_of, source_of
from tlsbench.report.runs import report_of_run, sheets_of_run
from tlsbench.results import Cell, Run
from tlsbench.results.stored import Machine, stored_run
from tlsbench.stats import Interval, summarise

RunOf = Callable[[str], Run]
SIZES = ("16B", "1KiB", "16KiB", "1MiB")


def taking(cell: Cell, ms: Mapping[str, float]) -> Cell:
    """The cell with parts that took that long, and hardly varied from round to round."""
    parts = {name: summarise([[last * (1e6 + at * 5 % 12)] for at in range(12)]) for name, last in ms.items()}
    return replace(cell, figures={**cell.figures, **parts})


@pytest.fixture
def records(run_of: RunOf) -> Run:
    """Fake records, whose times the tests set."""
    ciphers = "TLS_AES_128_GCM_SHA256,TLS_CHACHA20_POLY1305_SHA256"
    return run_of(f"workload=bulk implementation=fake version=1.3 cipher={ciphers} size={','.join(SIZES)}")


def timed(run: Run, ratios: Sequence[float], floor: float = 0.01) -> Run:
    """The run with ChaCha20-Poly1305 taking so many times as long as AES-GCM, size by size."""

    def with_times(cell: Cell) -> Cell:
        ratio = ratios[SIZES.index(cell.axes["size"])] if "CHACHA20" in cell.axes["cipher"] else 1.0
        rounds = [[1000.0 * ratio + step] for step in range(10)]
        return replace(cell, figures={**cell.figures, "libraries": summarise(rounds)})

    return replace(run, cells=[with_times(cell) for cell in run.cells], noise_floor={"bulk": floor})


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ((2, 2, 3, 4), "AES-128-GCM from 16B to 1MiB (2.00 to 3.99 times)"),
        (
            (2, 1, 0.5, 0.5),
            "AES-128-GCM at 16B (2.00 times), neither at 1KiB, ChaCha20-Poly1305 from 16KiB on (1.99 times)",
        ),
        (
            (0.5, 0.5, 0.5, 2),
            "ChaCha20-Poly1305 up to 16KiB (1.99 times), AES-128-GCM at 1MiB (2.00 times)",
        ),
    ],
)
def test_it_is_said_which_aead_is_faster_at_what_size(
    ratios: Sequence[float], words: str, records: Run
) -> None:
    (finding,) = findings(timed(records, ratios))
    start = "bulk: the faster of AES-128-GCM and ChaCha20-Poly1305 is "
    assert finding.headline.startswith(start)
    assert words in finding.headline


def test_a_difference_below_the_noise_floor_is_none(records: Run) -> None:
    (finding,) = findings(timed(records, (1.1, 1.1, 1.1, 1.1), floor=0.2))
    said = "no significant difference between AES-128-GCM and ChaCha20-Poly1305 from 16B to 1MiB"
    assert finding.headline == f"bulk: {said}"
    (finding,) = findings(timed(records, (1.1, 1.1, 1.1, 1.1), floor=math.inf))
    assert finding.headline == f"bulk: {said.replace('no significant', 'too few rounds to tell a')}"


def test_aeads_of_one_size_are_told_apart_too(records: Run) -> None:
    run = timed(records, (2, 2, 2, 2))
    (finding,) = findings(replace(run, cells=[cell for cell in run.cells if cell.axes["size"] == "16KiB"]))
    assert finding.headline.endswith("and ChaCha20-Poly1305 is AES-128-GCM at 16KiB (2.00 times)")


def test_what_a_large_noise_floor_hides_is_said_with_the_cell_it_was_measured_on(records: Run) -> None:
    run = timed(records, (1.4, 1.4, 1.4, 1.4), floor=0.52)
    (line,) = hidden_differences(run)
    first = run.cells[0].label
    assert line.startswith(
        f"the noise floor of bulk is 52.0 %, because the A/A cells of '{first}' differ by that"
    )
    assert "; it hides 4 of 7 differences and the findings on them: measure" in line
    assert line in report_of_run(run).notes
    stored = stored_run(run, "x", Machine())
    assert line in page_of([source_of(stored, "x")]).doubts


@pytest.mark.parametrize(("ratio", "floor"), [(1.4, 0.01), (1.02, 0.03), (1.0, 0.52), (1.4, float("inf"))])
def test_a_floor_that_hides_nothing_unusual_is_not_remarked(ratio: float, floor: float, records: Run) -> None:
    run = timed(records, (ratio,) * 4, floor=floor)
    assert bool(list(hidden_differences(run))) is False


def test_what_holds_no_two_aeads_says_nothing(run_of: RunOf) -> None:
    assert findings(run_of("implementation=fake")) == []
    assert findings(run_of("workload=primitive algorithm=aes-128-gcm/encrypt size=16B,1KiB")) == []


def test_series_are_told_apart_by_what_differs(run_of: RunOf) -> None:
    run = run_of(
        "workload=primitive algorithm=aes-128-gcm/encrypt,aes-256-gcm/encrypt,chacha20-poly1305/encrypt,"
        "aes-128-gcm/decrypt,chacha20-poly1305/decrypt size=16B,1KiB"
    )
    starts = [finding.headline.split(":")[0] for finding in findings(run)]
    assert starts == [
        "primitive operation=encrypt",
        "primitive operation=encrypt",
        "primitive operation=decrypt",
    ]


def test_resumption_and_key_types_are_told_with_their_sides(run_of: RunOf) -> None:
    run = run_of("implementation=pyopenssl version=1.3 key=rsa-2048,ecdsa-secp256r1 resumption=none,psk")
    halved = {"psk": 0.5, "none": 1.0}
    dear = {"rsa-2048": 1.0, "ecdsa-secp256r1": 0.8}
    cells = []
    for cell in run.cells:
        factor = halved[cell.axes["resumption"]] * dear[cell.axes["key"]]
        medians = tuple(factor * (1e6 + step) for step in range(12))
        times = {
            name: replace(
                summary, round_medians=medians, interval=Interval(medians[0], medians[5], medians[-1])
            )
            for name, summary in cell.figures.items()
        }
        cells.append(replace(cell, figures=times))
    said = {one.headline.split(":")[0]: one for one in findings(replace(run, cells=cells, noise_floor={}))}
    assert said["Resumption by psk"].headline.endswith("handshakes take 50 % less time (2 comparisons)")
    key = said["ECDSA P-256 instead of RSA-2048"]
    assert key.headline.endswith("handshakes take 20 % less time")
    assert "client −20 % [−21, −19]" in key.details[0]
    assert "1,000 → 800 µs" in key.details[0]


def test_the_findings_say_what_a_choice_does_to_the_round_trips(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.2,1.3")
    run = replace(run, cells=[*run.cells, *run_of("implementation=fake resumption=early-data").cells])
    lasts = {("1.2", "none"): 1.0, ("1.3", "none"): 1.1, ("1.3", "early-data"): 0.6}
    cells = []
    for cell in run.cells:
        rounds = [
            [1e6 * lasts[cell.axes["version"], cell.axes["resumption"]] + step * 5 % 12] for step in range(12)
        ]
        cells.append(replace(cell, figures=dict.fromkeys(cell.figures, summarise(rounds))))
    said = [one.headline for one in findings(replace(run, cells=cells, noise_floor={}))]
    assert "TLS 1.3 instead of TLS 1.2: handshakes take 10 % more time and 1 round trip fewer (2 → 1)" in said
    assert any("time and 1 round trip fewer (1 → 0)" in one for one in said)


def test_certificates_beyond_the_initial_window_are_remarked(run_of: RunOf) -> None:
    run = run_of("implementation=pyopenssl group=x25519 key=ecdsa-secp256r1,ml-dsa-87 chain_length=2")
    cells = []
    for cell, last in zip(run.cells, (1.0, 2.0), strict=True):
        rounds = [[1e6 * last + step * 5 % 12] for step in range(12)]
        cells.append(replace(cell, figures=dict.fromkeys(cell.figures, summarise(rounds))))
    run = replace(run, cells=cells, noise_floor={})
    [finding] = [one for one in findings(run) if "ML-DSA-87" in one.headline]
    assert any("more than the 14,600 of the initial congestion window" in line for line in finding.details)


def test_a_choice_that_cannot_be_told_apart_is_answered_too(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.3 resumption=none,psk")
    cells = [
        taking(cell, {"client": 1.0, "server": 1.0, "libraries": 2.0, "total": 2.0}) for cell in run.cells
    ]
    level = replace(run, cells=cells, noise_floor={"handshake": 0.05})
    (said,) = (one for one in findings(level) if one.headline.startswith("Resumption"))
    assert said.headline == "Resumption by psk: no significant difference in the time of handshakes"
    assert said.details[0].startswith("Both sides: 2,000 → 2,000 µs, +0 % [")


def test_where_too_few_rounds_were_measured_the_answer_is_that(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.3 resumption=none,psk")
    unknown = replace(run, noise_floor={"handshake": math.inf})
    (said,) = (one for one in findings(unknown) if one.headline.startswith("Resumption"))
    assert said.headline == "Resumption by psk: too few rounds to tell a difference in the time of handshakes"
    assert "inf" not in str(said)


def test_a_choice_that_moves_time_from_one_side_to_the_other_is_said_of_each(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.3 key=rsa-2048,ecdsa-secp256r1")
    rsa = {"client": 1.0, "server": 2.0, "libraries": 3.0, "total": 3.0}
    ecdsa = {"client": 2.0, "server": 1.0, "libraries": 3.0, "total": 3.0}
    cells = [taking(cell, took) for cell, took in zip(run.cells, (rsa, ecdsa), strict=True)]
    moved = replace(run, cells=cells, noise_floor={"handshake": 0.05})
    (said,) = (one for one in findings(moved) if one.headline.startswith("ECDSA P-256"))
    assert said.headline == (
        "ECDSA P-256 instead of RSA-2048: the server takes 50 % less time, "
        "the client takes 2.0 times the time, and both together show no significant difference"
    )


def test_values_that_no_choice_is_named_for_are_held_against_the_first(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.3 key=ecdsa-secp256r1 chain_length=1,2,3")
    lasts = {"1": 1.0, "2": 1.2, "3": 1.5}
    cells = []
    for cell in run.cells:
        last = lasts[cell.axes["chain_length"]]
        cells.append(taking(cell, dict.fromkeys(("client", "server", "libraries", "total"), last)))
    said = [one.headline for one in findings(replace(run, cells=cells, noise_floor={"handshake": 0.05}))]
    assert said[:2] == [
        "A chain of 2 certificates instead of 1: handshakes take 20 % more time",
        "A chain of 3 certificates instead of 1: handshakes take 50 % more time",
    ]


def test_a_value_that_a_choice_is_named_for_is_said_once(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.3 key=ecdsa-secp256r1,rsa-2048,ed25519")
    said = [one.headline for one in findings(run) if " instead of " in one.headline]
    assert [one.split(":")[0] for one in said] == [
        "ECDSA P-256 instead of RSA-2048",
        "Ed25519 instead of ECDSA P-256",
    ]


def test_the_fastest_library_leads_by_more_than_the_noise(run_of: RunOf) -> None:
    run = run_of("implementation=ssl,pyopenssl version=1.3")
    pace = {"ssl": 2.0, "pyopenssl": 1.0}
    cells = []
    for cell in run.cells:
        medians = tuple(pace[cell.axes["implementation"]] * (1000 + step) for step in range(12))
        total = replace(
            cell.main,
            round_medians=medians,
            interval=Interval(medians[0], medians[5], medians[-1]),
        )
        cells.append(replace(cell, figures={**cell.figures, "libraries": total, "total": total}))
    fastest = [one.headline for one in findings(replace(run, cells=cells, noise_floor={"handshake": 0.01}))]
    assert (
        "Fastest at handshake: pyopenssl in 1 of 1 scenarios (the next takes 2.00 times as long)" in fastest
    )
    tied = [one.headline for one in findings(replace(run, cells=cells, noise_floor={"handshake": 5.0}))]
    assert "Fastest at handshake: no significant difference between the first two in 1 of 1 scenarios" in tied


def test_words_and_table_print_the_same_figures_of_the_libraries(run_of: RunOf) -> None:
    run = run_of("implementation=pyopenssl version=1.3 resumption=none,psk")
    cells = []
    for cell, scale in zip(run.cells, (1.0, 0.01), strict=True):
        figures = {
            part: summarise([[scale * factor * (1e6 + at * 5 % 12)] for at in range(12)])
            for part, factor in (
                ("client", 1),
                ("server", 2),
                ("libraries", 3),
                ("harness", 7),
                ("total", 10),
            )
        }
        cells.append(replace(cell, figures=figures))
    run = replace(run, cells=cells, noise_floor={})
    (finding,) = (one for one in findings(run) if one.headline.startswith("Resumption"))
    (sheet,) = sheets_of_run(run)
    full, resumed = (entry.text("libraries_us") for entry in sheet.entries)
    assert (full, resumed) == ("3,000", "30.0")
    assert f"{full} → {resumed} µs" in finding.details[0]


@pytest.mark.parametrize(
    ("low", "high", "noun", "words"),
    [
        (0.45, 0.77, "time", "23 to 55 % less time"),
        (0.801, 0.803, "time", "20 % less time"),
        (1.1, 1.16, "time", "10 to 16 % more time"),
        (0.97, 1.05, "time", "3 % less to 5 % more time"),
        (0.9, 0.95, "instructions", "5 to 10 % fewer instructions"),
        (2.5, 3.14, "time", "2.5 to 3.1 times the time"),
        (2.5, 2.5, "time", "2.5 times the time"),
        (1.88, 2.5, "time", "88 % more to 2.5 times the time"),
        (0.9, 2.5, "time", "10 % less to 2.5 times the time"),
    ],
)
def test_ratios_are_said_as_what_an_operation_takes(low: float, high: float, noun: str, words: str) -> None:
    assert amount(low, high, noun) == words


def test_the_findings_say_what_dtls_and_its_cookies_cost(run_of: RunOf) -> None:
    run = run_of("implementation=libssl version=1.2 transport=tls,dtls")
    checked = run_of("implementation=libssl version=1.2 transport=dtls address_check=yes")
    cells = []
    for cell in (*run.cells, *checked.cells):
        factor = {"tls": 1.0, "dtls": 1.2}[cell.axes["transport"]] * (
            1 + (cell.axes["address_check"] == "yes")
        )
        rounds = [[factor * (1e6 + at * 5 % 12)] for at in range(12)]
        cells.append(replace(cell, figures=dict.fromkeys(cell.figures, summarise(rounds))))
    found = findings(replace(run, cells=cells, noise_floor={"handshake": 0.01}))
    said = {one.headline.partition(":")[0]: one for one in found}
    dtls = said["DTLS instead of TLS over a stream"]
    assert "20 % more time" in dtls.headline
    assert "round trip" not in dtls.headline
    assert any("bytes from the client" in detail for detail in dtls.details)
    check = said["A check of the client's address"]
    assert "2.0 times the time" in check.headline
    assert "and 1 round trip more (2 → 3)" in check.headline


def test_datagrams_are_a_column_and_rows_where_there_are_some(run_of: RunOf) -> None:
    run = run_of("workload=handshake,bulk implementation=libssl version=1.2 transport=tls,dtls size=16KiB")
    shown = {sheet.title.split()[0]: sheet for sheet in sheets_of_run(run)}
    assert all("datagrams" in [field.name for field in sheet.fields] for sheet in shown.values())
    plain = sheets_of_run(run_of("implementation=libssl"))
    assert "datagrams" not in [field.name for sheet in plain for field in sheet.fields]


def paced(run: Run, times: Callable[[Cell], float]) -> Run:
    """The run with each cell taking a multiple of a millisecond."""
    cells = []
    for cell in run.cells:
        rounds = [[1e6 * times(cell) + step * 5 % 12] for step in range(12)]
        cells.append(replace(cell, figures=dict.fromkeys(cell.figures, summarise(rounds))))
    return replace(run, cells=cells, noise_floor={})


def test_cbc_is_held_against_gcm_of_the_same_cipher_in_records(run_of: RunOf) -> None:
    suites = ",".join(
        f"TLS_ECDHE_RSA_WITH_{one}"
        for one in ("AES_128_CBC_SHA256", "AES_128_GCM_SHA256", "AES_256_CBC_SHA", "ARIA_128_GCM_SHA256")
    )
    run = run_of(f"workload=bulk implementation=fake version=1.2 size=16KiB cipher={suites}")
    (finding,) = findings(paced(run, lambda cell: 2.5 if "CBC" in cell.axes["cipher"] else 1.0))
    assert finding.headline == "CBC with HMAC instead of GCM: records take 2.5 times the time"
    assert finding.details[0].startswith("Both sides: 1,000 → 2,500 µs")


def test_dhe_and_static_rsa_are_held_against_ecdhe_and_what_they_give_up_is_said(run_of: RunOf) -> None:
    suites = ",".join(f"TLS_{one}_WITH_AES_128_GCM_SHA256" for one in ("ECDHE_RSA", "DHE_RSA", "RSA"))
    run = run_of(f"implementation=fake version=1.2 cipher={suites}")
    times = {"secp256r1": 1.0, "ffdhe2048": 3.0, "none": 0.8}
    said = {
        one.headline.split(":")[0]: one
        for one in findings(paced(run, lambda cell: times[cell.axes["group"]]))
    }
    assert said["DHE instead of ECDHE"].headline.endswith("handshakes take 3.0 times the time")
    static = said["Static RSA instead of ECDHE"]
    assert static.headline.endswith("handshakes take 20 % less time")
    assert static.details[-1].startswith("It has no forward secrecy")
    assert said["No forward secrecy"].headline == (
        "No forward secrecy: 1 of 3 cipher suites, TLS_RSA_WITH_AES_128_GCM_SHA256"
    )


def test_old_versions_are_called_broken_and_what_leaving_them_brings_is_said(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.0,1.2 cipher=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")
    said = [
        one.headline
        for one in findings(paced(run, lambda cell: {"1.0": 1.0, "1.2": 0.7}[cell.axes["version"]]))
    ]
    assert "TLS 1.2 instead of TLS 1.0, which is broken: handshakes take 30 % less time" in said
    assert "TLS 1.0 is broken and must not be used (RFC 8996)" in said
