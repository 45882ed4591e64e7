"""Packages that could be installed for more TLS libraries, by name: each contains one, ready compiled."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from tlsbench.implementations.found_files import FoundFile
from tlsbench.implementations.packages import PACKAGES


@dataclass(frozen=True, slots=True)
class Installable:
    """A package that brings a TLS library.

    :param name: its name for pip or apt-get.
    :param brings: the library, and in parentheses the version of the package (or the system) that was tried.
    :param measured_as: the selector of the library once it is installed.
    :param file: the beginning of the name of the file that it installs; ``""`` for a Python package.
    """

    name: str
    brings: str
    measured_as: str
    file: str = ""

    @property
    def how(self) -> str:
        """The command that installs it."""
        return f"{'apt-get' if self.file else 'pip'} install {self.name}"


_BY_PATH: Final = "implementation=libssl:*"
#: Each was tried in the version given, see docs/engines.md.
INSTALLABLE: Final = (
    Installable("psycopg-binary", "OpenSSL 3.5 (3.3.9)", _BY_PATH),
    Installable("psycopg2-binary", "OpenSSL 3.5 (2.9.13), 1.1.1 in older ones", _BY_PATH),
    Installable("mysql-connector-python", "OpenSSL 3.5 (26.10.0)", _BY_PATH),
    Installable("pymssql", "OpenSSL 1.1.1k (2.4.6)", _BY_PATH),
    Installable("awscrt", "s2n-tls on AWS-LC (0.38.1)", "implementation=s2n"),
    Installable("utls", "BoringSSL (2026.10.3)", "implementation=utls"),
    Installable("rtls", "rustls on AWS-LC (2026.9.21)", "implementation=rtls"),
    Installable("python-mbedtls", "Mbed TLS 2.28 (2.10.1)", "implementation=mbedtls"),
    Installable("tlslite-ng", "tlslite-ng, pure Python (0.8.2)", "implementation=tlslite"),
    Installable("aioquic", "QUIC in Python (1.7.2)", "implementation=aioquic"),
    Installable("qh3", "QUIC on a core in Rust (2.1.0)", "implementation=qh3"),
    Installable("android-libboringssl", "BoringSSL (Debian 12)", _BY_PATH, "libssl.so.0"),
    Installable("libgnutls30", "GnuTLS 3.7 (Debian 12)", "implementation=gnutls", "libgnutls.so"),
    Installable("libwolfssl35", "wolfSSL 5.5 (Debian 12)", "implementation=wolfssl", "libwolfssl.so"),
    Installable("libmbedtls14", "Mbed TLS 2.28 (Debian 12)", "implementation=mbedtls", "libmbedtls.so"),
)


def not_installed(files: tuple[FoundFile, ...], implementations: frozenset[str]) -> list[Installable]:
    """The members of :data:`INSTALLABLE` that could be installed here for more libraries.

    :param files: the files that were found.
    :param implementations: the ids that this tlsbench has; what none of them measures is left out.
    """
    lacks = {package.name: package.lack() for package in PACKAGES.values()}
    names = [one.path.rpartition("/")[2] for one in files]
    return [
        one
        for one in INSTALLABLE
        if not lacks.get(one.name)
        and one.measured_as.partition("=")[2].partition(":")[0] in implementations
        and not (any(name.startswith(one.file) for name in names) if one.file else _is_installed(one.name))
    ]


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
