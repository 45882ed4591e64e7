"""Password hashes, each with recommended parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tlsbench.scenarios.subjects.subject import Subject


@dataclass(frozen=True, slots=True)
class Argon2:
    """Parameters of Argon2id (RFC 9106 section 3.1): memory in KiB, passes, lanes."""

    memory_kib: int
    passes: int
    lanes: int

    @property
    def name(self) -> str:
        """Its name."""
        return f"argon2id-{self.memory_kib // 1024}mib-t{self.passes}-p{self.lanes}"


@dataclass(frozen=True, slots=True)
class Scrypt:
    """Parameters of scrypt (RFC 7914 section 2): N is ``2**log_n``. It needs ``128 * N * r`` bytes."""

    log_n: int
    r: int
    p: int

    @property
    def name(self) -> str:
        """Its name."""
        return f"scrypt-n{self.log_n}-r{self.r}-p{self.p}"

    @property
    def memory_kib(self) -> int:
        """The memory that it needs."""
        return (128 * self.r << self.log_n) // 1024


@dataclass(frozen=True, slots=True)
class Pbkdf2:
    """Parameters of PBKDF2 with HMAC (RFC 8018 section 5.2): the hash and the number of iterations."""

    digest: str
    iterations: int

    @property
    def name(self) -> str:
        """Its name."""
        return f"pbkdf2-{self.digest}-{self.iterations}"


#: Minimum parameters, of equal strength for each algorithm: OWASP's Password Storage Cheat Sheet, as of 2026.
OWASP: Final = "OWASP Password Storage Cheat Sheet"
_OWASP_ARGON2 = ((46, 1), (19, 2), (12, 3), (9, 4), (7, 5))
#: The second recommended option of RFC 9106 section 4. The first needs 2 GiB for each derivation.
_RFC_9106: Final = Argon2(64 * 1024, 3, 4)
ARGON2: Final = {
    one.name: one for one in (*(Argon2(mib * 1024, passes, 1) for mib, passes in _OWASP_ARGON2), _RFC_9106)
}
SCRYPT: Final = {one.name: one for one in (Scrypt(17, 8, 1), Scrypt(16, 8, 2), Scrypt(15, 8, 3))}
PBKDF2: Final = {one.name: one for one in (Pbkdf2("sha-256", 600_000), Pbkdf2("sha-512", 210_000))}


def _password_hash(name: str, source: str, parameters: str) -> Subject:
    return Subject(
        name=name, kind="password hash", operations=("derive",), source=source, parameters=parameters
    )


_OUTPUT = "16-byte salt, 32 bytes of output"
PASSWORD_HASHES: Final = (
    *(
        _password_hash(
            name,
            "RFC 9106 section 4" if one == _RFC_9106 else f"RFC 9106, {OWASP}",
            f"{one.memory_kib // 1024} MiB of memory, passes {one.passes}, lanes {one.lanes}, {_OUTPUT}",
        )
        for name, one in ARGON2.items()
    ),
    *(
        _password_hash(
            name,
            f"RFC 7914, {OWASP}",
            f"N = 2^{one.log_n} ({one.memory_kib // 1024} MiB of memory), r = {one.r}, p = {one.p}, "
            f"{_OUTPUT}",
        )
        for name, one in SCRYPT.items()
    ),
    *(
        _password_hash(name, f"RFC 8018, {OWASP}", f"{one.iterations:,} iterations, {_OUTPUT}")
        for name, one in PBKDF2.items()
    ),
)
