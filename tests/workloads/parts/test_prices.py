"""Parts with their cost: counts and prices by a clock that only the work advances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations import Operation
from tlsbench.scenarios import Capabilities
from tlsbench.workloads import Workload
from tlsbench.workloads.parts import Prices, Step

COSTS_NS = {"x25519/keygen": 30_000, "x25519/exchange": 40_000, "sha-256/digest": 0}


@dataclass
class Engine:
    """A library whose operations take what the table says, with hashing at one nanosecond per byte."""

    id: str = "engine"
    summary: str = "an engine of a test"
    now_ns: int = 0
    made: Counter[tuple[str, int]] = field(default_factory=Counter)
    right: bool = True

    def engine(self) -> str:
        return "none"

    def capabilities(self) -> Capabilities:
        return Capabilities()

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        self.made[algorithm, size_bytes] += 1

        def call() -> None:
            self.now_ns += COSTS_NS[algorithm] + size_bytes

        def verify() -> None:
            if not self.right:
                raise ProofError(algorithm, wanted="the right result", got="another", witness="client")

        return Operation(call, verify)


STEPS = (
    Step("client", "key share", "x25519/keygen", (0,), "RFC 8446 4.2.8"),
    Step("client", "hashing", "sha-256/digest", (1000, 64, 64), "RFC 8446 4.4.1"),
    Step("client", "allocation", "", (0,), ""),
    Step("server", "key share", "x25519/keygen", (0,), "RFC 8446 4.2.8"),
    Step("server", "agreement", "x25519/exchange", (0,), "RFC 8446 7.4.2"),
    Step("server", "allocation", "", (0,), ""),
)


def test_a_part_costs_its_operations_as_often_as_there_are() -> None:
    engine = Engine()
    prices = Prices(STEPS, {"client": engine, "server": engine}, lambda: engine.now_ns)
    parts = prices.visit().parts({"client": 7_000.0, "server": 5_000.0})
    assert [(one.side, one.part, one.count, one.size_bytes, one.cost) for one in parts] == [
        ("client", "key share", 1, 0, 30_000),
        ("client", "hashing", 3, 1128, 1128),
        ("client", "allocation", 1, 0, 7_000),
        ("server", "key share", 1, 0, 30_000),
        ("server", "agreement", 1, 0, 40_000),
        ("server", "allocation", 1, 0, 5_000),
    ]


def test_what_both_sides_do_is_measured_once_unless_their_engines_differ() -> None:
    engine, other = Engine(), Engine("other")
    Prices(STEPS, {"client": engine, "server": engine}, lambda: engine.now_ns)
    assert set(engine.made.values()) == {1}
    Prices(STEPS, {"client": engine, "server": other}, lambda: engine.now_ns)
    assert other.made["x25519/keygen", 0] == 1


def test_an_operation_that_is_wrong_has_no_price() -> None:
    engine = Engine(right=False)
    prices = Prices(STEPS, {"client": engine, "server": engine}, lambda: engine.now_ns)
    with pytest.raises(ProofError, match="another"):
        prices.visit()


def test_an_engine_that_lacks_an_operation_says_so(workload_of: Callable[[str], Workload]) -> None:
    from tlsbench.implementations.registry import implementation

    with pytest.raises(MeasurementError, match="fernet/encrypt cannot be called"):
        implementation("libssl").primitive("fernet/encrypt", 16)  # type: ignore[attr-defined]


@pytest.mark.parametrize("library", ["pyopenssl", "libssl"])
@pytest.mark.parametrize(
    "selector",
    [
        "",
        "group=x25519 cipher=chacha20 key=rsa-2048 chain_length=2",
        "key=ed25519 client_auth=required",
        "resumption=psk",
        "resumption=early-data",
        "hello_retry=yes",
        "version=1.2",
        "version=1.2 resumption=ticket",
        "version=1.2 client_auth=required cipher=TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    ],
)
def test_each_visit_has_the_parts_of_its_handshakes(
    library: str, selector: str, workload_of: Callable[[str], Workload]
) -> None:
    cell = workload_of(f"implementation={library} parts=yes {selector}")
    for sample in cell.visit(1, 2):
        for side in ("client", "server"):
            parts = [one for one in sample.parts if one.side == side]
            assert {"key schedule", "records", "hashing", "allocation"} <= {one.part for one in parts}
            assert all(one.cost > 0 for one in parts)
    assert not cell.sample().parts, "a warm-up is not taken apart"


def test_a_cell_whose_parts_nobody_asked_for_has_none(workload_of: Callable[[str], Workload]) -> None:
    (sample,) = workload_of("implementation=pyopenssl").visit(0, 1)
    assert sample.parts == ()
