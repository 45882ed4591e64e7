from __future__ import annotations

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.links import Direction
from tlsbench.tracing import KeyLog, Piece
from tlsbench.tracing.capture import PCAP, PCAPNG, format_of, key_log_beside, whole
from tlsbench.tracing.packets import packets_of

LOG = KeyLog.parse(f"CLIENT_RANDOM {'01' * 32} {'ab' * 48}\n")
PIECES = st.lists(
    st.builds(Piece, st.sampled_from(Direction), st.binary(min_size=1, max_size=4000), st.integers(0, 10**9)),
    max_size=6,
)


@given(PIECES)
def test_the_blocks_of_a_pcapng_follow_each_other_with_the_secrets_before_the_packets(
    pieces: list[Piece],
) -> None:
    packets = packets_of(pieces, 1)
    data, kinds = whole(PCAPNG, packets, LOG, "a comment"), []
    while data:
        kind, length = struct.unpack("<II", data[:8])
        assert length % 4 == 0
        assert struct.unpack("<I", data[length - 4 : length]) == (length,)
        kinds.append(kind)
        data = data[length:]
    assert kinds == [0x0A0D0D0A, 1, 10] + [6] * len(packets)


def test_the_secrets_are_in_a_pcapng_and_not_in_a_pcap() -> None:
    packets = packets_of([Piece(Direction.TO_SERVER, b"hello")], 0)
    secrets = LOG.text().encode()
    assert struct.pack("<II", 0x544C534B, len(secrets)) + secrets in whole(PCAPNG, packets, LOG, "")
    assert secrets not in whole(PCAP, packets, LOG, "")
    assert len(whole(PCAPNG, packets, KeyLog(), "")) < len(whole(PCAPNG, packets, LOG, "")) - len(secrets)


def test_the_end_of_a_name_says_which_format_it_is_and_where_the_secrets_stand() -> None:
    assert (format_of(Path("x.pcap")), key_log_beside(Path("a/x.pcap"))) == (PCAP, Path("a/x.keylog"))
    for name in ("x.pcapng", "x", "-"):
        assert (format_of(Path(name)), key_log_beside(Path(name))) == (PCAPNG, None)
