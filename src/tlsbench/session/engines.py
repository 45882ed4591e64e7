"""The TLS libraries of this machine and environment: what each is, what it can do, how it is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tlsbench.implementations.descriptions import Description
from tlsbench.implementations.found_files import (
    LIBSSL,
    SYSTEM,
    FoundFile,
    brought_by,
    found_files,
)
from tlsbench.implementations.installable import Installable, not_installed
from tlsbench.implementations.libssl.own_process import describe_paths
from tlsbench.implementations.probing import describe, of_file
from tlsbench.implementations.registry import implementation_ids
from tlsbench.scenarios import expand, parse
from tlsbench.scenarios.capabilities import Capabilities
from tlsbench.scenarios.selectors import UNSPELLABLE

#: The abilities of an engine, each with the selectors for which it must have a scenario.
_ABILITIES: Final[Mapping[str, str]] = {
    "TLS 1.2": "transport=tls version=1.2 client_auth=none,required",
    "TLS 1.3": "transport=tls version=1.3 client_auth=none,required",
    "DTLS 1.2": "transport=dtls version=1.2",
    "QUIC": "transport=quic address_check=no,yes",
    "resumption": "resumption=psk,ticket,session-id",
    "0-RTT": "resumption=early-data",
    "ML-KEM": "group=X25519MLKEM768,MLKEM768",
    "ML-DSA": "key=ml-dsa-65",
    "OCSP stapling": "ocsp=stapled",
    "client certificates": "client_auth=required chain_length=1,2",
    "primitives": "workload=primitive algorithm=*",
    "certificates": "workload=certificate operation=*",
}
#: Not an engine: it has no cryptography.
_NONE: Final = ("fake",)
_NOT_MEASURED: Final = "not measured"
_NOBODY: Final = "no implementation of tlsbench measures it"
_NO_SELECTOR: Final = "a selector cannot have the space or comma in its path: link to it from another folder"
_HIDDEN: Final = "its functions are not exported: only the package that contains it can call them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A TLS library that was found.

    :param engine: its name and version; a description if it does not load.
    :param implementation: the id under which it is measured; ``""`` if it is not.
    :param file: where it is; ``""`` if unknown.
    :param brought_by: the distribution that contains it, with its version, or the system.
    :param can: its abilities, in short.
    :param state: ``""`` if it can be measured, or ``does not load``, ``not installed`` or ``not measured``.
    :param reason: why not, in one line.
    """

    engine: str
    implementation: str = ""
    file: str = ""
    brought_by: str = ""
    can: tuple[str, ...] = ()
    state: str = ""
    reason: str = ""

    @property
    def selector(self) -> str:
        """The selector that measures it; ``""`` if there is none."""
        return f"implementation={self.implementation}" if self.implementation and not self.state else ""


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines that were found, and what could be installed for more."""

    found: Sequence[Engine]
    installable: Sequence[Installable]


def find_engines() -> Engines:
    """Find every TLS library of this machine and environment, loading each in a process that may crash."""
    files = found_files()
    ids = [name for name in implementation_ids() if name not in _NONE]
    registered = [_of_implementation(name, one) for name, one in describe(ids).items()]
    taken = {one.file for one in registered if not one.state}
    packages = {one.brought_by for one in registered if not one.state} - {SYSTEM, ""}
    paths = [one for one in files if one.family == LIBSSL and one.path not in taken]
    described = describe_paths([one.path for one in paths])
    others = [
        one
        for one in files
        if one.family != LIBSSL and one.path not in taken and one.brought_by not in packages
    ]
    versions = describe([of_file(one.family, one.path) for one in others if not one.inside])
    return Engines(
        [
            *registered,
            *(_of_libssl(one, described[one.path]) for one in paths),
            *(
                _of_file(one, versions.get(of_file(one.family, one.path), Description()), ids)
                for one in others
            ),
        ],
        not_installed(files, frozenset(ids)),
    )


def _of_implementation(name: str, one: Description) -> Engine:
    if one.state:
        return Engine(engine=one.summary, implementation=name, state=one.state, reason=one.reason)
    return Engine(
        engine=_without_file(one.engine),
        implementation=name,
        file=one.file,
        brought_by=brought_by(one.file) if one.file else "",
        can=_abilities(name, one.capabilities),
    )


def _of_libssl(file: FoundFile, one: Description) -> Engine:
    name = f"libssl:{file.path}"
    if set(file.path) & UNSPELLABLE:
        one = replace(one, state=_NOT_MEASURED, reason=_NO_SELECTOR)
    return Engine(
        engine=_without_file(one.engine) or Path(file.path).name,
        implementation=name,
        file=file.path,
        brought_by=file.brought_by,
        can=() if one.state else _abilities(name, one.capabilities),
        state=one.state,
        reason=one.reason,
    )


def _of_file(file: FoundFile, one: Description, ids: Sequence[str]) -> Engine:
    """A library that was found but that no selector measures, with the reason."""
    reason = f"see implementation={file.family}" if file.family in ids else _NOBODY
    return Engine(
        engine=" and ".join(file.inside) or one.engine or Path(file.path).name,
        file=file.path,
        brought_by=file.brought_by,
        state=one.state or _NOT_MEASURED,
        reason=one.reason or (_HIDDEN if file.is_hidden else reason),
    )


def _without_file(engine: str) -> str:
    return engine.partition(" in ")[0]


def _abilities(name: str, able: Capabilities) -> tuple[str, ...]:
    return tuple(_those(name, able))


def _those(name: str, able: Capabilities) -> Iterator[str]:
    for words, selectors in _ABILITIES.items():
        selection = parse([f"implementation={name} {selectors}"], [name, "libssl:PATH"])
        if expand([selection], {name: able}).scenarios:
            yield words
