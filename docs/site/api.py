"""The page of the Python API, from its signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

import tlsbench

#: The directives of a docstring, each with its title.
_TITLES: Final = {"param": "Parameters", "returns": "Returns", "raises": "Raises"}
_DIRECTIVE: Final = re.compile(r"^:(param|returns|raises)(?: ([^:]*))?: ", re.MULTILINE)
#: A Sphinx role: ``:class:`~tlsbench.Scenario```, or with a title before its target.
_ROLE: Final = re.compile(r":\w+:`(?:([^`<]+) <[^`>]+>|~?([^`]+))`")


def api_page() -> str:
    """The functions, values and errors of ``import tlsbench``."""
    public = [(name, getattr(tlsbench, name)) for name in tlsbench.__all__ if name != "__version__"]
    groups = {
        "Functions": [one for one in public if inspect.isfunction(one[1])],
        "Values": [
            one for one in public if inspect.isclass(one[1]) and not issubclass(one[1], BaseException)
        ],
        "Errors": [one for one in public if inspect.isclass(one[1]) and issubclass(one[1], BaseException)],
    }
    parts = [
        "# The Python API",
        (
            "What `import tlsbench` has. The [guide](../python.md) shows how its parts are used together; "
            "everything has type hints, and the package says so (`py.typed`)."
        ),
    ]
    for title, members in groups.items():
        parts.append(f"## {title}")
        for name, value in members:
            parts += _described(name, value, "###")
            for inner, member in _members(value) if title != "Errors" else ():
                parts += _described(f"{name}.{inner}", member, "####")
    return "\n\n".join(parts) + "\n"


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class."""
    if inspect.isclass(value):
        for name in dir(value):
            member = inspect.getattr_static(value, name)
            if not name.startswith("_") and isinstance(member, property | staticmethod | classmethod):
                yield name, getattr(member, "fget", None) or member.__func__
            elif not name.startswith("_") and inspect.isfunction(member):
                yield name, member


def _described(name: str, value: Any, level: str) -> Iterator[str]:
    doc = inspect.getdoc(value)
    if not doc:
        return
    yield f"{level} {name}"
    if inspect.isfunction(value) and level == "###":
        yield f"```text\n{_signature(name, value)}\n```"
    directives = list(_DIRECTIVE.finditer(doc))
    yield _markdown(doc[: directives[0].start()] if directives else doc)
    rows: dict[str, list[str]] = {}
    for at, found in enumerate(directives):
        end = directives[at + 1].start() if at + 1 < len(directives) else len(doc)
        kind, what = found.groups()
        text = " ".join(_markdown(doc[found.end() : end]).split())
        rows.setdefault(_TITLES[kind], []).append(f"- {f'`{what}`: ' if what else ''}{text}")
    for title, lines in rows.items():
        yield f"**{title}**"
        yield "\n".join(lines)


def _signature(name: str, function: Any) -> str:
    """One parameter per line, without the defaults that are functions."""
    parameters = inspect.signature(function).parameters.values()
    lines = []
    keyword_only = False
    for one in parameters:
        if (
            one.kind is one.KEYWORD_ONLY
            and not keyword_only
            and not any(p.kind is p.VAR_POSITIONAL for p in parameters)
        ):
            lines.append("*")
        keyword_only = keyword_only or one.kind is one.KEYWORD_ONLY
        default = one.default if not callable(one.default) or one.default is one.empty else "..."
        prefix = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        shown = "" if default is one.empty else f" = {default if default == '...' else repr(default)}"
        lines.append(f"{prefix}{one.name}: {one.annotation}{shown}")
    inner = "".join(f"    {line},\n" for line in lines)
    return f"tlsbench.{name}(\n{inner}) -> {inspect.signature(function).return_annotation}"


def _markdown(text: str) -> str:
    """A docstring as Markdown: roles and literals become code."""
    plain = _ROLE.sub(lambda found: f"`{found[1] or found[2]}`", text)
    return plain.replace("``", "`").strip()
