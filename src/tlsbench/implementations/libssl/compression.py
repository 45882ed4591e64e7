"""Certificate compression (RFC 8879) of a libssl: OpenSSL's own since 3.2, and BoringSSL's by callbacks.

An OpenSSL server compresses its certificates once, when its context is made (SSL_CTX_compress_certs(3)); only
a client does so for each connection. BoringSSL has no algorithm of its own, and calls the application's for
each connection; a server must itself cache what it compressed. OpenSSL does not report whether a connection's
certificate was compressed; BoringSSL's callbacks see each one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.errors import HandshakeError
from tlsbench.implementations import certificate_compressors as compressors
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.pki import Identity
from tlsbench.protocol.certificate_compression import CODE_POINTS
from tlsbench.scenarios import Gap, Scenario, gap
from tlsbench.scenarios.axes import AXES

#: The functions that each way needs.
_OF_OPENSSL: Final = (
    "SSL_CTX_set1_cert_comp_preference",
    "SSL_CTX_compress_certs",
    "SSL_CTX_set1_compressed_cert",
)
_OF_BORINGSSL: Final = (
    "SSL_CTX_add_cert_compression_alg",
    "SSL_get_client_random",
    "CBB_add_bytes",
    "CRYPTO_BUFFER_new",
)
#: SSL_OP_NO_TX_CERTIFICATE_COMPRESSION and SSL_OP_NO_RX_CERTIFICATE_COMPRESSION: ssl.h
_NO_COMPRESSION: Final = 1 << 32 | 1 << 33
_RANDOM_BYTES: Final = 32
#: More handshakes than are ever proved at once.
_MOST_NOTES: Final = 1 << 14
_COMPRESS: Final = "int (SSL *, CBB *, const uint8_t *, size_t)"
_DECOMPRESS: Final = "int (SSL *, CRYPTO_BUFFER **, size_t, const uint8_t *, size_t)"
_FAILED: Final = 0

#: What a side reports of a connection in addition to what every side does; see ``Told`` of an endpoint.
Told = Callable[[Any], Mapping[str, Any]]


def compress_certificates(
    lib: Library, context: Any, scenario: Scenario, told: Told, served: Identity | None = None
) -> Told:
    """Have a side whose certificates are set compress them and accept compressed ones, or do neither.

    :param served: the identity that a server presents.
    :returns: ``told``, extended by what the library reports of the peer's certificate.
    :raises HandshakeError: if the library refuses it.
    """
    algorithm = scenario.certificate_compression
    if algorithm in ("", "none"):
        if not lib.lacks(*_OF_OPENSSL):  # which by default offers all it has
            lib.SSL_CTX_set_options(context, _NO_COMPRESSION)
        return told
    code_point = CODE_POINTS[algorithm]
    if not lib.lacks(*_OF_OPENSSL):
        _prefer(lib, context, code_point)
        if served is not None and not lib.SSL_CTX_compress_certs(context, code_point):
            _set_compressed(lib, context, algorithm, served)
        return told
    caller = _Caller(lib, algorithm)
    lib.SSL_CTX_add_cert_compression_alg(context, code_point, caller.compress, caller.decompress)
    return lambda tls: {**told(tls), "certificate_compression": caller.told(tls)}


def _prefer(lib: Library, context: Any, code_point: int) -> None:
    if not lib.SSL_CTX_set1_cert_comp_preference(context, ffi.new("int[]", [code_point]), 1):
        raise HandshakeError(f"{lib.name}: it does not know the certificate compression {code_point}")


def _set_compressed(lib: Library, context: Any, algorithm: str, served: Identity) -> None:
    """Give OpenSSL a compressed certificate that it does not make itself: as of 3.5 it skips ML-DSA."""
    message = certificate_message(served)
    data = compressors.compressor(algorithm).compress(message)
    if not lib.SSL_CTX_set1_compressed_cert(context, CODE_POINTS[algorithm], data, len(data), len(message)):
        raise HandshakeError(f"{lib.name}: it does not compress certificates with {algorithm}")
    lib.ERR_clear_error()


def certificate_message(served: Identity) -> bytes:
    """The Certificate message of a TLS 1.3 server, without its header (RFC 8446 section 4.4.2)."""
    entries = b"".join(_vector(one.public_bytes(Encoding.DER)) + bytes(2) for one in served.certificates)
    return b"\0" + _vector(entries)


def _vector(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data


class _Caller:
    """BoringSSL's callbacks of one context, and the connections in which certificates came compressed."""

    def __init__(self, lib: Library, algorithm: str) -> None:
        self._lib, self._algorithm = lib, algorithm
        self._compressor = compressors.compressor(algorithm)
        self._came: set[bytes] = set()
        self.compress: Any = ffi.callback(_COMPRESS, self._compress, error=_FAILED)
        self.decompress: Any = ffi.callback(_DECOMPRESS, self._decompress, error=_FAILED)

    def _compress(self, _tls: Any, out: Any, message: Any, length: int) -> int:
        data = self._compressor.compress(bytes(ffi.buffer(message, length)))
        written: int = self._lib.CBB_add_bytes(out, data, len(data))
        return written

    def _decompress(self, tls: Any, out: Any, length: int, compressed: Any, compressed_length: int) -> int:
        try:
            data = self._compressor.decompress(bytes(ffi.buffer(compressed, compressed_length)), length)
        except Exception:  # noqa: BLE001 - each package has its own; the library's error is a bad certificate
            return _FAILED
        if len(self._came) >= _MOST_NOTES:
            self._came.clear()
        self._came.add(self._random(tls))
        out[0] = self._lib.CRYPTO_BUFFER_new(data, len(data), ffi.NULL)
        return int(out[0] != ffi.NULL)

    def _random(self, tls: Any) -> bytes:
        """The client random, which identifies a connection: the address of a freed SSL may be reused."""
        random = ffi.new("uint8_t[]", _RANDOM_BYTES)
        self._lib.SSL_get_client_random(tls, random, _RANDOM_BYTES)
        return bytes(ffi.buffer(random))

    def told(self, tls: Any) -> str:
        """The algorithm by which the peer's certificate was compressed; ``"none"`` if it was not."""
        return self._algorithm if self._random(tls) in self._came else "none"


