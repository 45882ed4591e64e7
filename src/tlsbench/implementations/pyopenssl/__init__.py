"""``pyopenssl``: pyOpenSSL, its public API and the bindings below it."""

from tlsbench.implementations.pyopenssl.library import PyOpenSsl

__all__ = ["PyOpenSsl"]
