"""What a connection of a real server costs beyond its library."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tlsbench.scenarios import Scenario
from tlsbench.session import beyond
from tlsbench.session.beyond import beyond_tls

Find = Callable[[str], tuple[Scenario, ...]]


@pytest.mark.slow
def test_an_answer_takes_more_than_a_handshake_alone(scenarios_of: Find) -> None:
    (server,) = scenarios_of("implementation=pyopenssl version=1.3 key=ecdsa-secp256r1")
    alone, answered = beyond_tls(server, 0, 2.0), beyond_tls(server, 51_200, 2.0)
    assert 0 < alone.value < answered.value


@pytest.mark.parametrize("name", ["fake", "pyopenssl", "ssl"])
def test_in_memory_the_librarys_own_calls_are_told_from_what_is_around_them(
    name: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beyond, "_IN_MEMORY", 12)
    monkeypatch.setattr(beyond, "_WARM_UP", 4)
    (server,) = scenarios_of(f"implementation={name} version=1.3 key=ecdsa-secp256r1")
    alone, answered = beyond._in_memory(server, 0), beyond._in_memory(server, 10 << 20)
    assert 0 < alone.glue_ns < answered.glue_ns
    assert 0 < alone.library_ns < answered.library_ns


def test_only_handshakes_reads_and_writes_are_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = 0

    class Slow:
        def __getattr__(self, name: str) -> Callable[[], None]:
            def work() -> None:
                nonlocal now_ns
                now_ns += {"handshake": 1, "read": 10, "write": 100}.get(name, 10_000)

            return work

    monkeypatch.setattr("tlsbench.session.beyond.time.thread_time_ns", lambda: now_ns)
    spent = beyond._Around()
    timed = beyond._Timed(Slow(), spent)  # type: ignore[arg-type]
    for name in ("handshake", "read", "write", "data_to_send", "receive_data", "negotiated", "close"):
        getattr(timed, name)()
    assert spent.library_ns == 111


def test_what_computes_takes_longer_inside_its_library_than_what_does_not(scenarios_of: Find) -> None:
    fake, real = (
        beyond._in_memory(scenarios_of(f"implementation={name} version=1.3 key=ecdsa-secp256r1")[0], 0)
        for name in ("fake", "pyopenssl")
    )
    assert real.library_ns > 3 * fake.library_ns
