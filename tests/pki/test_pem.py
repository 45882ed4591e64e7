from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.pki.pem import Block, read_blocks

DATA = bytes(range(140))  # three lines of base64, the last one short
BASE64 = base64.b64encode(DATA).decode()
LINES = [BASE64[start : start + 64] for start in range(0, len(BASE64), 64)]
BEGIN, END = "-----BEGIN THING-----", "-----END THING-----"


def text(*lines: str, ending: str = "\n") -> bytes:
    return "".join(line + ending for line in lines).encode()


WHOLE = text(BEGIN, *LINES, END)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(WHOLE, id="plain"),
        pytest.param(text(BEGIN, *LINES, END, ending="\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + WHOLE, id="BOM"),
        pytest.param(
            text(BEGIN + " \t ", *(line + "  " for line in LINES), END + " \x0b"), id="blanks after"
        ),
        pytest.param(text(BEGIN, *("  " + line for line in LINES), END), id="indented base64"),
        pytest.param(text(BEGIN, BASE64, END), id="one line"),
        pytest.param(text(BEGIN, "", *LINES, END), id="a blank line first, as in RFC 1421"),
        pytest.param(text(BEGIN, *(BASE64[at : at + 3] for at in range(0, len(BASE64), 3)), END), id="short"),
        pytest.param(
            text("Certificate:", "    Data: -- no block", BEGIN, *LINES, END, "bye"), id="text around"
        ),
        pytest.param(WHOLE.rstrip(b"\n"), id="no newline at the end"),
        pytest.param(text("x" * 254 + BEGIN, *LINES, END), id="where a piece of a long line begins"),
    ],
)
def test_what_openssl_reads_is_read(data: bytes) -> None:
    ((block,), notes) = read_blocks(data)
    assert (block.label, block.header, block.data, block.cut_in_line) == ("THING", b"", DATA, 0)
    assert notes == ()


def test_every_file_of_a_concatenation_may_begin_with_a_bom() -> None:
    blocks, _ = read_blocks((b"\xef\xbb\xbf" + WHOLE) * 3)
    assert [block.line for block in blocks] == [1, 6, 11]


def test_a_header_is_kept_and_its_lines_are_no_base64() -> None:
    header = ("Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00")
    ((block,), _) = read_blocks(text(BEGIN, *header, "", *LINES, END))
    assert block.header == text(*header)
    assert block.data == DATA
    assert read_blocks(block.to_pem())[0] == (block,)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((BEGIN, *LINES), "line 2: the THING block is cut off: it has no END line"),
        ((BEGIN,), "line 2: the THING block is cut off: it has no END line"),
        (
            (BEGIN, *LINES, END + BEGIN, *LINES, END),
            "line 6: the END of the THING block and the next BEGIN are glued together",
        ),
        (
            (BEGIN, *LINES, "-----END OTHER-----"),
            "line 6: '-----END OTHER-----' does not end the THING block that begins in line 2",
        ),
        ((BEGIN, *LINES, END + " x"), "line 6: '-----END THING----- x' does not end the THING block"),
        ((BEGIN, *LINES, "  " + END), "line 2: the THING block is cut off"),
        ((BEGIN, "", "", *LINES, END), "line 4: a second blank line in the THING block"),
        ((BEGIN, "", BASE64, END), "line 4: the THING block has a blank line"),
        ((BEGIN, "", *LINES, LINES[0], END), "line 7: the THING block has a blank line"),
        ((BEGIN, END), "line 2: the THING block is empty"),
        ((BEGIN, "Name: value", END), "line 2: the THING block is empty"),
        ((BEGIN, "AAAA!", END), "line 2: a malformed THING (it is not base64)"),
        ((BEGIN, "AAAAA", END), "line 2: a malformed THING (it is not base64)"),
        ((BEGIN, "AA==AA", END), "line 2: a malformed THING (it is not base64)"),
        ((BEGIN, "A===", END), "line 2: a malformed THING (it is not base64)"),
        (
            (BEGIN, "AAAAA", BEGIN, END),
            "line 2: a malformed THING (it is not base64: it is cut off in line 4)",
        ),
    ],
)
def test_what_openssl_refuses_is_refused_with_the_line(lines: tuple[str, ...], problem: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_blocks(text("first", *lines))
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    "begin",
    [
        " " + BEGIN,
        "----BEGIN THING----",
        "-----begin thing-----",
        BEGIN + "x",
        "-----BEGIN-----",
        "> " + BEGIN,
    ],
)
def test_what_looks_like_a_block_and_is_none_is_named_once(begin: str) -> None:
    end = begin.replace("BEGIN", "END").replace("begin", "end")
    blocks, notes = read_blocks(text(begin, *LINES, end, BEGIN, *LINES, END))
    assert [block.line for block in blocks] == [6]
    assert notes == (f"line 1: a block is skipped: '{begin}' is not a line that PEM begins or ends with",)


def test_an_end_without_a_begin_is_named() -> None:
    _, notes = read_blocks(WHOLE + text(*LINES, END))
    assert notes == (f"line 9: END without BEGIN: '{END}' is not a line that PEM begins or ends with",)


def test_a_nul_byte_ends_a_line_or_the_file_as_for_openssl_and_is_named() -> None:
    for data, lines in ((b"a\0b\n" + WHOLE, [2]), (WHOLE + b"\0\n" + WHOLE, [1])):
        blocks, notes = read_blocks(data)
        assert [block.line for block in blocks] == lines
        (note,) = notes
        assert note.endswith(": a NUL byte, at which programs stop reading the line or the file")


def test_a_dash_ends_the_base64_as_it_does_for_openssl_and_its_line_is_kept() -> None:
    ((block,), _) = read_blocks(text(BEGIN, *LINES, BEGIN, *LINES, END))
    assert (block.data, block.cut_in_line) == (DATA, 5)


def test_a_long_line_is_quoted_by_its_beginning() -> None:
    _, (note,) = read_blocks(text(" " + BEGIN[:-5] + "x" * 200))
    assert len(note) < 150


PIECES = st.sampled_from(
    [BEGIN, END, *LINES, BASE64, "", " ", "Proc-Type: 4", "-", "=", "text", "x" * 254, "\ufeff", "\0", "\r"]
)


@given(
    st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=12), st.sampled_from(["\n", "\r\n", "", "\n\n"])
)
def test_whatever_the_lines_are_there_are_blocks_or_one_line(lines: list[str], ending: str) -> None:
    data = "".join(line + ending for line in lines).encode("utf-8", "surrogatepass")
    try:
        blocks, notes = read_blocks(data)
    except RequestError as error:
        assert str(error).startswith("line ")
        assert "\n" not in str(error)
    else:
        assert all(isinstance(block, Block) and 1 <= block.line <= data.count(b"\n") + 1 for block in blocks)
        assert all(note.startswith("line ") and "\n" not in note for note in notes)
