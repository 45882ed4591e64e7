from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tlsbench.errors import MeasurementError
from tlsbench.implementations.registry import capabilities, implementations, tls_libraries
from tlsbench.links import TcpLink
from tlsbench.scenarios import Scenario, parse
from tlsbench.workloads import Workload, handshake, prepare
from tlsbench.workloads.handshake import Handshake

Make = Callable[[str], Workload]


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "fake"])
@pytest.mark.parametrize("link", ["memory", "tcp", "unix"])
def test_a_sample_charges_both_sides_and_counts_the_wire(name: str, link: str, workload_of: Make) -> None:
    sample = workload_of(f"implementation={name} link={link}").sample()
    assert 0 < sample.client < sample.total
    assert 0 < sample.server < sample.total
    assert sample.client + sample.server <= sample.total
    assert sample.ledger.flights == 4  # hello, answer, Finished, tickets
    assert sample.ledger.client_bytes > 90
    assert sample.ledger.server_bytes > 500


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "fake"])
@pytest.mark.parametrize("resumption", ["session-id", "ticket", "psk", "early-data"])
def test_the_supply_of_sessions_never_runs_dry(name: str, resumption: str, workload_of: Make) -> None:
    if (name, resumption) == ("ssl", "early-data"):
        pytest.skip("it has no early data")
    cell = workload_of(f"implementation={name} resumption={resumption}")
    for _ in range(50):
        cell.sample()
        assert cell.proof()["resumption"] == resumption


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "libssl", "utls", "fake"])
@pytest.mark.parametrize(
    ("selectors", "round_trips", "handshake_flights"),
    [
        ("version=1.2", 2, 4),
        ("version=1.2 resumption=session-id", 1, 3),
        ("version=1.2 resumption=ticket", 1, 3),
        ("version=1.3", 1, 3),
        ("version=1.3 client_auth=required", 1, 3),
        ("version=1.3 resumption=psk", 1, 3),
        ("version=1.3 hello_retry=yes", 2, 5),
        ("version=1.3 hello_retry=yes resumption=psk", 2, 5),
        ("version=1.3 resumption=early-data", 0, 3),
    ],
)
def test_round_trips_are_those_of_the_protocol_in_every_library(
    name: str, selectors: str, round_trips: int, handshake_flights: int, workload_of: Make
) -> None:
    if name == "utls":
        pytest.importorskip("utls")
    lacks = {"utls": ("session-id", "client_auth", "psk"), "fake": ("hello_retry",)}.get(name, ())
    found = capabilities(parse([f"implementation={name}"], [name]))[name]
    if "early-data" in selectors and "resumption=early-data" not in found.supports:
        pytest.skip("it has no early data")
    if any(lacking in selectors for lacking in lacks):
        pytest.skip("it cannot")
    ledger = workload_of(f"implementation={name} key=ecdsa-secp256r1 {selectors}").sample().ledger
    assert (ledger.round_trips, ledger.handshake_flights) == (round_trips, handshake_flights)


@pytest.mark.parametrize("name", ["ssl", "pyopenssl"])
def test_a_trust_store_is_loaded_for_each_handshake_and_the_client_pays(name: str, workload_of: Make) -> None:
    one, many = (workload_of(f"implementation={name} trust={size}") for size in (1, 150))
    contexts = set()
    loading_ns = []
    for cell in (one, many, one, many, one, many):
        sample = cell.sample()
        assert isinstance(cell, Handshake)
        contexts.add(id(cell.clients))
        assert sample.phases is not None
        assert sum(sample.phases.values()) == sample.total
        assert sample.phases["client_context"] < sample.client
        loading_ns.append(sample.phases["client_context"])
    assert len(contexts) > 2
    assert min(loading_ns[1::2]) > 3 * min(loading_ns[::2]), "150 roots take longer than one"


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "libssl", "fake"])
def test_taking_tickets_is_a_phase_of_its_own_within_the_clients_time(name: str, workload_of: Make) -> None:
    sample = workload_of(f"implementation={name} version=1.3").sample()
    assert sample.phases is not None
    assert set(sample.phases) == {"handshake", "client_tickets"}
    assert sum(sample.phases.values()) == sample.total
    assert 0 < sample.phases["client_tickets"] < sample.client
    assert workload_of(f"implementation={name} version=1.2").sample().phases is None, "its one is within it"


