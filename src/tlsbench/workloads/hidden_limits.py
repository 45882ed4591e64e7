"""What a server of TLS 1.3 agrees to of the size of records, which its EncryptedExtensions hide.

Before the first sample counts, one handshake is decrypted (:mod:`tlsbench.workloads.decrypted`). Where
neither library logs its secrets, what both say and the records themselves count.
"""

from __future__ import annotations

from tlsbench.scenarios import Scenario
from tlsbench.workloads.decrypted import DecryptedHandshakes
from tlsbench.workloads.records import LIMITS, limits_of


def hides_limits(scenario: Scenario) -> bool:
    """Whether a scenario asks for a limit to which a server agrees in secret."""
    return scenario.version == "1.3" and bool(limits_of(scenario))


def look_for_limits(scenario: Scenario, handshakes: DecryptedHandshakes) -> None:
    """Decrypt a handshake of a scenario, and prove what its server agreed to.

    :raises ProofError: if it is not what the scenario asks for.
    """
    if not handshakes.can_decrypt:
        return
    with handshakes.one() as found:
        for axis, wanted in limits_of(scenario).items():
            LIMITS[axis].prove(axis, wanted, found.encrypted_extensions, "EncryptedExtensions")
