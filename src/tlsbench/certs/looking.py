"""Inspect the certificates in a file or of a server on this machine, and find what fails with them."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tlsbench.certs.findings import Facts, facts_of, findings_of, findings_of_roots
from tlsbench.certs.order import CertificateFinding
from tlsbench.errors import RequestError
from tlsbench.loopback import ClientSetup, Meeting, meet
from tlsbench.pki import Bundle, read_bundle, read_file
from tlsbench.pki.chains import are_roots

_HOST_AND_PORT = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:/\[\]]+)):([0-9]{1,5})")
_LACKS: Final = {"certificates": "has no certificate", "crls": "holds no CRL"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in a file or on a server, and what fails with it.

    :param target: the file, or the server's address, as given.
    :param bundle: its contents.
    :param remarks: remarks on the whole.
    :param facts: the facts of each certificate.
    :param findings: the findings for the chain, or for a set of roots.
    :param are_roots: whether it is a set of trusted roots, rather than a chain to send.
    """

    target: str
    bundle: Bundle
    remarks: Sequence[str]
    facts: Sequence[Facts]
    findings: Sequence[CertificateFinding]
    are_roots: bool


def look(target: str, password: str | None = None) -> Seen:
    """Inspect a file, or a server on this machine.

    :param target: a path, or ``HOST:PORT``.
    :raises RequestError: with a one-line message, if it cannot be read or reached.
    """
    address = None if _is_there(Path(target)) else _HOST_AND_PORT.fullmatch(target)
    if address is not None:
        meeting = _look_at(address[1] or address[2], int(address[3]))
        bundle, remarks = Bundle(encoding="TLS", certificates=meeting.chain), _negotiated(meeting)
    else:
        bundle = read_bundle(read_file(Path(target)), target, password)
        remarks = tuple(_key_remarks(bundle))
    facts = [facts_of(certificate) for certificate in bundle.certificates]
    roots = are_roots(bundle.certificates)
    find = findings_of_roots if roots else findings_of
    findings = find(bundle.certificates) if bundle.certificates else ()
    return Seen(target, bundle, remarks, facts, findings, roots)


def bundle_with(path: Path, wanted: str, password: str | None = None) -> Bundle:
    """Read a file that must have certificates, or CRLs.

    :param wanted: which of the two: ``"certificates"`` or ``"crls"``.
    :raises RequestError: with a one-line message, if it cannot be read, or has none of these.
    """
    bundle = read_bundle(read_file(path), str(path), password)
    if not getattr(bundle, wanted):
        raise RequestError(f"{path} {_LACKS[wanted]}: it has {_held(bundle)}")
    return bundle


def _held(bundle: Bundle) -> str:
    """What a bundle has, for an error message about what it lacks."""
    held = [
        words
        for words, there in (
            ("a certificate", bundle.certificates),
            ("a private key", bundle.private_key is not None),
            ("a CRL", bundle.crls),
            ("a signing request", bundle.requests),
            ("an OCSP response", bundle.ocsp_responses),
        )
        if there
    ]
    return " and ".join(held) or "nothing else either"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # it cannot be examined; the error on reading it says why


def _look_at(host: str, port: int) -> Meeting:
    """Connect to a server on this machine; any other host is refused."""
    if not 1 <= port <= 65535:
        raise RequestError(f"port {port} is not valid: it must be from 1 to 65535")
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise RequestError(f"{host} is neither a file nor a host: {error.strerror}") from error
    except UnicodeError as error:  # a label that is empty, too long or not valid in IDNA
        raise RequestError(f"{host} is neither a file nor a host name") from error
    local = sorted(address for address in found if ipaddress.ip_address(address).is_loopback)
    if not local or len(local) != len(found):
        raise RequestError(f"{host} is not this machine: only servers on loopback are inspected")
    problem: RequestError | None = None
    for address in local:
        try:
            meeting = meet((address, port), ClientSetup(host=host, verify=False, ocsp="seen"))
        except RequestError as error:
            problem = error
            continue
        if not meeting.chain:
            raise RequestError(f"{host}:{port} shows no certificate: {meeting.problem}")
        return meeting
    assert problem is not None
    raise problem


def _negotiated(meeting: Meeting) -> tuple[str, ...]:
    remarks = [f"{meeting.version}, {meeting.cipher}, {meeting.group}"]
    remarks.append("an OCSP response is stapled" if meeting.staple_bytes else "no OCSP response is stapled")
    if meeting.problem:
        remarks.append(f"after that: {meeting.problem}")
    return tuple(remarks)


def _key_remarks(bundle: Bundle) -> Iterator[str]:
    if bundle.private_key is None:
        return
    if not bundle.certificates:
        yield "a private key, and no certificate"
    elif bundle.is_pair():
        yield "with the private key of the first certificate"
    else:
        yield "with a private key that is not the first certificate's: no server can use the two"
