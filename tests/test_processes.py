"""The parent's handle on a process, tried with processes that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tlsbench import processes
from tlsbench.errors import MeasurementError, RequestError
from tlsbench.processes import Interpreter, Process, Vitals, readable


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Process]]:
    """Run a program as a worker."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with ExitStack() as stack:

        def run(program: str) -> Process:
            (tmp_path / "far_end.py").write_text(
                f"import json, os, sys\nline = sys.stdin.readline()\n{program}\n"
            )
            return stack.enter_context(closing(Process("far_end", "hello")))

        yield run


def read_to_end(process: Process) -> list[dict[str, object]]:
    seen = []
    while not process.has_ended:
        for one in readable([process], 10.0):
            seen += one.messages()
    return seen


def test_lines_come_whole_however_they_are_written(start: Callable[[str], Process]) -> None:
    process = start(
        "heard = json.dumps({'heard': line.strip()})\n"
        "sys.stdout.write(heard + '\\n{\"vitals\": [3, '); sys.stdout.flush()\n"
        "sys.stdout.write('4096, 0.5]}\\n{\"done\": true}\\n'); sys.stdout.flush()"
    )
    assert read_to_end(process) == [{"heard": "hello"}, {"vitals": [3, 4096, 0.5]}, {"done": True}]
    assert process.vitals == [Vitals(3, 4096, 0.5)]
    assert process.lost == ""


def test_a_process_that_dies_is_reported_with_its_last_words(start: Callable[[str], Process]) -> None:
    process = start("sys.stderr.write('first\\nno more memory\\n'); sys.exit(7)")
    read_to_end(process)
    assert process.lost == "exit code 7: first | no more memory"
    process.tell("nobody hears this")


def test_what_it_refuses_is_a_wrong_request(start: Callable[[str], Process]) -> None:
    with pytest.raises(RequestError, match="no such port"):
        start("print(json.dumps({'error': 'no such port'}), flush=True)").first_answer()


def test_a_process_that_does_not_come_up_is_given_up(
    start: Callable[[str], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MeasurementError, match=r"did not start: it died \(signal 9\)"):
        start("os.kill(os.getpid(), 9)").first_answer()
    monkeypatch.setattr(processes, "PATIENCE_SECONDS", 0.3)
    with pytest.raises(MeasurementError, match="did not start: it said nothing for 0.3 s"):
        start("sys.stdin.readline()").first_answer()


def test_one_that_is_killed_says_why(start: Callable[[str], Process]) -> None:
    process = start("sys.stdin.readline()")
    process.kill("it did not end")
    assert process.has_ended
    assert process.lost == "it did not end"


def test_answers_come_one_at_a_time_and_none_is_lost(start: Callable[[str], Process]) -> None:
    process = start('print(\'{"n": 1}\\n{"n": 2}\', flush=True); sys.stdin.readline(); print(\'{"n": 3}\')')
    assert process.answer(10.0) == {"n": 1}
    process.tell("go on")
    assert process.answer(10.0) == {"n": 2}
    assert process.answer(10.0) == {"n": 3}
    with pytest.raises(MeasurementError, match=r"died \(exit code 0\)"):
        process.answer(10.0)


def test_what_is_not_json_is_quoted(start: Callable[[str], Process]) -> None:
    with pytest.raises(MeasurementError, match="wrote what is not JSON: b'hello'"):
        start("print('hello', flush=True)").answer(10.0)


def test_a_process_runs_where_it_is_asked_to(tmp_path: Path) -> None:
    (tmp_path / "far_end.py").write_text(
        "import json, os\nprint(json.dumps({'colour': os.environ['COLOUR']}))"
    )
    there = Interpreter(environment={"PYTHONPATH": str(tmp_path), "COLOUR": "blue"})
    with closing(Process("far_end", interpreter=there, under=["nice", "-n", "1"])) as process:
        assert process.answer(10.0) == {"colour": "blue"}
        assert process.wait(10.0) == 0


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(MeasurementError, match="cannot start /no/python: No such file"):
        Process("far_end", interpreter=Interpreter("/no/python"))
