"""One end of a connection on GnuTLS, and the context that makes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.gnutls import bindings as native
from tlsbench.implementations.gnutls import names
from tlsbench.implementations.gnutls.bindings import Library, ffi
from tlsbench.implementations.gnutls.credentials import CRD_PSK, Psk, RawKey
from tlsbench.implementations.gnutls.records import RecordSettings, update_keys
from tlsbench.implementations.native import text
from tlsbench.implementations.pipes import Pipe
from tlsbench.pki import SERVER_NAME
from tlsbench.protocol.messages import RECORD_BYTES

_HOST: Final = SERVER_NAME.encode("ascii")
#: The limit in a server's tickets, and the most that is read at once.
MAX_EARLY_DATA_BYTES: Final = 16384
#: GNUTLS_TICKET_KEY_SIZE of GnuTLS's ticket_key.h: a name of 16 bytes, and keys of 32 and 16.
_TICKET_KEY_BYTES: Final = 64
#: Memory that is written before it is read need not be cleared.
_allocate: Final = ffi.new_allocator(should_clear_after_alloc=False)


class Replays:
    """The recent ClientHellos, recorded by a server to accept early data only once (RFC 8446, section 8)."""

    def __init__(self, lib: Library) -> None:
        place = ffi.new("gnutls_anti_replay_t *")
        lib.must(lib.gnutls_anti_replay_init(place))
        self.known: Any = ffi.gc(place[0], lib.gnutls_anti_replay_deinit)
        self._expires: dict[bytes, int] = {}
        kind = "int (void *, long, const gnutls_datum_t *, const gnutls_datum_t *)"
        self._add: Any = ffi.callback(kind, self.add, error=native.E_DB_ENTRY_EXISTS)
        lib.gnutls_anti_replay_set_add_function(self.known, self._add)

    def add(self, _context: Any, expires: int, key: Any, _data: Any) -> int:
        """Record a ClientHello until it expires, in seconds since the epoch; an error if it is known."""
        hello, now = bytes(ffi.buffer(key.data, key.size)), time.time()
        while self._expires and next(iter(self._expires.values())) < now:
            del self._expires[next(iter(self._expires))]
        if hello in self._expires:
            return native.E_DB_ENTRY_EXISTS
        self._expires[hello] = expires
        return native.E_SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a side's connections.

    :param ticket_key: the key that seals a server's tickets; None if it issues none.
    :param tickets: how many a TLS 1.3 server sends; None for the library's default.
    :param verifies: whether the peer must present a valid certificate.
    :param wants_staple: whether a client insists on a stapled OCSP response.
    :param replays: a server's record of earlier early data; None if it accepts none.
    :param records: the settings of its records.
    :param psk: an external PSK, if there is one.
    :param raw_key: the raw public keys, if they are used.
    :param lifetime_s: the lifetime of a server's tickets; None for the library's default.
    """

    credentials: Any
    priority: Any
    ticket_key: Any = None
    tickets: int | None = None
    verifies: bool = True
    wants_staple: bool = False
    replays: Replays | None = None
    records: RecordSettings = field(default_factory=RecordSettings)
    psk: Psk | None = None
    raw_key: RawKey | None = None
    lifetime_s: int | None = None


