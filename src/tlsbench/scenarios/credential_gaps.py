"""The protocol's gaps: what TLS forbids with raw public keys, external PSKs and ticket states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.capabilities import Gap, gap, special_values
from tlsbench.scenarios.ciphers import BEFORE_13, CIPHER_SUITES
from tlsbench.scenarios.credentials import PSK
from tlsbench.scenarios.transports import DATAGRAMS

_EXTERNAL: Final = "external-psk"
_RAW: Final = "raw_public_key"
_OF_PSK: Final = tuple(suite.name for suite in CIPHER_SUITES if suite.authentication == PSK)
_OTHERS: Final = tuple(
    suite.name for suite in CIPHER_SUITES if suite.version != "1.3" and suite.authentication != PSK
)
_BY_TICKET: Final = ("ticket", "psk")


def _but(axis: str, *values: str) -> tuple[str, ...]:
    return tuple(value for value in AXES[axis].values if value not in values)


def credential_gaps() -> Iterator[Gap]:
    """The gaps, in the order in which their reasons take precedence."""
    yield from _of_raw_keys()
    yield from _of_external_psks()
    yield from _of_psk_modes()
    yield from _of_tickets()


def _of_raw_keys() -> Iterator[Gap]:
    for axis, reason in (
        ("ocsp", "an OCSP response is about a certificate, and there is none"),
        ("trust", "a raw public key is known beforehand: no root vouches for it (RFC 7250, section 6)"),
        ("chain_length", "a raw public key has no chain"),
        ("intermediate_key", "a raw public key has no chain"),
        ("root_key", "a raw public key has no chain"),
    ):
        yield Gap(reason, {"certificate_type": frozenset((_RAW,)), axis: special_values(axis)})
    yield gap("the parts do not cover raw public keys", certificate_type=_RAW, parts="yes")
    yield gap(
        "raw public keys are measured only over TLS: leave out transport=",
        certificate_type=_RAW,
        transport=DATAGRAMS,
    )
    yield gap(
        "a session records the peer, not the type of its certificate: leave out resumption=",
        certificate_type=_RAW,
        resumption=AXES["resumption"].special,
    )


def _of_external_psks() -> Iterator[Gap]:
    for axis, reason in (
        ("client_auth", "a server that accepts a PSK requests no certificate (RFC 8446, section 4.3.2)"),
        ("chain_length", "with an external PSK no certificate is sent"),
        ("intermediate_key", "with an external PSK no certificate is sent"),
        ("root_key", "with an external PSK no certificate is sent"),
        ("ocsp", "with an external PSK no certificate is sent"),
        ("trust", "with an external PSK no certificate is sent"),
        ("signature", "with an external PSK nothing is signed"),
        ("session", "an external PSK is not a session: both sides already have it"),
    ):
        yield Gap(reason, {"resumption": frozenset((_EXTERNAL,)), axis: special_values(axis)})
    yield gap("the parts do not cover external PSKs", resumption=_EXTERNAL, parts="yes")
    yield gap(
        "threads share sessions or certificates, not an external PSK",
        resumption=_EXTERNAL,
        workload="scaling",
    )
    yield gap(
        "external PSKs are measured only over TLS: leave out transport=",
        resumption=_EXTERNAL,
        transport=DATAGRAMS,
    )
    yield gap(
        "before TLS 1.3 a PSK needs a cipher suite with PSK in its name (RFC 4279, RFC 5489)",
        version=BEFORE_13,
        resumption=_EXTERNAL,
        cipher=_OTHERS,
    )
    yield gap(
        "the suite uses a certificate as well as the PSK (RFC 4279, section 4); no library is given both",
        resumption=_EXTERNAL,
        cipher=tuple(name for name in _OF_PSK if "_RSA_PSK_" in name),
    )
    yield gap(
        "the cipher suite needs a PSK: add resumption=external-psk",
        version=BEFORE_13,
        resumption=_but("resumption", _EXTERNAL),
        cipher=_OF_PSK,
    )
    yield gap(
        "the cipher suite needs a PSK: use workload=handshake or completion",
        version=BEFORE_13,
        workload=tuple(one for one in AXES["cipher"].workloads if one not in AXES["resumption"].workloads),
        cipher=_OF_PSK,
    )


def _of_psk_modes() -> Iterator[Gap]:
    yield gap(
        "only a PSK handshake has such a mode: add resumption=psk or external-psk",
        psk_mode="psk_ke",
        resumption=_but("resumption", "psk", _EXTERNAL),
    )
    yield gap("PSK modes exist only in TLS 1.3: add version=1.3", psk_mode="psk_ke", version=BEFORE_13)
    yield gap("without a key exchange there is no group to request", psk_mode="psk_ke", hello_retry="yes")
    yield gap("the parts do not cover psk_ke", psk_mode="psk_ke", parts="yes")
    yield gap(
        "psk_ke is measured only over TLS: leave out transport=", psk_mode="psk_ke", transport=DATAGRAMS
    )


def _of_tickets() -> Iterator[Gap]:
    for axis in ("ticket_state", "ticket_lifetime"):
        special = special_values(axis)
        yield Gap(
            "only a handshake with a ticket has one: add resumption=psk or ticket",
            {axis: special, "resumption": frozenset(_but("resumption", *_BY_TICKET))},
        )
        yield Gap(
            "ticket states and lifetimes are measured only over TLS: leave out transport=",
            {axis: special, "transport": frozenset(DATAGRAMS)},
        )
        yield Gap("the parts do not cover ticket states", {axis: special, "parts": frozenset(("yes",))})
    yield Gap(
        "ticket_state=expired sets the lifetime to one second: leave out ticket_lifetime=",
        {"ticket_state": frozenset(("expired",)), "ticket_lifetime": special_values("ticket_lifetime")},
    )
    yield gap(
        "the tickets are counted where each is taken: leave out tickets=",
        ticket_state=AXES["ticket_state"].special,
        tickets=AXES["tickets"].special,
    )
