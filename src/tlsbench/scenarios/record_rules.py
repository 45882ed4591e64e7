"""What TLS itself forbids on the record axes, and with a KeyUpdate."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.capabilities import Gap, gap, special_values
from tlsbench.scenarios.ciphers import BEFORE_13, BROKEN_VERSIONS
from tlsbench.scenarios.records import RECORD_AXES, SIZE_AXES


def _special(reason: str, *axes: str, **others: str) -> Gap:
    """The gap of all special values of some axes in combination, including values that are not listed."""
    elsewhere = {axis: frozenset((value,)) for axis, value in others.items()}
    return Gap(reason, {**{axis: special_values(axis) for axis in axes}, **elsewhere})


#: The protocol's gaps.
RECORD_GAPS: Final = (
    *(
        _special(f"TLS {old} pads only CBC blocks: add version=1.3", "padding", version=old)
        for old in BEFORE_13
    ),
    *(
        _special(
            "the records of TLS 1.0 and 1.1 are measured as they are: add version=1.2", axis, version=old
        )
        for axis in SIZE_AXES
        for old in BROKEN_VERSIONS
    ),
    _special(
        "a server that agrees on record_size_limit does not answer max_fragment_length (RFC 8449, section 5)",
        "max_fragment_length",
        "record_size_limit",
    ),
    *(
        _special("QUIC has no records: its packets follow mtu=", axis, transport="quic")
        for axis in RECORD_AXES
    ),
    *(
        _special("a record of DTLS is cut to fit a datagram: use mtu=", axis, transport="dtls")
        for axis in RECORD_AXES
    ),
    _special("the parts do not cover padded records", "padding", parts="yes"),
    *(
        _special("a ticket may take several such records, so tickets are not counted", axis, "tickets")
        for axis in SIZE_AXES
    ),
    gap(
        "only TLS 1.3 has a KeyUpdate, and the renegotiation of older versions, a handshake in a connection, "
        "is not measured: add version=1.3",
        workload="key_update",
        version=BEFORE_13,
    ),
    gap(
        "QUIC has no KeyUpdate: its keys change by a bit in the header of a packet (RFC 9001, section 6)",
        workload="key_update",
        transport="quic",
    ),
    gap("DTLS 1.2 has no KeyUpdate", workload="key_update", transport="dtls"),
)