def test_the_time_of_a_read_after_the_handshake_is_that_of_the_tickets(workload_of: Make) -> None:
    cell = workload_of("implementation=fake version=1.3")
    assert isinstance(cell, Handshake)

    class Slow:
        """A client that spends a hundredth of a second on its tickets."""

        def connect(self, session: object | None = None, early_data: bytes = b"") -> object:
            end = clients.connect(session, early_data)
            read = end.read

            def slowly() -> bytes:
                time.sleep(0.01)
                return read()

            end.read = slowly
            return end

    clients = cell.clients
    cell.clients = Slow()  # type: ignore[assignment]
    sample = cell.sample()
    assert sample.phases is not None
    assert sample.phases["client_tickets"] >= 10_000_000
    assert 0 < sample.client - sample.phases["client_tickets"] < 10_000_000


def test_a_server_that_sends_no_ticket_leaves_nothing_to_take(workload_of: Make) -> None:
    cell = workload_of("implementation=libssl version=1.3 tickets=0")
    sample = cell.sample()
    assert sample.phases is not None
    assert sample.phases["client_tickets"] == 0
    assert cell.proof()["tickets"] == 0


@pytest.mark.parametrize("resumption", ["none", "psk"])
def test_over_tcp_each_handshake_has_a_connection_whose_opening_is_apart(
    resumption: str, workload_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = workload_of(f"implementation=pyopenssl link=tcp resumption={resumption}")
    opened: list[int] = []

    def note(link: TcpLink, clock: Callable[[], int]) -> int:
        opened.append(open_ns(link, clock))
        return opened[-1]

    open_ns = TcpLink.open_ns
    monkeypatch.setattr(TcpLink, "open_ns", note)
    for nth in (1, 2, 3):
        sample = cell.sample()
        assert len(opened) == nth + (resumption == "psk")  # the first established the session
        assert sample.phases is not None
        assert sample.phases["tcp_open"] == opened[-1]
        assert sample.phases["handshake"] + sample.phases["client_tickets"] == sample.total
        assert opened[-1] > 0
    (visited,) = cell.visit(0, 1)
    assert visited.phases is not None
    assert visited.phases["tcp_open"] == opened[-1]


@pytest.mark.parametrize("link", ["memory", "unix"])
def test_what_is_not_tcp_is_not_opened(link: str, workload_of: Make) -> None:
    assert "tcp_open" not in (workload_of(f"implementation=fake link={link}").sample().phases or {})


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("chain_length", [1, 2])
def test_a_stapled_response_is_checked_by_the_client(
    version: str, chain_length: int, workload_of: Make
) -> None:
    stapled = workload_of(f"ocsp=stapled version={version} chain_length={chain_length}")
    plain = workload_of(f"version={version} chain_length={chain_length}")
    more_bytes = stapled.sample().ledger.server_bytes - plain.sample().ledger.server_bytes
    assert stapled.proof()["ocsp"] == "good"
    assert plain.proof()["ocsp"] == "none"
    assert 250 < more_bytes < 1000


@pytest.mark.parametrize("name", ["ssl", "pyopenssl"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_certificates_of_a_chain_may_differ_in_key_type(
    name: str, version: str, workload_of: Make
) -> None:
    cell = workload_of(
        f"implementation={name} version={version} key=ecdsa-secp256r1 chain_length=3 "
        "intermediate_key=rsa-2048 root_key=ecdsa-secp384r1"
    )
    cell.sample()
    assert cell.proof()["server_key"] == "ecdsa-secp256r1"


@pytest.mark.parametrize(
    ("client", "server", "groups"),
    [
        ("pyopenssl", "pyopenssl", ("x25519", "secp521r1", "x448", "X25519MLKEM768", "MLKEM1024")),
        ("libssl", "libssl", ("x25519", "secp384r1")),
        ("ssl", "ssl", ("secp256r1", "secp384r1")),
        ("utls", "utls", ("x25519", "secp384r1")),
        ("tlslite", "pyopenssl", ("x25519", "secp256r1")),
        ("rtls", "pyopenssl", ("secp256r1", "secp384r1")),
        ("pyopenssl", "tlslite", ("secp256r1",)),
    ],
)
def test_a_client_is_asked_again_for_the_group_of_the_scenario(
    client: str, server: str, groups: tuple[str, ...], workload_of: Make
) -> None:
    for library in (client, server):
        if library not in tls_libraries():
            pytest.skip(f"{library} is not installed")
    for group in groups:
        pair = f"client={client} server={server} version=1.3 key=ecdsa-secp256r1 group={group}"
        cell = workload_of(f"{pair} hello_retry=yes")
        ledger = cell.sample().ledger
        assert (ledger.round_trips, ledger.handshake_flights) == (2, 5)
        assert cell.proof()["group"] == group
        assert cell.proof()["hello_retry"] is True


def test_an_old_session_is_replaced_before_it_expires(
    workload_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = workload_of("implementation=fake resumption=ticket")
    assert isinstance(cell, Handshake)
    cell.sample()
    first = cell._session
    cell.sample()
    later = time.monotonic() + 2 * handshake._SESSION_SECONDS
    monkeypatch.setattr(handshake.time, "monotonic", lambda: later)
    cell.sample()
    assert cell._session != first


def test_a_server_that_gives_no_session_is_an_error(workload_of: Make) -> None:
    cell = workload_of("implementation=fake resumption=psk")
    assert isinstance(cell, Handshake)

    class Silent:
        def connect(self, session: object | None = None, early_data: bytes = b"") -> object:
            end = clients.connect(session, early_data)
            end.session = lambda: None
            return end

    clients = cell.clients
    cell.clients = Silent()  # type: ignore[assignment]
    with pytest.raises(MeasurementError, match="gave fake no session"):
        cell.sample()


def test_sessions_do_not_leak_from_one_cell_to_the_next(
    scenarios_of: Callable[[str], tuple[Scenario, ...]],
) -> None:
    (scenario,) = scenarios_of("implementation=fake resumption=psk")
    one, other = (prepare(scenario, implementations(), time.perf_counter_ns) for _ in range(2))
    one.sample()
    assert isinstance(other, Handshake)
    assert other._session is None


def test_early_data_costs_the_client_more_bytes(workload_of: Make) -> None:
    plain = workload_of("implementation=pyopenssl resumption=psk").sample()
    early = workload_of("implementation=pyopenssl resumption=early-data").sample()
    assert early.ledger.client_bytes - plain.ledger.client_bytes > handshake.EARLY_DATA_BYTES // 2


def test_a_hybrid_group_adds_its_kilobyte_each_way(workload_of: Make) -> None:
    classical = workload_of("group=x25519").sample().ledger
    hybrid = workload_of("group=X25519MLKEM768").sample().ledger
    assert hybrid.client_bytes - classical.client_bytes == 1184  # ML-KEM-768 encapsulation key
    assert abs(hybrid.server_bytes - classical.server_bytes - 1088) < 8  # and its ciphertext


def test_a_handshake_in_which_nobody_goes_on_ends_in_an_error(workload_of: Make) -> None:
    cell = workload_of("implementation=fake")
    assert isinstance(cell, Handshake)

    class Mute:
        def accept(self) -> object:
            end = servers.accept()
            end.handshake = lambda: False
            return end

    servers = cell.servers
    cell.servers = Mute()  # type: ignore[assignment]
    with pytest.raises(MeasurementError, match="stalled"):
        cell.sample()
