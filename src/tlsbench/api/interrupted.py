"""Ctrl-C while a program measures: the measurement ends cleanly, and the results so far are kept."""

from __future__ import annotations

import signal
from collections.abc import Callable

from tlsbench import interrupts
from tlsbench.api.arguments import in_words_of_python
from tlsbench.api.result import Result
from tlsbench.errors import TlsbenchError


class Interrupted(interrupts.Interrupted):
    """A measurement was ended by Ctrl-C; it is a :class:`KeyboardInterrupt`.

    :param number: the signal number.
    :param result: the results so far; None if there are none.
    """

    def __init__(self, number: int, result: Result | None) -> None:
        super().__init__(number)
        self.result = result


def until_interrupted(
    measure: Callable[[Callable[[], bool]], Result | None], stop_asked: Callable[[], bool]
) -> Result:
    """Measure; a signal that arrives meanwhile is held until there is a result.

    Then it is raised again for the program's handler: with Python's own handler of Ctrl-C, this function
    raises :class:`Interrupted` with the result; a handler of the program may let the result be returned. A
    signal without a handler (SIGTERM, SIGHUP) ends the program cleanly, as :func:`sys.exit` does.

    :param measure: called with a function that says whether to stop; returns None if it measured nothing.
    :raises Interrupted: after Ctrl-C.
    :raises SystemExit: after a signal without a handler, with status 128 plus its number.
    """
    result = None
    with interrupts.interruptible() as stop:
        try:
            with in_words_of_python():
                result = measure(lambda: stop() or stop_asked())
        except (KeyboardInterrupt, TlsbenchError):
            if not stop():
                raise
    if stop():
        if signal.getsignal(stop.number) is signal.SIG_DFL:
            raise SystemExit(stop.exit_code)
        try:
            signal.raise_signal(stop.number)
        except KeyboardInterrupt:
            raise Interrupted(stop.number, result) from None
    if result is None:
        raise Interrupted(stop.number or signal.SIGINT, None)
    return result
