"""Files that contain TLS libraries: the system's, and those of installed packages.

Shared libraries are found by name, in the folders of the dynamic linker, of Python's packages and of
``TLSBENCH_ENGINES``; extension modules with a TLS library inside are found by strings that such a library
contains. Nothing is loaded.
"""

from __future__ import annotations

import mmap
import os
import re
import site
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

#: The variable that names further folders to search, such as those of unpacked wheels.
MORE_FOLDERS: Final = "TLSBENCH_ENGINES"
#: The origin of a file that is in no package.
SYSTEM: Final = "the system"
#: Families of libraries, by the names of their files.
LIBSSL: Final = "libssl"
_FAMILIES: Final[Mapping[str, str]] = {
    LIBSSL: r"libssl",
    "gnutls": r"libgnutls",
    "wolfssl": r"libwolfssl",
    "mbedtls": r"libmbedtls",
    "s2n": r"libs2n",
    "nss": r"libssl3",
}
#: File names such as libssl.so.3, libssl-5e5dca7b.so.1.1.1k, libssl.3.dylib.
_NAME: Final = re.compile(
    rf"(?P<stem>{'|'.join(sorted(_FAMILIES.values(), key=len, reverse=True))})"
    r"(?:-[0-9a-f]{6,}|-[0-9][0-9._]*)?(?:\.so(?:\.\d\w*)*|(?:\.\d+)*\.dylib)"
)
_FAMILY_OF: Final = {stem: family for family, stem in _FAMILIES.items()}
#: Folders with libraries that the dynamic linker does not know.
_FOLDERS: Final = (
    *("/usr/lib/*/android", "/usr/lib/android", "/usr/local/lib", "/usr/local/lib64", "/opt/*/lib"),
    *("/opt/*/lib64", "/opt/homebrew/opt/*/lib", "/usr/local/opt/*/lib"),
)
_CACHED: Final = re.compile(r"=> (/.+)$", re.MULTILINE)
#: Strings that identify a library inside an extension module, with its version if it is there too.
_MARKS: Final[Mapping[str, re.Pattern[bytes]]] = {
    "OpenSSL": re.compile(rb"OpenSSL (\d+\.\d+\.\d+[a-z]*) {1,2}\d{1,2} [A-Z][a-z]{2} \d{4}"),
    "AWS-LC": re.compile(rb"AWS-LC (?:FIPS )?v?(\d+\.\d+\.\d+)()"),
    "BoringSSL": re.compile(rb"BoringSSL()"),
    "LibreSSL": re.compile(rb"LibreSSL (\d+\.\d+\.\d+)"),
    "rustls": re.compile(rb"rustls-(\d+\.\d+\.\d+)[/\\]src"),
    "s2n-tls": re.compile(rb"\0s2n_connection_new\0()"),
    "wolfSSL": re.compile(rb"\0wolfSSL_CTX_new\0()"),
    "Mbed TLS": re.compile(rb"bed TLS (\d+\.\d+\.\d+)"),
}
#: Functions whose names are in a module that exports them.
_EXPORTED: Final = (b"\0SSL_do_handshake\0", b"\0s2n_connection_new\0", b"\0wolfSSL_CTX_new\0")
#: Both derive from BoringSSL, or contain parts of it, and mention it.
_HEIRS: Final = ("AWS-LC", "rustls")
#: A module that links to a separate libssl has none inside.
_NEEDS_LIBSSL: Final = re.compile(rb"\0libssl[-.\w]*\.(?:so|dylib)")
#: The beginning of each of these patterns, up to the first special character.
_LITERAL: Final = re.compile(rb"(?:\\0|[\w -])+")
_SMALLEST_BYTES: Final = 256 << 10
_LARGEST_BYTES: Final = 512 << 20
_MODULE: Final = re.compile(r".+\.(?:so|pyd|dylib)")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that contains a TLS library.

    :param path: with symbolic links resolved.
    :param family: such as ``libssl``; ``""`` for a library inside an extension module.
    :param inside: the libraries inside an extension module, with their versions if known.
    :param is_hidden: whether such a library is private to its module: no other finds its functions.
    :param brought_by: the distribution that brought it, with its version; the folder of
        ``TLSBENCH_ENGINES`` that contains it; or :data:`SYSTEM`.
    """

    path: str
    family: str = ""
    inside: tuple[str, ...] = ()
    brought_by: str = SYSTEM
    is_hidden: bool = False


@cache
def libssl_files() -> tuple[str, ...]:
    """The paths of all libssl files found; no file is opened to find them."""
    return tuple(dict.fromkeys(one.path for one in _found(_shared_library) if one.family == LIBSSL))


@cache
def found_files() -> tuple[FoundFile, ...]:
    """All files found, the system's first; each once, whatever links lead to it."""
    found: dict[str, FoundFile] = {}
    for one in _found(lambda path: _shared_library(path) or _module(path)):
        found.setdefault(one.path, one)
    owners = _owners([one.path for one in found.values()])
    return tuple(replace(one, brought_by=owners.get(one.path, one.brought_by)) for one in found.values())


