"""The proof of Encrypted ClientHello (RFC 9849): what is in the clear, and what both libraries report.

On the wire, GREASE and the real extension look alike, by design. They differ in which name is in the clear,
and in whether the server accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.links import Entry, Observed
from tlsbench.pki import SERVER_NAME
from tlsbench.pki.ech import PUBLIC_NAME
from tlsbench.scenarios import Scenario

_AXIS: Final = "ech"


def prove_ech(
    scenario: Scenario, wire: Observed, client: Negotiated, server: Negotiated, entries: Sequence[Entry]
) -> None:
    """Compare a handshake with its scenario.

    :param entries: everything that went over the link.
    :raises ProofError: at the first difference.
    """
    wanted = scenario.ech or "default"
    if wanted != "default":
        _prove_hello(wanted, wire)
    if wanted == "on":
        _prove_hidden(entries)
        _prove_accepted(client, server)
        return
    for witness, side in (("client", client), ("server", server)):
        if side.ech_accepted:
            raise ProofError(_AXIS, wanted=wanted, got="an ECH that was accepted", witness=witness)


def _prove_hello(wanted: str, wire: Observed) -> None:
    if not wire.ech:
        raise ProofError(_AXIS, wanted="encrypted_client_hello", got="no such extension", witness="wire")
    named = PUBLIC_NAME if wanted == "on" else SERVER_NAME
    if wire.server_name != named:
        got = f"{wire.server_name or 'no name'} in the clear"
        raise ProofError(_AXIS, wanted=f"{named} in the clear", got=got, witness="wire")


def _prove_hidden(entries: Sequence[Entry]) -> None:
    for direction, data in entries:
        if SERVER_NAME.encode("ascii") in data:
            got = f"the name in the clear, {direction.value}"
            raise ProofError(_AXIS, wanted=f"{SERVER_NAME} hidden", got=got, witness="wire")


def _prove_accepted(client: Negotiated, server: Negotiated) -> None:
    for witness, side in (("client", client), ("server", server)):
        if not side.ech_accepted:
            got = f"a {witness} that does not say" if side.ech_accepted is None else "rejected"
            raise ProofError(_AXIS, wanted="accepted", got=got, witness=witness)
    if server.server_name != SERVER_NAME:
        got = server.server_name or "no name"
        raise ProofError(_AXIS, wanted=f"{SERVER_NAME} decrypted", got=got, witness="server")
