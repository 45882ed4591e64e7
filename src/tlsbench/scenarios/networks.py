"""The axes for ``link=network``: how their values are written, and what they mean."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tlsbench.errors import RequestError
from tlsbench.scenarios.axis import row

UNLIMITED: Final = "unlimited"
_NUMBER: Final = r"([0-9]{1,6}(?:\.[0-9]{1,3})?)"


def _number(form: str, what: str, example: str, least: float, most: float) -> Callable[[str], float]:
    pattern = re.compile(form.replace("NUMBER", _NUMBER))

    def parse(text: str) -> float:
        match = pattern.fullmatch(text.strip().lower())
        value = float(match[1]) if match else math.nan
        if not least <= value <= most:
            raise RequestError(f"'{text}' is not a valid {what}: write {example}")
        return value

    return parse


_rtt_ms = _number(r"NUMBER\s*(?:ms)?", "round trip time", "0ms to 10000ms, such as 50ms", 0, 10_000)
_mbit = _number(
    r"NUMBER\s*(?:mbit|mbit/s|mbps)?", "bandwidth", "0.01mbit to 100000mbit, or unlimited", 0.01, 100_000
)
_percent = _number(r"NUMBER\s*%?", "loss", "a percentage from 0% to 50%, such as 1%", 0, 50)
_mss = _number(r"([0-9]{1,5})b?", "segment size", "64 to 65483 bytes, such as 1460", 64, 65_483)
_initcwnd = _number(r"([0-9]{1,4})", "initial window", "1 to 1000 segments, such as 10", 1, 1000)


def parse_rtt(text: str) -> str:
    """``50ms`` from ``50ms`` or ``50``."""
    return f"{_rtt_ms(text):g}ms"


def parse_bandwidth(text: str) -> str:
    """``10mbit`` from ``10mbit``, ``10mbps`` or ``10``; ``unlimited``."""
    return UNLIMITED if text.strip().lower() == UNLIMITED else f"{_mbit(text):g}mbit"


def parse_loss(text: str) -> str:
    """``1%`` from ``1%`` or ``1``."""
    return f"{_percent(text):g}%"


def parse_mss(text: str) -> str:
    """``1460`` from ``1460``."""
    return f"{_mss(text):.0f}"


def parse_initcwnd(text: str) -> str:
    """``10`` from ``10``."""
    return f"{_initcwnd(text):.0f}"


def read_bandwidth(value: str) -> float:
    """Megabits per second; infinity if unlimited."""
    return math.inf if value == UNLIMITED else _mbit(value)


def read_rtt(value: str) -> float:
    """Milliseconds."""
    return _rtt_ms(value)


def read_loss(value: str) -> float:
    """A probability."""
    return _percent(value) / 100


_NETWORK: Final[Mapping[str, Any]] = {"workloads": ("completion",), "before": "size", "rare": True}
RTT: Final = row(
    meaning="round trip time of the network, without serialisation delay",
    values=("20ms", "50ms", "100ms", "150ms"),
    default=("50ms",),
    parse=parse_rtt,
    **_NETWORK,
)
BANDWIDTH: Final = row(
    meaning="rate of the network each way, with a queue that never overflows",
    values=(UNLIMITED, "1mbit", "10mbit", "100mbit"),
    default=(UNLIMITED,),
    neutral=UNLIMITED,
    parse=parse_bandwidth,
    **_NETWORK,
)
LOSS: Final = row(
    meaning="share of packets that the network loses, independently of each other",
    values=("0%", "0.1%", "1%", "5%"),
    default=("0%",),
    neutral="0%",
    parse=parse_loss,
    **_NETWORK,
)
MSS: Final = row(
    meaning="maximum payload of a segment in bytes (1448 with TCP timestamps)",
    values=("536", "1220", "1448", "1460"),
    default=("1460",),
    neutral="1460",
    parse=parse_mss,
    **_NETWORK,
)
INITCWND: Final = row(
    meaning="initial congestion window in segments (RFC 6928)",
    values=("4", "10", "30"),
    default=("10",),
    neutral="10",
    parse=parse_initcwnd,
    **_NETWORK,
)
NODELAY: Final = row(
    meaning="TCP_NODELAY: on, or off for Nagle's algorithm",
    values=("on", "off"),
    default=("on",),
    neutral="on",
    **_NETWORK,
)
CONGESTION: Final = row(
    meaning="congestion control of the network's senders; none sends everything at once",
    values=("cubic", "reno", "none"),
    default=("cubic",),
    neutral="cubic",
    **_NETWORK,
)
