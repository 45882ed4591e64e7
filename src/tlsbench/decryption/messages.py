"""The parts of handshake messages that a ladder shows: extensions and certificates, with their sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import WireError
from tlsbench.links.reader import Reader
from tlsbench.protocol import extensions, messages
from tlsbench.protocol.certificate_compression import name_of as name_of_compression
from tlsbench.protocol.extensions import ENCRYPT_THEN_MAC, SUPPORTED_VERSIONS
from tlsbench.protocol.messages import (
    DTLS_VERSIONS,
    HANDSHAKE_NAMES,
    HELLO_RETRY_REQUEST_RANDOM,
    MESSAGE_HEADER_BYTES,
    VERSIONS,
)

_EXTENSION_HEADER_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension by its IANA name; its size includes its type and length, four bytes."""

    name: str
    wire_bytes: int


@dataclass(frozen=True, slots=True)
class Compression:
    """How certificates are compressed: the algorithm, and the size of the original Certificate message."""

    algorithm: str
    uncompressed_bytes: int


@dataclass(frozen=True, slots=True)
class Body:
    """What was read of a message: its extensions, the sizes of its certificates in DER, its compression."""

    extensions: tuple[Extension, ...] = ()
    certificates_bytes: tuple[int, ...] = ()
    compression: Compression | None = None


@dataclass(frozen=True, slots=True)
class Hello:
    """The fields of a hello that decryption depends on. ``cipher`` and ``version`` are a server's."""

    random: bytes
    cipher: int
    version: str
    encrypt_then_mac: bool

    @property
    def is_retry(self) -> bool:
        """Whether it is a HelloRetryRequest."""
        return self.random == HELLO_RETRY_REQUEST_RANDOM


def hello_of(kind: int, body: bytes) -> Hello:
    """Read a ClientHello or ServerHello.

    :raises WireError: if it is not well formed.
    """
    hello = Reader(body)
    version, random = hello.number(2), hello.take(32)
    hello.vector(1)  # session id
    cipher = 0
    if kind == messages.CLIENT_HELLO:
        hello.vector(2)  # cipher suites
        hello.vector(1)  # compression methods
    else:
        cipher = hello.number(2)
        hello.number(1)  # compression method
    found = dict(_extensions(hello.vector(2) if hello else b""))
    if kind == messages.SERVER_HELLO and SUPPORTED_VERSIONS in found:
        version = Reader(found[SUPPORTED_VERSIONS]).number(2)
    name = VERSIONS.get(version) or DTLS_VERSIONS.get(version) or f"{version:#06x}"
    return Hello(random, cipher, name, ENCRYPT_THEN_MAC in found)


def name_of(kind: int, body: bytes) -> str:
    """The name of a message."""
    if kind == messages.SERVER_HELLO and body[2:34] == HELLO_RETRY_REQUEST_RANDOM:
        return "HelloRetryRequest"
    return HANDSHAKE_NAMES.get(kind, f"handshake message {kind}")


def read_body(kind: int, body: bytes, version: str) -> Body:
    """Read the extensions and certificates of a message.

    :param version: of TLS, as a scenario spells it: several messages differ by it.
    :raises WireError: if the message is not well formed.
    """
    read = _READERS.get((kind, version)) or _READERS.get((kind, ""))
    return read(Reader(body)) if read else Body()


def _with_extensions(skip: Callable[[Reader], None]) -> Callable[[Reader], Body]:
    """A reader for a message that ends with its extensions, after what is skipped."""

    def read(message: Reader) -> Body:
        skip(message)
        found = message.vector(2) if message else b""
        if message:
            raise WireError("there is data after the extensions of a TLS message")
        return Body(tuple(_sized(found)))

    return read


def _client_hello(message: Reader) -> None:
    message.take(2 + 32)
    message.vector(1)
    message.vector(2)
    message.vector(1)


def _server_hello(message: Reader) -> None:
    message.take(2 + 32)
    message.vector(1)
    message.take(2 + 1)


def _ticket(message: Reader) -> None:
    message.take(4 + 4)  # lifetime and age_add
    message.vector(1)  # nonce
    message.vector(2)


def _context(message: Reader) -> None:
    message.vector(1)


def _nothing(_message: Reader) -> None:
    pass


def _certificates_13(message: Reader) -> Body:
    message.vector(1)  # the context of the request
    entries = Reader(message.vector(3))
    sizes: list[int] = []
    found: list[Extension] = []
    while entries:
        sizes.append(len(entries.vector(3)))
        found += _sized(entries.vector(2))
    return Body(tuple(found), tuple(sizes))


def _certificates_12(message: Reader) -> Body:
    entries, sizes = Reader(message.vector(3)), []
    while entries:
        sizes.append(len(entries.vector(3)))
    return Body(certificates_bytes=tuple(sizes))


def _compressed(message: Reader) -> Body:
    algorithm, length = name_of_compression(message.number(2)), message.number(3)
    message.vector(3)
    return Body(compression=Compression(algorithm, MESSAGE_HEADER_BYTES + length))


#: By message and version, ``""`` for any.
_READERS: Final[Mapping[tuple[int, str], Callable[[Reader], Body]]] = {
    (messages.CLIENT_HELLO, ""): _with_extensions(_client_hello),
    (messages.SERVER_HELLO, ""): _with_extensions(_server_hello),
    (messages.NEW_SESSION_TICKET, "1.3"): _with_extensions(_ticket),
    (messages.ENCRYPTED_EXTENSIONS, "1.3"): _with_extensions(_nothing),
    (messages.CERTIFICATE_REQUEST, "1.3"): _with_extensions(_context),
    (messages.CERTIFICATE, "1.3"): _certificates_13,
    (messages.COMPRESSED_CERTIFICATE, "1.3"): _compressed,
    (messages.CERTIFICATE, "1.2"): _certificates_12,
}


def _extensions(data: bytes) -> Iterator[tuple[int, bytes]]:
    rest = Reader(data)
    while rest:
        yield rest.number(2), rest.vector(2)


def _sized(data: bytes) -> Iterator[Extension]:
    for code_point, content in _extensions(data):
        yield Extension(extensions.name_of(code_point), _EXTENSION_HEADER_BYTES + len(content))
