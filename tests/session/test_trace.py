from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations import LogsKeys
from tlsbench.implementations.registry import tls_libraries
from tlsbench.scenarios import Scenario
from tlsbench.session.trace import Trace, trace, traced_scenario
from tlsbench.workloads import Workload
from tlsbench.workloads.handshake import Handshake

KEY = "key=ecdsa-secp256r1"
WITH_SECRETS = ("pyopenssl", "ssl", "libssl", "utls", "rtls")
FULL_12 = [
    *("ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone"),
    *("ClientKeyExchange", "Finished", "NewSessionTicket", "Finished"),
]
SERVER_13 = ["EncryptedExtensions", "Certificate", "CertificateVerify", "Finished"]


def traced(selector: str) -> Trace:
    made = trace(traced_scenario([f"{KEY} {selector}"]))
    assert not made.keys_from or made.ladder.opened
    return made


def names(made: Trace) -> list[str]:
    return [
        message.name
        for message in made.ladder.messages
        if message.name not in ("ChangeCipherSpec", "NewSessionTicket") or made.ladder.version == "1.2"
    ]


@pytest.fixture(params=WITH_SECRETS)
def library(request: pytest.FixtureRequest) -> str:
    if request.param not in tls_libraries():
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


def test_every_library_with_a_key_log_shows_a_whole_handshake_of_tls_1_3(library: str) -> None:
    made = traced(f"implementation={library} version=1.3")
    assert made.keys_from == library
    assert names(made) == ["ClientHello", "ServerHello", *SERVER_13, "Finished"]
    assert [flight.sender for flight in made.ladder.flights][:3] == ["client", "server", "client"]
    clear = [message.name for message in made.ladder.messages if not message.encrypted]
    assert set(clear) == {"ClientHello", "ServerHello", "ChangeCipherSpec"}


def test_every_library_with_a_key_log_shows_a_whole_handshake_of_tls_1_2(library: str) -> None:
    made = traced(f"implementation={library} version=1.2")
    shown = [name for name in names(made) if name != "ChangeCipherSpec"]
    expected = FULL_12 if "NewSessionTicket" in shown else [n for n in FULL_12 if n != "NewSessionTicket"]
    assert shown == expected
    assert [m.name for m in made.ladder.messages if m.encrypted] == ["Finished", "Finished"]


@pytest.mark.parametrize(
    "cipher",
    [
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    ],
)
def test_every_kind_of_protection_of_tls_1_2_is_opened(cipher: str) -> None:
    assert traced(f"implementation=pyopenssl version=1.2 cipher={cipher}").ladder.opened


@pytest.mark.parametrize("cipher", ["*AES_128_CCM_SHA256", "*CCM_8*", "chacha20", "*256_GCM*"])
def test_every_kind_of_protection_of_tls_1_3_is_opened(cipher: str) -> None:
    assert traced(f"implementation=pyopenssl version=1.3 cipher={cipher}").ladder.opened


@pytest.mark.parametrize("resumption", ["ticket", "session-id"])
def test_a_resumed_handshake_of_tls_1_2_shows_no_certificate(resumption: str) -> None:
    made = traced(f"implementation=pyopenssl version=1.2 resumption={resumption}")
    shown = names(made)
    assert shown[:2] == ["ClientHello", "ServerHello"]
    assert "Certificate" not in shown
    assert shown[-1] == "Finished"


def test_early_data_is_in_the_first_flight_and_has_its_own_end() -> None:
    made = traced("implementation=pyopenssl version=1.3 resumption=early-data")
    first, _, third, *_ = made.ladder.flights
    assert [message.name for message in first.messages] == ["ClientHello", "ChangeCipherSpec", "EarlyData"]
    assert first.messages[-1].wire_bytes == 512
    assert [message.name for message in third.messages] == ["EndOfEarlyData", "Finished"]


def test_the_client_shows_its_certificate_where_that_is_required() -> None:
    made = traced("implementation=libssl version=1.3 client_auth=required chain_length=2")
    (shown,) = (m for m in made.ladder.flights[2].messages if m.name == "Certificate")
    assert len(shown.certificates_bytes) == 2
    assert "CertificateRequest" in names(made)


