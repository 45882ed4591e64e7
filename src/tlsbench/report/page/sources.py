"""From stored results to what a page shows of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlsbench.comparison import Judgement, Recording, judge
from tlsbench.comparison.recording import recording_from_json
from tlsbench.errors import RequestError
from tlsbench.load import Load
from tlsbench.report import loads
from tlsbench.report.findings import Finding, findings
from tlsbench.report.page.grid import Grid, grid_of_judgement, grid_of_recording, grid_of_run
from tlsbench.report.pictures import Picture
from tlsbench.report.pictures.compared import comparison, history, verdict_names
from tlsbench.report.pictures.loads import latency
from tlsbench.report.pictures.runs import pictures_of_run
from tlsbench.results import Run, storage
from tlsbench.results.benchmark_json import from_json
from tlsbench.results.load_json import load_from_json

#: So many cells are named where the precision was not reached.
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Source:
    """A stored result, as far as it can be read: any pytest-benchmark JSON has a recording.

    :param name: what it is called in the page.
    :param machine_info: of the machine that it comes from, as pytest-benchmark notes it.
    """

    name: str
    recording: Recording
    run: Run | None
    load: Load | None
    machine_info: Mapping[str, Any]
    taken_at: str
    command: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page shows, in the order in which it shows it.

    :param doubts: what stands in the way of trusting the numbers, each with its remedy.
    :param environment: of each source the facts, by name.
    :param commands: what to type to repeat it.
    """

    title: str
    subtitle: str
    findings: Sequence[Finding]
    doubts: Sequence[str]
    pictures: Sequence[Picture]
    grids: Sequence[Grid]
    environment: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    commands: Sequence[str]


def read_source(reference: str) -> Source:
    """Read the result that a path, or the name or number of a saved run, means.

    :raises RequestError: in one line, if there is none, or it is none.
    """
    path = storage.find(reference)
    return source_of(storage.read_text(path), path.stem, str(path))


def source_of(text: str, name: str, origin: str = "") -> Source:
    """Read a result from its text.

    :param name: what it is called in the page; ``origin`` in errors.
    :raises RequestError: in one line, if it is none.
    """
    recording = recording_from_json(text, origin or name)
    document = json.loads(text)
    load = load_from_json(text, origin)
    run = None
    if load is None and any(_is_ours(benchmark) for benchmark in document["benchmarks"]):
        run = from_json(text, origin)
    info = document.get("machine_info")
    return Source(
        name=name,
        recording=recording,
        run=run,
        load=load,
        machine_info=info if isinstance(info, Mapping) else {},
        taken_at=str(document.get("datetime", ""))[:19].replace("T", " "),
        command=_command(document),
    )


def _is_ours(benchmark: object) -> bool:
    extra = benchmark.get("extra_info") if isinstance(benchmark, Mapping) else None
    return isinstance(extra, Mapping) and "tlsbench" in extra


def _command(document: Mapping[str, Any]) -> str:
    notes = document.get("tlsbench")
    for part in ("conditions", "load"):
        section = notes.get(part) if isinstance(notes, Mapping) else None
        if isinstance(section, Mapping) and section.get("command"):
            return str(section["command"])
    return ""


def page_of(sources: Sequence[Source]) -> Page:
    """The page of some results, the last of them in full, and compared with those before it.

    :raises RequestError: if two have no benchmark in common.
    """
    last = sources[-1]
    judgements = [judge(source.recording, last.recording) for source in sources[:-1]]
    for source, judgement in zip(sources, judgements, strict=False):
        if not judgement.verdicts:
            raise RequestError(f"{source.name} and {last.name} have no benchmark in common")
    of = f"{last.name}, compared with {', '.join(source.name for source in sources[:-1])}"
    return Page(
        title=f"tlsbench: {of if judgements else last.name}",
        subtitle=", ".join(part for part in (_what(last), last.taken_at, _processor(last)) if part),
        findings=[*_compared(sources, judgements), *_findings(last)],
        doubts=[*_doubts(last), *(warning for judgement in judgements for warning in judgement.warnings)],
        pictures=list(_pictures(sources, judgements)),
        grids=[
            *_grids(last),
            *(
                grid_of_judgement(judgement, source.name)
                for source, judgement in zip(sources, judgements, strict=False)
            ),
        ],
        environment=[(source.name, list(_environment(source))) for source in sources],
        commands=[source.command for source in sources if source.command],
    )


def _what(source: Source) -> str:
    count = len(source.recording.times_ns)
    if source.load is not None:
        return f"a load of {source.load.plan.target}"
    return f"{count:,} cell{'s' * (count != 1)}"