def compression_supported(lib: Library) -> tuple[str, ...]:
    """The axis, if a library supports it."""
    return () if lib.lacks(*_OF_OPENSSL) and lib.lacks(*_OF_BORINGSSL) else ("certificate_compression",)


def compression_gaps(lib: Library, name: str, engine: str, new_context: Callable[[], Any]) -> Iterator[Gap]:
    """What a library does not support of the axis.

    :param name: the library's id.
    :param engine: the name of its engine.
    :param new_context: makes an SSL_CTX with which to try algorithms.
    """
    every = AXES["certificate_compression"].special
    if lib.lacks(*_OF_OPENSSL):
        if lib.lacks(*_OF_BORINGSSL):
            reason = f"{engine} has no {_OF_OPENSSL[0]}, which came with OpenSSL 3.2"
            yield gap(reason, certificate_compression=every)
            return
        for algorithm, reason in compressors.missing():
            yield gap(reason, certificate_compression=algorithm)
        yield gap(
            "BoringSSL does not compress client certificates",
            client_auth="required",
            certificate_compression=every,
        )
        return
    yield gap(
        "the certificate that OpenSSL compresses in advance carries no OCSP response",
        server=name,
        ocsp="stapled",
        certificate_compression=every,
    )
    context = new_context()
    for algorithm in every:
        numbers = ffi.new("int[]", [CODE_POINTS[algorithm]])
        if not lib.SSL_CTX_set1_cert_comp_preference(context, numbers, 1):
            yield gap(f"{engine} is built without {algorithm}", certificate_compression=algorithm)
    lib.ERR_clear_error()
