"""How often comparisons, gates and duels are wrong on this machine, under conditions created by this program.

    python benchmarks/error_rates.py FOLDER [--runs 5] [--seconds 10] [--levels 5,10] [--conditions idle,…]
                                            [--duels 0] [--duel-seconds 40] [--write PAGE] [--table NAME]

Each run measures four cells: full and PSK handshakes of TLS 1.3 (P-256) on pyopenssl and ssl. Runs of equal
code give the rate of false calls. In other runs, the server of one library really does more work
(extra_work/), some percent of the time inside the libraries: they give the rate at which changes are found.
Every pair of runs is compared. Duels measure how much slower a library became.

Runs are stored in FOLDER, and existing ones are not measured again: after Ctrl-C the same command continues,
and another judgement can be tried on the same runs.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import numpy as np
from scipy.stats import binomtest

from tlsbench.comparison import Recording, judge, load_recording
from tlsbench.comparison.gate import parse_gate
from tlsbench.results.duel import Duel
from tlsbench.results.reader import read_file

sys.path.insert(0, str(Path(__file__).parent))
import pages
from conditions import CONDITIONS, condition

_SELECTORS = ("implementation=pyopenssl,ssl", "resumption=none,psk", "version=1.3", "group=secp256r1")
_LIBRARIES = ("pyopenssl", "ssl")
_EXTRA_WORK = Path(__file__).parent / "extra_work"
_CALIBRATION = "calibration.json"
_BLOCKS_AT_ONCE = 2000
_RESAMPLES = 400
#: The gate for comparisons, as in CI.
_GATE = parse_gate("slower>5%")
#: The markers around the tables of a page, by name.
_MARKERS = {
    name: (f"<!-- {name} -->", f"<!-- end of {name} -->")
    for name in ("error rates", "found idle", "found beside one", "duels")
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A run of the study.

    :param slower: the library that does more work; ``""`` for none.
    :param level: how much slower it is, in percent.
    """

    condition: str
    slower: str
    level: int
    path: Path


