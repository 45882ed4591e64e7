"""What a primitive costs compared with another for the same task: hashes, signatures, padding, passwords."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.report.findings.finding import Finding, change_with_interval
from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.scenarios.subjects import ARGON2, PASSWORD_HASHES, SCRYPT
from tlsbench.stats import is_difference
from tlsbench.units import NANOSECONDS


@dataclass(frozen=True, slots=True)
class Contrast:
    """A comparison of two primitives.

    :param usual: the usual one, with which ``other`` is compared.
    :param words: the headline of the details.
    """

    usual: str
    other: str
    words: str


#: In the order in which they are reported.
CONTRASTS: Final = (
    Contrast("sha-256/digest", "sha3-256/digest", "SHA3-256 instead of SHA-256"),
    Contrast("sha-256/digest", "blake2b/digest", "BLAKE2b instead of SHA-256"),
    Contrast("sha-256/digest", "sha-512/digest", "SHA-512 instead of SHA-256"),
    Contrast("aes-128-gcm/encrypt", "aes-128-cbc/encrypt", "AES-128-CBC, not authenticated, instead of GCM"),
    Contrast("aes-128-gcm/encrypt", "aes-128-gcm-siv/encrypt", "AES-128-GCM-SIV instead of GCM"),
    Contrast("aes-128-gcm/encrypt", "aes-128-ccm/encrypt", "AES-128-CCM instead of GCM"),
    *(
        Contrast(
            f"rsa-{bits}/{way}_pkcs1", f"rsa-{bits}/{way}", f"RSA-PSS instead of PKCS #1, {words} RSA-{bits}"
        )
        for bits in (2048, 3072, 4096)
        for way, words in (("sign", "signing with"), ("verify", "verifying"))
    ),
    Contrast("x25519/exchange", "ffdhe2048/exchange", "A finite field of 2,048 bits instead of X25519"),
    Contrast("secp256r1/exchange", "brainpoolP256r1/exchange", "brainpoolP256r1 instead of secp256r1"),
)
_NS_PER_S: Final = 1e9


def primitive_findings(run: Run) -> Iterator[Finding]:
    """What each alternative costs, by engine and size; then what a password hash takes."""
    cells = [
        cell
        for cell in run.cells
        if cell.axes.get("workload") == "primitive" and cell.instrument.unit is NANOSECONDS
    ]
    rows: dict[tuple[tuple[str, str], ...], dict[str, Cell]] = defaultdict(dict)
    for cell in cells:
        others = {axis: value for axis, value in cell.axes.items() if axis != "algorithm"}
        rows[tuple(sorted(others.items()))][cell.axes["algorithm"]] = cell
    for contrast in CONTRASTS:
        details = [detail for key, row in rows.items() for detail in _detail(contrast, dict(key), row, run)]
        if details:
            yield Finding(contrast.words, tuple(details))
    yield from _passwords(cells)


def _detail(contrast: Contrast, axes: Mapping[str, str], row: Mapping[str, Cell], run: Run) -> Iterator[str]:
    """The ratio from one row, if it holds both."""
    if not {contrast.usual, contrast.other} <= row.keys():
        return
    usual, other = row[contrast.usual], row[contrast.other]
    ratio = ratio_of(other, usual)
    where = " ".join(axes[axis] for axis in ("implementation", "size", "cpu") if axes.get(axis) not in _PLAIN)
    if is_difference(ratio, run.noise_floor.get("primitive", 0.0)):
        yield f"{where}: time {change_with_interval(ratio)}"
    else:
        yield f"{where}: no significant difference"


_PLAIN: Final = (None, "", "native")


def _passwords(cells: Sequence[Cell]) -> Iterator[Finding]:
    """How long each takes, how many per second one core does, and the memory that its parameters require."""
    hashes = {subject.name for subject in PASSWORD_HASHES}
    details = []
    for cell in cells:
        name = cell.axes["algorithm"].partition("/")[0]
        if name in hashes:
            took = cell.main.median
            of_memory = _memory(name)
            details.append(
                f"{cell.axes.get('implementation', '')} {name}: {took / 1e6:.0f} ms, "
                f"{_NS_PER_S / took:.1f} a second, {of_memory}"
            )
    if details:
        yield Finding("What a password hash takes for each login, one after another", tuple(details))


def _memory(name: str) -> str:
    """The memory that a password hash must touch."""
    if name in ARGON2:
        return f"{ARGON2[name].memory_kib // 1024} MiB of memory each"
    if name in SCRYPT:
        return f"{SCRYPT[name].memory_kib // 1024} MiB of memory each"
    return "almost no memory"
