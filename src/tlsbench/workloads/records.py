"""The proof of records: no larger than requested and agreed on, as large as that allows, and padded.

The wire shows the length of every record, from which, with the cipher suite, follows how much plaintext it
holds. The agreement is in the clear in the hellos, except for the server's answer in TLS 1.3, which both
libraries report and :mod:`tlsbench.workloads.hidden_limits` decrypts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.links import Direction, Entry, hello_extensions_of, record_lengths
from tlsbench.protocol.extensions import FRAGMENT_LENGTHS, MAX_FRAGMENT_LENGTH, RECORD_SIZE_LIMIT
from tlsbench.protocol.messages import APPLICATION_DATA, CHANGE_CIPHER_SPEC
from tlsbench.scenarios import Scenario, ciphers
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.ciphers import CipherSuite
from tlsbench.scenarios.records import RECORD_AXES, SIZE_AXES, most_plaintext, number_of

#: For AES, ARIA, Camellia and SM4 in CBC mode: the IV of a record, and the most padding to fill a block.
_BLOCK_BYTES = 16
_MAC_BYTES = {"SHA": 20, "SHA256": 32, "SHA384": 48}
#: The workloads that measure application data and not handshakes.
_OF_DATA = ("bulk", "echo")


@dataclass(frozen=True, slots=True)
class _Rules:
    """The requirements on a scenario's records.

    ``added`` holds the least and the most bytes that protection adds to the plaintext of a record, including
    the content type in TLS 1.3. ``most`` is the maximum plaintext, ``is_cut`` whether the scenario sets it,
    and ``block`` the multiple of bytes that records are padded to.
    """

    added: tuple[int, int]
    most: int
    is_cut: bool
    block: int | None

    @classmethod
    def of(cls, scenario: Scenario) -> _Rules:
        asked = scenario.record_size, scenario.max_fragment_length, scenario.record_size_limit
        return cls(
            added=_added(ciphers.BY_NAME[scenario.cipher], scenario.version),
            most=most_plaintext(*asked, scenario.version),
            is_cut=cuts_records(scenario),
            block=number_of(scenario.padding),
        )

    def check(self, fragment_bytes: int) -> None:
        """Check a protected record against the rules.

        :raises ProofError: if it breaks one.
        """
        least, most = self.added
        if fragment_bytes - most > self.most:
            got = f"a record of {fragment_bytes - most}"
            raise ProofError(
                "record size", wanted=f"at most {self.most} bytes of plaintext", got=got, witness="wire"
            )
        if self.block is not None:
            inner = fragment_bytes - least + 1
            if inner % self.block and inner < self.most:
                wanted = f"a multiple of {self.block} bytes"
                raise ProofError("padding", wanted=wanted, got=f"{inner} bytes", witness="wire")

    def check_largest(self, fragments: Sequence[int], payload_bytes: int) -> None:
        """Check that records are as large as allowed, if there is enough data to fill one.

        :raises ProofError: if they are smaller.
        """
        wanted = min(self.most, payload_bytes)
        largest = max(fragments) - self.added[0]
        if self.is_cut and largest < wanted:
            raise ProofError(
                "record size",
                wanted=f"records of {wanted} bytes of plaintext",
                got=f"at most {largest}",
                witness="wire",
            )


@dataclass(frozen=True, slots=True)
class _Limit:
    """An extension by which the sides agree on the size of records.

    :param extension: its code point.
    :param codes: the code that it carries for each size in bytes; empty if it carries the size itself.
    """

    extension: int
    codes: Mapping[int, int]

    def prove(self, axis: str, wanted: int, extensions: Mapping[int, bytes], message: str) -> None:
        """Check that a message has the extension with the wanted limit.

        :raises ProofError: if the extension is missing, or carries another limit.
        """
        data = extensions.get(self.extension)
        number = int.from_bytes(data, "big") if data is not None else None
        if number != self.codes.get(wanted, wanted):
            got = f"{message} without it" if data is None else f"{message} with {number}"
            raise ProofError(axis, wanted=wanted, got=got, witness="wire")


#: The limits that both sides agree on, by axis.
LIMITS: Final[Mapping[str, _Limit]] = {
    "max_fragment_length": _Limit(MAX_FRAGMENT_LENGTH, FRAGMENT_LENGTHS),
    "record_size_limit": _Limit(RECORD_SIZE_LIMIT, {}),
}


def cuts_records(scenario: Scenario) -> bool:
    """Whether a scenario limits the size of its records."""
    return any(number_of(scenario.value(axis)) is not None for axis in SIZE_AXES)


def asks_of_records(scenario: Scenario) -> bool:
    """Whether a scenario has special requirements on its records."""
    return any(scenario.value(axis) not in ("", AXES[axis].neutral) for axis in RECORD_AXES)


def prove_data_records(scenario: Scenario, entries: Iterable[Entry], payload_bytes: int) -> None:
    """Check the records of application data against their scenario.

    :param payload_bytes: the plaintext bytes in each write.
    :raises ProofError: if one is too large or not padded, or all are smaller than allowed.
    """
    if not asks_of_records(scenario):
        return
    rules = _Rules.of(scenario)
    for records in record_lengths(entries).values():
        fragments = [length for kind, length in records if kind == APPLICATION_DATA]
        for fragment_bytes in fragments:
            rules.check(fragment_bytes)
        if fragments:
            rules.check_largest(fragments, payload_bytes)


def prove_handshake_records(
    scenario: Scenario, entries: Sequence[Entry], client: Negotiated, server: Negotiated
) -> None:
    """Check the records of a handshake, and the limits agreed on, against the scenario.

    Cleartext records are checked in TLS 1.2, where the server's certificates are among them; a ClientHello
    precedes any agreement, and record_size_limit applies to protected records only. If application data is
    measured, only its records are checked: some libraries split and pad no others.

    :raises ProofError: if a record or a limit differs from the scenario.
    """
    if not asks_of_records(scenario):
        return
    _prove_limits(scenario, entries, client, server)
    if scenario.workload in _OF_DATA:
        return
    rules = _Rules.of(scenario)
    for direction, records in record_lengths(entries).items():
        is_protected = scenario.version == "1.3"
        for kind, fragment_bytes in records:
            if kind == CHANGE_CIPHER_SPEC:
                is_protected = True
            elif kind == APPLICATION_DATA or (is_protected and scenario.version == "1.2"):
                rules.check(fragment_bytes)
            elif direction is Direction.TO_CLIENT and scenario.version == "1.2":
                _check_clear(scenario, fragment_bytes)


def _check_clear(scenario: Scenario, fragment_bytes: int) -> None:
    most = most_plaintext(scenario.record_size, scenario.max_fragment_length, "", scenario.version)
    if fragment_bytes > most:
        wanted = f"at most {most} bytes of plaintext"
        raise ProofError("record size", wanted=wanted, got=f"a record of {fragment_bytes}", witness="wire")


def limits_of(scenario: Scenario) -> Mapping[str, int]:
    """The limits that a scenario has both sides agree on, in bytes, by axis."""
    found = ((axis, number_of(scenario.value(axis))) for axis in LIMITS)
    return {axis: wanted for axis, wanted in found if wanted is not None}


def _prove_limits(
    scenario: Scenario, entries: Sequence[Entry], client: Negotiated, server: Negotiated
) -> None:
    """Check the limits that are in the clear, and those that the libraries report."""
    limits = limits_of(scenario)
    if not limits:
        return
    asked, answered = hello_extensions_of(entries)
    for axis, wanted in limits.items():
        LIMITS[axis].prove(axis, wanted, asked, "ClientHello")
        # In TLS 1.3 the server's are protected: see tlsbench.workloads.hidden_limits.
        if scenario.version == "1.2":
            LIMITS[axis].prove(axis, wanted, answered, "ServerHello")
        for side, witness in ((client, "client"), (server, "server")):
            told = getattr(side, axis)
            if told is not None and told != wanted:
                raise ProofError(axis, wanted=wanted, got=told or "none", witness=witness)


def _added(suite: CipherSuite, version: str) -> tuple[int, int]:
    """The least and the most bytes that protection adds to a record's plaintext."""
    if version == "1.3":
        return suite.tag_bytes + 1, suite.tag_bytes + 1
    if suite.is_aead:
        added = suite.tag_bytes + suite.explicit_nonce_bytes
        return added, added
    fixed = _BLOCK_BYTES + _MAC_BYTES[suite.hash_name]
    return fixed + 1, fixed + _BLOCK_BYTES
