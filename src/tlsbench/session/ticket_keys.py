"""The file of ticket keys that a pool of servers shares, as in nginx's ``ssl_session_ticket_key``.

Anyone with the keys can decrypt what was sent under TLS 1.2 tickets, and the early data of TLS 1.3 (RFC 8446
appendix F.1), so only the owner may access the file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from tlsbench import files
from tlsbench.errors import RequestError
from tlsbench.implementations import SharesTickets
from tlsbench.implementations.registry import tls_libraries, tls_library
from tlsbench.pki import Peers
from tlsbench.scenarios import Scenario

#: A key name of 16 bytes, and keys of 32 bytes for HMAC and for AES-256.
BYTES: Final = 80
_OTHERS: Final = 0o077


def ticket_keys(path: Path) -> bytes:
    """The keys in a file, which is created if it does not exist.

    :raises RequestError: if it cannot be created or read, others have access to it, or it has another size.
    """
    try:
        if not path.exists():
            _make(path)
        content = path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        raise RequestError(f"--ticket-keys {path}: {(error.strerror or str(error)).lower()}") from None
    if len(content) != BYTES:
        raise RequestError(
            f"--ticket-keys {path}: it has {len(content)} bytes: keys are {BYTES}, as 'openssl rand {BYTES}' "
            "makes them"
        )
    if mode & _OTHERS:
        raise RequestError(f"--ticket-keys {path}: others may read it: chmod 600 {path}")
    return content


def _make(path: Path) -> None:
    """Create a file atomically: another server may be creating or reading it now."""
    keys = secrets.token_bytes(BYTES)
    with files.beside(path.parent, keys, files.SECRET_MODE) as new, contextlib.suppress(FileExistsError):
        os.link(new, path)


def check_shares_tickets(scenario: Scenario, peers: Peers, *, http: str, early_data: bool) -> None:
    """Check that a scenario's server accepts ticket keys from outside.

    :raises RequestError: if it does not.
    """
    if http == "3":
        raise RequestError("--ticket-keys: HTTP/3 is served by aioquic, which keeps its tickets in memory")
    if early_data:
        raise RequestError(
            "--ticket-keys with --early-data: to prevent replay each ticket carries early data once, and "
            "only the process that issued it knows which were used (RFC 8446 section 8.1)"
        )
    if _takes_keys(scenario.server, scenario, peers):
        return
    able = [name for name in ("libssl", "gnutls") if name in tls_libraries()]
    raise RequestError(
        f"--ticket-keys: {scenario.server} takes no ticket keys from outside"
        + (f": implementation={' or '.join(able)} does" if able else "")
    )


def _takes_keys(name: str, scenario: Scenario, peers: Peers) -> bool:
    return isinstance(tls_library(name).server_context(scenario, peers), SharesTickets)