def tlsbench(*arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> None:
    """Run the command line of this environment.

    :raises subprocess.CalledProcessError: if its exit status is not 0.
    """
    subprocess.run(
        [sys.executable, "-m", "tlsbench", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def extra_work(library: str, blocks: Mapping[str, int]) -> Mapping[str, str]:
    """The environment in which a library does more work: that many blocks for each kind of resumption."""
    counts = ",".join(f"{resumption}={count}" for resumption, count in blocks.items())
    search = [str(_EXTRA_WORK), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(search), "TLSBENCH_EXTRA_WORK": f"{library}:{counts}"}


@dataclass(frozen=True, slots=True)
class Times:
    """How long handshakes take here, and how long a block of extra work takes.

    :param libraries_ns: the time inside the libraries, by library and resumption.
    """

    libraries_ns: Mapping[tuple[str, str], float]
    block_ns: float

    @classmethod
    def of(cls, recording: Recording) -> Times:
        """The times from a run, and of a block in this process."""
        return cls(
            {
                (values["implementation"], values.get("resumption", "none")): float(
                    np.nanmedian(recording.figures[name])
                )
                for name, values in recording.parameters.items()
            },
            _block_ns(),
        )

    def blocks(self, level: int, library: str) -> Mapping[str, int]:
        """How many blocks make a library's handshakes slower by that many percent, by resumption."""
        return {
            resumption: round(level / 100 * self.libraries_ns[library, resumption] / self.block_ns)
            for resumption in ("none", "psk")
        }


def _block_ns() -> float:
    sys.path.insert(0, str(_EXTRA_WORK))
    from sitecustomize import work

    costs = []
    for _ in range(9):
        began = time.perf_counter_ns()
        work(_BLOCKS_AT_ONCE)
        costs.append((time.perf_counter_ns() - began) / _BLOCKS_AT_ONCE)
    return float(np.median(costs))


def measured(folder: Path, options: argparse.Namespace) -> Iterator[Stored]:
    """All runs of the study, measured if they do not exist yet, alternating between levels."""
    first = folder / _CALIBRATION
    if not first.exists():
        tlsbench(
            "run", "--quiet", *_SELECTORS, "--time-budget", "5s", "--precision", "0", "--json", str(first)
        )
    times = Times.of(load_recording(str(first)))
    changes = [("", 0), *itertools.product(_LIBRARIES, options.levels)]
    for number in range(options.runs):
        for name, (slower, level) in itertools.product(options.conditions, changes):
            what = f"{slower}+{level}" if slower else "equal"
            path = folder / f"{name.replace(' ', '-')}.{what}.{options.seconds:g}s.{number}.json"
            if not path.exists():
                print(f"run {number + 1} of {options.runs}: {name}, {what}", file=sys.stderr, flush=True)
                work = extra_work(slower, times.blocks(level, slower)) if slower else {}
                with condition(name):
                    tlsbench(
                        *("run", "--quiet", *_SELECTORS, "--time-budget", f"{options.seconds:g}s"),
                        *("--precision", "0", "--json", str(path)),
                        environment=work,
                    )
            yield Stored(name, slower, level, path)


def achieved(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """How much slower a library really is with its extra work, from a duel for each level."""
    times = Times.of(load_recording(str(folder / _CALIBRATION)))
    for library, level in itertools.product(_LIBRARIES, options.levels):
        path = folder / f"achieved.{library}+{level}.json"
        if not path.exists():
            work = extra_work(library, times.blocks(level, library))
            tlsbench(
                *("duel", "--quiet", f"implementation={library}", *_SELECTORS[1:]),
                *("--time-budget", "20s", "--format", "json", "--json", str(path)),
                *(word for name, value in work.items() for word in ("--env-b", f"{name}={value}")),
            )
        duel = read_file(path).result
        assert isinstance(duel, Duel)
        for one in duel.results:
            ratio = one.main.ratio
            resumption = one.b.axes.get("resumption", "none")
            yield (
                f"{library} {'full' if resumption == 'none' else resumption} +{level} %: "
                f"{100 * (ratio.median - 1):+.1f} % (95 % {100 * (ratio.low - 1):+.1f} to "
                f"{100 * (ratio.high - 1):+.1f})"
            )


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of cells, over pairs of runs.

    :param called: for each pair of runs, how many cells were called different, and out of how many.
    """

    called: Mapping[tuple[int, int], tuple[int, int]]

    def text(self) -> str:
        """The rate with an interval over the runs: pairs that share a run are not independent."""
        counts = np.array(list(self.called.values()))
        if not len(counts):
            return "–"
        called, cells = counts.sum(axis=0)
        draw = np.random.default_rng(1)
        runs = sorted({run for pair in self.called for run in pair})
        pairs = np.array(list(self.called))
        rates = []
        for _ in range(_RESAMPLES):
            drawn = np.bincount(draw.integers(0, len(runs), len(runs)), minlength=len(runs))
            weight_of = dict(zip(runs, drawn, strict=True))
            weights = np.array([weight_of[a] * weight_of[b] for a, b in pairs])
            total = float(weights @ counts[:, 1])
            if total:
                rates.append(float(weights @ counts[:, 0]) / total)
        low, high = np.quantile(rates, (0.025, 0.975)) if rates else (0.0, 1.0)
        if called in {0, cells}:  # resampling would always give the same: as if each run were one observation
            edge = binomtest(len(runs) * (called == cells), len(runs)).proportion_ci()
            low, high = edge.low, edge.high
        return f"{called / cells:.1%} of {cells} ({low:.1%} to {high:.1%})"


def rates(runs: Sequence[Stored]) -> Iterator[tuple[str, str]]:
    """The results of comparing all pairs of runs: each rate with its name."""
    recordings = [load_recording(str(run.path)) for run in runs]
    counts: dict[str, dict[tuple[int, int], tuple[int, int]]] = defaultdict(dict)
    for (a, base), (b, new) in itertools.permutations(enumerate(runs), 2):
        if base.level or (not new.level and b < a) or (new.level and base.condition != new.condition):
            continue
        verdicts = judge(recordings[a], recordings[b]).verdicts
        slowed = [one for one in verdicts if one.parameters.get("implementation") == new.slower]
        others = [one for one in verdicts if one not in slowed]
        where = base.condition if base.condition == new.condition else "two different conditions"
        different = (sum(one.verdict != "~" for one in others), len(others))
        if new.level:
            what = f"{new.level} % slower, {where}"
            answers = Counter(_GATE.answer(one) for one in slowed)
            counts[f"{what}: found"][a, b] = (sum(one.verdict == "slower" for one in slowed), len(slowed))
            for answer in ("pass", "undecided", "fail"):
                counts[f"{what}: gate {_GATE.text}, {answer}"][a, b] = (answers[answer], len(slowed))
            counts["equal, beside a library that became slower: called different"][a, b] = different
        else:
            answers = Counter(_GATE.answer(one) for one in others)
            for key in (where, "any two conditions"):
                counts[f"equal, {key}: called different"][a, b] = different
            for answer in ("undecided", "fail"):
                key = f"equal, any two conditions: gate {_GATE.text}, {answer}"
                counts[key][a, b] = (answers[answer], len(others))
    for what, pairs in counts.items():
        yield what, Rate(pairs).text()


def duels(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, str]]:
    """The same for duels, between equals and with a library that really does more work."""
    times = Times.of(load_recording(str(folder / _CALIBRATION)))
    for name, level in itertools.product(options.conditions, (0, *options.levels)):
        wrong = cells = 0
        for number in range(options.duels):
            library = _LIBRARIES[number % 2]
            path = folder / f"duel.{name.replace(' ', '-')}.{library}+{level}.{number}.json"
            if not path.exists():
                print(
                    f"duel {number + 1} of {options.duels}: {name}, +{level} %", file=sys.stderr, flush=True
                )
                with condition(name):
                    tlsbench(
                        *("duel", "--quiet", f"implementation={library}", *_SELECTORS[1:]),
                        *("--time-budget", f"{options.duel_seconds:g}s", "--json", str(path)),
                        *(
                            word
                            for variable, value in extra_work(library, times.blocks(level, library)).items()
                            for word in ("--env-b", f"{variable}={value}")
                        ),
                    )
            duel = read_file(path).result
            assert isinstance(duel, Duel)
            for one in duel.results:
                verdict = one.main.verdict
                wrong += verdict == ("slower" if level else verdict) and (level > 0 or verdict != "~")
                cells += 1
        if cells:
            interval = binomtest(wrong, cells).proportion_ci()
            what = f"duels of {options.duel_seconds:g} s, {name}: " + (
                f"{level} % slower, found" if level else "equal, called different"
            )
            yield what, f"{wrong / cells:.1%} of {cells} ({interval.low:.1%} to {interval.high:.1%})"


def table(rows: Sequence[tuple[str, str]], extra: Sequence[str], options: argparse.Namespace) -> str:
    """The rates as Markdown, with where and when they were measured."""
    where = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors ({platform.machine()}), "
        f"CPython {platform.python_version()}"
        + (
            f"; under each condition {options.runs} runs of {options.seconds:g} s of each kind."
            if options.runs
            else "."
        )
    )
    lines = [
        where,
        "",
        "| | share of cells (95 % interval over runs) |",
        "|---|---|",
        *(f"| {what} | {share} |" for what, share in rows),
    ]
    if extra:
        lines += ["", "How much slower the libraries really were, by a duel: " + "; ".join(extra) + "."]
    return "\n".join(lines) + "\n"


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5, help="of each kind under each condition")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run")
    parser.add_argument(
        "--levels",
        type=lambda text: [int(one) for one in text.split(",") if one],
        default=[],
        help="percent by which a library becomes slower, such as 3,5,10",
    )
    parser.add_argument(
        "--conditions",
        type=lambda text: [
            next(one for one in CONDITIONS if one.startswith(word)) for word in text.split(",")
        ],
        default=list(CONDITIONS),
        help=f"the beginnings of: {', '.join(CONDITIONS)}",
    )
    parser.add_argument("--duels", type=int, default=0, help="of each kind under each condition")
    parser.add_argument("--duel-seconds", type=float, default=40.0)
    parser.add_argument("--write", type=Path, help="the page that gets the table")
    parser.add_argument("--table", choices=_MARKERS, default="error rates", help="which of the page it is")
    return parser.parse_args(arguments)


def main(options: argparse.Namespace) -> None:
    """Measure what is missing, judge everything, and print the table."""
    options.folder.mkdir(parents=True, exist_ok=True)
    runs = list(measured(options.folder, options))
    extra = list(achieved(options.folder, options))
    text = table([*rates(runs), *duels(options, options.folder)], extra, options)
    print(text, end="")
    if options.write:
        pages.write(text, options.write, _MARKERS[options.table])


if __name__ == "__main__":
    main(parsed())
