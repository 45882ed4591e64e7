"""``cryptography``: the primitives of the cryptography package, each ready to call.

One function for each family of :mod:`tlsbench.scenarios.algorithms` builds an
:class:`~tlsbench.implementations.contract.Operation`: a call that is timed, and a check that the
call does what its name says (a round trip, a verification, or a second implementation).
"""

from __future__ import annotations

import hashlib
import hmac as stdlib_hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import cryptography
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations.certificate_keys import BRAINPOOL, ED448, SECP521R1, takes
from tlsbench.implementations.contract import Operation
from tlsbench.implementations.cryptography import certificates, verifications, verifier
from tlsbench.implementations.cryptography.verifications import (
    ADDITIONAL_DATA,
    AEADS,
    HASHES,
    MESSAGE,
    NONCE_BYTES,
    TAG_BYTES,
    scheme_of,
)
from tlsbench.implementations.openssl_names import CPU_INFO
from tlsbench.implementations.processor import cpu_gaps
from tlsbench.implementations.verifying import Verification
from tlsbench.pki import Peers, keys
from tlsbench.scenarios import Capabilities, Scenario, gap
from tlsbench.scenarios.axes import TLS_WORKLOADS

_CURVES: Final[Mapping[str, ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
}
_KEMS: Final[Mapping[str, Any]] = {
    "ml-kem-768": mlkem.MLKEM768PrivateKey,
    "ml-kem-1024": mlkem.MLKEM1024PrivateKey,
}


@dataclass(frozen=True, slots=True)
class Cryptography:
    """The cryptography package as a library of primitives."""

    id: str = "cryptography"
    summary: str = "the cryptography package's primitives, without TLS"

    def engine(self) -> str:
        name = " ".join(backend.openssl_version_text().split()[:2])
        return f"{name} in cryptography {cryptography.__version__}"

    def processor(self) -> str | None:
        library = Binding()
        told: bytes = library.ffi.string(library.lib.OpenSSL_version(CPU_INFO))
        return told.decode("ascii")

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap("a library of primitives has no TLS", workload=TLS_WORKLOADS),
                *cpu_gaps(tells=True),
                *(
                    gap(
                        f"the verifier of cryptography {cryptography.__version__} keeps to the CA/Browser "
                        "Forum's key types",
                        workload="certificate",
                        operation="verify",
                        **{axis: verifier.UNKNOWN_TO_CRYPTOGRAPHY},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            ),
            supports=("workload", "cpu", *takes(*SECP521R1, *BRAINPOOL, *ED448)),
        )

    def operation(self, scenario: Scenario, peers: Peers | None = None) -> Operation:
        if peers is not None:
            return certificates.operation(scenario, peers)
        return self.primitive(scenario.algorithm, scenario.size)

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        """See :class:`tlsbench.implementations.contract.CallsPrimitives`."""
        subject, operation = algorithm.split("/")
        try:
            return _factory(subject, operation)(subject, operation, size_bytes)
        except UnsupportedAlgorithm as error:
            raise MeasurementError(f"{self.engine()} has no {subject}") from error

    def verification(self, scenario: Scenario) -> Verification:
        subject, operation = scenario.algorithm.split("/")
        try:
            return verifications.verification(subject, operation, scenario.size)
        except UnsupportedAlgorithm as error:
            raise MeasurementError(f"{self.engine()} has no {subject}") from error


def _factory(algorithm: str, operation: str) -> Callable[[str, str, int], Operation]:
    if (algorithm.partition("-")[0], operation) in verifications.ALONE:
        return verifications.operation
    families: tuple[tuple[Any, Callable[[str, str, int], Operation]], ...] = (
        (AEADS, _aead),
        (HASHES, _digest),
        (("hmac-sha-256", "hmac-sha-384"), _hmac),
        (("hkdf-sha-256", "hkdf-sha-384"), _hkdf),
        (("x25519", *_CURVES), _agreement),
        (_KEMS, _kem),
        (keys.GENERATORS, _signature),
    )
    return next(factory for names, factory in families if algorithm in names)


def _check(algorithm: str, wanted: object, got: object) -> None:
    if wanted != got:
        raise ProofError(algorithm, wanted="the right result", got="another", witness="client")


def _aead(algorithm: str, operation: str, size_bytes: int) -> Operation:
    make, key_bytes = AEADS[algorithm]
    cipher = make(os.urandom(key_bytes))
    nonce, plaintext = os.urandom(NONCE_BYTES), os.urandom(size_bytes)
    sealed = cipher.encrypt(nonce, plaintext, ADDITIONAL_DATA)
    into = bytearray(size_bytes + (TAG_BYTES if "encrypt" in operation else 0))
    data, result = (plaintext, sealed) if "encrypt" in operation else (sealed, plaintext)
    arguments = (nonce, data, ADDITIONAL_DATA, *((into,) if operation.endswith("_into") else ()))
    call = partial(getattr(cipher, operation), *arguments)

    def verify() -> None:
        returned = call()
        _check(algorithm, result, bytes(into) if operation.endswith("_into") else returned)
        try:
            cipher.decrypt(nonce, sealed[:-1] + bytes([sealed[-1] ^ 1]), ADDITIONAL_DATA)
        except InvalidTag:
            return
        raise ProofError(algorithm, wanted="InvalidTag", got="a forged text", witness="client")

    return Operation(call, verify)


def _digest(algorithm: str, _operation: str, size_bytes: int) -> Operation:
    data, kind = os.urandom(size_bytes), HASHES[algorithm]

    def call() -> bytes:
        digest = hashes.Hash(kind)
        digest.update(data)
        return digest.finalize()

    reference = hashlib.new(algorithm.replace("-", ""), data)
    return Operation(call, lambda: _check(algorithm, reference.digest(), call()))


def _hmac(algorithm: str, _operation: str, size_bytes: int) -> Operation:
    name = algorithm.removeprefix("hmac-")
    key, data, kind = os.urandom(32), os.urandom(size_bytes), HASHES[name]

    def call() -> bytes:
        mac = HMAC(key, kind)
        mac.update(data)
        return mac.finalize()

    reference = stdlib_hmac.new(key, data, name.replace("-", ""))
    return Operation(call, lambda: _check(algorithm, reference.digest(), call()))


def _hkdf(algorithm: str, operation: str, _size_bytes: int) -> Operation:
    kind = HASHES[algorithm.removeprefix("hkdf-")]
    secret, salt, info = os.urandom(32), os.urandom(kind.digest_size), b"tls13 traffic"
    length_bytes = kind.digest_size

    def derive() -> bytes:
        return HKDF(kind, length_bytes, salt, info).derive(secret)

    def expand() -> bytes:
        return HKDFExpand(kind, length_bytes, info).derive(extracted)

    # RFC 5869 sections 2.2 and 2.3, for one block of output
    extracted = stdlib_hmac.digest(salt, secret, kind.name)
    expected = stdlib_hmac.digest(extracted, info + b"\x01", kind.name)
    call = {"derive": derive, "expand": expand}[operation]
    return Operation(call, lambda: _check(algorithm, expected, call()))


def _agreement(algorithm: str, operation: str, _size_bytes: int) -> Operation:
    ours: Any
    theirs: Any
    keygen: Callable[[], Any]
    if algorithm == "x25519":
        keygen = x25519.X25519PrivateKey.generate
        ours, theirs = keygen(), keygen()
        exchange = partial(ours.exchange, theirs.public_key())
        reverse = partial(theirs.exchange, ours.public_key())
    else:
        keygen = partial(ec.generate_private_key, _CURVES[algorithm])
        ours, theirs = keygen(), keygen()
        exchange = partial(ours.exchange, ec.ECDH(), theirs.public_key())
        reverse = partial(theirs.exchange, ec.ECDH(), ours.public_key())
    call = {"keygen": keygen, "exchange": exchange}[operation]
    return Operation(call, lambda: _check(algorithm, reverse(), exchange()))


def _kem(algorithm: str, operation: str, _size_bytes: int) -> Operation:
    private = _KEMS[algorithm].generate()
    public = private.public_key()
    secret, ciphertext = public.encapsulate()
    call = {
        "keygen": _KEMS[algorithm].generate,
        "encapsulate": public.encapsulate,
        "decapsulate": partial(private.decapsulate, ciphertext),
    }[operation]

    def verify() -> None:
        _check(algorithm, secret, private.decapsulate(ciphertext))
        fresh_secret, fresh_ciphertext = public.encapsulate()
        _check(algorithm, fresh_secret, private.decapsulate(fresh_ciphertext))

    return Operation(call, verify)


def _signature(algorithm: str, operation: str, _size_bytes: int) -> Operation:
    private: Any = keys.private_key(algorithm, "primitive")
    public = private.public_key()
    scheme = scheme_of(private)
    signature = private.sign(MESSAGE, *scheme)
    calls: dict[str, Callable[[], object]] = {
        "keygen": keys.GENERATORS[algorithm],
        "sign": partial(private.sign, MESSAGE, *scheme),
        "verify": partial(public.verify, signature, MESSAGE, *scheme),
    }

    def verify() -> None:
        try:
            public.verify(private.sign(MESSAGE, *scheme), MESSAGE, *scheme)
        except InvalidSignature:
            raise ProofError(
                algorithm, wanted="a valid signature", got="an invalid one", witness="client"
            ) from None
        try:
            public.verify(signature, MESSAGE + b"!", *scheme)
        except InvalidSignature:
            return
        raise ProofError(algorithm, wanted="InvalidSignature", got="a forgery", witness="client")

    return Operation(calls[operation], verify)
