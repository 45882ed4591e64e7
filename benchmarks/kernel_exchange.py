"""A TLS exchange between two kernels, and how many of its packets had to wait for one another.

The client is a separate process (``python kernel_exchange.py``), so that it can be in another network
namespace than the server. Both watch their device as tcpdump does; together, their observations give the
depth of each packet: how many packets in a row travelled until it arrived, including itself.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, dataclass
from typing import Final

REQUEST_BYTES: Final = 512
_PATIENCE_S: Final = 10.0
_ETH_P_ALL: Final = 3
_SO_RCVBUFFORCE: Final = 33
_CAPTURE_BYTES: Final = 16 << 20
_SYN: Final = 0x02


@dataclass(frozen=True, slots=True)
class Seen:
    """A TCP packet at one end.

    :param is_sent: whether that end sent it.
    :param start: its sequence number.
    :param payload_bytes: its size without headers.
    """

    is_sent: bool
    is_syn: bool
    start: int
    payload_bytes: int


class Tap:
    """Captures what goes over the device of a line in this namespace, using packet(7)."""

    def __init__(self) -> None:
        (name,) = (name for _, name in socket.if_nameindex() if name.startswith("tlsbench"))
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        self._sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _CAPTURE_BYTES)
        self._sock.bind((name, _ETH_P_ALL))
        self._sock.setblocking(False)  # noqa: FBT003 - its parameter has no name

    def close(self) -> None:
        """Stop capturing."""
        self._sock.close()

    def seen(self) -> list[Seen]:
        """The packets captured since the last call."""
        found = []
        while True:
            try:
                packet, address = self._sock.recvfrom(1 << 16)
            except BlockingIOError:
                return found
            if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_TCP:
                found.append(_read(packet, is_sent=address[2] == socket.PACKET_OUTGOING))


def _read(packet: bytes, *, is_sent: bool) -> Seen:
    tcp = (packet[0] & 15) * 4
    (start,) = struct.unpack_from("!I", packet, tcp + 4)
    header_bytes = tcp + (packet[tcp + 12] >> 4) * 4
    (total_bytes,) = struct.unpack_from("!H", packet, 2)
    return Seen(is_sent, bool(packet[tcp + 13] & _SYN), start, total_bytes - header_bytes)


@dataclass(frozen=True, slots=True)
class Depths:
    """What the packets of an exchange show.

    :param handshake_round_trips: until the client sent its Finished.
    :param round_trips: until it had the whole answer.
    :param segments: segments with data, from both ends until then, including retransmissions.
    :param retransmissions: the retransmitted ones.
    """

    handshake_round_trips: int
    round_trips: int
    segments: int
    retransmissions: int


def depths(client: Sequence[Seen], server: Sequence[Seen], until: int) -> Depths:
    """Follow what waited for what, over a line that loses nothing and keeps the order.

    :param client: the packets that it saw, in that order; ``server``, those that the server saw.
    :param until: how many packets the client had seen when it had the answer.
    """
    sent: tuple[list[int], list[int]] = [], []
    deepest, at, arrived = [0, 0], [0, 0], [0, 0]
    of_client: list[int] = []  # of the client's packets with data
    of_answer = 0
    ends = client, server
    while any(at[end] < len(ends[end]) for end in (0, 1)):
        moved = False
        for end in (0, 1):
            while at[end] < len(ends[end]):
                packet = ends[end][at[end]]
                if packet.is_sent:
                    # The packets that open the TCP connection: the clock starts after them.
                    opens = packet.is_syn or (end == 0 and not packet.payload_bytes and not of_client)
                    sent[end].append(0 if opens else deepest[end] + 1)
                    if end == 0 and packet.payload_bytes:
                        of_client.append(sent[end][-1])
                elif arrived[end] < len(sent[1 - end]):
                    deepest[end] = max(deepest[end], sent[1 - end][arrived[end]])
                    if end == 0 and packet.payload_bytes and at[end] < until:
                        of_answer = max(of_answer, sent[1][arrived[end]])
                    arrived[end] += 1
                else:
                    break
                at[end] += 1
                moved = True
        if not moved:
            raise ValueError("a packet arrived that was not sent: one of the ends did not see it")
    finished = next(depth for depth in of_client if depth > 1)
    data = [(one.is_sent, one.start) for one in client[:until] if one.payload_bytes]
    return Depths((finished - 1) // 2, of_answer // 2, len(data), len(data) - len(set(data)))


@dataclass(frozen=True, slots=True)
class Took:
    """The times of one exchange in ms, since the client's first call on the open connection.

    :param handshake_ms: until it may send; ``done_ms``, until it has the whole answer.
    """

    handshake_ms: float
    done_ms: float


@contextmanager
def server(context: ssl.SSLContext, answer_bytes: int, congestion: str, *, nodelay: bool) -> Iterator[int]:
    """A server on 127.0.0.1 that answers one request on each connection; yields its port."""
    answer = bytes(answer_bytes)
    listener = socket.create_server(("127.0.0.1", 0))
    # Accepted sockets have the options of their listener from the first segment on.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)

    def serve() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return  # it was closed
            with sock, suppress(OSError):  # a client that gave up reports that itself
                sock.settimeout(_PATIENCE_S)
                with context.wrap_socket(sock, server_side=True) as tls:
                    got = 0
                    while got < REQUEST_BYTES:
                        got += len(tls.recv(REQUEST_BYTES))
                    tls.sendall(answer)
                    tls.recv(1)  # until the client has closed

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(_PATIENCE_S)


def exchange(
    context: ssl.SSLContext, tap: Tap, port: int, answer_bytes: int, congestion: str, *, nodelay: bool
) -> tuple[Took, list[Seen]]:
    """Connect, do the handshake, send a request and read the answer; return the packets seen until then."""
    with socket.socket() as sock:
        sock.settimeout(_PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
        sock.connect(("127.0.0.1", port))
        request = bytes(REQUEST_BYTES)
        began = time.monotonic_ns()
        with context.wrap_socket(sock, server_hostname="localhost") as tls:
            shaken = time.monotonic_ns()
            tls.sendall(request)
            got = 0
            while got < answer_bytes:
                data = tls.recv(1 << 16)
                if not data:
                    raise OSError(f"the answer ended after {got} bytes")
                got += len(data)
            done = time.monotonic_ns()
            return Took((shaken - began) / 1e6, (done - began) / 1e6), tap.seen()


def context_of(*, is_server: bool, pem: str) -> ssl.SSLContext:
    """TLS 1.3 on secp256r1.

    :param pem: for a server, the file of its key and chain; for a client, the root's PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.set_ecdh_curve("prime256v1")
    if is_server:
        context.load_cert_chain(pem)
    else:
        context.load_verify_locations(cadata=pem)
    return context


def run_first() -> None:
    """Let this process run as soon as it can, whatever else is running: it mostly waits."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def main() -> None:
    """Run the client: for each line of JSON on its input, write one with times and packets."""
    gc.disable()
    run_first()
    with closing(Tap()) as tap:
        for line in sys.stdin:
            wanted = json.loads(line)
            context = context_of(is_server=False, pem=wanted.pop("root"))
            settle_s = wanted.pop("settle_s", _SETTLED_S)
            tap.seen()
            took, seen = exchange(context, tap, **wanted)
            time.sleep(settle_s)
            print(
                json.dumps(
                    {"took": astuple(took), "until": len(seen), "seen": [*map(astuple, seen + tap.seen())]}
                ),
                flush=True,
            )
            gc.collect()


#: By then, the last packets of an exchange have been seen at both ends, whatever the round-trip time.
_SETTLED_S: Final = 0.25

if __name__ == "__main__":
    main()
