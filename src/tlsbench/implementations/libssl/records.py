"""The records of a libssl: their size, their padding, their agreed limits, and key updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.record_gaps import no_records
from tlsbench.protocol.extensions import FRAGMENT_LENGTHS
from tlsbench.scenarios import Gap, Scenario
from tlsbench.scenarios.records import RECORD_AXES, number_of

#: The functions of a libssl that each of these axes needs.
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "padding": ("SSL_CTX_set_block_padding",),
    "record_size": ("SSL_CTX_set_max_send_fragment",),
    "max_fragment_length": ("SSL_CTX_set_tlsext_max_fragment_length", "SSL_SESSION_get_max_fragment_length"),
    "workload=key_update": ("SSL_key_update",),
}


def configure(lib: Library, context: Any, scenario: Scenario, *, is_client: bool) -> None:
    """Configure the records of a context as the scenario says.

    :raises HandshakeError: if the library refuses.
    """
    for value, set_on in (
        (scenario.padding, "SSL_CTX_set_block_padding"),
        (scenario.record_size, "SSL_CTX_set_max_send_fragment"),
    ):
        size = number_of(value)
        if size is not None and getattr(lib, set_on)(context, size) != 1:
            raise HandshakeError(f"{lib.name}: {set_on} does not take {size}")
    length = number_of(scenario.max_fragment_length)
    # The client asks (SSL_CTX_set_tlsext_max_fragment_length(3)); a server answers automatically.
    if is_client and length is not None:
        mode = FRAGMENT_LENGTHS[length]
        if lib.SSL_CTX_set_tlsext_max_fragment_length(context, mode) != 1:
            raise HandshakeError(f"{lib.name}: it does not ask for fragments of {length} bytes")


def told(lib: Library, scenario: Scenario, tls: Any) -> Mapping[str, Any]:
    """What a library reports as agreed on for the records of a connection."""
    if number_of(scenario.max_fragment_length) is None or lib.lacks("SSL_SESSION_get_max_fragment_length"):
        return {}  # wolfSSL does not report it
    session = ffi.gc(lib.SSL_get1_session(tls), lib.SSL_SESSION_free)
    mode = lib.SSL_SESSION_get_max_fragment_length(session)
    return {
        "max_fragment_length": next((length for length, one in FRAGMENT_LENGTHS.items() if one == mode), 0)
    }


def supported(lib: Library) -> tuple[str, ...]:
    """Those of these axes that can be set in a library."""
    return tuple(axis for axis, functions in NEEDED.items() if not lib.lacks(*functions))


def record_gaps(lib: Library, engine: str) -> Iterator[Gap]:
    """What a libssl does not support of these axes.

    :param engine: its name and version.
    """
    yield from no_records(f"{engine} does not have record_size_limit (RFC 8449)", "record_size_limit")
    for axis, functions in NEEDED.items():
        if axis in RECORD_AXES and (lacking := lib.lacks(*functions)):
            yield from no_records(f"{engine} has no {', '.join(lacking)}", axis)


def update_keys(lib: Library, tls: Any, *, requests_update: bool) -> None:
    """Send a KeyUpdate (SSL_key_update(3)); BoringSSL does so with the next write.

    :raises HandshakeError: if the library refuses.
    """
    if lib.SSL_key_update(tls, requests_update) != 1 or lib.SSL_do_handshake(tls) != 1:
        raise HandshakeError(f"{lib.name}: it does not update its keys")
