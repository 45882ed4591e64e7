"""``rtls``: rustls, through the package rtls."""

from __future__ import annotations

from importlib.metadata import version
from types import ModuleType
from typing import Final

from tlsbench.implementations.certificate_keys import SECP521R1, takes
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.ssl_shaped.adapter import SslShaped, groups_but
from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.axes import AXES, TLS_WORKLOADS

#: The groups on which its client agrees without a HelloRetryRequest: in TLS 1.3, those of its key shares.
_OFFERED: Final = {"1.3": ("X25519MLKEM768", "x25519"), "1.2": ("x25519", "secp256r1", "secp384r1")}
#: The groups that it accepts in addition, once a HelloRetryRequest asks for them.
_TAKEN_WHEN_ASKED: Final = ("secp256r1", "secp384r1")
_NEVER_ASKED_AGAIN: Final = tuple(
    workload for workload in TLS_WORKLOADS if workload not in AXES["hello_retry"].workloads
)

_TAKEN: Final = ("X25519MLKEM768", "x25519", "secp256r1", "secp384r1")


def _gaps(_rtls: ModuleType) -> tuple[Gap, ...]:
    return (
        gap("its API resumes nothing", resumption=("session-id", "ticket", "psk")),
        gap("its server does not report the client's certificate", server="rtls", client_auth="required"),
        *facts("rtls"),
        gap(f"its server takes {', '.join(_TAKEN)}", server="rtls", group=groups_but(_TAKEN)),
        gap(
            "the server also lists the curve of its certificate, which an rtls client prefers to secp384r1",
            version="1.2",
            client="rtls",
            group="secp384r1",
            key="ecdsa-secp256r1",
        ),
        *(
            gap(
                f"in TLS {tls} its client agrees at once only on {', '.join(offered)}",
                version=tls,
                client="rtls",
                group=groups_but(offered),
                **asked,
            )
            for tls, offered in _OFFERED.items()
            for asked in ({"hello_retry": "no"}, {"workload": _NEVER_ASKED_AGAIN})
        ),
        gap(
            "its server takes the first key share that it is sent, and never asks for another",
            server="rtls",
            hello_retry="yes",
        ),
        gap(
            f"its client sends keys for {', '.join(_OFFERED['1.3'])} at once, and is asked for "
            f"{' or '.join(_TAKEN_WHEN_ASKED)} alone",
            client="rtls",
            hello_retry="yes",
            group=groups_but(_TAKEN_WHEN_ASKED),
        ),
    )


def _engine(rtls: ModuleType) -> str:
    name, number = rtls.OPENSSL_VERSION.split()[:2]
    return f"{name.lower()} {number} in rtls {version('rtls')}"


RTLS: Final = SslShaped(
    id="rtls",
    summary="rustls, by the package rtls",
    module_name="rtls",
    engine_of=_engine,
    curves={},
    supports=lambda _rtls: ("chain_sent=leaf-anchored", *takes(*SECP521R1)),
    writes_whole=False,
    ech=("on", "grease"),  # by default it sends GREASE
    tells_ech=lambda tls: str(tls.ech_status) == "accepted",
    joins_tickets=True,  # two tickets in a record, as its trace shows
    gaps=_gaps,
)