class GnuTlsContext:
    """One side of a scenario."""

    def __init__(self, lib: Library, settings: Settings) -> None:
        self.lib = lib
        self.settings = settings
        self.host = ffi.new("char[]", _HOST)
        self.key_log: Any = None
        #: The memory that the settings' ticket key points to, if it was given.
        self.ticket_memory: Any = None

    def set_ticket_keys(self, keys: bytes) -> None:
        key, self.ticket_memory = native.datum(keys[:_TICKET_KEY_BYTES])
        self.settings = replace(self.settings, ticket_key=key)

    def log_keys(self, path: str) -> None:
        def append(session: Any, label: Any, secret: Any) -> int:
            client: Any = ffi.new("gnutls_datum_t *")
            self.lib.gnutls_session_get_random(session, client, ffi.new("gnutls_datum_t *"))
            random, key = (ffi.buffer(one.data, one.size)[:].hex() for one in (client, secret))
            with Path(path).open("a", encoding="ascii") as file:
                file.write(f"{text(label)} {random} {key}\n")
            return 0

        kind = "int (gnutls_session_t, const char *, const gnutls_datum_t *)"
        self.key_log = ffi.callback(kind, append)

    def connect(self, session: object | None = None, early_data: bytes = b"") -> GnuTlsEndpoint:
        lib, endpoint = self.lib, GnuTlsEndpoint(self, native.CLIENT)
        lib.gnutls_server_name_set(endpoint.session_t, native.NAME_DNS, self.host, len(_HOST))
        if self.settings.raw_key is None:
            lib.gnutls_session_set_verify_cert(endpoint.session_t, self.host, 0)
        if session is not None:
            assert isinstance(session, bytes)
            lib.must(lib.gnutls_session_set_data(endpoint.session_t, session, len(session)))
        if early_data:
            lib.must(lib.gnutls_record_send_early_data(endpoint.session_t, early_data, len(early_data)))
        return endpoint

    def accept(self) -> GnuTlsEndpoint:
        lib, settings = self.lib, self.settings
        flags = native.SERVER
        flags |= native.NO_AUTO_SEND_TICKET if settings.tickets is not None else 0
        flags |= native.ENABLE_EARLY_DATA if settings.replays is not None else 0
        endpoint = GnuTlsEndpoint(self, flags)
        if settings.replays is not None:
            lib.gnutls_anti_replay_enable(endpoint.session_t, settings.replays.known)
            lib.must(lib.gnutls_record_set_max_early_data_size(endpoint.session_t, MAX_EARLY_DATA_BYTES))
        if settings.verifies:
            lib.gnutls_certificate_server_set_request(endpoint.session_t, native.CERT_REQUIRE)
            if settings.raw_key is None:
                lib.gnutls_session_set_verify_cert(endpoint.session_t, ffi.NULL, 0)
        if settings.lifetime_s is not None:
            lib.gnutls_db_set_cache_expiration(endpoint.session_t, settings.lifetime_s)
        if settings.ticket_key is not None:
            lib.must(lib.gnutls_session_ticket_enable_server(endpoint.session_t, settings.ticket_key))
        return endpoint


