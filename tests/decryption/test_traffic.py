from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tlsbench.decryption.protection import Suite
from tlsbench.decryption.records import Record
from tlsbench.decryption.traffic import Sent, TrafficReader
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.key_schedule import expand_label
from tlsbench.protocol.messages import APPLICATION_DATA, HANDSHAKE

SUITE = Suite.of(0x1301)
SECRET = bytes(range(32))
KEY_UPDATE, ASKS = bytes((24, 0, 0, 1, 0)), bytes((24, 0, 0, 1, 1))


class Sender:
    """Protects records as in RFC 8446 section 5.2."""

    def __init__(self, secret: bytes = SECRET) -> None:
        self.secret, self.number = secret, 0

    def seal(self, content_type: int, content: bytes) -> Record:
        inner = content + bytes([content_type])
        header = bytes((23, 3, 3)) + (len(inner) + 16).to_bytes(2, "big")
        key, iv = (expand_label(self.secret, *what, "sha256") for what in (("key", 16), ("iv", 12)))
        nonce = (int.from_bytes(iv, "big") ^ self.number).to_bytes(12, "big")
        self.number += 1
        return Record(Direction.TO_SERVER, 0, header, AESGCM(key).encrypt(nonce, inner, header))

    def update(self) -> None:
        self.secret, self.number = expand_label(self.secret, "traffic upd", 32, "sha256"), 0


def reader() -> TrafficReader:
    assert SUITE is not None
    return TrafficReader(SUITE, SECRET)


def test_data_is_followed_from_one_secret_to_the_next() -> None:
    sender, found = Sender(), reader()
    records = [sender.seal(APPLICATION_DATA, b"one")]
    for message in (ASKS, KEY_UPDATE):
        records.append(sender.seal(HANDSHAKE, message))
        sender.update()
        records.append(sender.seal(APPLICATION_DATA, b"next"))
    assert [(one.generation, one.request_update, one.content) for one in found.read(records)] == [
        (0, None, b"one"),
        (0, 1, ASKS),
        (1, None, b"next"),
        (1, 0, KEY_UPDATE),
        (2, None, b"next"),
    ]
    assert found.generation == 2


def test_what_comes_before_the_first_that_opens_is_of_the_handshake() -> None:
    handshake = Sender(bytes(32)).seal(HANDSHAKE, b"a Finished")
    clear = Record(Direction.TO_SERVER, 0, bytes((20, 3, 3, 0, 1)), b"\1")
    records = [handshake, clear, Sender().seal(APPLICATION_DATA, b"first")]
    assert [one.content for one in reader().read(records)] == [b"first"]


def test_a_side_that_says_it_changed_its_keys_and_did_not_is_found_out() -> None:
    sender = Sender()
    records = [sender.seal(HANDSHAKE, KEY_UPDATE), sender.seal(APPLICATION_DATA, b"under the old keys")]
    with pytest.raises(WireError, match="cannot be opened"):
        list(reader().read(records))


def test_a_side_that_changed_its_keys_without_a_word_is_found_out() -> None:
    sender = Sender()
    records = [sender.seal(APPLICATION_DATA, b"one")]
    sender.update()
    records.append(sender.seal(APPLICATION_DATA, b"two"))
    with pytest.raises(WireError, match="cannot be opened"):
        list(reader().read(records))


def test_other_messages_change_no_keys() -> None:
    ticket = Sent(0, HANDSHAKE, bytes((4, 0, 0, 0)))
    assert ticket.request_update is None
    assert Sent(0, APPLICATION_DATA, KEY_UPDATE).request_update is None
