"""What happens to a ticket between the handshake that issued it and the one that offers it."""

from __future__ import annotations

import time
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations import RotatesTicketKeys
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.credentials import EXPIRING_LIFETIME_S, ROTATED_STATES

#: Libraries round to whole seconds at both ends of a lifetime.
_WHOLE_SECONDS_S: Final = 1.2


def age(scenario: Scenario, servers: object) -> None:
    """Bring an issued ticket into the state that the scenario requires.

    :raises MeasurementError: if the server's keys cannot be replaced.
    """
    state = scenario.ticket_state
    if state in ROTATED_STATES:
        if not isinstance(servers, RotatesTicketKeys):
            raise MeasurementError(f"the ticket keys of {scenario.server} cannot be replaced")
        servers.rotate_ticket_key(keep_previous=state == "previous-key")
    elif state == "expired":
        # Servers judge a ticket's age by their own clock, which no library lets us set.
        time.sleep(EXPIRING_LIFETIME_S + _WHOLE_SECONDS_S)
