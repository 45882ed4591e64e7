"""Initial packets for tests: sealed as in RFC 9001 section 5, from frames in the clear."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tlsbench.links import Direction
from tlsbench.links.key_schedule import expand_label
from tlsbench.links.quic import initial_secrets

CLIENT_ID = bytes.fromhex("8394c8f03e515708")
SERVER_ID = bytes.fromhex("f067a5502a4262b5")
#: RFC 9001 appendix A.4: answers a packet for CLIENT_ID, and has SERVER_ID and "token".
RETRY = bytes.fromhex("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba")


def varint(value: int) -> bytes:
    """Encode a variable-length integer (RFC 9000 section 16)."""
    for power in range(4):
        size = 1 << power
        if value < 1 << (8 * size - 2):
            return (value | power << (8 * size - 2)).to_bytes(size, "big")
    raise ValueError(value)


def crypto(data: bytes, offset: int = 0) -> bytes:
    return b"\x06" + varint(offset) + varint(len(data)) + data


def initial(
    direction: Direction,
    payload: bytes,
    number: int = 0,
    *,
    keys_of: bytes = CLIENT_ID,
    destination: bytes = CLIENT_ID,
    source: bytes = SERVER_ID,
    token: bytes = b"",
) -> bytes:
    """An Initial packet of one side; its number is encoded in two bytes."""
    secret = initial_secrets(keys_of)[direction]
    key, iv, mask_key = (
        expand_label(secret, f"quic {label}", size, "sha256")
        for label, size in (("key", 16), ("iv", 12), ("hp", 16))
    )
    payload = payload.ljust(4, b"\0")
    length = varint(2 + len(payload) + 16)
    front = bytes([0xC1]) + bytes.fromhex("00000001") + bytes([len(destination)]) + destination
    front += bytes([len(source)]) + source + varint(len(token)) + token + length
    header = front + (number & 0xFFFF).to_bytes(2, "big")
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    sealed = AESGCM(key).encrypt(nonce, payload, header)
    mask = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor().update(sealed[2:18])
    hidden = bytes(left ^ right for left, right in zip(header[len(front) :], mask[1:3], strict=True))
    return bytes([header[0] ^ mask[0] & 0x0F]) + front[1:] + hidden + sealed
