"""What a page shows of stored results."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tlsbench.comparison import Judgement, Recording, judge, recording_of
from tlsbench.errors import RequestError
from tlsbench.loading import Load
from tlsbench.report import loads
from tlsbench.report.findings import Finding, findings
from tlsbench.report.page.backends import grid_of_backends
from tlsbench.report.page.doubts import MOST_NAMED, doubts_of, undecided
from tlsbench.report.page.grid import Grid, grid_of_judgement, grid_of_load, grid_of_recording, grids_of_run
from tlsbench.report.page.origin import origin
from tlsbench.report.page.traces import trace_doubts, trace_environment, trace_findings
from tlsbench.report.pictures import Picture
from tlsbench.report.pictures.compared import comparison, history, verdict_names
from tlsbench.report.pictures.loads import course, course_by_backend, latency, waiting
from tlsbench.report.pictures.runs import pictures_of_run
from tlsbench.report.pictures.scaling import serving
from tlsbench.report.pictures.shapes import MOST_LINES
from tlsbench.results import Run, storage
from tlsbench.results.reader import parse, read
from tlsbench.results.stored import Machine, Stored
from tlsbench.results.trace_json import TracedHandshake, trace_in
from tlsbench.session.history import histories


@dataclass(frozen=True, slots=True)
class Source:
    """A result with what a page needs of it: its recording is what can be compared.

    :param name: its name on the page.
    """

    name: str
    recording: Recording
    run: Run | None
    load: Load | None
    machine: Machine
    taken_at: str
    command: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that a page shows, in that order.

    :param doubts: reasons to doubt the numbers, each with its remedy.
    :param environment: the facts of each source, by name.
    :param commands: what to type to reproduce it.
    :param traces: handshakes whose ladders are shown.
    """

    title: str
    subtitle: str
    findings: Sequence[Finding]
    doubts: Sequence[str]
    pictures: Sequence[Picture]
    grids: Sequence[Grid]
    environment: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    commands: Sequence[str]
    traces: Sequence[TracedHandshake] = ()


def read_source(reference: str) -> Source:
    """Read the result at a path, or the saved run with a name or number.

    :raises RequestError: if there is none, or it is not a result.
    """
    stored = read(reference)
    return source_of(stored, Path(stored.source).stem)


def source_of(stored: Stored, name: str) -> Source:
    """What a page shows of a result.

    :param name: its name on the page.
    :raises RequestError: in one line, if there is nothing to show.
    """
    result = stored.result
    return Source(
        name=name,
        recording=recording_of(stored),
        run=result if isinstance(result, Run) and result.cells else None,
        load=result if isinstance(result, Load) else None,
        machine=stored.machine,
        taken_at=stored.taken_at.strftime("%Y-%m-%d %H:%M:%S") if stored.taken_at else "",
        command=stored.command,
    )


def read_any(reference: str) -> Source | TracedHandshake:
    """Read a result as :func:`read_source` does, or a traced handshake.

    :raises RequestError: in one line, if there is none, or it is neither.
    """
    path = storage.find(reference)
    content = storage.read_bytes(path)  # only once, because it may be a pipe
    traced = trace_in(content, str(path))
    return source_of(parse(content, str(path)), path.stem) if traced is None else traced


def page_of(
    sources: Sequence[Source], traces: Sequence[TracedHandshake] = (), doubts: Sequence[str] = ()
) -> Page:
    """The page about some results: the last of them in full, and compared with those before it.

    :param traces: handshakes whose ladders are shown with them, or alone.
    :param doubts: further reasons to doubt the numbers.
    :raises RequestError: if the last has no benchmark in common with one of the others.
    """
    if not sources:
        return page_of_traces(traces)
    last = sources[-1]
    judgements = [judge(source.recording, last.recording) for source in sources[:-1]]
    for source, judgement in zip(sources, judgements, strict=False):
        if not judgement.verdicts:
            words = [f"{source.name} and {last.name} have no benchmark in common", *judgement.warnings]
            raise RequestError("; ".join(words))
    of = f"{last.name}, compared with {', '.join(source.name for source in sources[:-1])}"
    return Page(
        title=f"tlsbench: {of if judgements else last.name}",
        subtitle=", ".join(part for part in (_what(last), last.taken_at, _processor(last)) if part),
        findings=[*_compared(sources, judgements), *_findings(last), *trace_findings(traces)],
        doubts=list(
            dict.fromkeys(
                [
                    *(warning for judgement in judgements for warning in judgement.warnings),
                    *undecided([source.name for source in sources], judgements),
                    *doubts_of(last.recording, last.run, last.load),
                    *trace_doubts(traces),
                    *doubts,
                ]
            )
        ),
        pictures=list(_pictures(sources, judgements)),
        grids=[
            *_grids(last),
            *(
                grid_of_judgement(judgement, source.name)
                for source, judgement in zip(sources, judgements, strict=False)
            ),
        ],
        environment=[(source.name, list(environment_of(source))) for source in sources],
        commands=[source.command for source in sources if source.command],
        traces=traces,
    )


def page_of_traces(traces: Sequence[TracedHandshake]) -> Page:
    """The page about traced handshakes alone."""
    return Page(
        title=f"tlsbench: {len(traces)} traced handshake{'s' * (len(traces) != 1)}",
        subtitle="; ".join(traced.scenario for traced in traces),
        findings=trace_findings(traces),
        doubts=trace_doubts(traces),
        pictures=[],
        grids=[],
        environment=trace_environment(traces),
        commands=[f"tlsbench trace {traced.scenario}" for traced in traces if not traced.ladder.hello_retry],
        traces=traces,
    )


