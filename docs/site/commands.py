"""A page for each command, from the data behind its ``--help``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import typer

from tlsbench.cli.group import app
from tlsbench.escaping import for_markdown

#: The marker of a paragraph whose line breaks are kept.
_KEEPS_LINES: Final = "\b"
_FOLDER: Final = "commands"


@cache
def command_pages() -> tuple[tuple[str, str], ...]:
    """Path and text of each page: the overview, then the commands in the order of ``tlsbench --help``."""
    group = typer.main.get_command(app)
    found = list(_commands(group, None, "tlsbench"))
    rows = "\n".join(f"| [`{words}`]({_name(words)}) | {_summary(command)} |" for words, command, _ in found)
    overview = (
        "# Commands\n\n"
        "`tlsbench --help` lists the commands, and `tlsbench COMMAND --help` prints what its page here has. "
        "An option on the command line wins over an environment variable, and both over the "
        "[settings](../settings.md) of a project.\n\n"
        f"| command | what it does |\n|---|---|\n{rows}\n"
    )
    pages = [
        (f"{_FOLDER}/{_name(words)}", _page(words, command, context)) for words, command, context in found
    ]
    return (f"{_FOLDER}/index.md", overview), *pages


def _commands(group: Any, parent: Any, words: str) -> Iterator[tuple[str, Any, Any]]:
    """Every command that is not a group, with the words that call it and a context for its help."""
    context = typer.Context(
        group, info_name=words if parent is None else words.rsplit(maxsplit=1)[-1], parent=parent
    )
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from _commands(command, context, f"{words} {name}")
        else:
            yield f"{words} {name}", command, typer.Context(command, info_name=name, parent=context)


def _name(words: str) -> str:
    return f"{'-'.join(words.split()[1:])}.md"


def _paragraphs(command: Any) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", command.help or "") if part.strip()]


def _summary(command: Any) -> str:
    return for_markdown(" ".join(_paragraphs(command)[0].split()))


def _page(words: str, command: Any, context: Any) -> str:
    text = [f"# {words}", *map(_shown, _paragraphs(command))]
    text += ["## Usage", f"```text\n{context.get_usage().removeprefix('Usage: ')}\n```"]
    for kind in ("argument", "option"):
        rows = [
            f"| `{_cell(name)}` | {for_markdown(' '.join(meaning.split()))} |"
            for name, meaning in command.records(context, kind)
        ]
        if rows:
            text += [f"## {kind.title()}s", "\n".join([f"| {kind} | meaning |", "|---|---|", *rows])]
    if command.more_help()[1]:
        text.append("The axes and values of selectors are on the page of the [axes](../reference/axes.md).")
    return "\n\n".join(text) + "\n"


def _cell(name: str) -> str:
    return name.replace("|", r"\|")


def _shown(paragraph: str) -> str:
    lines = paragraph.splitlines()
    if lines[0].strip() != _KEEPS_LINES:
        return for_markdown(" ".join(paragraph.split()))
    title, *rest = lines[1:]
    if not rest:
        return for_markdown(title.strip())
    return f"{for_markdown(title.strip())}\n\n```text\n" + "\n".join(line[2:] for line in rest) + "\n```"
