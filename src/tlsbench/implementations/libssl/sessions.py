"""The sessions of a libssl's client: how they are obtained, and in what form they are kept."""

from __future__ import annotations

import time
from threading import get_ident
from typing import Any

from tlsbench.implementations.libssl import bindings as native
from tlsbench.implementations.libssl.bindings import Library, ffi


class Sessions:
    """The sessions of a client's context.

    :param serialises: whether they are kept as bytes (``i2d_SSL_SESSION``).
    :param by_callback: whether the library hands them to a callback.
    :param copies: whether a copy is kept: a QUIC connection invalidates its own when it ends.
    :param renews: whether the time of each is set to now when it is used, as by a client whose clock is slow.
    """

    def __init__(
        self,
        lib: Library,
        context: Any,
        *,
        serialises: bool,
        by_callback: bool,
        copies: bool = False,
        renews: bool = False,
    ) -> None:
        self._lib = lib
        self._serialises = serialises
        self._copies = copies
        self._renews = renews
        #: Keyed by the thread that received it, which also reads it: threads may share the context.
        self._newest: dict[int, Any] = {}
        self._callback: Any = None
        if by_callback:
            self._callback = ffi.callback("int (SSL *, SSL_SESSION *)", self._keep)
            lib.SSL_CTX_set_session_cache_mode(context, native.SESSION_CACHE_CLIENT)
            lib.SSL_CTX_sess_set_new_cb(context, self._callback)

    def _keep(self, _tls: Any, session: Any) -> int:
        self._newest[get_ident()] = ffi.gc(session, self._lib.SSL_SESSION_free)
        return 1  # it is ours now

    def of(self, tls: Any) -> object | None:
        """The session of a connection; None if it has none."""
        if self._callback is not None:
            session = self._newest.pop(get_ident(), ffi.NULL)
        else:
            session = ffi.gc(self._lib.SSL_get1_session(tls), self._lib.SSL_SESSION_free)
        if session == ffi.NULL:
            return None
        if self._serialises:
            return self._serialised(session)
        if self._copies:
            session = ffi.gc(self._lib.SSL_SESSION_dup(session), self._lib.SSL_SESSION_free)
        found: object = session
        return found

    def _serialised(self, session: Any) -> bytes:
        data = ffi.new("unsigned char[]", self._lib.i2d_SSL_SESSION(session, ffi.NULL))
        self._lib.i2d_SSL_SESSION(session, ffi.new("unsigned char **", data))
        return bytes(ffi.buffer(data))

    def resume(self, tls: Any, session: object) -> None:
        """Have a connection resume a session."""
        if not isinstance(session, bytes):
            self._set(tls, session)
            return
        data = ffi.from_buffer("unsigned char[]", session)
        parsed = self._lib.d2i_SSL_SESSION(ffi.NULL, ffi.new("unsigned char **", data), len(session))
        self._set(tls, parsed)  # which takes a reference of its own
        self._lib.SSL_SESSION_free(parsed)

    def _set(self, tls: Any, session: Any) -> None:
        if self._renews:
            self._lib.SSL_SESSION_set_time(session, int(time.time()))
        self._lib.SSL_set_session(tls, session)
