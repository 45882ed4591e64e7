"""TLS hello messages, read from the bytes that went over a link.

The wire is independent evidence of what a library did. Version, cipher suite, group and the kind of
resumption are in the clear in the first flights of TLS 1.2 (RFC 5246) and TLS 1.3 (RFC 8446); this module
reads only those. It reads well-formed messages for proofs and is not a TLS stack: everything else raises
:class:`~tlsbench.errors.WireError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tlsbench.errors import WireError
from tlsbench.links.ledger import Direction, Entry, Flight, Ledger, flights, summarise
from tlsbench.links.offers import compressions_in, host_in
from tlsbench.links.protected import protected_bytes, protected_records
from tlsbench.links.reader import Reader as _Reader
from tlsbench.links.records import record_lengths, records_in, summarise_records
from tlsbench.links.round_trips import RoundTrips, round_trips
from tlsbench.protocol import groups
from tlsbench.protocol.extensions import (
    COMPRESS_CERTIFICATE,
    EARLY_DATA,
    ENCRYPTED_CLIENT_HELLO,
    KEY_SHARE,
    PRE_SHARED_KEY,
    RAW_PUBLIC_KEY,
    SERVER_CERTIFICATE_TYPE,
    SERVER_NAME,
    SESSION_TICKET,
    SUPPORTED_VERSIONS,
)
from tlsbench.protocol.messages import (
    APPLICATION_DATA,
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CERTIFICATE_STATUS,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HELLO_RETRY_REQUEST_RANDOM,
    NAMED_CURVE,
    RECORD_HEADER_BYTES,
    SERVER_HELLO,
    SERVER_HELLO_DONE,
    SERVER_KEY_EXCHANGE,
    VERSIONS,
)
from tlsbench.scenarios import ciphers
from tlsbench.scenarios.credentials import PSK

#: After the record header, the message header and legacy_version.
_RANDOM_AT = RECORD_HEADER_BYTES + 4 + 2


@dataclass(frozen=True, slots=True)
class Observed:
    """What the first flights of a handshake say.

    ``cipher`` and ``group`` are code points; ``group`` is None if no key was exchanged, and negative for a
    prime that has no code point (:func:`tlsbench.protocol.groups.of_prime`).
    ``resumption`` is spelled as in a scenario. ``certificates`` is the number that the server sent,
    ``client_auth`` whether it requested one, ``stapled`` whether it sent an OCSP response, and ``signature``
    the code point of the scheme that signed its key exchange; each is None if the wire hides it (TLS 1.3).
    ``hello_retry`` means an extra round trip for another group (``group`` is that of the second hellos), and
    ``address_check`` one for a cookie (DTLS) or a token (QUIC). From the ClientHello, ``compressions``
    are the code points of the certificate compression algorithms that the client accepts, ``server_name`` is
    the host that it names in the clear (``""`` if none), and ``ech`` whether it carries an Encrypted
    ClientHello, genuine or GREASE.
    """

    version: str
    cipher: int
    group: int | None
    resumption: str
    hello_retry: bool
    certificates: int | None
    client_auth: bool | None
    stapled: bool | None
    signature: int | None
    address_check: bool = False
    compressions: tuple[int, ...] = ()
    server_name: str = ""
    ech: bool = False


def observe(entries: Iterable[Entry]) -> Observed:
    """Read the first flight of each side of a stream, or the second after a HelloRetryRequest.

    :raises WireError: if they do not open a TLS 1.2 or 1.3 handshake.
    """
    flown = flights(entries)
    client_messages, server_messages = opening(flown)
    hello_retry = server_messages[SERVER_HELLO][2:34] == HELLO_RETRY_REQUEST_RANDOM
    if hello_retry:
        client_messages, server_messages = opening(flown[2:])
    return observed(client_messages, server_messages, hello_retry=hello_retry)


def observed(
    client_messages: Mapping[int, bytes],
    server_messages: Mapping[int, bytes],
    *,
    hello_retry: bool = False,
    address_check: bool = False,
) -> Observed:
    """Interpret cleartext handshake messages, whatever carried them.

    :param client_messages: the client's message bodies, by type and in TLS form, with its last ClientHello.
    :param server_messages: the same for the server; its ServerHello is no HelloRetryRequest.
    """
    offered = hello_extensions(client_messages[CLIENT_HELLO], from_client=True)
    of_client: dict[str, Any] = {
        "compressions": compressions_in(offered.get(COMPRESS_CERTIFICATE)),
        "server_name": host_in(offered.get(SERVER_NAME)),
        "ech": ENCRYPTED_CLIENT_HELLO in offered,
    }
    hello = _Reader(server_messages[SERVER_HELLO])
    legacy_version, _random = hello.number(2), hello.take(32)
    hello.vector(1)  # session id, which TLS 1.3 only echoes
    cipher = hello.number(2)
    extensions = hello_extensions(server_messages[SERVER_HELLO], from_client=False)
    version_code = (
        _Reader(extensions[SUPPORTED_VERSIONS]).number(2)
        if SUPPORTED_VERSIONS in extensions
        else legacy_version
    )
    version = VERSIONS.get(version_code, f"{version_code:#06x}")
    if version == "1.3":
        share = extensions.get(KEY_SHARE)
        resumed = PRE_SHARED_KEY in extensions
        early = resumed and EARLY_DATA in offered
        return Observed(
            version=version,
            cipher=cipher,
            group=_Reader(share).number(2) if share else None,
            resumption="early-data" if early else "psk" if resumed else "none",
            hello_retry=hello_retry,
            certificates=None,
            client_auth=None,
            stapled=None,
            signature=None,
            address_check=address_check,
            **of_client,
        )
    certificates = server_messages.get(CERTIFICATE)
    by_ticket = bool(offered.get(SESSION_TICKET))
    suite = ciphers.BY_CODE_POINT.get(cipher)
    is_psk = suite is not None and suite.authentication == PSK
    if certificates is not None or SERVER_HELLO_DONE in server_messages:  # a resumed handshake has neither
        resumption = "external-psk" if is_psk else "none"
    else:
        resumption = "ticket" if by_ticket else "session-id"
    is_of_prime = suite is not None and suite.exchanges_in_group == "prime"
    read_keys = _keys_of_prime if is_of_prime else _keys_on_curve
    group, signature = read_keys(server_messages.get(SERVER_KEY_EXCHANGE), has_hint=is_psk)
    if version in ciphers.BROKEN_VERSIONS:  # their signatures name no scheme (RFC 4346 section 7.4.3)
        signature = None
    return Observed(
        version=version,
        cipher=cipher,
        group=group,
        resumption=resumption,
        hello_retry=False,
        certificates=_count_certificates(certificates, extensions) if certificates is not None else 0,
        client_auth=CERTIFICATE_REQUEST in server_messages,
        stapled=CERTIFICATE_STATUS in server_messages,
        signature=signature,
        address_check=address_check,
        **of_client,
    )


def opening(flown: Sequence[Flight]) -> tuple[Mapping[int, bytes], Mapping[int, bytes]]:
    """The cleartext messages in the client's first flight and in the server's.

    :raises WireError: if either hello is missing.
    """
    client_messages, server_messages = (
        dict(clear_messages(next((flight.data for flight in flown if flight.direction is direction), b"")))
        for direction in (Direction.TO_SERVER, Direction.TO_CLIENT)
    )
    if CLIENT_HELLO not in client_messages or SERVER_HELLO not in server_messages:
        raise WireError("the wire does not open with ClientHello and ServerHello")
    return client_messages, server_messages


def hello_extensions_of(entries: Iterable[Entry]) -> tuple[Mapping[int, bytes], Mapping[int, bytes]]:
    """The extensions of the ClientHello and the ServerHello that open a stream, by code point.

    :raises WireError: if the stream does not open with them.
    """
    client, server = opening(flights(entries))
    return (
        hello_extensions(client[CLIENT_HELLO], from_client=True),
        hello_extensions(server[SERVER_HELLO], from_client=False),
    )


def count_tickets(entries: Iterable[Entry]) -> int:
    """How many tickets a TLS 1.3 server sent: one in each of its protected records after the handshake.

    :raises WireError: if a record ends too early.
    """
    carried = list(entries)
    sent = record_lengths(carried)[Direction.TO_CLIENT]
    protected = sum(kind == APPLICATION_DATA for kind, _ in sent)
    return protected - len(protected_records(carried, Direction.TO_CLIENT))


def count_joined_tickets(entries: Iterable[Entry]) -> int | None:
    """The tickets of a server that puts several into one record: 0 if there are none, otherwise None.

    :raises WireError: if a record ends too early.
    """
    return None if count_tickets(entries) else 0


class CountRoundTrips(Protocol):
    """A function with the signature of :func:`~tlsbench.links.round_trips.round_trips`."""

    def __call__(self, entries: Iterable[Entry], version: str, *, early_data: bool) -> RoundTrips: ...


@dataclass(frozen=True, slots=True)
class WireReader:
    """Functions that read the ledger of one kind of link.

    :param observe: reads the first flights; raises ``WireError`` if they do not open a handshake.
    :param count_tickets: counts the tickets that a server sent; returns None if the wire does not show it.
    :param round_trips: counts the round trips of a handshake; raises ``WireError`` if it is not complete.
    :param summarise: sums up what was carried.
    :param summarise_data: sums up application data; None means that ``summarise`` does.
    :param protected_bytes: counts the bytes of its handshake that a side protected.
    """

    observe: Callable[[Iterable[Entry]], Observed]
    count_tickets: Callable[[Iterable[Entry]], int | None]
    round_trips: CountRoundTrips = round_trips
    summarise: Callable[[Iterable[Entry]], Ledger] = summarise
    summarise_data: Callable[[Iterable[Entry]], Ledger] | None = None
    protected_bytes: Callable[[Iterable[Entry], Direction], int] = protected_bytes


#: TLS over a stream: records, which writes may split anywhere.
STREAM: Final = WireReader(observe, count_tickets, summarise_data=summarise_records)
#: The same, from a server that puts several tickets into one record.
JOINED: Final = WireReader(observe, count_joined_tickets, summarise_data=summarise_records)


def clear_messages(flight: bytes) -> Iterator[tuple[int, bytes]]:
    """The cleartext handshake messages of a flight, type and body, up to the first protected record.

    After a HelloRetryRequest, a flight may begin with a ChangeCipherSpec (RFC 8446 appendix D.4).
    """
    clear = bytearray()
    for content_type, fragment in records_in(flight):
        if content_type == HANDSHAKE:
            clear += fragment
        elif clear or content_type != CHANGE_CIPHER_SPEC:
            break
    messages = _Reader(bytes(clear))
    while messages:
        yield messages.number(1), messages.vector(3)


def hello_extensions(body: bytes, *, from_client: bool) -> Mapping[int, bytes]:
    """The extensions of a hello, by code point.

    :raises WireError: if it ends too early.
    """
    hello = _Reader(body)
    hello.take(2 + 32)  # legacy_version and random
    hello.vector(1)  # session id
    if from_client:
        hello.vector(2)  # cipher suites
        hello.vector(1)  # compression methods
    else:
        hello.take(2 + 1)  # cipher suite and compression method
    return extensions_in(hello.vector(2) if hello else b"")


def extensions_in(data: bytes) -> Mapping[int, bytes]:
    """The extensions in a list of them, by code point (RFC 8446 section 4.2).

    :raises WireError: if one ends too early.
    """
    extensions, found = _Reader(data), {}
    while extensions:
        extension_type = extensions.number(2)
        found[extension_type] = extensions.vector(2)
    return found


def _keys_of_prime(
    server_key_exchange: bytes | None, *, has_hint: bool = False
) -> tuple[int | None, int | None]:
    """The group and the signature scheme of a DHE ServerKeyExchange (RFC 5246 section 7.4.3).

    :param has_hint: whether it begins with a PSK identity hint (RFC 4279 section 3).
    """
    if server_key_exchange is None:
        return None, None
    message = _Reader(server_key_exchange)
    if has_hint:
        message.vector(2)
    prime = int.from_bytes(message.vector(2), "big")
    message.vector(2)  # the generator
    message.vector(2)  # the public key
    return groups.of_prime(prime), message.number(2) if message else None


def _keys_on_curve(
    server_key_exchange: bytes | None, *, has_hint: bool = False
) -> tuple[int | None, int | None]:
    """The group and the signature scheme of an ECDHE ServerKeyExchange (RFC 8422 section 5.4).

    :param has_hint: whether it begins with a PSK identity hint, which may be all it holds (RFC 5489).
    """
    if server_key_exchange is None:
        return None, None
    message = _Reader(server_key_exchange)
    if has_hint:
        message.vector(2)
        if not message:
            return None, None
    if message.number(1) != NAMED_CURVE:
        return None, None
    group = message.number(2)
    message.vector(1)  # the public key
    return group, message.number(2) if message else None


def _count_certificates(message: bytes, extensions: Mapping[int, bytes]) -> int:
    """The number of certificates: 0 if the server presents a raw public key (RFC 7250 section 4.2)."""
    if extensions.get(SERVER_CERTIFICATE_TYPE) == RAW_PUBLIC_KEY:
        return 0
    certificates = _Reader(_Reader(message).vector(3))
    count = 0
    while certificates:
        certificates.vector(3)
        count += 1
    return count
