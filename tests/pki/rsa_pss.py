"""A certificate that no library here can make."""

from __future__ import annotations


def as_rsa_pss(der: bytes) -> bytes:
    """An RSA certificate with the algorithm of its key replaced by RSASSA-PSS (RFC 4055)."""
    plain = bytes.fromhex("300d06092a864886f70d0101010500")
    pss = bytes.fromhex("300b06092a864886f70d01010a")
    at = der.index(plain)
    changed = bytearray(der[:at] + pss + der[at + len(plain) :])
    for sequence in (0, 4, at - 4):  # around it: the certificate, what is signed, the key
        length = int.from_bytes(changed[sequence + 2 : sequence + 4], "big") - 2
        changed[sequence + 2 : sequence + 4] = length.to_bytes(2, "big")
    return bytes(changed)
