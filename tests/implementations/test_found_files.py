"""Files are found by their names and contents; nothing is loaded for that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.implementations import found_files as module
from tlsbench.implementations.found_files import SYSTEM, FoundFile, found_files

Find = Callable[[], dict[str, FoundFile]]
PADDING = b"\0" * (module._SMALLEST_BYTES + 1)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of packages, and no other files to find."""
    monkeypatch.setattr(module, "_linker_cache", lambda: "")
    monkeypatch.setattr(module, "_FOLDERS", ())
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    monkeypatch.delenv(module.MORE_FOLDERS, raising=False)
    monkeypatch.setattr(module, "_package_folders", lambda: [tmp_path])
    monkeypatch.syspath_prepend(tmp_path)
    found_files.cache_clear()
    yield tmp_path
    found_files.cache_clear()


def by_name() -> dict[str, FoundFile]:
    found_files.cache_clear()
    return {Path(one.path).name: one for one in found_files()}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("libssl.so.3", "libssl"),
        ("libssl.so", "libssl"),
        ("libssl-5e5dca7b.so.1.1.1k", "libssl"),
        ("libssl-1_1.so", "libssl"),
        ("libssl.3.dylib", "libssl"),
        ("libssl3.so", "nss"),
        ("libgnutls.so.30.34.3", "gnutls"),
        ("libgnutlsxx.so.30", None),
        ("libgnutls-openssl.so.27", None),
        ("libwolfssl.so.35", "wolfssl"),
        ("libmbedtls.so.14", "mbedtls"),
        ("libcrypto.so.3", None),
        ("libssl.so.3.txt.gz", None),
        ("notlibssl.so.3", None),
    ],
)
def test_a_library_is_known_by_its_name(name: str, family: str | None, packages: Path) -> None:
    (packages / name).write_text("no library at all")
    assert {one.family for one in by_name().values()} == ({family} if family else set())


def test_links_to_one_file_are_one_library(packages: Path) -> None:
    (packages / "libssl.so.3.0.19").write_bytes(b"x")
    (packages / "libssl.so.3").symlink_to("libssl.so.3.0.19")
    (packages / "libssl.so").symlink_to("libssl.so.3")
    assert list(by_name()) == ["libssl.so.3.0.19"]


def test_a_link_that_leads_nowhere_and_a_folder_are_none(packages: Path) -> None:
    (packages / "libssl.so.3").symlink_to("nowhere")
    (packages / "libgnutls.so.30").mkdir()
    assert by_name() == {}


@pytest.mark.parametrize(
    ("content", "inside"),
    [
        (b"OpenSSL 3.5.8 12 May 2026\0", ("OpenSSL 3.5.8",)),
        (b"OpenSSL 1.1.1k  25 Mar 2021\0", ("OpenSSL 1.1.1k",)),
        (b"\0AWS-LC 1.60.0\0s2n_connection_new\0", ("AWS-LC 1.60.0", "s2n-tls")),
        (b"/index.crates.io-6f17d22bba15001f/rustls-0.23.45/src/client.rs", ("rustls 0.23.45",)),
        (b"BoringSSL\0", ("BoringSSL",)),
        (b"OpenSSL is not in here", ()),
        (b"OpenSSL 3.5.8 12 May 2026\0libssl-12345678.so.3\0", ()),
    ],
)
def test_a_library_inside_of_an_extension_module_is_known_by_what_it_says(
    content: bytes, inside: tuple[str, ...], packages: Path
) -> None:
    (packages / "thing.abi3.so").write_bytes(PADDING + content + PADDING)
    assert [one.inside for one in by_name().values()] == ([inside] if inside else [])


def test_a_library_is_hidden_where_no_other_finds_its_functions(packages: Path) -> None:
    for name, more in (("hidden.so", b""), ("open.so", b"\0SSL_do_handshake\0")):
        (packages / name).write_bytes(PADDING + b"BoringSSL" + more + PADDING)
    assert {name: one.is_hidden for name, one in by_name().items()} == {"hidden.so": True, "open.so": False}


def test_a_file_belongs_to_the_distribution_whose_record_has_it(packages: Path) -> None:
    for name in ("ours.libs", "nobodys"):
        (packages / name).mkdir()
        (packages / name / "libssl.so.3").write_bytes(b"x")
    metadata = packages / "ours-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.2\n")
    (metadata / "RECORD").write_text("ours.libs/libssl.so.3,sha256=x,1\nours-1.2.dist-info/METADATA,,\n")
    found_files.cache_clear()
    assert {one.brought_by for one in found_files()} == {"ours 1.2", SYSTEM}


def test_folders_of_the_dynamic_linker_s_variable_are_looked_into(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "libwolfssl.so.35").write_bytes(b"x")
    monkeypatch.setattr(module, "_package_folders", list)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/no/such/folder{os.pathsep}{folder}")
    assert list(by_name()) == ["libwolfssl.so.35"]


def test_more_folders_are_looked_into_with_those_below_them(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "old"
    (folder / "psycopg2_binary.libs").mkdir(parents=True)
    (folder / "psycopg2_binary.libs/libssl-77a31d2b.so.1.1.1g").write_bytes(b"x")
    monkeypatch.setattr(module, "_package_folders", list)
    monkeypatch.setenv(module.MORE_FOLDERS, str(folder))
    (found,) = by_name().values()
    assert found.family == "libssl"
    assert found.brought_by == str(folder)


@given(st.binary(max_size=300))
def test_what_is_in_a_module_breaks_nothing(content: bytes) -> None:
    for pattern in module._MARKS.values():
        match = pattern.search(content)
        assert match is None or match[1].decode() is not None
