"""Ctrl-C while a program measures: the measurement ends in order, and what there is of it is kept."""

from __future__ import annotations

import signal
from collections.abc import Callable

from tlsbench import interrupts
from tlsbench.api.arguments import in_words_of_python
from tlsbench.api.result import Result
from tlsbench.errors import TlsbenchError


class Interrupted(interrupts.Interrupted):
    """A measurement was ended by Ctrl-C; it is a :class:`KeyboardInterrupt`.

    :param number: the signal's.
    :param result: what was measured until then; None if that was nothing.
    """

    def __init__(self, number: int, result: Result | None) -> None:
        super().__init__(number)
        self.result = result


def until_interrupted(
    measure: Callable[[Callable[[], bool]], Result | None], stop_asked: Callable[[], bool]
) -> Result:
    """Measure; a signal that comes meanwhile waits until what was measured is a result.

    Then it goes to whatever handles it in this program: Python's own handler of Ctrl-C raises
    :class:`Interrupted` with the result, and a handler of the program's may let it be returned. What nothing
    handles (SIGTERM, SIGHUP) ends the program in order, as :func:`sys.exit` does, so that nothing is left.

    :param measure: takes the question whether to stop; None is nothing measured.
    :raises Interrupted: after Ctrl-C.
    :raises SystemExit: after a signal that nothing handles, with 128 and its number.
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
