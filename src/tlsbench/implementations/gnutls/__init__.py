"""``gnutls``: the system's GnuTLS, driven through cffi."""

from tlsbench.implementations.gnutls.library import GnuTls

__all__ = ["GnuTls"]
