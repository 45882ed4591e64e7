from __future__ import annotations

from dataclasses import replace

from tlsbench.implementations.influences import influences, not_borne
from tlsbench.scenarios import Scenario

SET = {
    "OPENSSL_ia32cap": "~0x200000200000000",
    "OPENSSL_CONF": "/etc/own.cnf",
    "LD_PRELOAD": "libjemalloc.so",
    "MALLOC_ARENA_MAX": "1",
    "GODEBUG": "cpu.aes=off",
    "HOME": "/root",
    "MALLOCATED": "no",
}
HANDSHAKE = Scenario(workload="handshake", client="fake", server="fake", cpu="native")


def test_what_changes_figures_is_known_and_nothing_else() -> None:
    assert set(influences(SET)) == SET.keys() - {"HOME", "MALLOCATED"}


def test_no_scenario_bears_what_the_axis_cpu_says() -> None:
    assert not_borne(HANDSHAKE, SET) == {"OPENSSL_ia32cap"}
    assert not_borne(HANDSHAKE, {"HOME": "/root"}) == frozenset()


def test_memory_bears_no_other_allocator() -> None:
    memory = replace(HANDSHAKE, workload="memory")
    assert not_borne(memory, SET) == {"OPENSSL_ia32cap", "LD_PRELOAD", "MALLOC_ARENA_MAX"}
