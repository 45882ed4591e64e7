"""The records of s2n-tls: one of two sizes, their agreed limit, and key updates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tlsbench.implementations.record_gaps import no_records
from tlsbench.implementations.s2n.bindings import Library
from tlsbench.protocol.extensions import FRAGMENT_LENGTHS
from tlsbench.scenarios import Gap, Scenario, gap
from tlsbench.scenarios.capabilities import all_but
from tlsbench.scenarios.records import DEFAULT, number_of

#: The plaintext bytes in a record, and the function that has a connection make such records.
_SIZES: Final = {"1435": "s2n_connection_prefer_low_latency", "16384": "s2n_connection_prefer_throughput"}


def configure(lib: Library, config: Any, scenario: Scenario, *, is_client: bool) -> None:
    """Have a client's configuration ask for a fragment length, or a server's accept one.

    :raises HandshakeError: if the library refuses.
    """
    length = number_of(scenario.max_fragment_length)
    if length is None:
        return
    if is_client:
        lib.must(lib.s2n_config_send_max_fragment_length(config, FRAGMENT_LENGTHS[length]))
    else:
        lib.must(lib.s2n_config_accept_max_fragment_length(config))


def size_setter(lib: Library, scenario: Scenario) -> Callable[[Any], int] | None:
    """The function that sets a connection's record size to the scenario's; None for the library's default."""
    name = _SIZES.get(scenario.record_size)
    return getattr(lib, name) if name is not None else None


def record_gaps() -> tuple[Gap, ...]:
    """What s2n-tls does not support of these axes."""
    return (
        *no_records("its API cannot pad records", "padding"),
        gap(
            "s2n-tls sends no KeyUpdate that asks for another (s2n_connection_request_key_update)",
            client="s2n",
            request_update="update_requested",
        ),
        *no_records("the only limit that it supports is max_fragment_length", "record_size_limit"),
        Gap(
            f"apart from its default size it makes only records of {' and '.join(_SIZES)} bytes "
            "(s2n_connection_prefer_low_latency and prefer_throughput)",
            {"record_size": all_but(DEFAULT, *_SIZES)},
        ),
    )


def update_keys(lib: Library, connection: Any, *, requests_update: bool) -> None:
    """Send a KeyUpdate with the next write.

    :raises HandshakeError: if the library refuses.
    """
    lib.must(lib.s2n_connection_request_key_update(connection, int(requests_update)))
