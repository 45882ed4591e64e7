"""A traced handshake as JSON, without its bytes and secrets, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tlsbench.errors import RequestError
from tlsbench.results.reader import newer_version
from tlsbench.results.scenario_text import axes_of_id
from tlsbench.results.stored import FORMAT
from tlsbench.results.strict import DocumentError, Node, document, record, text_of
from tlsbench.tracing.ladder import CARRIERS, Ladder, LadderFlight
from tlsbench.version import __version__

#: A document with this member is not a trace, but a result in pytest-benchmark's format.
_NO_TRACE = b'"benchmarks"'
_SENDERS = ("client", "server")


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedHandshake:
    """One traced handshake.

    :param scenario: the id of its scenario; further facts (a forced HelloRetryRequest) are in the ladder.
    :param engines: those of its libraries, by name.
    :param keys_from: the library that logged the secrets; ``""`` if neither did.
    """

    scenario: str
    engines: Mapping[str, str]
    keys_from: str
    ladder: Ladder


def trace_to_json(traced: TracedHandshake) -> str:
    """The handshake as the text of a JSON document; times in nanoseconds, sizes in bytes."""
    ladder = traced.ladder
    found = {
        "note": ladder.note,
        "scenario": traced.scenario,
        "axes": axes_of_id(traced.scenario),
        "engines": dict(traced.engines),
        "keys_from": traced.keys_from or None,
        **({} if ladder.transport == "tls" else {"transport": ladder.transport}),
        "version": ladder.version,
        "cipher": ladder.cipher,
        "decrypted": ladder.opened,
        "hello_retry_request": ladder.hello_retry,
        "flights": [asdict(flight) for flight in ladder.flights],
        "tlsbench": {"format": FORMAT, "version": __version__},
    }
    return json.dumps(found, indent=2) + "\n"


def trace_in(content: bytes, source: str) -> TracedHandshake | None:
    """The traced handshake in the content of a file; None if it is something else, valid or not.

    :param source: the name of the file in messages.
    :raises RequestError: with one line that begins with ``source`` and names the place, if it is an invalid
        trace.
    """
    if _NO_TRACE in content:
        return None
    try:
        root = document(text_of(content))
    except DocumentError:
        return None
    if not isinstance(root.value, dict) or not {"scenario", "flights"} <= root.value.keys():
        return None
    try:
        newer_version(root)
        return _trace_of(root)
    except DocumentError as fault:
        raise RequestError(f"{source}: {fault}") from None


def _trace_of(root: Node) -> TracedHandshake:
    keys_from = root.get("keys_from")
    flights = tuple(_flight(node) for node in root["flights"].each())
    transport = root.find("transport")
    if transport is not None and transport.text() not in CARRIERS:
        raise transport.fault(f"one of {', '.join(CARRIERS)}")
    if not flights:
        raise root["flights"].fault("at least one flight")
    return TracedHandshake(
        scenario=root["scenario"].text(),
        engines={name: node.text() for name, node in root["engines"].items()},
        keys_from=keys_from.text() if keys_from else "",
        ladder=Ladder(
            root["version"].text(),
            root["cipher"].text(),
            root["decrypted"].flag(),
            flights,
            transport.text() if transport is not None else "tls",
        ),
    )


def _flight(node: Node) -> LadderFlight:
    flight = record(node, LadderFlight, least=0)
    if flight.sender not in _SENDERS:
        raise node["sender"].fault(f"one of {' and '.join(_SENDERS)}")
    for message, read in zip(node["messages"].each(), flight.messages, strict=True):
        if not read.records:
            raise message["records"].fault("the numbers of its records")
    return flight