class GnuTlsEndpoint:
    """A gnutls_session_t between two buffers in memory."""

    def __init__(self, context: GnuTlsContext, flags: int) -> None:
        lib = self._lib = context.lib
        place = ffi.new("gnutls_session_t *")
        flags |= native.ENABLE_RAWPK if context.settings.raw_key is not None else 0
        lib.must(lib.gnutls_init(place, flags | native.NONBLOCK))
        session = self.session_t = ffi.gc(place[0], lib.gnutls_deinit)
        self._context = context
        self._is_server = bool(flags & native.SERVER)
        self._is_complete = False
        self._early_data = b""
        pipe = self._pipe = Pipe()
        self._handle = ffi.new_handle(pipe)
        self._buffer: Any = None
        lib.must(lib.gnutls_priority_set(session, context.settings.priority))
        lib.must(lib.gnutls_credentials_set(session, native.CRD_CERTIFICATE, context.settings.credentials))
        if context.settings.psk is not None:
            lib.must(lib.gnutls_credentials_set(session, CRD_PSK, context.settings.psk.credentials))
        lib.gnutls_transport_set_ptr(session, self._handle)
        lib.gnutls_transport_set_vec_push_function(session, lib.push)
        lib.gnutls_transport_set_pull_function(session, lib.pull)
        if context.key_log is not None:
            lib.gnutls_session_set_keylog_function(session, context.key_log)
        self.receive_data = pipe.receive_data
        self.data_to_send = pipe.data_to_send
        records = context.settings.records
        records.configure(lib, session)
        self._write: Callable[[bytes], None] = (
            partial(records.write, lib, session) if records.writes_otherwise else self._write_whole
        )

    def handshake(self) -> bool:
        if self._is_complete:  # a further call would begin another
            return True
        lib, session, settings = self._lib, self.session_t, self._context.settings
        while (result := lib.gnutls_handshake(session)) != native.E_SUCCESS:
            if result == native.E_AGAIN:
                if self._pipe:  # a message continues in the next record, which is there
                    continue
                return False
            if lib.gnutls_error_is_fatal(result):
                lib.gnutls_alert_send_appropriate(session, result)
                raise self._gives_up(result)
        self._is_complete = True
        if self._is_server and settings.replays is not None:
            self._read_early_data()
        if self._is_server and settings.tickets:
            lib.must(lib.gnutls_session_ticket_send(session, settings.tickets, 0))
        if settings.wants_staple and not lib.gnutls_ocsp_status_request_is_checked(session, 0):
            raise HandshakeError("gnutls: no OCSP response is stapled, or it does not cover the certificate")
        return True

    def _read_early_data(self) -> None:
        buffer = ffi.new("char[]", MAX_EARLY_DATA_BYTES)
        receive = self._lib.gnutls_record_recv_early_data
        while (length := receive(self.session_t, buffer, MAX_EARLY_DATA_BYTES)) > 0:
            self._early_data += bytes(ffi.buffer(buffer, length))

    def write(self, data: bytes) -> None:
        self._write(data)

    def update_keys(self, *, requests_update: bool) -> None:
        update_keys(self._lib, self.session_t, requests_update=requests_update)

    def _write_whole(self, data: bytes) -> None:
        session, send, whole = self.session_t, self._lib.gnutls_record_send, ffi.from_buffer(data)
        at, end = 0, len(data)
        while at < end:
            sent = send(session, whole + at, end - at)
            if sent < 0:
                raise self._gives_up(sent)
            at += sent

    def read(self) -> bytes:
        if self._buffer is None:
            self._buffer = _allocate("char[]", RECORD_BYTES)
        lib, session, buffer, chunks = self._lib, self.session_t, self._buffer, []
        while True:
            result = lib.gnutls_record_recv(session, buffer, RECORD_BYTES)
            if result > 0:
                chunks.append(bytes(ffi.buffer(buffer, result)))
            elif result == 0 or (result == native.E_AGAIN and not self._pipe):
                return b"".join(chunks)  # after a ticket it returns E_AGAIN, though there is more
            elif lib.gnutls_error_is_fatal(result):
                raise self._gives_up(result)

    def negotiated(self) -> Negotiated:
        lib, session = self._lib, self.session_t
        resumed = bool(lib.gnutls_session_is_resumed(session))
        count = ffi.new("unsigned int *")
        chain = lib.gnutls_certificate_get_peers(session, count)
        leaf = bytes(ffi.buffer(chain[0].data, chain[0].size)) if chain != ffi.NULL and count[0] else b""
        settings = self._context.settings
        raw_key = settings.raw_key.shown(session) if settings.raw_key is not None else b""
        leaf = b"" if raw_key else leaf
        return Negotiated(
            version=native.VERSIONS.get(lib.gnutls_protocol_get_version(session)),
            cipher=text(lib.gnutls_ciphersuite_get(session)),  # its IANA name
            group=names.group_from_gnutls(text(lib.gnutls_group_get_name(lib.gnutls_group_get(session)))),
            resumed=resumed,
            peer_certificate=leaf,
            # If verification is requested and fails, the handshake does not complete.
            peer_verified=bool(leaf or raw_key) and settings.verifies,
            peer_chain_length=count[0] if leaf and not resumed else None,
            early_data=self._early_data,
            ocsp="good" if settings.wants_staple else "",
            signature=None if resumed else self._signature(),
            peer_public_key=raw_key,
            psk_identity=settings.psk.taken(session) if settings.psk is not None else b"",
            **settings.records.told(lib, session),
        )

    def _signature(self) -> str | None:
        """The peer's signature scheme."""
        lib = self._lib
        of_peer = lib.gnutls_sign_algorithm_get_client if self._is_server else lib.gnutls_sign_algorithm_get
        return names.signature_from_gnutls(text(lib.gnutls_sign_get_name(of_peer(self.session_t))))

    def session(self) -> object | None:
        lib, session = self._lib, self.session_t
        has_ticket = lib.gnutls_session_get_flags(session) & native.SFLAGS_SESSION_TICKET
        if self._is_server or not has_ticket:
            return None
        data = ffi.new("gnutls_datum_t *")
        lib.must(lib.gnutls_session_get_data2(session, data))
        return lib.taken(data)

    def close(self) -> None:
        """Do nothing: its sessions stay usable without a close_notify."""

    def _gives_up(self, result: int) -> HandshakeError:
        lib = self._lib
        words = text(lib.gnutls_strerror(result))
        if result == native.E_FATAL_ALERT_RECEIVED:
            words += f" ({text(lib.gnutls_alert_get_name(lib.gnutls_alert_get(self.session_t)))})"
        if result == native.E_CERTIFICATE_VERIFICATION_ERROR:
            words += f" ({self._verification()})"
        return HandshakeError(f"gnutls: {words}")

    def _verification(self) -> str:
        """Why a certificate is not valid."""
        lib, told = self._lib, ffi.new("gnutls_datum_t *")
        status = lib.gnutls_session_get_verify_cert_status(self.session_t)
        lib.must(lib.gnutls_certificate_verification_status_print(status, native.CRT_X509, told, 0))
        return lib.taken(told).decode("ascii", "replace").strip(" \0")
