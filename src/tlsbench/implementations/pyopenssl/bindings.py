"""What pyOpenSSL binds but does not expose: the one module that reaches below its public API.

Each function here depends on symbols of ``OpenSSL.SSL._lib``. They are looked up by name, so that a
pyOpenSSL without one of them loses a capability, with a reason, but can still be imported.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Final

from OpenSSL import SSL
from OpenSSL.crypto import X509, X509Store

from tlsbench.errors import HandshakeError
from tlsbench.implementations.openssl_names import CPU_INFO

_lib: Final[Any] = SSL._lib  # type: ignore[attr-defined]  # not public, see above
_ffi: Final[Any] = SSL._ffi  # type: ignore[attr-defined]  # as above

#: The symbols behind each ability.
SYMBOLS = {
    "groups": ("SSL_CTX_set1_curves_list",),
    "host name checks": ("SSL_CTX_get0_param", "X509_VERIFY_PARAM_set1_host"),
    "proof of resumption": ("SSL_session_reused",),
    "proof of verification": ("SSL_get_verify_result", "SSL_get_verify_mode"),
    "host names in verification": (
        "X509_VERIFY_PARAM_new",
        "X509_VERIFY_PARAM_set1_host",
        "X509_VERIFY_PARAM_set1_ip",
        "X509_STORE_set1_param",
        "X509_STORE_set_purpose",
    ),
    "cookies": ("SSL_OP_COOKIE_EXCHANGE", "SSL_CTX_set_cookie_generate_cb", "SSL_CTX_set_cookie_verify_cb"),
    "QUIC": ("OSSL_QUIC_client_method", "BIO_new_bio_dgram_pair", "SSL_new_listener"),
    "early data": ("SSL_CTX_set_max_early_data", "SSL_write_early_data", "SSL_read_early_data"),
}

#: The most that is read at once: two records.
READ_BYTES: Final = 32 * 1024
#: X509_V_ERR_CERT_REJECTED: the application rejects the certificate; the alert is bad_certificate.
CERTIFICATE_REJECTED: Final = 28
#: SSL_MODE_NO_AUTO_CHAIN of SSL_CTX_set_mode(3): send the chain as given, without the trust store's root.
MODE_NO_AUTO_CHAIN: Final = 0x08
#: SSL_OP_NO_ANTI_REPLAY of SSL_CTX_set_options(3).
_NO_ANTI_REPLAY: Final = 1 << 24
_MAX_EARLY_DATA_BYTES = 16384
#: A state that OpenSSL's client passes through only if the server has accepted early data: otherwise it
#: writes no EndOfEarlyData (RFC 8446 section 4.5).
EARLY_DATA_ACCEPTED: Final = b"TLSv1.3 write end of early data"
# enum values of SSL_read_early_data(3)
_READ_EARLY_DATA_ERROR, _READ_EARLY_DATA_SUCCESS, _READ_EARLY_DATA_FINISH = range(3)
# X509_V_OK of X509_STORE_CTX_get_error(3)
_X509_V_OK = 0


def missing(ability: str) -> tuple[str, ...]:
    """The symbols that this pyOpenSSL lacks for an ability, a key of :data:`SYMBOLS`."""
    return tuple(symbol for symbol in SYMBOLS[ability] if not hasattr(_lib, symbol))


def cpu_info() -> str:
    """The processor features that the cryptography package's OpenSSL reports it uses."""
    return SSL.OpenSSL_version(CPU_INFO).decode("ascii")


def knows_group(name: str) -> bool:
    """Whether the engine accepts a group of that name."""
    return bool(_try_groups(SSL.Context(SSL.TLS_METHOD), name))


def set_groups(context: SSL.Context, groups: str) -> None:
    """Offer these groups, separated by colons, in this order (SSL_CTX_set1_groups_list(3))."""
    if not _try_groups(context, groups):
        raise HandshakeError(f"pyopenssl: the engine refuses the groups {groups}")


def _try_groups(context: SSL.Context, groups: str) -> bool:
    accepted: bool = _lib.SSL_CTX_set1_curves_list(context._context, groups.encode("ascii")) == 1
    if not accepted:
        _lib.ERR_clear_error()
    return accepted


def set_signature_algorithms(context: SSL.Context, names: str) -> None:
    """Offer these signature algorithms, separated by colons (SSL_CTX_set1_sigalgs_list(3))."""
    if _lib.SSL_CTX_set1_sigalgs_list(context._context, names.encode("ascii")) != 1:
        _lib.ERR_clear_error()
        raise HandshakeError(f"pyopenssl: the engine refuses the signature algorithms {names}")