def _findings(source: Source) -> list[Finding]:
    if source.run is not None:
        return findings(source.run)
    if source.load is not None:
        headline, *rest = loads.findings(source.load)
        return [Finding(headline, tuple(line.strip() for line in rest))]
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
            f"{len(judgement.verdicts) - len(called)} cannot be told apart"
        )
        yield Finding(
            headline,
            tuple(
                f"{name}: {verdict.verdict}, {verdict.ratio.median:.3f} times "
                f"(95 % {verdict.ratio.low:.3f}–{verdict.ratio.high:.3f})"
                for name, verdict in zip(verdict_names(called), called[:_MOST_NAMED], strict=False)
            ),
        )


def _doubts(source: Source) -> list[str]:
    run, load = source.run, source.load
    if load is not None:
        return loads.cautions(load)
    if run is None:
        return ["not measured by tlsbench: nothing proves what was negotiated, and there is no noise floor"]
    doubts = [str(warning) for warning in run.conditions.warnings]
    wanted = run.conditions.precision
    rough = [cell.label for cell in run.cells if wanted and cell.precision > wanted]
    if rough:
        more = f" and {len(rough) - _MOST_NAMED} more" if len(rough) > _MOST_NAMED else ""
        doubts.append(
            f"{len(rough)} of {len(run.cells)} cells did not reach ±{100 * wanted:g} %: "
            f"{', '.join(rough[:_MOST_NAMED])}{more}; give more time with --time-budget"
        )
    for workload, floor in run.noise_floor.items():
        known = f"{100 * floor:.1f} %" if math.isfinite(floor) else "unknown: too few rounds"
        doubts.append(f"noise floor of {workload}: {known}; smaller differences are not called")
    doubts += [f"failed: {failure.id}: {failure.error}" for failure in run.failures]
    if run.excluded:
        doubts.append(f"{len(run.excluded)} cells were excluded, each with its reason: see tlsbench list")
    return doubts


def _pictures(sources: Sequence[Source], judgements: Sequence[Judgement]) -> Iterator[Picture]:
    for judgement in judgements:
        if (picture := comparison(judgement)) is not None:
            yield picture
    last = sources[-1]
    if last.run is not None:
        yield from pictures_of_run(last.run)
    told = [(source.name, source.load) for source in sources if source.load is not None]
    if told and (picture := latency(told)) is not None:
        yield picture
    if len(sources) > 2:
        picture = history([(source.name, source.recording) for source in sources])
        if picture is not None:
            yield picture


def _grids(source: Source) -> Iterator[Grid]:
    yield grid_of_run(source.run) if source.run is not None else grid_of_recording(source.recording)


def _processor(source: Source) -> str:
    cpu = source.machine_info.get("cpu")
    return str(cpu.get("brand_raw", "")) if isinstance(cpu, Mapping) else ""


def _environment(source: Source) -> Iterator[tuple[str, str]]:
    info = source.machine_info
    cpu = info.get("cpu")
    cpu = cpu if isinstance(cpu, Mapping) else {}
    ours = info.get("tlsbench")
    ours = ours if isinstance(ours, Mapping) else {}
    facts = {
        "processor": cpu.get("brand_raw"),
        "cores": cpu.get("count"),
        "architecture": info.get("machine"),
        "system": " ".join(str(info.get(name, "")) for name in ("system", "release")).strip(),
        "Python": " ".join(
            str(info.get(name, "")) for name in ("python_implementation", "python_version")
        ).strip(),
        "tlsbench": ours.get("version"),
        "taken at": f"{source.taken_at} UTC" if source.taken_at else None,
    }
    yield from ((name, str(value)) for name, value in facts.items() if value)
    for group in ("engines", "libraries"):
        versions = ours.get(group)
        if isinstance(versions, Mapping):
            yield group, "; ".join(f"{name} {value}" for name, value in versions.items())
    if source.run is not None:
        conditions = source.run.conditions
        told = {
            "meter": conditions.meter,
            "seed": conditions.seed,
            "stopped by": conditions.stopped_by,
            "measured for": f"{conditions.elapsed_s:.1f} s" if conditions.elapsed_s else None,
            "governor": conditions.governor,
            "steal": None if conditions.steal_percent is None else f"{conditions.steal_percent:.1f} %",
            "involuntary switches": conditions.involuntary_switches,
            "drift": None if conditions.drift is None else f"{100 * conditions.drift:.1f} %",
        }
        yield from ((name, str(value)) for name, value in told.items() if value is not None)
