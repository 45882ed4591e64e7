"""Keys that let several servers on a libssl accept each other's tickets."""

from __future__ import annotations

from typing import Any, Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations.libssl.bindings import Library, ffi

#: SSL_CTX_set_tlsext_ticket_keys is a macro over SSL_CTX_ctrl in OpenSSL (tls1.h), and a function elsewhere.
_CTRL_SET_TICKET_KEYS: Final = 59
#: OpenSSL takes a name of 16 bytes and keys of 32 and 32; BoringSSL, AWS-LC and LibreSSL take 16 and 16.
_LENGTHS: Final = (80, 48)


def set_ticket_keys(lib: Library, context: Any, keys: bytes) -> None:
    """Have a server's context seal its tickets with given keys.

    :raises MeasurementError: if the library accepts none.
    """
    for length in _LENGTHS:
        part = ffi.new("unsigned char[]", keys[:length])
        if lib.has("SSL_CTX_set_tlsext_ticket_keys"):
            is_taken = lib.SSL_CTX_set_tlsext_ticket_keys(context, part, length)
        else:
            is_taken = lib.SSL_CTX_ctrl(context, _CTRL_SET_TICKET_KEYS, length, part)
        if is_taken == 1:
            return
        lib.ERR_clear_error()
    raise MeasurementError(f"{lib.path} takes no ticket keys")
