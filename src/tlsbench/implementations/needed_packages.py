"""Packages that every library needs for something and that may be missing: a gap of each until installed."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Final

from tlsbench.scenarios import Capabilities, gap

#: The package that implements HTTP/2 (:mod:`tlsbench.workloads.http2`), and what to do if it is missing.
_HTTP_2: Final = "h2"
NO_HTTP_2: Final = f"HTTP/2 is spoken by h2: pip install {_HTTP_2}, or '.[quic]' in a clone of tlsbench"
#: A hint for libraries without QUIC.
SPEAK_QUIC: Final = "aioquic, qh3 and, by its path, OpenSSL from 3.5 on speak QUIC: see 'tlsbench engines'"


def as_installed(able: Capabilities) -> Capabilities:
    """What a library can do with the packages installed here."""
    if find_spec(_HTTP_2) is not None:
        return able
    return replace(able, gaps=(*able.gaps, gap(NO_HTTP_2, workload="request", transport="tls")))
