"""``tlslite``: tlslite-ng, TLS in pure Python."""

from tlsbench.implementations.tlslite.library import Tlslite

__all__ = ["Tlslite"]
