"""What a certificate verifier is asked and answers, and how an operation on certificates is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from tlsbench.errors import ProofError

#: A host name that no certificate here has.
STRANGER: Final = "stranger.tlsbench.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a chain is verified against.

    :param host: the DNS name or IP address that a server must have; ``""`` if it does not matter.
    :param usage: ``"server"`` or ``"client"``: the purpose that the leaf must have.
    :param crls: revocation lists; if there are any, one must be of the leaf's issuer.
    :param at: the time of the verification.
    """

    roots: tuple[x509.Certificate, ...]
    host: str = ""
    usage: str = "server"
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class VerifierAnswer:
    """A verifier's answer: ``problem`` is the rule that failed, in its own words, ``""`` if none did.

    ``remark`` says what it did not check.
    """

    verifier: str
    problem: str
    remark: str = ""


def must_equal(what: str, wanted: object, got: object) -> None:
    """Check a result.

    :raises ProofError: if it is wrong.
    """
    if wanted != got:
        raise ProofError(what, wanted=wanted, got=got, witness="client")


def must_match(what: str, wanted: bytes, got: object) -> None:
    """Check a result whose bytes would mean nothing to a reader.

    :raises ProofError: if it is wrong.
    """
    if wanted != got:
        raise ProofError(what, wanted="the right result", got="another", witness="client")


def must_fail(what: str, call: Callable[[], object], error: type[Exception]) -> None:
    """Check that a call fails: what accepts everything verifies nothing.

    :raises ProofError: if it does not.
    """
    try:
        call()
    except error:
        return
    raise ProofError(what, wanted="a rejection", got="an acceptance", witness="client")