def verify_error(code: int) -> str:
    """The description of a verification error (X509_verify_cert_error_string(3))."""
    words: bytes = _ffi.string(_lib.X509_verify_cert_error_string(code))
    return words.decode("ascii")


def set_judge(context: SSL.Context, judge: Callable[[X509, int, int], int]) -> object:
    """Verify the peer, and let ``judge`` have the last word on each certificate (SSL_CTX_set_verify(3)).

    :param judge: called with the certificate, its depth and the error so far (0 for none); it returns the
        error to fail with, or 0 to go on. pyOpenSSL's own callback can only accept or refuse, and a refusal
        without an error becomes the alert internal_error.
    :returns: an object that must be kept as long as connections of the context live.
    """

    def callback(_accepted: int, store_context: object) -> int:
        certificate = _lib.X509_STORE_CTX_get_current_cert(store_context)
        _lib.X509_up_ref(certificate)
        error = judge(
            X509._from_raw_x509_ptr(certificate),
            _lib.X509_STORE_CTX_get_error_depth(store_context),
            _lib.X509_STORE_CTX_get_error(store_context),
        )
        _lib.X509_STORE_CTX_set_error(store_context, error)
        return int(error == _X509_V_OK)

    # An exception in a callback cannot propagate: it must not count as acceptance.
    kept: object = _ffi.callback("int (*)(int, X509_STORE_CTX *)", callback, error=0)
    _lib.SSL_CTX_set_verify(context._context, SSL.VERIFY_PEER, kept)
    return kept


def check_host_name(context: SSL.Context, host: str) -> None:
    """Make verification compare the server's certificate with a DNS name or an IP address (RFC 9525)."""
    _set_host(_lib.SSL_CTX_get0_param(context._context), host)


def _set_host(parameters: object, host: str) -> None:
    try:
        address = ipaddress.ip_address(host).packed
        accepted = _lib.X509_VERIFY_PARAM_set1_ip(parameters, address, len(address))
    except ValueError:
        name = host.encode("ascii")
        accepted = _lib.X509_VERIFY_PARAM_set1_host(parameters, name, len(name))
    if accepted != 1:
        _lib.ERR_clear_error()
        raise HandshakeError(f"pyopenssl: the engine refuses the host name {host}")


def expect_peer(store: X509Store, host: str, usage: str) -> None:
    """Make a store verify a chain for a host (a DNS name or an IP address; none if empty) and a usage.

    :param usage: ``"server"`` or ``"client"``, the purpose of the leaf (X509_STORE_set_purpose(3)).
    """
    parameters = _ffi.gc(_lib.X509_VERIFY_PARAM_new(), _lib.X509_VERIFY_PARAM_free)
    if host:
        _set_host(parameters, host)
    purpose = {"server": _lib.X509_PURPOSE_SSL_SERVER, "client": _lib.X509_PURPOSE_SSL_CLIENT}[usage]
    accepted = _lib.X509_STORE_set1_param(store._store, parameters) == 1
    if not accepted or _lib.X509_STORE_set_purpose(store._store, purpose) != 1:
        raise HandshakeError(f"pyopenssl: the engine refuses the purpose {usage}")


def clear_errors() -> None:
    """Empty the error queue, in which pyOpenSSL leaves the errors behind a SysCallError.

    They would be taken for the reason of the next call's failure, even on another connection
    (SSL_get_error(3)).
    """
    _lib.ERR_clear_error()


def attach(connection: SSL.Connection, sock: socket.socket) -> None:
    """Move a connection from memory to a socket (SSL_set_fd(3)); its output must have been read."""
    _lib.SSL_set_fd(connection._ssl, sock.fileno())  # which frees the memory BIOs
    connection._socket = sock
    connection._into_ssl = connection._from_ssl = None


def reader() -> Callable[[SSL.Connection], bytes]:
    """Return a function that reads connections' application data (SSL_read(3)) into one buffer.

    It returns ``b""`` if there is none yet, and raises what :meth:`OpenSSL.SSL.Connection.recv` raises, but
    does not allocate a buffer at each call.
    """
    buffer = _ffi.new("char[]", READ_BYTES)
    view, read, get_error, want_read = (
        _ffi.buffer(buffer),
        _lib.SSL_read,
        _lib.SSL_get_error,
        _lib.SSL_ERROR_WANT_READ,
    )

    def receive(connection: SSL.Connection) -> bytes:
        tls: Any = connection._ssl
        got = read(tls, buffer, READ_BYTES)
        if got > 0:
            data: bytes = view[:got]
            return data
        if get_error(tls, got) == want_read:
            return b""
        connection._raise_ssl_error(tls, got)
        raise AssertionError("SSL_get_error(3) knows no reason")

    return receive


