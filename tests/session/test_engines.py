"""Found libraries are loaded where they can do no harm, and listed with their abilities or the reason."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tlsbench.implementations import found_files as files
from tlsbench.implementations.found_files import FoundFile
from tlsbench.implementations.registry import capabilities, implementation_ids, spellings
from tlsbench.scenarios import expand, parse
from tlsbench.session import engines
from tlsbench.session.engines import Engine, Engines, find_engines

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """The engines of this environment, and two files that are not engines."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "libssl.so").write_text("not a library\n")
    (folder / "libnss.so").write_bytes(b"x")
    broken = FoundFile(str(folder / "libssl.so"), "libssl")
    (folder / "a b").mkdir()
    (folder / "a b" / "libssl.so").write_text("not a library\n")
    spaced = FoundFile(str(folder / "a b" / "libssl.so"), "libssl")
    foreign = FoundFile(str(folder / "libnss.so"), "nss")
    inside = FoundFile(
        str(folder / "grpc.so"), inside=("BoringSSL",), brought_by="grpcio 1.80.0", is_hidden=True
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "found_files", lambda: (*files.found_files(), broken, spaced, foreign, inside))
        return find_engines()


@pytest.fixture(scope="module")
def found(listing: Engines) -> dict[str, Engine]:
    return {one.implementation or Path(one.file).name: one for one in listing.found}


def test_every_implementation_but_the_fake_is_listed(found: dict[str, Engine]) -> None:
    assert set(implementation_ids()) - {"fake"} <= set(found)
    assert "fake" not in found


def test_the_selector_of_what_can_be_measured_selects_something(found: dict[str, Engine]) -> None:
    usable = [one for one in found.values() if not one.state]
    assert {"pyopenssl", "cryptography"} <= {one.implementation for one in usable}
    for one in usable:
        primitive = one.implementation == "cryptography"
        more = "workload=primitive algorithm=*" if primitive else "client_auth=none,required"
        selection = parse([f"{one.selector} {more}"], spellings())
        assert expand([selection], capabilities(selection)).scenarios, one
        assert one.can
        assert one.engine


def test_what_an_engine_can_do_is_what_has_a_scenario(found: dict[str, Engine]) -> None:
    can = found["pyopenssl"].can
    assert {"TLS 1.2", "TLS 1.3", "resumption", "0-RTT", "ML-KEM", "OCSP stapling"} <= set(can)
    assert "primitives" in found["cryptography"].can
    assert "TLS 1.3" not in found["cryptography"].can
    assert "DTLS 1.2" in found["pyopenssl"].can
    if find_spec("aioquic"):
        assert "QUIC" in found["aioquic"].can
        assert not {"TLS 1.2", "TLS 1.3"} & set(found["aioquic"].can)


def test_an_engine_is_found_in_the_file_of_the_package_that_carries_it(found: dict[str, Engine]) -> None:
    assert Path(found["pyopenssl"].file).is_file()
    assert "cryptography" in found["pyopenssl"].file
    assert found["pyopenssl"].brought_by.startswith("cryptography ")


def test_a_broken_file_is_listed_with_its_reason_and_no_selector(found: dict[str, Engine]) -> None:
    (broken,) = (one for one in found.values() if one.file.endswith("broken0/libssl.so"))
    assert broken.state == "does not load"
    assert broken.reason
    assert broken.selector == ""


def test_what_nobody_measures_says_so(found: dict[str, Engine]) -> None:
    assert found["libnss.so"].state == "does not load"
    assert "too short" in found["libnss.so"].reason
    assert found["grpc.so"].engine == "BoringSSL"
    assert found["grpc.so"].state == "not measured"
    assert found["grpc.so"].reason.startswith("its functions are not exported")


def test_what_no_selector_can_spell_is_listed_with_what_to_do(found: dict[str, Engine]) -> None:
    (spaced,) = (one for one in found.values() if "/a b/" in one.file)
    assert spaced.state == "not measured"
    assert spaced.reason.endswith("link to it from another folder")


def test_no_file_is_listed_twice(found: dict[str, Engine]) -> None:
    paths = [one.file for one in found.values() if one.implementation.startswith("libssl:")]
    by_name = [one.file for one in found.values() if one.implementation == "libssl" and one.file]
    assert len(set(paths)) == len(paths)
    assert not set(paths) & set(by_name)


def test_what_is_installed_is_not_offered(listing: Engines) -> None:
    offered = {one.name for one in listing.installable}
    usable = {one.brought_by.partition(" ")[0] for one in listing.found if not one.state}
    assert not offered & usable
