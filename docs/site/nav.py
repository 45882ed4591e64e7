"""The order of the pages. A page that is not named here comes at the end of the guides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

GUIDES: Final = "Guides"
#: The sections in order, each with its pages in order.
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "Start": ("index.md", "install.md", "cheatsheet.md", "figures.md"),
    "Tutorials": (
        "tutorials/platform-engineer.md",
        "tutorials/maintainer.md",
        "tutorials/teacher.md",
    ),
    "Recipes": ("recipes.md", "ci.md", "pytest.md", "python.md"),
    GUIDES: ("measuring.md", "verdicts.md", "report.md", "trace.md", "parts.md"),
    "TLS and its cryptography": (
        "suites.md",
        "keys.md",
        "certificates.md",
        "certificates-tour.md",
        "compression.md",
        "raw-keys-and-psk.md",
        "ech.md",
        "records.md",
        "primitives.md",
        "constant-time.md",
    ),
    "Networks and loads": (
        "network.md",
        "datagrams.md",
        "quic.md",
        "load.md",
        "pools.md",
        "fleet.md",
        "scaling.md",
        "capacity.md",
    ),
    "Libraries": ("implementations.md", "engines.md"),
    "Reference": (
        "reference/axes.md",
        "reference/profiles.md",
        "reference/columns.md",
        "reference/libraries.md",
        "results.md",
        "reference/schema.md",
        "reference/api.md",
        "settings.md",
        "environment.md",
        "glossary.md",
    ),
    "Project": ("project/contributing.md", "project/security.md", "project/changelog.md"),
}


def nav_of(pages: Iterable[str], commands: Sequence[str]) -> list[dict[str, Any]]:
    """The navigation in the form that mkdocs takes.

    :param pages: all pages, by their paths in the site.
    :param commands: the pages of commands, which have a section before the reference.
    """
    named = {page for section in SECTIONS.values() for page in section} | set(commands)
    sections = {name: list(section) for name, section in SECTIONS.items()}
    sections[GUIDES] += sorted(set(pages) - named)
    found: list[dict[str, Any]] = []
    for name, section in sections.items():
        if name == "Reference":
            found.append({"Commands": list(commands)})
        found.append({name: section})
    return found
