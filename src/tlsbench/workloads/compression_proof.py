"""The proof of compressed certificates (RFC 8879), in the clear and under protection.

The algorithms that the client accepts are in the clear. TLS 1.3 hides which message carried a certificate:
in each visit an extra handshake is decrypted for that (:mod:`tlsbench.workloads.decrypted`), and the
measured ones must be about as long, if compression changes their length noticeably.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.decryption.decoding import Message
from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.links import Direction, Entry, Observed, WireReader
from tlsbench.pki import Peers
from tlsbench.protocol.certificate_compression import name_of
from tlsbench.protocol.messages import CERTIFICATE, COMPRESSED_CERTIFICATE
from tlsbench.scenarios import Scenario
from tlsbench.workloads.decrypted import DecryptedHandshake, DecryptedHandshakes

_AXIS: Final = "certificate_compression"
#: Signatures vary in length by a few bytes, so smaller savings are not conclusive.
_LEAST_TELLING_BYTES: Final = 64


def prove_offer(
    scenario: Scenario,
    peers: Peers,
    wire: Observed,
    told: tuple[Negotiated, Negotiated],
    protected_bytes: Callable[[], int],
) -> None:
    """Compare a full handshake with its scenario, by the cleartext on the wire and the libraries' reports.

    :param told: what the client reports, and what the server reports.
    :param protected_bytes: returns how many bytes of its handshake the server protected.
    :raises ProofError: at the first difference.
    """
    wanted = scenario.certificate_compression or "none"
    offered = [name_of(code_point) for code_point in wire.compressions]
    if wanted != "none" and offered != [wanted]:
        raise ProofError(
            _AXIS,
            wanted=f"an offer of {wanted}",
            got=f"an offer of {', '.join(offered)}" if offered else "no offer",
            witness="wire",
        )
    if wanted == "none" and offered and (sent := protected_bytes()) < _chain_bytes(scenario, peers, told[0]):
        got = f"{sent:,} bytes, fewer than its certificates take up"
        raise ProofError(_AXIS, wanted="uncompressed certificates", got=got, witness="wire")
    of_client = wanted if scenario.client_auth == "required" else "none"
    for witness, side, expected in zip(("client", "server"), told, (wanted, of_client), strict=True):
        if side.certificate_compression not in (None, expected):
            raise ProofError(_AXIS, wanted=expected, got=side.certificate_compression, witness=witness)


def _chain_bytes(scenario: Scenario, peers: Peers, client: Negotiated) -> int:
    """The minimum size of the certificates that the server sends, in DER."""
    if scenario.certificate_type == "raw_public_key":
        return 0
    sent = peers.server.certificates[: client.peer_chain_length or 1]
    return sum(len(one.public_bytes(Encoding.DER)) for one in sent)


def witness_of(handshakes: DecryptedHandshakes, reader: WireReader) -> CompressionWitness | None:
    """Return the witness to what the wire hides of a scenario's handshakes; None if none is needed."""
    if handshakes.scenario.certificate_compression in ("", "none"):
        return None
    return CompressionWitness(handshakes, reader)


@dataclass(slots=True)
class CompressionWitness:
    """Decrypts one handshake in each visit, and compares the measured ones with it."""

    handshakes: DecryptedHandshakes
    reader: WireReader
    _decrypted: DecryptedHandshake | None = field(default=None, init=False)

    def prove(self, measured: Sequence[Sequence[Entry]], *, anew: bool = True) -> Mapping[str, object]:
        """Check that the certificates were compressed.

        :param measured: what went over the link in each handshake of a visit.
        :param anew: whether to decrypt another handshake; the first time, one is decrypted in any case.
        :returns: the algorithm, and the sizes before and after compression in bytes, for the record.
        :raises ProofError: if there was no certificate, another algorithm was used, or a measured handshake
            differs too much in length from the decrypted one.
        """
        if self._decrypted is None or anew:
            with self.handshakes.one() as found:
                self._decrypted = found
        decrypted = self._decrypted
        server = _compressed(decrypted, Direction.TO_CLIENT, self.handshakes.scenario)
        self._prove_lengths(decrypted, server, measured, Direction.TO_CLIENT)
        if self.handshakes.scenario.client_auth == "required":
            client = _compressed(decrypted, Direction.TO_SERVER, self.handshakes.scenario)
            # In a completion, the client's request is in the same flight.
            if self.handshakes.scenario.workload == "handshake":
                self._prove_lengths(decrypted, client, measured, Direction.TO_SERVER)
        assert server.compression is not None
        return {
            _AXIS: self.handshakes.scenario.certificate_compression,
            "certificate_message_bytes": server.compression.uncompressed_bytes,
            "compressed_certificate_message_bytes": server.wire_bytes,
        }

    def _prove_lengths(
        self,
        decrypted: DecryptedHandshake,
        message: Message,
        measured: Sequence[Sequence[Entry]],
        direction: Direction,
    ) -> None:
        assert message.compression is not None
        saved = message.compression.uncompressed_bytes - message.wire_bytes
        if saved < _LEAST_TELLING_BYTES or self.handshakes.scenario.loss not in ("", "0%"):
            return
        alike = self.reader.protected_bytes(decrypted.entries, direction)
        for entries in measured:
            length = self.reader.protected_bytes(entries, direction)
            if abs(length - alike) > saved // 2:
                raise ProofError(
                    _AXIS,
                    wanted=f"about {alike:,} protected bytes {direction.value}, as in the one decrypted",
                    got=f"{length:,}",
                    witness="wire",
                )

    def close(self) -> None:
        """Close the handshakes' link, and delete their key log."""
        self.handshakes.close()


def _compressed(decrypted: DecryptedHandshake, direction: Direction, scenario: Scenario) -> Message:
    """Return a side's only certificate message, which must be compressed as the scenario says."""
    found = [one.message for one in decrypted.sent(direction, CERTIFICATE, COMPRESSED_CERTIFICATE)]
    used = [one.compression.algorithm if one.compression else "none" for one in found]
    if used != [scenario.certificate_compression]:
        raise ProofError(
            _AXIS,
            wanted=f"certificates {direction.value} compressed by {scenario.certificate_compression}",
            got=", ".join(used) or "no certificate",
            witness="wire",
        )
    return found[0]
