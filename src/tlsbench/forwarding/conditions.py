"""The conditions of a line, as values of ``link=network`` axes: ``rtt=50ms,bandwidth=10mbit,loss=1%``."""

from __future__ import annotations

from typing import Final

from tlsbench.errors import RequestError, unknown
from tlsbench.links.network import Network
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.networks import read_bandwidth, read_loss, read_rtt

#: The axes that a line has, in the order in which they are written.
_AXES: Final = ("rtt", "bandwidth", "loss")
#: The conditions of a line that changes nothing.
NO_LINE: Final = "rtt=0ms"
_NOTHING: Final = {"rtt": "0ms"} | {axis: AXES[axis].neutral for axis in _AXES[1:]}


def canonical(text: str) -> str:
    """The canonical spelling of conditions: each value as its axis writes it, without neutral ones.

    Only the round trip is always written.

    :raises RequestError: for an axis that a line does not have, or a value that the axis rejects.
    """
    given: dict[str, str] = {}
    for part in " ".join(text.split()).split(","):  # so that an error about it stays one line
        axis, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            raise RequestError(
                f"'{part.strip()}' is not a condition: write rtt=50ms,bandwidth=10mbit,loss=1%"
            )
        if axis not in _AXES:
            raise unknown("condition", axis, _AXES)
        if axis in given:
            raise RequestError(f"{axis} is given twice: a line has only one")
        parse = AXES[axis].parse
        assert parse is not None
        given[axis] = parse(value)
    values = {axis: given.get(axis, _NOTHING[axis]) for axis in _AXES}
    return ",".join(
        f"{axis}={value}" for axis, value in values.items() if axis == "rtt" or value != _NOTHING[axis]
    )


def network_of(conditions: str, seed: int = 0) -> Network:
    """The network that conditions describe.

    :param conditions: as :func:`canonical` writes them.
    :param seed: of the random losses.
    """
    values = _NOTHING | dict(part.split("=", 1) for part in conditions.split(","))
    return Network(
        rtt_ms=read_rtt(values["rtt"]),
        bandwidth_mbit=read_bandwidth(values["bandwidth"]),
        loss=read_loss(values["loss"]),
        seed=seed,
    )
