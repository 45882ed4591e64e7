"""What OpenSSL reads from a file of certificates is read here; what it refuses is refused, or reported."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.pki import Authority, authority_template, new_key, read_bundle
from tlsbench.pki.pem import Block

KEY = new_key("ecdsa-secp256r1")
#: Three lengths, so that the base64 padding differs. All are authorities', since ssl lists no others.
DERS = [
    Authority.new(authority_template("r" * length), KEY).certificate.public_bytes(Encoding.DER)
    for length in (1, 2, 3)
]
AUXILIARY = bytes.fromhex("3018300a06082b06010505070301a00a06082b06010505070302")
BLOCKS = st.builds(
    lambda label, der: Block(label, 1, b"", der + AUXILIARY * label.startswith("TRUSTED")).to_pem(),
    st.sampled_from(
        ["CERTIFICATE"] * 4 + ["X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PUBLIC KEY", "CERTIFICATE "]
    ),
    st.sampled_from(DERS),
)
Lines = list[bytes]
#: What people, editors and programs do to a line of PEM.
TO_A_LINE: dict[str, Callable[[bytes], bytes]] = {
    "indented": lambda line: b"  " + line,
    "blanks after": lambda line: line + b" \t \x0b",
    "non-ASCII after": lambda line: line + b"\xc2\xa0",
    "more after": lambda line: line + b" x",
    "CRLF": lambda line: line + b"\r",
    "CR inside": lambda line: line[:9] + b"\r" + line[9:],
    "BOM": lambda line: b"\xef\xbb\xbf" + line,
    "UTF-16's BOM": lambda line: b"\xff\xfe" + line,
    "blank line after": lambda line: line + b"\n",
    "blank line before": lambda line: b"\n" + line,
    "two blank lines": lambda line: line + b"\n\n",
    "header": lambda line: line + b"\nsubject: x\n",
    "gone": lambda line: b"",
    "cut": lambda line: line[: len(line) // 2],
    "a dash in it": lambda line: line[:8] + b"-" + line[8:],
    "padding": lambda line: line + b"=",
    "no base64": lambda line: line[:5] + b"!" + line[6:],
    "four dashes": lambda line: line[1:-1],
    "small letters": bytes.lower,
    "another label": lambda line: line.replace(b"CERT", b"CART"),
    "after text": lambda line: b"x" * 254 + line,
    "after 253": lambda line: b"x" * 253 + line,
    "quoted": lambda line: b"> " + line,
    "twice": lambda line: line + b"\n" + line,
    "as long as a piece": lambda line: line + b" " * (254 - len(line)),
    "longer than a piece": lambda line: line + b" " * (255 - len(line)),
    "NUL before": lambda line: b"\0" + line,
    "NUL in it": lambda line: line[:7] + b"\0" + line[7:],
    "NUL after": lambda line: line + b"\0",
    "a block begins": lambda line: line + b"\n-----BEGIN CERTIFICATE-----",
    "a block ends": lambda line: line + b"\n-----END CERTIFICATE-----",
}
#: And to all lines.
TO_ALL: dict[str, Callable[[Lines], Lines]] = {
    "as it is": lambda lines: lines,
    "indented": lambda lines: [b" " + line for line in lines],
    "CRLF": lambda lines: [line + b"\r" for line in lines],
    "blanks after": lambda lines: [line + b"  " for line in lines],
    "one line of base64": lambda lines: _wrapped(lines, 10_000),
    "76 characters": lambda lines: _wrapped(lines, 76),
    "254 characters": lambda lines: _wrapped(lines, 254),
    "short lines": lambda lines: _wrapped(lines, 5),
    "blank lines between": lambda lines: b"\n\n".join(lines).split(b"\n"),
    "no newlines": lambda lines: [b"".join(lines)],
    "CR alone": lambda lines: [b"\r".join(lines)],
    "UTF-16": lambda lines: [b"\n".join(lines).decode("latin-1").encode("utf-16")],
}


def _wrapped(lines: Lines, width: int) -> Lines:
    base = b"".join(lines[1:-1])
    return [lines[0], *(base[at : at + width] for at in range(0, len(base), width)), lines[-1]]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file of up to three blocks with a mistake or two."""
    lines: Lines = []
    for _ in range(draw(st.integers(1, 3))):
        block = draw(BLOCKS).splitlines()
        lines += [b"some words"] * draw(st.booleans())
        lines += draw(st.sampled_from(list(TO_ALL.values())))(block) if draw(st.booleans()) else block
    edges = [place for place, line in enumerate(lines) if b"-----" in line]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(
            st.one_of(st.sampled_from(edges), st.integers(0, len(lines) - 1)) if edges else st.just(0)
        )
        lines[place] = TO_A_LINE[draw(st.sampled_from(list(TO_A_LINE)))](lines[place])
    glued = draw(st.sampled_from([-1, -1, -1, *range(len(lines))]))
    ends = [b"" if place == glued else b"\n" for place in range(len(lines))]
    data = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 9)) == 0 else data


def by_openssl(data: bytes, place: Path) -> tuple[int, set[bytes]]:
    """How many certificates Python's ssl loads from a file, none if it refuses it, and which authorities'."""
    place.write_bytes(data)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(place)
    except ssl.SSLError:
        return 0, set()
    return context.cert_store_stats()["x509"], set(context.get_ca_certs(binary_form=True))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pem") / "bundle.pem"


CERTIFICATE = Block("CERTIFICATE", 1, b"", DERS[0]).to_pem().splitlines()


@pytest.mark.parametrize("mistake", TO_ALL)
def test_each_mistake_in_all_lines_is_taken_as_openssl_takes_it(place: Path, mistake: str) -> None:
    same_as_openssl(b"\n".join(TO_ALL[mistake](CERTIFICATE)) + b"\n", place)


@pytest.mark.parametrize("at", [0, 1, -2, -1], ids=["BEGIN", "first", "last", "END"])
@pytest.mark.parametrize("mistake", TO_A_LINE)
def test_each_mistake_in_a_line_is_taken_as_openssl_takes_it(place: Path, mistake: str, at: int) -> None:
    lines = [*CERTIFICATE]
    lines[at] = TO_A_LINE[mistake](lines[at])
    for around in ([], CERTIFICATE):
        same_as_openssl(b"\n".join([*around, *lines, *around, b""]), place)
        same_as_openssl(b"\n".join([*around, *lines, *around]), place)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_what_openssl_loads_is_read_and_what_it_refuses_is_said(place: Path, data: bytes) -> None:
    same_as_openssl(data, place)


def same_as_openssl(data: bytes, place: Path) -> None:
    count, authorities = by_openssl(data, place)
    try:
        bundle = read_bundle(data, "x")
    except RequestError as error:
        assert not count, error
        assert "\n" not in str(error)
        return
    read = {certificate.public_bytes(Encoding.DER) for certificate in bundle.certificates}
    assert (len(read) == count and read >= authorities) or (not count and bundle.notes)
