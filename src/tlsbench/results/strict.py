"""External JSON, read strictly: every value is requested by its type, and a fault names its place.

A :class:`Node` is a value with its path. A request for a text, a number or a record either gets exactly that,
or a :class:`DocumentError`: one line such as ``$.benchmarks[3].stats.data[7]: null where a number should
be``.
"""

from __future__ import annotations

import codecs
import json
import math
import types
import typing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from tlsbench.errors import RequestError

_T = TypeVar("_T")
#: No measured figure is this large. Products and ratios of such figures are still finite.
LARGEST = 1e18
#: The most characters shown of a value, and of a name in a path.
_MOST_SHOWN = 40
_WIDE_TEXTS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class DocumentError(RequestError):
    """An invalid value; the text begins with its path, without the file."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a JSON document.

    :param value: as :mod:`json` parses it.
    :param key: its name or index in its container; ``"$"`` for the whole document.
    :param within: its container.
    """

    value: object
    key: str | int = "$"
    within: Node | None = None

    @property
    def path(self) -> str:
        """Its place, as a JSONPath (RFC 9535)."""
        if self.within is None:
            return str(self.key)
        if isinstance(self.key, int):
            return f"{self.within.path}[{self.key}]"
        plain = self.key.isidentifier() and self.key.isascii() and len(self.key) <= _MOST_SHOWN
        return f"{self.within.path}.{self.key}" if plain else f"{self.within.path}[{shown(self.key)}]"

    def fault(self, wanted: str) -> DocumentError:
        """The error for a value other than the expected one."""
        return DocumentError(f"{self.path}: {shown(self.value)} where {wanted} should be")

    def find(self, name: str) -> Node | None:
        """The member of that name; None if there is none."""
        members = self.members()
        return Node(members[name], name, self) if name in members else None

    def get(self, name: str) -> Node | None:
        """The member of that name; None if there is none, or it is null."""
        found = self.find(name)
        return None if found is None or found.value is None else found

    def __getitem__(self, name: str) -> Node:
        members = self.members()
        if name not in members:
            raise DocumentError(f"{self.path}: it lacks '{name}'")
        return Node(members[name], name, self)

    def members(self) -> Mapping[str, object]:
        """The members of an object, with unchecked names."""
        if not isinstance(self.value, dict):
            raise self.fault("an object")
        return self.value

    def items(self) -> Iterator[tuple[str, Node]]:
        """The members of an object as nodes; their names are checked in the same way as texts."""
        for name, value in self.members().items():
            yield Node(name, name, self).text(), Node(value, name, self)

    def each(self) -> Iterator[Node]:
        """The elements of an array."""
        if not isinstance(self.value, list | tuple):
            raise self.fault("an array")
        for at, value in enumerate(self.value):
            yield Node(value, at, self)

    def text(self) -> str:
        """A text that can be written as UTF-8: JSON may contain halves of characters (lone surrogates)."""
        if not isinstance(self.value, str):
            raise self.fault("text")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            raise self.fault("text of whole characters") from None
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.fault("true or false")
        return self.value

    def whole(self, least: int | None = None) -> int:
        """A whole number of at least ``least``."""
        number = self.number(None if least is None else float(least))
        if not isinstance(self.value, int):
            if not number.is_integer():
                raise self.fault("a whole number")
            return int(number)
        return self.value

    def number(self, least: float | None = None) -> float:
        """A finite number from ``least`` to :data:`LARGEST`."""
        value = self.value
        wanted = f"a number from {-LARGEST if least is None else least:g} to {LARGEST:g}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(wanted)
        if not -LARGEST <= value <= LARGEST:  # true for NaN, too
            raise self.fault(wanted)
        if least is not None and value < least:
            raise self.fault(wanted)
        return float(value)

    def numbers(self, least: float | None = None) -> tuple[float, ...]:
        """An array of such numbers."""
        values = self.value
        if isinstance(values, list) and all(type(value) in (int, float) for value in values):
            low = -LARGEST if least is None else least
            if all(low <= value <= LARGEST for value in values):
                return tuple(map(float, values))
        return tuple(node.number(least) for node in self.each())

    def texts(self) -> tuple[str, ...]:
        """An array of texts."""
        return tuple(node.text() for node in self.each())

    def plain(self) -> object:
        """The value as it is, for passing on unread; its texts, names and numbers are checked."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.items()}
        if isinstance(self.value, list | tuple):
            return [node.plain() for node in self.each()]
        if isinstance(self.value, str):
            return self.text()
        if self.value is not None and not isinstance(self.value, bool):
            self.number()
        return self.value


def shown(value: object) -> str:
    """A short and harmless rendering of a value, in one line."""
    if isinstance(value, dict | list):
        kind = "an object" if isinstance(value, dict) else "an array"
        return kind if value else f"{kind} with nothing in it"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MOST_SHOWN:
        return f"a number of {int(math.log10(abs(value))) + 1} digits"
    text = json.dumps(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def text_of(content: bytes) -> str:
    """The text of a JSON file, which is UTF-8 (RFC 8259 section 8.1).

    :raises DocumentError: if it is not.
    """
    for mark, name in _WIDE_TEXTS.items():
        if content.startswith(mark):
            raise DocumentError(f"it is {name} text: JSON is UTF-8 (RFC 8259), save it as that")
    if content[:2].count(0) == 1:
        raise DocumentError("it is UTF-16 text: JSON is UTF-8 (RFC 8259), save it as that")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentError("it is not JSON: it is not text") from None


def document(text: str) -> Node:
    """Parse a JSON text; a byte order mark is ignored (RFC 8259 section 8.1).

    :raises DocumentError: if it is not JSON, is nested too deeply, or an object names a member twice.
    """
    twice: list[tuple[dict[str, object], str]] = []

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice.append((found, next(name for name, count in counts.items() if count > 1)))
        return found

    try:
        root = Node(json.loads(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"), object_pairs_hook=members))
    except RecursionError:
        raise DocumentError("it is not JSON that can be read: it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise DocumentError(f"it is not JSON: {error}") from None
    except ValueError:
        raise DocumentError("it is not JSON that can be read: a number has too many digits") from None
    if twice:
        owner, name = twice[0]
        where = next((node.path for node in _walk(root) if node.value is owner), "$")
        raise DocumentError(f"{where}: it has {shown(name)} twice")
    return root


def _walk(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node.value, dict):
            waiting += (Node(value, name, node) for name, value in node.value.items())
        elif isinstance(node.value, list):
            waiting += (Node(value, at, node) for at, value in enumerate(node.value))


def record(
    node: Node,
    kind: type[_T],
    least: float | None = None,
    **readers: Callable[[Node], object],
) -> _T:
    """Read the dataclass that an object spells member by member.

    A member with a default may be missing; members that the class does not have are ignored.

    :param least: the minimum of every number in it.
    :param readers: for members of types that JSON does not have.
    """
    wanted = _members(typing.cast("Any", kind))
    given = node.members()
    values = {}
    for name, (hint, is_needed) in wanted.items():
        if name in given or is_needed:
            values[name] = readers[name](node[name]) if name in readers else _typed(node[name], hint, least)
    return kind(**values)


@cache
def _members(kind: Any) -> Mapping[str, tuple[Any, bool]]:  # noqa: ANN401 - a class of ours; mypy takes no type[Any] for hashable
    hints = typing.get_type_hints(kind)
    return {
        one.name: (hints[one.name], one.default is MISSING and one.default_factory is MISSING)
        for one in fields(kind)
    }


def _typed(node: Node, hint: Any, least: float | None) -> Any:  # noqa: ANN401 - of the hint's type
    """The value of a node, of the type that a hint describes."""
    simple: Mapping[Any, Callable[[], object]] = {
        str: node.text,
        bool: node.flag,
        int: lambda: node.whole(None if least is None else int(least)),
        float: lambda: node.number(least),
    }
    if hint in simple:
        return simple[hint]()
    if is_dataclass(hint):
        return record(node, typing.cast("type[Any]", hint), least)
    origin, of = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _either(node, of, least)
    if origin is Counter:
        return Counter({name: _typed(one, int, least) for name, one in node.items()})
    if origin in (Mapping, dict):
        return {name: _typed(one, of[1], least) for name, one in node.items()}
    if origin in (Sequence, tuple, list):
        return tuple(_typed(one, of[0], least) for one in node.each())
    raise AssertionError(f"no reader for {hint}")  # a class of ours that needs a reader of its own


def _either(node: Node, of: Sequence[Any], least: float | None) -> object:
    if node.value is None and types.NoneType in of:
        return None
    kinds = [hint for hint in of if hint is not types.NoneType]
    for hint in kinds[:-1]:
        if isinstance(node.value, hint) and not isinstance(node.value, bool):
            return _typed(node, hint, least)
    return _typed(node, kinds[-1], least)