def brought_by(path: str) -> str:
    """The distribution that brought a file, with its version; :data:`SYSTEM` if none did."""
    return _owners([os.path.realpath(path)]).get(os.path.realpath(path), SYSTEM)


def _found(in_a_package: Callable[[Path], FoundFile | None]) -> Iterator[FoundFile]:
    """The files of the system, of packages and of further folders, in this order; some more than once."""
    for path in _of_the_system():
        if one := _shared_library(path):
            yield one
    for folder in _package_folders():
        for path in _files_below(folder):
            if one := in_a_package(path):
                yield one
    for folder in _folders_of(MORE_FOLDERS):
        for path in _files_below(folder):
            if one := _shared_library(path):
                yield replace(one, brought_by=str(folder))


def _shared_library(path: Path) -> FoundFile | None:
    named = _NAME.fullmatch(path.name)
    if named is None or not path.is_file():
        return None
    return FoundFile(os.path.realpath(path), _FAMILY_OF[named["stem"]])


def _module(path: Path) -> FoundFile | None:
    """An extension module with a TLS library inside; None if it has none."""
    with suppress(OSError, ValueError):
        if _MODULE.fullmatch(path.name) is None or not path.is_file() or path.name.startswith("libcrypto"):
            return None
        if not _SMALLEST_BYTES <= path.stat().st_size <= _LARGEST_BYTES:
            return None
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if _first(_NEEDS_LIBSSL, content):
                return None
            inside = [
                f"{library} {mark[1].decode()}".strip()
                for library, pattern in _MARKS.items()
                if (mark := _first(pattern, content))
            ]
            is_hidden = all(content.find(name) < 0 for name in _EXPORTED)
        if any(one.startswith(_HEIRS) for one in inside):
            inside = [one for one in inside if one != "BoringSSL"]
        if inside:
            return FoundFile(os.path.realpath(path), inside=tuple(inside), is_hidden=is_hidden)
    return None


def _first(pattern: re.Pattern[bytes], content: mmap.mmap) -> re.Match[bytes] | None:
    """The first match of a pattern, searched from its literal beginning, which is found faster."""
    begin = _LITERAL.match(pattern.pattern)
    assert begin is not None
    place = content.find(begin[0].replace(rb"\0", b"\0"))
    return None if place < 0 else pattern.search(content, place)


def _of_the_system() -> Iterator[Path]:
    for line in _CACHED.findall(_linker_cache()):
        yield Path(line)
    folders = _folders_of("LD_LIBRARY_PATH")
    for pattern in _FOLDERS:
        folders += sorted(Path("/").glob(pattern.lstrip("/")))
    for folder in folders:
        with suppress(OSError):
            yield from sorted(folder.iterdir())


def _folders_of(variable: str) -> list[Path]:
    return [Path(folder) for folder in os.environ.get(variable, "").split(os.pathsep) if folder]


def _linker_cache() -> str:
    """The output of ldconfig(8); ``""`` if there is none."""
    for program in ("/sbin/ldconfig", "/usr/sbin/ldconfig"):
        with suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run([program, "-p"], capture_output=True, timeout=10, check=True)  # noqa: S603
            return done.stdout.decode("utf-8", "replace")
    return ""


def _package_folders() -> list[Path]:
    """The folders in which this Python finds installed packages."""
    known = {*site.getsitepackages(), site.getusersitepackages()}
    named = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    folders = dict.fromkeys(
        os.path.realpath(path) for path in (*named, *sys.path) if path in known | {*named}
    )
    return [Path(folder) for folder in folders if Path(folder).is_dir()]


def _files_below(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            if ".so" in name or name.endswith((".dylib", ".pyd")):
                yield Path(place, name)


def _owners(paths: Iterable[str]) -> dict[str, str]:
    """The distribution that brought each file, for those files that one brought."""
    wanted: dict[str, set[str]] = {}
    for path in paths:
        wanted.setdefault(Path(path).name, set()).add(path)
    found: dict[str, str] = {}
    for distribution in distributions():
        for line in (distribution.read_text("RECORD") or "").splitlines():
            file = line.split(",", 1)[0].strip('"')
            for path in wanted.get(file.rpartition("/")[2], ()):
                if os.path.realpath(str(distribution.locate_file(file))) == path:
                    found[path] = f"{distribution.name} {distribution.version}"
    return found
