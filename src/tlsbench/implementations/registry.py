"""The available implementations: tlsbench's own, and those of other distributions.

Each is an entry point, ``module:attribute``, that names an implementation or a function that returns one.
Those of another distribution are in its metadata, in the group ``tlsbench.implementations``::

    [project.entry-points."tlsbench.implementations"]
    mine = "mine.tls:Mine"

An implementation is loaded when it is first needed, and asked at once for its engine and its capabilities:
whatever it raises then makes it a :class:`~tlsbench.implementations.missing.Missing`, with the
reason, and affects no other.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeVar

from tlsbench.errors import RequestError, TlsbenchError
from tlsbench.implementations.contract import Implementation, TlsImplementation
from tlsbench.implementations.missing import DOES_NOT_LOAD, NOT_INSTALLED, Missing, NotInstalledError
from tlsbench.implementations.needed_packages import as_installed
from tlsbench.implementations.operations import PrimitiveImplementation
from tlsbench.implementations.packages import MODULES, PACKAGES
from tlsbench.processes import is_child
from tlsbench.scenarios import Capabilities, Scenario, Selection
from tlsbench.scenarios.selectors import ANY_PATH, UNSPELLABLE

GROUP: Final = "tlsbench.implementations"
_TLS_LIBRARIES: Final = {
    "ssl": "tlsbench.implementations.ssl_shaped.stdlib:STDLIB",
    "pyopenssl": "tlsbench.implementations.pyopenssl:PyOpenSsl",
    "libssl": "tlsbench.implementations.libssl.library:of_the_system",
    "utls": "tlsbench.implementations.ssl_shaped.utls:UTLS",
    "rtls": "tlsbench.implementations.ssl_shaped.rtls:RTLS",
    "mbedtls": "tlsbench.implementations.mbedtls:MbedTls",
    "tlslite": "tlsbench.implementations.tlslite:Tlslite",
    "s2n": "tlsbench.implementations.s2n:S2n",
    "gnutls": "tlsbench.implementations.gnutls.library:of_the_system",
    "libmbedtls": "tlsbench.implementations.libmbedtls.library:of_the_system",
    "wolfssl": "tlsbench.implementations.wolfssl.library:of_the_system",
    "aioquic": "tlsbench.implementations.quic_shaped.aioquic:AIOQUIC",
    "qh3": "tlsbench.implementations.quic_shaped.qh3:QH3",
}
_PRIMITIVE_LIBRARIES: Final = {"cryptography": "tlsbench.implementations.cryptography:Cryptography"}
_FLOOR: Final = {"fake": "tlsbench.implementations.fake:Fake"}
#: The prefix of an id that names a libssl by its path.
_BY_PATH: Final = "libssl:"
_OF_A_PATH: Final = "a libssl by its path, called through cffi"
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")
_REASON_LENGTH: Final = 300

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """An implementation that has declared its capabilities."""

    member: Implementation
    capabilities: Capabilities


class _OnDemand(Mapping[str, _Value]):
    """A fixed set of ids; the value of each is found when it is looked up."""

    def __init__(self, ids: Collection[str], find: Callable[[str], _Value]) -> None:
        self._ids = dict.fromkeys(ids)
        self._find = find

    def __getitem__(self, name: str) -> _Value:
        if name not in self._ids:
            raise KeyError(name)
        return self._find(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def implementations(paths: Iterable[str] = ()) -> Mapping[str, Implementation]:
    """Every implementation, by its id, in the order in which tables show them.

    :param paths: ids that name a libssl by its path, which come last.
    """
    return _OnDemand((*_entries(), *paths), implementation)


def tls_libraries() -> Mapping[str, TlsImplementation]:
    """The implementations that are TLS libraries and can be used here."""
    return {
        name: member for name, member in implementations().items() if isinstance(member, TlsImplementation)
    }


def primitive_libraries() -> Mapping[str, PrimitiveImplementation]:
    """The implementations whose single operations can be measured here."""
    return {
        name: member
        for name, member in implementations().items()
        if isinstance(member, PrimitiveImplementation)
    }


def capabilities(*selections: Selection) -> Mapping[str, Capabilities]:
    """What each implementation can do, by its id, as :func:`tlsbench.scenarios.expand` takes it.

    :param selections: any implementations that they name by a path are included.
    """
    named = {
        value
        for selection in selections
        for axis in ("implementation", "client", "server")
        for value in selection.get(axis, ())
    }
    paths = sorted(filter(_is_path, named))
    if len(paths) > 1:
        _load_paths(paths)
    return _OnDemand((*_entries(), *paths), capabilities_of)


def implementation_ids() -> tuple[str, ...]:
    """The ids of all implementations, without loading any."""
    return tuple(_entries())


class _Spellings(tuple[str, ...]):
    """The ids, and the spelling of a libssl named by its path."""

    __slots__ = ()

    def found(self, family: str, pattern: str) -> tuple[str, ...]:
        """See :class:`tlsbench.scenarios.selectors.FindsPaths`.

        A pattern that begins with ``/`` is matched against all files, any other against those found.
        """
        from tlsbench.implementations.found_files import libssl_files

        if pattern.startswith("/"):
            paths = [str(path) for path in sorted(Path("/").glob(pattern[1:])) if path.is_file()]
        else:
            paths = [path for path in libssl_files() if fnmatchcase(path, pattern)]
        return tuple(family + path for path in paths if not set(path) & UNSPELLABLE)


def spellings() -> tuple[str, ...]:
    """What selectors accept as an implementation (see :func:`tlsbench.scenarios.parse`)."""
    return _Spellings((*_entries(), _BY_PATH + ANY_PATH))


def implementation(name: str) -> Implementation:
    """The implementation with an id, which may name a libssl by its path.

    :raises RequestError: if there is no such file.
    :raises KeyError: if there is no such id.
    """
    return (_at_path(name) if _is_path(name) else _registered(name)).member


def capabilities_of(name: str) -> Capabilities:
    """What the implementation with an id can do; raises as :func:`implementation` does."""
    return (_at_path(name) if _is_path(name) else _registered(name)).capabilities


def tls_library(name: str) -> TlsImplementation:
    """The TLS library with an id; raises as :func:`implementation` does.

    :raises RequestError: if it is not one, or cannot be used here.
    """
    member = implementation(name)
    if not isinstance(member, TlsImplementation):
        why = f"{member.state}: {member.reason}" if isinstance(member, Missing) else "it is not a TLS library"
        raise RequestError(f"{name} has no TLS: {why}")
    return member


def ends_of(scenario: Scenario) -> Mapping[str, Implementation]:
    """The implementations of a scenario's two ends, by id; raises as :func:`implementation` does."""
    return {end: implementation(end) for end in (scenario.client, scenario.server)}