def _what(source: Source) -> str:
    count = len(source.recording.figures)
    if source.load is not None:
        return f"a load of {', '.join(map(str, source.load.plan.targets))}"
    return f"{count:,} cell{'s' * (count != 1)}"


def _findings(source: Source) -> list[Finding]:
    if source.run is not None:
        return findings(source.run)
    if source.load is not None:
        why = loads.why_failed(source.load)
        kept = [Finding(loads.words_on(one, source.load)) for one in source.load.thresholds]
        return [*([Finding(why)] if why else []), *kept, *loads.findings_of_load(source.load)]
    return []


def _compared(sources: Sequence[Source], judgements: Sequence[Judgement]) -> Iterator[Finding]:
    for source, judgement in zip(sources, judgements, strict=False):
        called = sorted(
            (verdict for verdict in judgement.verdicts if verdict.verdict != "~"),
            key=lambda verdict: -abs(math.log(verdict.ratio.median)),
        )
        slower = sum(verdict.verdict == "slower" for verdict in called)
        headline = (
            f"Against {source.name}: {slower} cells are slower, {len(called) - slower} faster, "
            f"{len(judgement.verdicts) - len(called)} inconclusive"
        )
        yield Finding(
            headline,
            tuple(
                f"{name}: {verdict.verdict}, {verdict.ratio.median:.3f} times "
                f"(95 % {verdict.ratio.low:.3f}–{verdict.ratio.high:.3f})"
                for name, verdict in zip(verdict_names(called), called[:MOST_NAMED], strict=False)
            ),
        )


def _pictures(sources: Sequence[Source], judgements: Sequence[Judgement]) -> Iterator[Picture]:
    """The pictures, each with the origin of the results that it shows."""
    last = sources[-1]
    loads_told = [source for source in sources if source.load is not None]
    drawn: list[tuple[Picture | None, Sequence[Source]]] = [
        *(
            (_told_apart(comparison(one), source, judgements), (source, last))
            for source, one in zip(sources, judgements, strict=False)
        ),
        *((picture, (last,)) for picture in (pictures_of_run(last.run) if last.run is not None else ())),
        *(
            (draw([(source.name, source.load) for source in loads_told if source.load]), loads_told)
            for draw in (latency, serving)
        ),
        *(
            (draw(last.load), (last,))
            for draw in (course, course_by_backend, waiting)
            if last.load is not None
        ),
    ]
    if len(sources) > 2:
        followed = list(last.recording.figures)
        cells = histories([source.recording for source in sources], followed[:MOST_LINES])
        drawn.append(
            (history(cells, [source.name for source in sources], len(followed) - len(cells)), sources)
        )
    for picture, of in drawn:
        if picture is not None:
            yield replace(picture, origin=origin(of))


def _told_apart(picture: Picture | None, source: Source, judgements: Sequence[Judgement]) -> Picture | None:
    """The picture of a comparison, which names what it is compared with if there are others."""
    if picture is None or len(judgements) < 2:
        return picture
    return replace(picture, title=f"{picture.title} since {source.name}")


def _grids(source: Source) -> Iterator[Grid]:
    if source.run is not None:
        yield from grids_of_run(source.run)
    elif source.load is not None:
        yield grid_of_load(source.load)
        if source.load.backends:
            yield grid_of_backends(source.load)
    else:
        yield grid_of_recording(source.recording)


def _processor(source: Source) -> str:
    return source.machine.processor


def environment_of(source: Source) -> Iterator[tuple[str, str]]:
    """The facts of a source's environment, by name."""
    machine = source.machine
    facts = {
        "processor": machine.processor,
        "cores": machine.cores,
        "architecture": machine.architecture,
        "system": f"{machine.system} {machine.release}".strip(),
        "Python": f"{machine.python_implementation} {machine.python_version}".strip(),
        "tlsbench": machine.version,
        "taken at": f"{source.taken_at} UTC" if source.taken_at else None,
    }
    yield from ((name, str(value)) for name, value in facts.items() if value)
    for group, versions in (("engines", machine.engines), ("libraries", machine.libraries)):
        if versions:
            yield group, "; ".join(f"{name} {value}" for name, value in versions.items())
    if source.run is not None:
        conditions = source.run.conditions
        told = {
            "meter": conditions.meter,
            "processes": conditions.processes,
            "seed": conditions.seed,
            "stopped by": conditions.stopped_by,
            "measured for": f"{conditions.elapsed_s:.1f} s" if conditions.elapsed_s else None,
            "governor": conditions.governor,
            "steal": None if conditions.steal_percent is None else f"{conditions.steal_percent:.1f} %",
            "involuntary switches": conditions.involuntary_switches,
            "samples set aside": (
                None if conditions.disturbed_percent is None else f"{conditions.disturbed_percent:.1f} %"
            ),
            "yardsticks": (
                None
                if conditions.yardstick_share is None
                else f"{len(source.run.yardsticks)}, {100 * conditions.yardstick_share:.0f} % of the time"
            ),
            "drift": None if conditions.drift is None else f"{100 * conditions.drift:.1f} %",
        }
        yield from ((name, str(value)) for name, value in told.items() if value is not None)
