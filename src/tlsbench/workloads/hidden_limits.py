"""The limit on record size that a TLS 1.3 server agrees to, hidden in its EncryptedExtensions.

Before the first sample counts, one handshake is decrypted (:mod:`tlsbench.workloads.decrypted`). If neither
library logs its secrets, the proof rests on what both report and on the records themselves.
"""

from __future__ import annotations

from tlsbench.scenarios import Scenario
from tlsbench.workloads.decrypted import DecryptedHandshakes
from tlsbench.workloads.records import LIMITS, limits_of


def hides_limits(scenario: Scenario) -> bool:
    """Whether a scenario requests a limit to which the server agrees in an encrypted message."""
    return scenario.version == "1.3" and bool(limits_of(scenario))


def look_for_limits(scenario: Scenario, handshakes: DecryptedHandshakes) -> None:
    """Decrypt a handshake of a scenario, and prove what its server agreed to.

    :raises ProofError: if it differs from the scenario.
    """
    if not handshakes.can_decrypt:
        return
    with handshakes.one() as found:
        for axis, wanted in limits_of(scenario).items():
            LIMITS[axis].prove(axis, wanted, found.encrypted_extensions, "EncryptedExtensions")
