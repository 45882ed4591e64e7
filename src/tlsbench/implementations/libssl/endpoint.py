"""One end of a connection on a libssl: an SSL between two memory BIOs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from cryptography import x509

from tlsbench.errors import CertificateError, HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.libssl import bindings as native
from tlsbench.implementations.libssl import records
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.implementations.libssl.chains import verified_length
from tlsbench.implementations.libssl.ech import REJECTED, why_rejected
from tlsbench.implementations.libssl.sessions import Sessions
from tlsbench.implementations.libssl.suites import group_of
from tlsbench.implementations.openssl_names import signature_from_nids, version_from_openssl
from tlsbench.pki import check_ocsp_response
from tlsbench.pki.engine_keys import is_rsa_pss
from tlsbench.protocol import signature_schemes
from tlsbench.protocol.messages import RECORD_BYTES

#: The limit in a server's tickets, and the most that is read at once.
MAX_EARLY_DATA_BYTES: Final = 16384
#: Memory that is written before it is read need not be cleared.
allocate: Final = ffi.new_allocator(should_clear_after_alloc=False)
#: What SSL_get_error(3) returns when the peer must act first; over QUIC, a stream may also be full.
WAITS: Final = (native.ERROR_WANT_READ, native.ERROR_WANT_WRITE)
# enum values of SSL_read_early_data(3)
_READ_EARLY_DATA_SUCCESS, _READ_EARLY_DATA_FINISH = 1, 2


#: What a library reports of a connection in addition to what every library does, by field of ``Negotiated``.
Told = Callable[[Any], Mapping[str, Any]]


class LibSslEnd:
    """An SSL, whatever carries its bytes, and what it reports of its connection.

    :param tls: the SSL, which is freed with this object.
    :param sessions: the sessions of a client; None for a server.
    :param owner: the context, whose callbacks must live as long as the connection.
    """

    def __init__(
        self,
        lib: Library,
        tls: Any,
        *,
        sessions: Sessions | None,
        told: Told,
        owner: object,
        wants_staple: bool = False,
    ) -> None:
        self._lib = lib
        self.tls = tls
        self._sessions = sessions
        self._told = told
        self._owner = owner
        self._early_data = b""
        self._wants_staple = wants_staple
        self._ocsp = ""

    def handshake(self) -> bool:
        result = self._lib.SSL_do_handshake(self.tls)
        if result == 1:
            if self._wants_staple:
                self._check_staple()
            return True
        if self._lib.SSL_get_error(self.tls, result) in WAITS:
            return False
        raise self._gives_up()

    def _check_staple(self) -> None:
        """Check the stapled response against the chain, as a client must before it continues."""
        lib = self._lib
        place = ffi.new("unsigned char **")
        length = lib.SSL_ctrl(self.tls, native.CTRL_GET_STATUS_RESPONSE, 0, place)
        chain = lib.SSL_get0_verified_chain(self.tls)
        if length <= 0 or chain == ffi.NULL or lib.OPENSSL_sk_num(chain) < 2:
            raise HandshakeError(f"{lib.name}: no OCSP response is stapled, or its issuer is not known")
        leaf, issuer = (
            x509.load_der_x509_certificate(lib.der_of(ffi.cast("X509 *", lib.OPENSSL_sk_value(chain, at))))
            for at in (0, 1)
        )
        try:
            self._ocsp = check_ocsp_response(bytes(ffi.buffer(place[0], length)), leaf, issuer)
        except CertificateError as error:
            raise HandshakeError(f"{lib.name}: {error}") from error
        if self._ocsp != "good":
            raise HandshakeError(f"{lib.name}: the stapled OCSP response says: {self._ocsp}")

    def negotiated(self) -> Negotiated:
        lib = self._lib
        certificate = lib.peer_certificate_of(self.tls)
        agreed = Negotiated(
            version=version_from_openssl(text(lib.SSL_get_version(self.tls))),
            cipher=lib.cipher_of(self.tls),
            group=group_of(lib, self.tls),
            resumed=bool(lib.SSL_session_reused(self.tls)),
            peer_certificate=certificate,
            # A client here always verifies, and its handshake completes only if that succeeds.
            peer_verified=bool(certificate) and lib.SSL_get_verify_result(self.tls) == native.X509_V_OK,
            peer_chain_length=lib.chain_length_of(self.tls, is_server=self._sessions is None),
            verified_length=verified_length(lib, self.tls),
            early_data=self._early_data,
            ocsp=self._ocsp,
            signature=self._signature(certificate),
        )
        return replace(agreed, **self._told(self.tls))

    def _signature(self, certificate: bytes) -> str | None:
        """The peer's signature scheme; None if it did not sign, or the library does not report it."""
        lib = self._lib
        if lib.has("SSL_get_peer_signature_algorithm"):
            return signature_schemes.NAMES.get(lib.SSL_get_peer_signature_algorithm(self.tls))
        if lib.has("SSL_get0_peer_signature_name"):
            name = ffi.new("const char **")
            return text(name[0]) if lib.SSL_get0_peer_signature_name(self.tls, name) else None
        if not lib.has("SSL_get_peer_signature_type_nid"):
            return None
        kind, digest = ffi.new("int *"), ffi.new("int *")
        if not lib.SSL_get_peer_signature_type_nid(self.tls, kind):
            return None
        lib.SSL_ctrl(self.tls, native.CTRL_GET_PEER_SIGNATURE_NID, 0, digest)
        return signature_from_nids(kind[0], digest[0], is_pss_key=is_rsa_pss(certificate))

    def is_resumed(self) -> bool:
        return bool(self._lib.SSL_session_reused(self.tls))

    def session(self) -> object | None:
        return self._sessions.of(self.tls) if self._sessions is not None else None

    def close(self) -> None:
        # Without this OpenSSL considers the session bad and discards it.
        self._lib.SSL_set_shutdown(self.tls, native.SENT_AND_RECEIVED_SHUTDOWN)

    def _gives_up(self) -> HandshakeError:
        result = self._lib.SSL_get_verify_result(self.tls)
        words = text(self._lib.X509_verify_cert_error_string(result)) if result != native.X509_V_OK else ""
        why = reason(self._lib)
        if REJECTED in why:
            words = why_rejected(self._lib, self.tls)
        return HandshakeError(f"{self._lib.name}: {why}{f' ({words})' if words else ''}")