def write(connection: SSL.Connection, data: bytes) -> int:
    """Write as much application data as the socket accepts (SSL_write(3)); return the number of bytes.

    :raises OpenSSL.SSL.Error: as :meth:`OpenSSL.SSL.Connection.send` does, except when it must wait.
    """
    tls: Any = connection._ssl
    sent: int = _lib.SSL_write(tls, data, len(data))
    if sent == len(data):
        return sent
    if sent > 0:  # a record, see SSL_MODE_ENABLE_PARTIAL_WRITE of SSL_CTX_set_mode(3)
        return sent + write(connection, data[sent:])
    if _lib.SSL_get_error(tls, sent) in (_lib.SSL_ERROR_WANT_WRITE, _lib.SSL_ERROR_WANT_READ):
        return 0
    connection._raise_ssl_error(tls, sent)
    raise AssertionError("SSL_get_error(3) knows no reason")


def chosen_protocol(connection: SSL.Connection) -> str:
    """The protocol agreed by ALPN (RFC 7301); ``""`` if there is none."""
    return connection.get_alpn_proto_negotiated().decode("ascii", "replace")


def session_reused(connection: SSL.Connection) -> bool:
    """Whether the connection resumed a session (SSL_session_reused(3))."""
    return bool(_lib.SSL_session_reused(connection._ssl))


def has_session(connection: SSL.Connection, session: SSL.Session | None) -> bool:
    """Whether a connection's session is still this one: in TLS 1.3 each ticket brings a new one."""
    return session is not None and bool(_lib.SSL_get_session(connection._ssl) == session._session)


def peer_verified(connection: SSL.Connection) -> bool:
    """Whether the peer's chain was requested and is valid (SSL_get_verify_result(3))."""
    tls = connection._ssl
    asked = bool(_lib.SSL_get_verify_mode(tls) & SSL.VERIFY_PEER)
    return asked and bool(_lib.SSL_get_verify_result(tls) == _X509_V_OK)


def accept_early_data(context: SSL.Context, *, anti_replay: bool = True) -> None:
    """Let a server's tickets allow early data.

    :param anti_replay: whether each ticket is accepted only once, OpenSSL's default
        (SSL_CTX_set_max_early_data(3)).
    """
    if not anti_replay:
        context.set_options(_NO_ANTI_REPLAY)
    _lib.SSL_CTX_set_max_early_data(context._context, _MAX_EARLY_DATA_BYTES)


def most_early_data(session: SSL.Session) -> int:
    """How many bytes of early data a session allows (SSL_SESSION_get_max_early_data(3))."""
    return int(_lib.SSL_SESSION_get_max_early_data(session._session))


def write_early_data(connection: SSL.Connection, data: bytes) -> None:
    """Put ``data`` into the first flight of a client that has a session."""
    written = _ffi.new("size_t *")
    tls = connection._ssl
    if _lib.SSL_write_early_data(tls, data, len(data), written) != 1:
        _lib.ERR_clear_error()
        raise HandshakeError("pyopenssl: the session does not allow early data")


class EarlyDataReader:
    """A reader of early data on a server, until the client's first flight has no more."""

    def __init__(self, connection: SSL.Connection) -> None:
        self._connection = connection
        self._buffer = _ffi.new("char[]", _MAX_EARLY_DATA_BYTES)
        self._read_bytes = _ffi.new("size_t *")
        self.data = b""
        self.finished = False

    def read(self) -> None:
        """Read what has arrived; set ``finished`` once the handshake may go on.

        :raises OpenSSL.SSL.Error: if the first flight is not what TLS allows.
        """
        tls = self._connection._ssl
        while not self.finished:
            outcome = _lib.SSL_read_early_data(tls, self._buffer, _MAX_EARLY_DATA_BYTES, self._read_bytes)
            if outcome == _READ_EARLY_DATA_SUCCESS:
                self.data += bytes(_ffi.buffer(self._buffer, self._read_bytes[0]))
            elif outcome == _READ_EARLY_DATA_FINISH:
                self.finished = True
            elif _lib.SSL_get_error(tls, outcome) == _lib.SSL_ERROR_WANT_READ:
                return
            else:
                self._connection._raise_ssl_error(tls, outcome)
