"""Cryptography's operations on certificates: each ready to call, with a check that it does what it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import VerificationError

from tlsbench.errors import CertificateError
from tlsbench.implementations.cryptography.verifier import cryptography_verifier
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.verification import STRANGER, Question, must_equal, must_fail
from tlsbench.pki import SERVER_NAME, Peers, Template, check_ocsp_response, ocsp_response, revocation_list
from tlsbench.pki.template import build
from tlsbench.scenarios import Scenario

#: A serial number has up to 20 octets (RFC 5280 section 4.1.2.2); these have as many as our own.
_SERIAL_BITS = 159


def operation(scenario: Scenario, peers: Peers) -> Operation:
    """The operation that a scenario names."""
    make = _OPERATIONS[scenario.operation.rstrip("0123456789").rstrip("-")]
    return make(scenario, peers)


def _parse(_scenario: Scenario, peers: Peers) -> Operation:
    der, key = peers.server.leaf_der, peers.server.private_key.public_key()

    def call() -> object:
        return x509.load_der_x509_certificate(der).public_key()

    return Operation(call, lambda: must_equal("public key", key, call()))


def _issue(_scenario: Scenario, peers: Peers) -> Operation:
    template, key = Template(names=(SERVER_NAME,)), peers.server.private_key.public_key()
    issuer = peers.issuer
    call = partial(build, template, key, issuer.private_key, issuer.certificate)
    return Operation(call, lambda: call().verify_directly_issued_by(issuer.certificate))


def _verify(_scenario: Scenario, peers: Peers) -> Operation:
    leaf, *intermediates = peers.server.certificates
    roots = (peers.root.certificate,)
    verifier = cryptography_verifier(Question(roots=roots, host=SERVER_NAME))
    call = partial(verifier.verify, leaf, intermediates)
    stranger = cryptography_verifier(Question(roots=roots, host=STRANGER))

    def verify() -> None:
        call()
        must_fail("host name", partial(stranger.verify, leaf, intermediates), VerificationError)

    return Operation(call, verify)


def _ocsp_build(_scenario: Scenario, peers: Peers) -> Operation:
    leaf, issuer = peers.server.leaf, peers.issuer
    call = partial(ocsp_response, issuer, leaf)
    return Operation(
        call, lambda: must_equal("status", "good", check_ocsp_response(call(), leaf, issuer.certificate))
    )


def _ocsp_check(_scenario: Scenario, peers: Peers) -> Operation:
    leaf, issuer = peers.server.leaf, peers.issuer.certificate
    der = ocsp_response(peers.issuer, leaf, "revoked")
    call = partial(check_ocsp_response, der, leaf, issuer)
    forged = der[:-1] + bytes([der[-1] ^ 1])

    def verify() -> None:
        must_equal("status", "revoked", call())
        must_fail("signature", partial(check_ocsp_response, forged, leaf, issuer), CertificateError)

    return Operation(call, verify)


def _crl(scenario: Scenario, peers: Peers) -> tuple[x509.CertificateRevocationList, list[int]]:
    """A CRL with as many entries as the operation's name says, and their serial numbers."""
    entries = int(scenario.operation.rpartition("-")[2])
    draw = random.Random(entries)  # noqa: S311 - the same list each time
    serial_numbers = [draw.getrandbits(_SERIAL_BITS) | 1 for _ in range(entries)]
    return revocation_list(peers.issuer, serial_numbers), serial_numbers


def _crl_parse(scenario: Scenario, peers: Peers) -> Operation:
    crl, serial_numbers = _crl(scenario, peers)
    call = partial(x509.load_der_x509_crl, crl.public_bytes(Encoding.DER))
    return Operation(call, lambda: must_equal("entries", len(serial_numbers), len(call())))


def _crl_lookup(scenario: Scenario, peers: Peers) -> Operation:
    """Look up the server's certificate, which is not on the list: the usual case, and the longest search."""
    crl, serial_numbers = _crl(scenario, peers)
    look_up = crl.get_revoked_certificate_by_serial_number
    call = partial(look_up, peers.server.leaf.serial_number)

    def verify() -> None:
        must_equal("entry", None, call())
        last = look_up(serial_numbers[-1])
        must_equal("entry", serial_numbers[-1], last.serial_number if last is not None else None)

    return Operation(call, verify)


_Maker = Callable[[Scenario, Peers], Operation]
_OPERATIONS: Final[Mapping[str, _Maker]] = {
    "parse": _parse,
    "issue": _issue,
    "verify": _verify,
    "ocsp-build": _ocsp_build,
    "ocsp-check": _ocsp_check,
    "crl-parse": _crl_parse,
    "crl-lookup": _crl_lookup,
}