def load(name: str, entry: EntryPoint) -> Implementation:
    """What an entry point names, once it has declared what it can do; otherwise why it cannot be used.

    :param name: the id under which it is listed.
    """
    return _load(name, entry).member


@cache
def _entries() -> Mapping[str, EntryPoint]:
    """The entry points by id; if a name is taken or is not an id, its distribution's name is appended."""
    own = {**_TLS_LIBRARIES, **_PRIMITIVE_LIBRARIES, **_FLOOR}
    entries = {name: EntryPoint(name, value, GROUP) for name, value in own.items()}
    for entry in entry_points(group=GROUP):
        free = _ID.fullmatch(entry.name) and entry.name not in entries
        of = entry.dist.name if entry.dist is not None else entry.module
        entries[entry.name if free else f"{re.sub('[^a-z0-9._-]', '_', entry.name.lower())}@{of}"] = entry
    return entries


@cache
def _registered(name: str) -> _Loaded:
    return _load(name, _entries()[name])


def _load(name: str, entry: EntryPoint) -> _Loaded:
    return _asked(name, f"provided by {entry.module}", lambda: _member(name, entry))


def _asked(name: str, summary: str, make: Callable[[], Implementation]) -> _Loaded:
    """An implementation, made and asked what it can do; any failure affects it alone."""
    try:
        member = make()
        summary = member.summary
        _must_be_installed(name)
        member.engine()
        return _Loaded(member, as_installed(member.capabilities()))
    except KeyboardInterrupt:
        raise
    except NotInstalledError as error:
        missing = Missing(name, summary, NOT_INSTALLED, str(error))
    except BaseException as error:  # noqa: BLE001 - libraries end with SystemExit, and Rust's with a panic
        missing = Missing(name, summary, DOES_NOT_LOAD, _in_one_line(error))
    return _Loaded(missing, missing.capabilities())


def _member(name: str, entry: EntryPoint) -> Implementation:
    if name != entry.name:
        raise RequestError(
            f"'{entry.name}' is taken, or is not made of lower-case letters, digits, '.', '_' and '-'"
        )
    found = entry.load()
    member = found() if callable(found) else found
    if not isinstance(member, Implementation):
        raise RequestError(f"{entry.value} is not an implementation: see tlsbench.implementations.contract")
    if member.id != name:
        raise RequestError(f"{entry.value} has the id '{member.id}'")
    return member


def _must_be_installed(name: str) -> None:
    package = PACKAGES.get(name)
    if package is not None and find_spec(MODULES.get(name, name)) is None:
        raise NotInstalledError(package.remedy())


def _in_one_line(error: BaseException) -> str:
    words = textwrap.shorten(str(error), _REASON_LENGTH, placeholder="…")
    if isinstance(error, TlsbenchError):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _is_path(name: str) -> bool:
    return name.startswith(_BY_PATH)


def _at_path(name: str) -> _Loaded:
    """The libssl that an id names by its path, in this process or in one of its own."""
    if name not in _paths:
        _load_paths([name])
    return _paths[name]


#: The libssl files that were requested so far, by id.
_paths: Final[dict[str, _Loaded]] = {}


def _load_paths(names: Iterable[str]) -> None:
    """Load the libssl files of some ids, which is faster together than one by one.

    :raises RequestError: if there is no such file.
    """
    from tlsbench.implementations.libssl.own_process import at_paths

    paths = {name: name.removeprefix(_BY_PATH) for name in names if name not in _paths}
    for path in paths.values():
        if not Path(path).is_file():
            raise RequestError(f"there is no file {path}")
    found = at_paths(list(paths.values())) if not is_child() else {}

    def member(path: str) -> Implementation:
        return found.get(path) or at_paths([path])[path]

    for name, path in paths.items():
        _paths[name] = _asked(name, _OF_A_PATH, partial(member, path))
