"""What a suite costs compared with another (CBC with GCM, DHE and static RSA with ECDHE) and gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tlsbench.report.findings.choices import Contrast, told_finding
from tlsbench.report.findings.contrasts import CONTRASTS, full_handshakes
from tlsbench.report.findings.finding import Finding
from tlsbench.report.findings.pairs import Pair, pairs
from tlsbench.results import Cell, Run
from tlsbench.scenarios import ciphers
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS, CipherSuite

#: What follows from the key exchange of a suite.
_FOLLOWS = {"group"}
#: Up to this many suites are named; beyond that, only the number is given.
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class _Beside:
    """Suites of one kind, each compared with the suite that differs only in that.

    :param partner: returns the name of the suite to compare with; ``""`` for a suite of another kind.
    :param workload: the workload of the cells.
    :param what: what is done there, in the plural.
    :param note: what the figures do not show.
    """

    title: str
    partner: Callable[[CipherSuite], str]
    workload: str
    what: str
    note: str = ""


def _with_gcm(suite: CipherSuite) -> str:
    """The suite with GCM for one with CBC, with the same key exchange, authentication and cipher."""
    if not suite.encryption.endswith("_CBC") or not suite.encryption.startswith(("AES", "CAMELLIA", "ARIA")):
        return ""
    digest = "SHA384" if "256" in suite.encryption else "SHA256"
    before, _, _ = suite.name.partition("_WITH_")
    return f"{before}_WITH_{suite.encryption.removesuffix('_CBC')}_GCM_{digest}"


def _with_ecdhe(exchange: str) -> Callable[[CipherSuite], str]:
    def partner(suite: CipherSuite) -> str:
        if (suite.key_exchange, suite.authentication) != (exchange, "RSA"):
            return ""
        return f"TLS_ECDHE_RSA_WITH_{suite.name.partition('_WITH_')[2]}"

    return partner


_KINDS = (
    _Beside("CBC with HMAC instead of GCM", _with_gcm, "bulk", "records"),
    _Beside("DHE instead of ECDHE", _with_ecdhe("DHE"), "handshake", "handshakes"),
    _Beside(
        "Static RSA instead of ECDHE",
        _with_ecdhe("RSA"),
        "handshake",
        "handshakes",
        "It has no forward secrecy: whoever obtains the server's key later can read all recorded traffic",
    ),
)


def suite_findings(run: Run) -> Iterator[Finding]:
    """What suites cost compared with others, if a run holds both; then the suites and versions to abandon."""
    for kind in _KINDS:
        found = [pair for pair in _pairs(kind, run) if {one.what for one in pair.beside.stray} <= _FOLLOWS]
        told = [pair for pair in found if pair.is_told_apart(run)]
        if told:
            contrast = Contrast(kind.title, "cipher", "", "")
            finding = told_finding(contrast, told, len(found) - len(told), what=kind.what)
            yield replace(finding, details=(*finding.details, kind.note)) if kind.note else finding
    yield from _records_of_old_versions(run)
    yield from _without_secrecy(run)
    yield from _broken(run)


def _pairs(kind: _Beside, run: Run) -> Iterator[Pair]:
    """The pairs of a kind, whose context names the suite."""
    cells = full_handshakes(run)
    if kind.workload != "handshake":
        cells = [cell for cell in run.cells if cell.axes["workload"] == kind.workload]
    for name in dict.fromkeys(cell.axes.get("cipher", "") for cell in cells):
        partner = kind.partner(ciphers.BY_NAME[name]) if name in ciphers.BY_NAME else ""
        for pair in pairs(cells, "cipher", name, partner, ("group",)) if partner else ():
            yield replace(pair, context={**pair.context, "cipher": name})


def _records_of_old_versions(run: Run) -> Iterator[Finding]:
    """What data costs in a newer version than a broken one, with the most similar suite there."""
    cells = [cell for cell in run.cells if cell.axes["workload"] == "bulk"]
    for contrast in CONTRASTS:
        if contrast.against in BROKEN_VERSIONS:
            found = pairs(cells, "version", contrast.value, contrast.against, ("cipher", "group"))
            told = [pair for pair in found if pair.is_told_apart(run)]
            if told:
                yield told_finding(contrast, told, 0, what="records")


def _without_secrecy(run: Run) -> Iterator[Finding]:
    measured = _suites(run.cells)
    without = [suite.name for suite in measured if not suite.has_forward_secrecy]
    if without:
        yield Finding(
            f"No forward secrecy: {len(without)} of {len(measured)} cipher suites, {_named(without)}"
        )


def _broken(run: Run) -> Iterator[Finding]:
    found = sorted(
        {version for cell in run.cells if (version := cell.axes.get("version", "")) in BROKEN_VERSIONS}
    )
    if found:
        versions, verb = " and ".join(found), "is" if len(found) == 1 else "are"
        yield Finding(
            f"TLS {versions} {verb} broken and must not be used (RFC 8996)",
            ("It is measured, at OpenSSL's security level 0, to help argue for abandoning it",),
        )


def _suites(cells: Sequence[Cell]) -> list[CipherSuite]:
    names = dict.fromkeys(cell.axes.get("cipher", "") for cell in cells)
    return [ciphers.BY_NAME[name] for name in names if name in ciphers.BY_NAME]


def _named(names: Sequence[str]) -> str:
    first = ", ".join(names[:_MOST_NAMED])
    return first if len(names) <= _MOST_NAMED else f"{first} and {len(names) - _MOST_NAMED} more"
