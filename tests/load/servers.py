"""Servers for loads: TLS ones of Python's ssl, with a thread for each connection, and relays that spoil."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

from tlsbench import pki
from tlsbench.pki import Identity

PEERS = pki.peers("ecdsa-secp256r1", 1)
Address = tuple[str, int]


@contextlib.contextmanager
def listener(behave: Callable[[socket.socket], None]) -> Iterator[Address]:
    """A server that does one thing to each connection, and then closes it."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)

    def serve(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            behave(sock)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listening.accept()
                threading.Thread(target=serve, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listening.getsockname()
    with contextlib.suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


def server_context(identity: Identity = PEERS.server) -> ssl.SSLContext:
    """A context of Python's ssl, whose tickets can be told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with identity.pem_file() as path:
        context.load_cert_chain(path)
    return context


def speaker(
    context: ssl.SSLContext, speak: Callable[[ssl.SSLSocket], object]
) -> contextlib.AbstractContextManager[Address]:
    """A TLS server that does one thing to each connection after its handshake."""

    def behave(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as tls:
            speak(tls)

    return listener(behave)


def hang_up(tls: ssl.SSLSocket) -> None:
    """Read once, and say nothing."""
    tls.recv(1)


def answering(answer: bytes) -> contextlib.AbstractContextManager[Address]:
    """A TLS server that says the same whatever it is asked, and then closes."""

    def speak(tls: ssl.SSLSocket) -> None:
        while tls.recv(4096):
            tls.sendall(answer)
            if not answer.startswith(b"HTTP/1.1 2"):
                return

    return speaker(server_context(), speak)


#: Given the socket of the client, what the server has said before, and what it says now.
Spoil = Callable[[socket.socket, bytes, bytes], None]


def relay(upstream: Address, spoil: Spoil) -> contextlib.AbstractContextManager[Address]:
    """A server that says what another says, as ``spoil`` passes it on."""

    def behave(sock: socket.socket) -> None:
        with socket.create_connection(upstream) as other:

            def upward() -> None:
                with contextlib.suppress(OSError):
                    while data := sock.recv(65536):
                        other.sendall(data)
                    other.shutdown(socket.SHUT_WR)

            threading.Thread(target=upward, daemon=True).start()
            said = b""
            while data := other.recv(65536):
                spoil(sock, said, data)
                said += data

    return listener(behave)


def reset(sock: socket.socket) -> None:
    """Close a connection by RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
