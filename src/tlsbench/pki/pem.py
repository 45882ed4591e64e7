"""PEM as OpenSSL reads it (RFC 7468, RFC 1421): what it refuses is refused, with the line number.

Modelled on ``PEM_read_bio_ex`` in OpenSSL's ``crypto/pem/pem_lib.c``, which nginx, Apache, HAProxy, curl and
Python call: lines are read in pieces of 254 bytes, trailing blanks and a BOM before a block are dropped, and
a wrong END line abandons the block and the file. Notes report what OpenSSL skips silently.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tlsbench.errors import RequestError

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"
_BOM = b"\xef\xbb\xbf"
#: ``LINESIZE`` minus the byte for the terminating NUL.
_PIECE_BYTES = 254
#: What ``sanitize_line`` drops at the end of a line: every byte that is at most a space as a signed char.
_DROPPED = bytes((*range(0x21), *range(0x80, 0x100)))
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
#: The lines of a block with a header have 64 characters, the last one maybe fewer (RFC 1421 section 4.3.2.4).
_LINE_AFTER_HEADER = 64
_NEARLY = re.compile(rb"-{2,}\s*(BEGIN|END)\b", re.IGNORECASE)
_MOST_SHOWN = 48


@dataclass(frozen=True, slots=True)
class Block:
    """The contents between BEGIN and END.

    :param line: the line of BEGIN, counted from 1.
    :param header: such as that of an encrypted key (RFC 1421 section 4.6); usually empty.
    :param cut_in_line: the line where a dash ends the base64 before END, as when a block begins; usually 0.
    """

    label: str
    line: int
    header: bytes
    data: bytes
    cut_in_line: int = 0

    def to_pem(self) -> bytes:
        """The block as PEM again, in a form that every library reads."""
        name, text = self.label.encode(), base64.b64encode(self.data)
        lines = [text[at : at + _LINE_AFTER_HEADER] for at in range(0, len(text), _LINE_AFTER_HEADER)]
        header = [self.header] if self.header else []
        return b"\n".join((_BEGIN + name + _DASHES, *header, *lines, _END + name + _DASHES, b""))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line with its newline, or 254 bytes of a longer one."""

    line: int
    text: bytes

    @property
    def goes_on(self) -> bool:
        """Whether the line continues in the next piece."""
        return len(self.text) == _PIECE_BYTES and not self.text.endswith(b"\n")


def read_blocks(data: bytes) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks in order, and notes on what looks like a block but is not.

    :raises RequestError: with the line number, for anything that OpenSSL stops at.
    """
    pieces = _pieces(data)
    blocks: list[Block] = []
    notes: list[str] = []
    fresh, skipping = True, False
    for piece in pieces:
        text = (piece.text.removeprefix(_BOM) if fresh else piece.text).rstrip(_DROPPED)
        fresh = False
        if text.startswith(_BEGIN) and text.endswith(_DASHES):
            blocks.append(_block(pieces, text[len(_BEGIN) : -len(_DASHES)], piece.line))
            fresh, skipping = True, False
        elif near := _NEARLY.search(text):
            begins = near[1].upper() == b"BEGIN"
            if begins or not skipping:
                what = "a block is skipped" if begins else "END without BEGIN"
                notes.append(
                    f"line {piece.line}: {what}: '{_shown(text)}' is not a line that PEM begins or ends with"
                )
            skipping = begins
    if blocks and b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        notes.append(f"line {line}: a NUL byte, at which programs stop reading the line or the file")
    return tuple(blocks), tuple(notes)


def _pieces(data: bytes) -> Iterator[_Piece]:
    for number, line in enumerate(io.BytesIO(data), 1):
        for start in range(0, len(line), _PIECE_BYTES):
            text, nul, _ = line[start : start + _PIECE_BYTES].partition(b"\0")
            if nul and not text:
                return  # after fgets(3), a line that begins with NUL looks like the end of the file
            yield _Piece(number, text)


def _block(pieces: Iterator[_Piece], label: bytes, begin: int) -> Block:
    """The block whose BEGIN line was read last."""
    name = _shown(label)
    above: list[bytes] | None = None  # the lines above a blank line
    lines: list[_Piece] = []
    in_header = ended = goes_on = False
    for piece in pieces:
        is_rest, goes_on = goes_on, piece.goes_on
        text = piece.text.rstrip(_DROPPED)
        in_header = in_header or (above is None and b":" in piece.text)
        if not text:
            if is_rest:
                continue
            if above is not None:
                raise RequestError(f"line {piece.line}: a second blank line in the {name} block")
            above, lines, in_header = [line.text for line in lines], [], False
        elif text.startswith(_END):
            if text != _END + label + _DASHES:
                raise RequestError(_wrong_end(text, name, begin, piece.line))
            header, data = above or [], lines
            if in_header or not lines:
                raise RequestError(f"line {begin}: the {name} block is empty")
            return _decoded(name, begin, header, data)
        else:
            if ended or (above is not None and len(text) > _LINE_AFTER_HEADER):
                raise RequestError(
                    f"line {piece.line}: the {name} block has a blank line: those after it must have 64 "
                    "characters, and only the last may have fewer"
                )
            ended = above is not None and len(text) < _LINE_AFTER_HEADER
            lines.append(_Piece(piece.line, text))
    raise RequestError(f"line {begin}: the {name} block is cut off: it has no END line")


def _wrong_end(text: bytes, name: str, begin: int, line: int) -> str:
    if b"BEGIN" in text:
        return f"line {line}: the END of the {name} block and the next BEGIN are glued together"
    return f"line {line}: '{_shown(text)}' does not end the {name} block that begins in line {begin}"


def _decoded(name: str, begin: int, header: list[bytes], lines: list[_Piece]) -> Block:
    text, cut_in_line = [], 0
    for line in lines:
        before, dash, _ = line.text.partition(b"-")
        text.append(before)
        if dash:  # the decoder stops here without an error
            cut_in_line = line.line
            break
    base = b"".join(text).translate(None, b" \t\r")
    if not _BASE64.fullmatch(base) or len(base) % 4:
        where = f": it is cut off in line {cut_in_line}" if cut_in_line else ""
        raise RequestError(f"line {begin}: a malformed {name} (it is not base64{where})")
    joined = b"".join(line + b"\n" for line in header)
    return Block(name, begin, joined, base64.b64decode(base), cut_in_line)


def _shown(text: bytes) -> str:
    """The first characters of a line, for a one-line message."""
    whole = "".join(one if one.isprintable() else "\ufffd" for one in text.decode("utf-8", "replace"))
    return whole if len(whole) <= _MOST_SHOWN else f"{whole[:_MOST_SHOWN]}…"
