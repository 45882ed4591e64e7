"""Why a connection failed, in the words by which failures are counted."""

from __future__ import annotations

import errno
import os
from enum import IntEnum

from OpenSSL import SSL


def words_of(code: int) -> str:
    """The words for an errno; the same for errors with the same meaning."""
    if code in (errno.EMFILE, errno.ENFILE):
        return "no file descriptors left (see ulimit -n)"
    return {
        errno.ECONNREFUSED: "connection refused",
        errno.ECONNRESET: "connection reset",
        errno.EPIPE: "connection reset",
        errno.EADDRNOTAVAIL: "no local ports left",
    }.get(code, os.strerror(code).lower())


def reason_of(error: SSL.Error) -> str:
    """The reasons in OpenSSL's error queue, as an SSL.Error holds them."""
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(dict.fromkeys(reason for *_, reason in reasons if reason)) or "it gives no reason"


def name_of_code(codes: type[IntEnum], code: int) -> str:
    """The name of an error code of HTTP or QUIC; all unknown codes share one."""
    try:
        return codes(code).name
    except ValueError:
        return "an unknown error"
