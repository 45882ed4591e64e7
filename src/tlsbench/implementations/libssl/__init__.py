"""``libssl`` and ``libssl:PATH``: a libssl, driven through cffi."""

from tlsbench.implementations.libssl.library import LibSsl

__all__ = ["LibSsl"]
