"""One side's SSL_CTX on a libssl, which makes the ends of its connections."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations.libssl import bindings as native
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.implementations.libssl.credentials import Part, all_told
from tlsbench.implementations.libssl.ech import offer_ech
from tlsbench.implementations.libssl.endpoint import LibSslEndpoint, Told
from tlsbench.implementations.libssl.sessions import Sessions
from tlsbench.implementations.libssl.ticket_keys import set_ticket_keys
from tlsbench.implementations.libssl.tickets import ServerTickets
from tlsbench.pki import SERVER_NAME

#: The buffer, each way, of a BIO pair that joins two ends: larger than the longest flight measured with one.
_JOINED_BYTES: Final = 96 * 1024
_HOST: Final = SERVER_NAME.encode("ascii")


class LibSslSide:
    """One side's SSL_CTX, whatever its transport."""

    def __init__(
        self,
        lib: Library,
        context: Any,
        *,
        told: Told = lambda _tls: {},
        parts: Sequence[Part] = (),
        early_data: bool = False,
        wants_staple: bool = False,
        serialises: bool = False,
        by_callback: bool = False,
        copies_sessions: bool = False,
        renews_sessions: bool = False,
        ech: str = "",
        kept: object = None,
    ) -> None:
        self._lib = lib
        self.context = context
        self._sessions = Sessions(
            lib,
            context,
            serialises=serialises,
            by_callback=by_callback,
            copies=copies_sessions,
            renews=renews_sessions,
        )
        self._told = partial(all_told, parts, told) if parts else told
        self._parts = parts
        self._early_data = early_data
        self._wants_staple = wants_staple
        self._ech = ech
        self._kept = kept
        self._host = ffi.new("char[]", _HOST)
        self._key_log: Any = None

    def log_keys(self, path: str) -> None:
        if not self._lib.has("SSL_CTX_set_keylog_callback"):
            raise MeasurementError(f"{self._lib.path} has no SSL_CTX_set_keylog_callback")

        def append(_tls: Any, line: Any) -> None:
            with Path(path).open("a", encoding="ascii") as file:
                file.write(f"{text(line)}\n")

        self._key_log = ffi.callback("void (const SSL *, const char *)", append)
        self._lib.SSL_CTX_set_keylog_callback(self.context, self._key_log)

    def _prepare(self, tls: Any, session: object | None) -> None:
        """Set the server that a client connects to, and the session that it resumes."""
        lib = self._lib
        if self._wants_staple:
            lib.SSL_ctrl(tls, native.CTRL_SET_STATUS_TYPE, native.STATUS_TYPE_OCSP, ffi.NULL)
        lib.SSL_set_connect_state(tls)
        lib.SSL_set_tlsext_host_name(tls, self._host)
        lib.SSL_set1_host(tls, self._host)
        if self._ech not in ("", "default"):
            offer_ech(lib, tls, self._ech)
        if session is not None:
            self._sessions.resume(tls, session)


class LibSslContext(LibSslSide):
    """One side's SSL_CTX for TLS."""

    def connect(self, session: object | None = None, early_data: bytes = b"") -> LibSslEndpoint:
        endpoint = self._endpoint(sessions=self._sessions, wants_staple=self._wants_staple)
        self._prepare(endpoint.tls, session)
        if early_data:
            endpoint.write_early_data(early_data)
        return endpoint

    def set_ticket_keys(self, keys: bytes) -> None:
        set_ticket_keys(self._lib, self.context, keys)

    @property
    def joins(self) -> bool:
        return self._lib.has("BIO_new_bio_pair")

    def join(
        self, servers: LibSslContext, session: object | None = None
    ) -> tuple[LibSslEndpoint, LibSslEndpoint]:
        ends = ffi.new("BIO *[2]")
        self._lib.BIO_new_bio_pair(ends, _JOINED_BYTES, ends + 1, _JOINED_BYTES)
        client = self._endpoint(sessions=self._sessions, wants_staple=self._wants_staple, joined=ends[0])
        self._prepare(client.tls, session)
        server = servers._endpoint(sessions=None, joined=ends[1])
        self._lib.SSL_set_accept_state(server.tls)
        return client, server

    def accept(self) -> LibSslEndpoint:
        endpoint = self._endpoint(sessions=None, reads_early_data=self._early_data)
        self._lib.SSL_set_accept_state(endpoint.tls)
        return endpoint

    def rotate_ticket_key(self, *, keep_previous: bool) -> None:
        for part in self._parts:
            if isinstance(part, ServerTickets):
                part.rotate(keep_previous=keep_previous)

    def _endpoint(self, **settings: Any) -> LibSslEndpoint:
        endpoint = LibSslEndpoint(self._lib, self.context, told=self._told, owner=self, **settings)
        for part in self._parts:
            part.equip(endpoint.tls)
        return endpoint
