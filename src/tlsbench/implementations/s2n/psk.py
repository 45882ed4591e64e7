"""External PSKs with s2n-tls, which both ends are given before each handshake."""

from __future__ import annotations

from typing import Any, Final

from tlsbench.implementations.s2n.bindings import Library, ffi
from tlsbench.pki import external_psk
from tlsbench.scenarios import Gap, Scenario, gap
from tlsbench.scenarios.axes import AXES

#: s2n_psk_hmac: that of the suite's hash.
_HMACS: Final = {"SHA256": 0, "SHA384": 1}


class ExternalPsk:
    """The PSK of a side, as the library keeps it."""

    def __init__(self, lib: Library, scenario: Scenario) -> None:
        self._lib = lib
        psk, made = external_psk(), lib.s2n_external_psk_new()
        self._made = ffi.gc(made, lambda one: lib.s2n_psk_free(ffi.new("s2n_psk **", one)))
        lib.must(lib.s2n_psk_set_identity(made, psk.identity, len(psk.identity)))
        lib.must(lib.s2n_psk_set_secret(made, psk.key, len(psk.key)))
        lib.must(lib.s2n_psk_set_hmac(made, _HMACS[scenario.cipher.rpartition("_")[2]]))

    def give(self, connection: Any) -> None:
        """Give the PSK to a connection, which makes a copy."""
        self._lib.must(self._lib.s2n_connection_append_psk(connection, self._made))

    def taken(self, connection: Any) -> bytes:
        """The identity of the PSK that a connection used; ``b""`` if it used none."""
        lib, length = self._lib, ffi.new("uint16_t *")
        lib.must(lib.s2n_connection_get_negotiated_psk_identity_length(connection, length))
        if not length[0]:
            return b""
        identity = ffi.new("uint8_t[]", length[0])
        lib.must(lib.s2n_connection_get_negotiated_psk_identity(connection, identity, length[0]))
        return bytes(ffi.buffer(identity))


def psk_gaps() -> tuple[Gap, ...]:
    """What s2n-tls does not support of PSKs and tickets."""
    return (
        gap(
            "s2n-tls has external PSKs only in TLS 1.3: add version=1.3",
            version="1.2",
            resumption="external-psk",
        ),
        gap("its server does not say why it refuses a ticket", ticket_state=AXES["ticket_state"].special),
        gap("s2n-tls has no raw public keys", certificate_type="raw_public_key"),
    )