class LibSslEndpoint(LibSslEnd):
    """An SSL between two memory BIOs, or two of another method (``bio``).

    One BIO pair (BIO_new_bio_pair(3)) that joins both ends, so that Python copies only the ledger's bytes,
    was tried instead: the time charged to the sides was 1.00 to 1.03 times as long. Threads use such pairs
    all the same (:meth:`LibSslContext.join`): there, it matters to call from Python rarely.

    :param joined: an end of such a pair.
    """

    def __init__(
        self,
        lib: Library,
        context: Any,
        *,
        sessions: Sessions | None,
        told: Told,
        owner: object,
        bio: Callable[[], Any] | None = None,
        joined: Any = None,
        reads_early_data: bool = False,
        wants_staple: bool = False,
    ) -> None:
        tls = ffi.gc(lib.SSL_new(context), lib.SSL_free)
        super().__init__(lib, tls, sessions=sessions, told=told, owner=owner, wants_staple=wants_staple)
        bio = bio or lib.BIO_s_mem
        self._incoming = joined or lib.BIO_new(bio())
        self._outgoing = joined or lib.BIO_new(bio())
        lib.SSL_set_bio(self.tls, self._incoming, self._outgoing)  # they are freed with it
        self._reads_early = reads_early_data
        self._record: Any = None

    def handshake(self) -> bool:
        if self._reads_early and not self._read_early_data():
            return False
        return super().handshake()

    def data_to_send(self) -> bytes:
        waiting = self._lib.BIO_ctrl_pending(self._outgoing)
        if not waiting:
            return b""
        buffer = allocate("char[]", waiting)
        self._lib.BIO_read(self._outgoing, buffer, waiting)
        return bytes(ffi.buffer(buffer, waiting))

    def receive_data(self, data: bytes) -> None:
        self._lib.BIO_write(self._incoming, data, len(data))

    def write(self, data: bytes) -> None:
        if data and self._lib.SSL_write(self.tls, data, len(data)) <= 0:
            raise self._gives_up()

    def read(self) -> bytes:
        if self._record is None:
            self._record = allocate("char[]", RECORD_BYTES)
        read, tls, record, chunks = self._lib.SSL_read, self.tls, self._record, []
        while True:
            result = read(tls, record, RECORD_BYTES)
            if result > 0:
                chunks.append(bytes(ffi.buffer(record, result)))
                continue
            error = self._lib.SSL_get_error(self.tls, result)
            if error in (native.ERROR_WANT_READ, native.ERROR_ZERO_RETURN):
                return b"".join(chunks)
            raise self._gives_up()

    def update_keys(self, *, requests_update: bool) -> None:
        records.update_keys(self._lib, self.tls, requests_update=requests_update)

    def write_early_data(self, data: bytes) -> None:
        """Put ``data`` into the first flight of a client that has a session."""
        written = ffi.new("size_t *")
        if self._lib.SSL_write_early_data(self.tls, data, len(data), written) != 1:
            raise self._gives_up()

    def _read_early_data(self) -> bool:
        """Read early data until there is no more; return whether the handshake may go on."""
        buffer, read = ffi.new("char[]", MAX_EARLY_DATA_BYTES), ffi.new("size_t *")
        while True:
            outcome = self._lib.SSL_read_early_data(self.tls, buffer, MAX_EARLY_DATA_BYTES, read)
            if outcome == _READ_EARLY_DATA_SUCCESS:
                self._early_data += bytes(ffi.buffer(buffer, read[0]))
            elif outcome == _READ_EARLY_DATA_FINISH:
                self._reads_early = False
                return True
            elif self._lib.SSL_get_error(self.tls, outcome) == native.ERROR_WANT_READ:
                return False
            else:
                raise self._gives_up()


def reason(lib: Library) -> str:
    """The reasons in the error queue, which is empty afterwards."""
    reasons = []
    while code := lib.ERR_get_error():
        words = lib.ERR_reason_error_string(code)
        reasons.append(text(words) or f"error {code:#x}")
    return "; ".join(reasons) or "it gives no reason"
