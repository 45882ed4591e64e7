"""Servers for loads: TLS servers with Python's ssl, a thread for each connection, and relays that tamper."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

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
    """A context of Python's ssl, whose tickets are recognisable."""
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
    """Read once, and send nothing."""
    tls.recv(1)


def answering(answer: bytes) -> contextlib.AbstractContextManager[Address]:
    """A TLS server that gives the same answer to anything, and then closes."""

    def speak(tls: ssl.SSLSocket) -> None:
        while tls.recv(4096):
            tls.sendall(answer)
            if not answer.startswith(b"HTTP/1.1 2"):
                return

    return speaker(server_context(), speak)


def _expanded(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label without a context (RFC 8446 section 7.1)."""
    named = b"tls13 " + label
    info = struct.pack(">HB", length, len(named)) + named + b"\0"
    return HKDFExpand(hashes.SHA384(), length, info).derive(secret)


def flooding(
    message: bytes, folder: Path, *, updates: bool, most_s: float = 3.0
) -> contextlib.AbstractContextManager[Address]:
    """A server that fills its records with one message after each handshake, faster than a client reads it.

    :param message: a whole handshake message; with ``updates``, a key update, one per record.
    :param folder: for the secrets of its connections.
    :param most_s: how long it continues, for clients that never give up.
    """

    def behave(sock: socket.socket) -> None:
        context, log = server_context(), folder / f"{sock.fileno()}.keys"
        context.num_tickets, context.keylog_filename = 0, str(log)
        with context.wrap_socket(sock, server_side=True) as tls:
            (line,) = (line for line in log.read_text().splitlines() if "SERVER_TRAFFIC_SECRET_0" in line)
            log.unlink()
            secret, until_s = bytes.fromhex(line.split()[-1]), time.monotonic() + most_s
            plain = (message if updates else message * (16_000 // len(message))) + b"\x16"
            header = struct.pack(">BHH", 0x17, 0x0303, len(plain) + 16)
            number = 0
            aead, iv = AESGCM(_expanded(secret, b"key", 32)), _expanded(secret, b"iv", 12)
            with socket.socket(fileno=socket.dup(tls.fileno())) as raw:
                while time.monotonic() < until_s:
                    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
                    raw.sendall(header + aead.encrypt(nonce, plain, header))
                    number += 1
                    if updates:
                        secret, number = _expanded(secret, b"traffic upd", 48), 0
                        aead, iv = AESGCM(_expanded(secret, b"key", 32)), _expanded(secret, b"iv", 12)

    return listener(behave)


#: Called with the client's socket, what the server has sent before, and what it sends now.
Spoil = Callable[[socket.socket, bytes, bytes], None]


def relay(upstream: Address, spoil: Spoil) -> contextlib.AbstractContextManager[Address]:
    """A server that relays what another sends, as ``spoil`` passes it on."""

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
    """Close a connection with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
