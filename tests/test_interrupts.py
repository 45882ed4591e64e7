from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tlsbench.interrupts import (
    SIGNALS,
    Interrupted,
    ended_by_signals,
    held,
    interruptible,
    kept_from_children,
    may_be_cut,
)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook
    yield
    sys.unraisablehook = hook
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks_and_a_further_one_cuts_what_may_be_cut(number: int) -> None:
    with interruptible() as stop:
        assert not stop()
        with may_be_cut():
            send(number)
        assert stop()
        send(number)  # code that is not marked is not cut short, however often
        send(number)
        with pytest.raises(Interrupted), may_be_cut():
            send(number)
    assert stop.exit_code == 128 + number


def test_a_wait_that_may_be_cut_at_once_is_cut_by_the_first_signal() -> None:
    with interruptible() as stop:
        with pytest.raises(Interrupted), may_be_cut(at_once=True):
            send(signal.SIGTERM)
        assert stop.number == signal.SIGTERM
        with pytest.raises(Interrupted), may_be_cut():
            send(signal.SIGINT)


def test_what_is_done_about_a_cut_is_not_cut_again() -> None:
    kept = []
    with interruptible():
        try:
            with may_be_cut():
                send(signal.SIGINT)
                send(signal.SIGTERM)
        except Interrupted as end:
            send(signal.SIGINT)
            kept.append(end.number)
    assert kept == [signal.SIGTERM]


def test_signals_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    for block in (interruptible, held):
        with block():
            assert signal.getsignal(signal.SIGINT) is not before
        assert signal.getsignal(signal.SIGINT) is before


def test_what_the_parent_had_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ended_by_signals(), interruptible() as stop, held():
        send(signal.SIGHUP)
    assert not stop()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_process_ends_with_the_code_that_a_shell_gives_a_signal(number: int) -> None:
    with ended_by_signals(), pytest.raises(Interrupted) as end:
        send(number)
    assert end.value.exit_code == 128 + number
    send(number)  # while it ends and cleans up, nothing interrupts it


def test_a_signal_that_hits_a_callback_is_not_lost() -> None:
    class Dropped:
        def __del__(self) -> None:
            send(signal.SIGTERM)

    def drop() -> None:
        thing = Dropped()
        del thing  # Python prints exceptions raised in here, and continues
        time.sleep(10)

    with ended_by_signals(), pytest.raises(Interrupted):
        drop()


def test_what_is_held_is_done_before_a_signal_ends_it() -> None:
    done = []

    def do() -> None:
        with held() as stop:
            send(signal.SIGTERM)
            send(signal.SIGINT)
            done.append(stop())

    with ended_by_signals(), pytest.raises(Interrupted) as end:
        do()
    assert done == [True]
    assert end.value.number == signal.SIGTERM


def test_a_held_block_within_an_interruptible_one_asks_afterwards() -> None:
    with interruptible() as stop:
        with held():
            send(signal.SIGINT)
            assert not stop()
        assert stop()


def test_other_threads_have_no_signals() -> None:
    answers = []

    def work() -> None:
        with interruptible() as stop, held():
            answers.append(stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_child_is_kept_from_signals_from_its_first_instruction_on(number: int) -> None:
    with kept_from_children():
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    child.send_signal(number)
    child.communicate(b"")
    assert child.returncode == 0
    send_to_ourselves = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert number not in send_to_ourselves
