"""What several libraries cannot do on the axes of records, in the same words."""

from __future__ import annotations

from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.records import RECORD_AXES

#: The libraries that can update their keys but have no key log.
_WITHOUT_SECRETS = ("wolfssl", "tlslite")


def gaps_of_mbed_tls(library: str) -> tuple[Gap, ...]:
    """The gaps of Mbed TLS 2.28, which sends a certificate message in one record, ignoring any agreed length.

    :param library: its id.
    """
    reason = "it does not split its certificate message at the length that was agreed on"
    special = AXES["max_fragment_length"].special
    return (
        gap("it ends with TLS 1.2, which has no KeyUpdate", workload="key_update"),
        *no_records("it ends with TLS 1.2, which pads only CBC blocks", "padding"),
        gap(reason, workload="handshake", server=library, max_fragment_length=special),
        gap(
            reason, workload="handshake", client=library, client_auth="required", max_fragment_length=special
        ),
    )


def answers_key_updates(library: str) -> Gap:
    """The gap of a library that answers a KeyUpdate, but whose API cannot initiate one.

    :param library: its id.
    """
    return gap(
        "its API cannot initiate a KeyUpdate, though the library answers one: use another client",
        client=library,
        workload="key_update",
    )


def no_secrets_for_key_updates(library: str) -> Gap:
    """The gap of a library that does not export secrets: if neither end does, new keys cannot be proved.

    :param library: its id.
    """
    return gap(
        "it does not export secrets with which the wire could prove new keys: use another library at one end",
        client=library,
        server=_WITHOUT_SECRETS,
        workload="key_update",
    )


def no_records(reason: str, *axes: str) -> tuple[Gap, ...]:
    """The gaps of a library that can do nothing on some axes of records, on all of them if none is named."""
    return tuple(gap(reason, **{axis: AXES[axis].special}) for axis in axes or RECORD_AXES)
