"""What the wire says: TLS hello messages, read from the bytes that went over a link.

The wire is the witness that no library can talk its way around. Version, cipher suite, group and
the kind of resumption stand in the clear in the first flights of TLS 1.2 (RFC 5246) and TLS 1.3
(RFC 8446); this module reads just those. It is a reader of well-formed messages for proofs, not a
TLS stack: everything else raises :class:`~tlsbench.errors.WireError`.
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

#: Behind the record's header, the message's header and legacy_version.
_RANDOM_AT = RECORD_HEADER_BYTES + 4 + 2


@dataclass(frozen=True, slots=True)
class Observed:
    """What the first flights of a handshake say.

    ``cipher`` and ``group`` are code points; ``group`` is None where no key was exchanged, and negative for a
    prime that has no code point (:func:`tlsbench.protocol.groups.of_prime`).
    ``resumption`` is spelled as in a scenario. ``certificates`` is the number that the server sent
    and ``client_auth`` whether it asked for one, ``stapled`` whether it sent an OCSP response, ``signature``
    the code point of the scheme by which it signed its keys; None where the wire hides it (TLS 1.3).
    ``hello_retry`` means an extra round trip for another group, which then is that of the second hellos;
    ``address_check`` of one for a cookie (DTLS) or a token (QUIC). Of the ClientHello, ``compressions``
    are the code points of the algorithms by which the client takes certificates, ``server_name`` is the host
    that it names in the clear, ``""`` if none, and ``ech`` whether it has an Encrypted ClientHello, or
    what looks alike.
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

    :raises WireError: if they are not the opening of a TLS 1.2 or 1.3 handshake.
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
    """What the messages in the clear say, by their types, whatever carried them.

    :param client_messages: their bodies as TLS has them; the ClientHello is the last one.
    :param server_messages: likewise; the ServerHello is no HelloRetryRequest.
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
    if certificates is not None or SERVER_HELLO_DONE in server_messages:  # resumed, it has neither
        resumption = "external-psk" if is_psk else "none"
    else:
        resumption = "ticket" if by_ticket else "session-id"
    is_of_prime = suite is not None and suite.exchanges_in_group == "prime"
    read_keys = _keys_of_prime if is_of_prime else _keys_on_curve
    group, signature = read_keys(server_messages.get(SERVER_KEY_EXCHANGE), has_hint=is_psk)
    if version in ciphers.BROKEN_VERSIONS:  # they sign without saying how (RFC 4346 section 7.4.3)
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
    """The messages in the clear of the first flight of the client, and of the server.

    :raises WireError: if there are no hellos among them.
    """
    client_messages, server_messages = (
        dict(clear_messages(next((flight.data for flight in flown if flight.direction is direction), b"")))
        for direction in (Direction.TO_SERVER, Direction.TO_CLIENT)
    )
    if CLIENT_HELLO not in client_messages or SERVER_HELLO not in server_messages:
        raise WireError("the wire does not open with ClientHello and ServerHello")
    return client_messages, server_messages


def hello_extensions_of(entries: Iterable[Entry]) -> tuple[Mapping[int, bytes], Mapping[int, bytes]]:
    """The extensions of the ClientHello and of the ServerHello that open a stream, by their code points.

    :raises WireError: if they do not.
    """
    client, server = opening(flights(entries))
    return (
        hello_extensions(client[CLIENT_HELLO], from_client=True),
        hello_extensions(server[SERVER_HELLO], from_client=False),
    )


def count_tickets(entries: Iterable[Entry]) -> int:
    """How many tickets a server of TLS 1.3 sent: behind its handshake there is one in each protected record.

    :raises WireError: if a record ends too early.
    """
    carried = list(entries)
    sent = record_lengths(carried)[Direction.TO_CLIENT]
    protected = sum(kind == APPLICATION_DATA for kind, _ in sent)
    return protected - len(protected_records(carried, Direction.TO_CLIENT))


def count_joined_tickets(entries: Iterable[Entry]) -> int | None:
    """The same of a server that puts several into one record: 0 where there is none, else None.

    :raises WireError: if a record ends too early.
    """
    return None if count_tickets(entries) else 0


class CountRoundTrips(Protocol):
    """As :func:`~tlsbench.links.round_trips.round_trips` counts."""

    def __call__(self, entries: Iterable[Entry], version: str, *, early_data: bool) -> RoundTrips: ...


@dataclass(frozen=True, slots=True)
class WireReader:
    """How the ledger of one kind of link is read.

    :param observe: what the first flights say; it raises ``WireError`` if they are no handshake's.
    :param count_tickets: how many tickets a server sent; it gives None where the wire does not tell.
    :param round_trips: how long a handshake takes; it raises ``WireError`` if it is not complete.
    :param summarise: the sum of what was carried.
    :param summarise_data: the same of application data; as ``summarise`` where it is None.
    :param protected_bytes: how much of its handshake a side protected.
    """

    observe: Callable[[Iterable[Entry]], Observed]
    count_tickets: Callable[[Iterable[Entry]], int | None]
    round_trips: CountRoundTrips = round_trips
    summarise: Callable[[Iterable[Entry]], Ledger] = summarise
    summarise_data: Callable[[Iterable[Entry]], Ledger] | None = None
    protected_bytes: Callable[[Iterable[Entry], Direction], int] = protected_bytes


#: TLS over a stream: records, which writes may cut anywhere.
STREAM: Final = WireReader(observe, count_tickets, summarise_data=summarise_records)
#: The same from a server that joins its tickets.
JOINED: Final = WireReader(observe, count_joined_tickets, summarise_data=summarise_records)


def clear_messages(flight: bytes) -> Iterator[tuple[int, bytes]]:
    """The handshake messages in the clear: type and body, up to the first protected record.

    Behind a HelloRetryRequest a flight may begin with a ChangeCipherSpec (RFC 8446 appendix D.4).
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
    """The extensions of a hello, by their code points.

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
    """The extensions one behind another, by their code points (RFC 8446 section 4.2).

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
    """The group and the signature scheme of a ServerKeyExchange with DHE (RFC 5246 section 7.4.3).

    :param has_hint: whether it begins with a hint of the PSK's identity (RFC 4279 section 3).
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
    """The group and the signature scheme of a ServerKeyExchange with ECDHE (RFC 8422 section 5.4).

    :param has_hint: whether it begins with a hint of the PSK's identity, which may be all (RFC 5489).
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
    """How many there are: none where the server shows a raw public key (RFC 7250 section 4.2)."""
    if extensions.get(SERVER_CERTIFICATE_TYPE) == RAW_PUBLIC_KEY:
        return 0
    certificates = _Reader(_Reader(message).vector(3))
    count = 0
    while certificates:
        certificates.vector(3)
        count += 1
    return count
