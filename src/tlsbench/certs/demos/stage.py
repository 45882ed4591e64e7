"""The stage of a demo: it sets up real servers and clients, explains each step and asserts each outcome."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tlsbench.errors import TlsbenchError
from tlsbench.escaping import for_terminal
from tlsbench.loopback import ClientSetup, Meeting, Server, ServerSetup, Tap, Visit, meet
from tlsbench.pki import Identity, key_type_of
from tlsbench.pki.keys import public_key_of
from tlsbench.pki.names import short_name


class DemoError(TlsbenchError):
    """A demo had an unexpected outcome."""


@dataclass(frozen=True, slots=True)
class Step:
    """One explained step: ``kind`` is ``"say"``, ``"works"``, ``"refused"`` or ``"holds"``."""

    kind: str
    text: str


class Stage:
    """Where a demo is performed.

    :param tell: called with each step as it is done.
    """

    def __init__(self, tell: Callable[[Step], None]) -> None:
        self._tell = tell

    def say(self, text: str) -> None:
        """Explain what is being done, and why."""
        self._tell(Step("say", text))

    @contextmanager
    def server(self, identity: Identity, **setup: Any) -> Iterator[Server]:  # noqa: ANN401
        """Run a server with that identity; ``setup`` are fields of ServerSetup."""
        with Server(ServerSetup(identity=identity, **setup)) as server:
            shown = " ← ".join(described(certificate) for certificate in identity.certificates)
            self.say(f"A server on {server.address[0]}:{server.address[1]} shows {shown}")
            yield server

    def works(
        self,
        server: Server,
        *roots: x509.Certificate,
        tap: Tap | None = None,
        **setup: Any,  # noqa: ANN401
    ) -> Meeting:
        """Connect a client and get an answer; ``setup`` are fields of ClientSetup.

        :param tap: a tap on the path to the server.
        :raises DemoError: if either side reports a problem.
        """
        meeting, visit = _meet(server, roots, setup, tap)
        problem = meeting.problem or visit.problem
        if problem:
            raise DemoError(f"the connection should have worked, but: {problem}")
        words = [meeting.version, meeting.cipher, meeting.group, *(["resumed"] if meeting.resumed else [])]
        words += [f"early data {meeting.early_data}"] if meeting.early_data else []
        self._tell(Step("works", f"connected: {', '.join(words)}"))
        return meeting

    def refused(
        self,
        server: Server,
        *roots: x509.Certificate,
        alert: str,
        because: str,
        by: str = "client",
        **setup: Any,  # noqa: ANN401
    ) -> Meeting:
        """Connect a client; one side must refuse with that alert, which both see, for that reason.

        :raises DemoError: if the connection works, or fails in another way.
        """
        meeting, visit = _meet(server, roots, setup)
        if not meeting.problem:
            raise DemoError(f"the connection should have been refused with {alert}, but it worked")
        problem = meeting.problem if by == "client" else visit.problem
        told = [str(seen) for seen in (meeting.alert, visit.alert) if seen is not None]
        expected = [seen for seen in told if seen.startswith(f"{alert} ") and seen.endswith(f"the {by}")]
        if len(expected) != 2 or because not in problem:
            raise DemoError(f"expected {alert} from the {by} because of '{because}', got {told}: {problem}")
        reason = problem.removeprefix("pyopenssl: ")
        self._tell(Step("refused", f"the {by} refuses: {reason}; alert on the wire: {expected[0]}"))
        return meeting

    def holds(self, what: str, truth: object) -> None:
        """Assert something observable.

        :raises DemoError: if it does not hold.
        """
        if not truth:
            raise DemoError(f"expected, but not so: {what}")
        self._tell(Step("holds", what))


def described(certificate: x509.Certificate) -> str:
    """A certificate in a few words: its holder and its type of key."""
    return f"'{short_name(certificate)}' ({key_type_of(public_key_of(certificate))})"


def _meet(
    server: Server, roots: tuple[x509.Certificate, ...], setup: dict[str, Any], tap: Tap | None = None
) -> tuple[Meeting, Visit]:
    address = server.address if tap is None else tap.address
    return meet(address, ClientSetup(roots=roots, **setup)), server.next_visit()


_PLAIN_WIDTH = 200
_MARKS = {"say": ("·", ""), "works": ("✓", "green"), "holds": ("✓", "green"), "refused": ("✗", "yellow")}


def print_step(console: Console, step: Step) -> None:
    """Print a step on one or more lines, with its mark."""
    mark, style = _MARKS[step.kind]
    line = Table.grid(padding=(0, 1))
    line.add_row(f"  {mark}", Text(for_terminal(step.text)), style=style)
    console.print(line)


def stage_console() -> Console:
    """The console for demos: as wide as the terminal or ``COLUMNS``, or else 200 columns."""
    console = Console(highlight=False)
    told = console.is_terminal or os.environ.get("COLUMNS", "").isdigit()
    return console if told else Console(highlight=False, width=_PLAIN_WIDTH)


def play(demo: Callable[[Stage], None]) -> None:
    """Run a demo as a script; if an outcome is unexpected, exit as ``tlsbench certs demo`` does."""
    from tlsbench.certs.demos import DEMOS  # it imports this module

    console = stage_console()
    name = Path(inspect.getsourcefile(demo) or "demo").stem.replace("_", "-")
    console.print(Text(": ".join((name, *([DEMOS[name]] if name in DEMOS else ()))), style="bold"))
    try:
        demo(Stage(lambda step: print_step(console, step)))
    except TlsbenchError as error:
        print(for_terminal(f"tlsbench: {error}"), file=sys.stderr)
        sys.exit(error.exit_code)
