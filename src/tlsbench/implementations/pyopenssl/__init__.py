"""``pyopenssl``: pyOpenSSL, its public API and what it binds below that."""

from tlsbench.implementations.pyopenssl.library import PyOpenSsl

__all__ = ["PyOpenSsl"]
