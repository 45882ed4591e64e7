"""SIGINT, SIGTERM and SIGHUP: a clean end that loses no measurements and leaves nothing behind.

A signal raises :class:`Interrupted` wherever the process is (:func:`ended_by_signals`). Code that must not be
cut short delays it: :func:`held` until a file is complete, :func:`interruptible` until a measurement is
stored. In the latter, the first signal asks to stop; a second one cuts short any code that allows it
(:func:`may_be_cut`): rounds, and waiting for workers. Waiting for a reader of our output is cut short by the
first signal: there is nothing left to stop but the wait (``at_once``).

Outside the main thread nothing changes, because Python handles signals only there. Signals that the parent
process had ignored (nohup, a shell's background job) stay ignored.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: By then, the callback that a signal had interrupted is over.
_AGAIN_SECONDS = 0.001
_Handler = Callable[[int, FrameType | None], None]


class Interrupted(KeyboardInterrupt):
    """A signal asked this process to end.

    :param number: the signal number.
    """

    def __init__(self, number: int, message: str = "") -> None:
        by = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
        super().__init__(message or by)
        self.number = number

    @property
    def exit_code(self) -> int:
        """128 plus the signal number, as in a shell: 130 after Ctrl-C."""
        return 128 + self.number


@dataclass(slots=True)
class Stop:
    """Whether a signal asked to stop; call it to find out.

    :param number: the number of the first signal; 0 until there is one.
    """

    number: int = 0

    def __call__(self) -> bool:
        """Whether a signal asked to stop."""
        return self.number != 0

    def interrupted(self, message: str = "") -> Interrupted:
        """The exception to raise if there is nothing to keep."""
        return Interrupted(self.number or signal.SIGINT, message)

    @property
    def exit_code(self) -> int:
        """The exit status of a command that was stopped."""
        return self.interrupted().exit_code


@dataclass(slots=True)
class _Region:
    """Whether the process is in code that may be cut short."""

    may_be_cut: bool = False
    at_once: bool = False


_REGION = _Region()


@contextmanager
def ended_by_signals() -> Iterator[Stop]:
    """Make each of the signals raise :class:`Interrupted`, even where Python would drop it with a traceback.

    The value yielded knows of the first signal, whatever became of it. Use it for the whole life of a
    process: after the block, signals are ignored, because the process is ending and cleaning up.
    """
    stop = Stop()
    in_hook = False

    def end(number: int, _frame: FrameType | None) -> None:
        stop.number = stop.number or number
        if not in_hook:
            raise Interrupted(number)
        later(number)

    def later(number: int) -> None:
        main = threading.main_thread().ident  # it may be waiting in a system call by then
        threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, [main, number]).start()

    def again(unraisable: sys.UnraisableHookArgs) -> None:
        nonlocal in_hook
        in_hook = True  # exceptions raised in here are lost, too
        if isinstance(unraisable.exc_value, Interrupted):  # raised in a callback of an import, or a __del__
            later(unraisable.exc_value.number)
        else:
            sys.__unraisablehook__(unraisable)
        in_hook = False

    sys.unraisablehook = again
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Record the first signal: the value yielded knows whether there was one.

    Within :func:`may_be_cut` only, a second signal raises :class:`Interrupted`, or even the first if that is
    ``at_once``.
    """
    stop = Stop()

    def note(number: int, _frame: FrameType | None) -> None:
        if _REGION.may_be_cut and (stop.number or _REGION.at_once):
            _REGION.may_be_cut = False  # the handling of it is not cut short again
            stop.number = stop.number or number
            raise Interrupted(number)
        stop.number = stop.number or number

    with _handled(note):
        yield stop


@contextmanager
def may_be_cut(*, at_once: bool = False) -> Iterator[None]:
    """Mark code that a second signal may cut short; the caller keeps the results so far.

    :param at_once: the first signal may do so, too.
    """
    before = _REGION.may_be_cut, _REGION.at_once
    _REGION.may_be_cut, _REGION.at_once = True, at_once
    try:
        yield
    finally:
        _REGION.may_be_cut, _REGION.at_once = before


@contextmanager
def held() -> Iterator[Stop]:
    """Delay signals until the end of the block; the value yielded knows whether there was one.

    A long block should check it now and then, and clean up.
    """
    stop = Stop()

    def note(number: int, _frame: FrameType | None) -> None:
        stop.number = stop.number or number

    try:
        with _handled(note):
            yield stop
    finally:
        if stop():
            signal.raise_signal(stop.number)


@contextmanager
def kept_from_children() -> Iterator[None]:
    """Shield processes started in the block from the signals: they end when this process says so, or is gone.

    A blocked signal stays blocked in a new process from its very first instruction.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handled(handler: _Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number, found in before.items():
            if found is not signal.SIG_IGN:
                signal.signal(number, handler)
        yield
    finally:
        for number, found in before.items():
            if found is not signal.SIG_IGN:
                signal.signal(number, found)