@pytest.mark.parametrize("name", ["pyopenssl", "ssl", "libssl", "utls"])
def test_a_hello_retry_request_is_shown_with_its_round_trip(name: str) -> None:
    if name not in tls_libraries():
        pytest.skip(f"{name} is not installed")
    made = traced(f"implementation={name} version=1.3 group=secp256r1 hello_retry=yes")
    assert made.ladder.hello_retry
    assert names(made)[:4] == ["ClientHello", "HelloRetryRequest", "ClientHello", "ServerHello"]


def test_a_client_s_key_log_is_enough_behind_a_hello_retry_request() -> None:
    pytest.importorskip("tlslite")
    made = traced("client=libssl server=tlslite version=1.3 group=secp256r1 hello_retry=yes")
    assert (made.keys_from, made.ladder.opened, made.ladder.hello_retry) == ("libssl", True, True)


def test_a_resumed_handshake_can_be_asked_again_too() -> None:
    made = traced("implementation=pyopenssl version=1.3 resumption=psk hello_retry=yes")
    assert made.ladder.hello_retry
    assert "Certificate" not in names(made)


def test_a_library_without_a_key_log_shows_what_is_in_the_clear() -> None:
    pytest.importorskip("tlslite")
    made = traced("implementation=tlslite version=1.3")
    assert (made.keys_from, made.ladder.opened) == ("", False)
    assert made.ladder.messages[0].name == "ClientHello"


def test_one_end_with_a_key_log_is_enough() -> None:
    pytest.importorskip("tlslite")
    made = traced("client=libssl server=pyopenssl version=1.3")
    assert made.keys_from == "pyopenssl"
    made = traced("client=pyopenssl server=tlslite version=1.2")
    assert (made.keys_from, made.ladder.opened) == ("pyopenssl", True)


def test_each_side_spent_time_before_its_flights_and_they_left_one_after_another() -> None:
    flights = traced("implementation=pyopenssl version=1.3").ladder.flights
    assert all(flight.spent_ns > 0 for flight in flights)
    assert sorted(flight.at_ns for flight in flights) == [flight.at_ns for flight in flights]


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("version=1.2,1.3", "needs one scenario"),
        (
            "workload=bulk implementation=ssl version=1.3 size=1KiB",
            "only a handshake can be traced, not workload=bulk",
        ),
        ("implementation=rtls version=1.3 resumption=psk", "resumes nothing"),
        ("implementation=pyopenssl version=1.3 cpu=baseline", "needs a process of its own"),
        ("implementation=fake version=1.3 hello_retry=yes", "it exchanges no keys"),
        ("implementation=pyopenssl version=1.2 hello_retry=yes", "TLS 1.2 has no HelloRetryRequest"),
    ],
)
def test_what_is_no_single_handshake_is_refused(selector: str, reason: str) -> None:
    if "rtls" in selector:
        pytest.importorskip("rtls")
    with pytest.raises(RequestError, match=reason):
        traced_scenario([f"{KEY} {selector}"])


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_key_log_is_never_on_while_measuring(
    version: str,
    library: str,
    workload_of: Callable[[str], Workload],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither by the workload itself, nor by the variable that browsers and some libraries obey."""
    path = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    workload = workload_of(f"implementation={library} version={version} {KEY}")
    assert isinstance(workload, Handshake)
    for context in (workload.clients, workload.servers):
        assert isinstance(context, LogsKeys)
        monkeypatch.setattr(type(context), "log_keys", lambda _self, _path: pytest.fail("a key log is on"))
    workload.sample()
    assert not path.exists()


def test_a_trace_does_not_leave_the_key_log_on_or_lying_about(
    scenarios_of: Callable[[str], tuple[Scenario, ...]],
    workload_of: Callable[[str], Workload],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    selector = f"implementation=pyopenssl version=1.3 {KEY}"
    (scenario,) = scenarios_of(selector)
    trace(scenario)
    workload_of(selector).sample()
    assert not list(tmp_path.glob("*.keylog"))
