"""``s2n``: s2n-tls on AWS-LC, as awscrt bundles it on Linux."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

from tlsbench.errors import RequestError
from tlsbench.implementations.certificate_keys import BRAINPOOL, OF_ISSUERS, RSA_PSS, SECP521R1, takes
from tlsbench.implementations.offers import SIGNALLING, not_offered
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.s2n import bindings as native
from tlsbench.implementations.s2n import policies, records
from tlsbench.implementations.s2n.bindings import Library, ffi
from tlsbench.implementations.s2n.endpoint import MAX_EARLY_DATA_BYTES, S2nContext
from tlsbench.implementations.s2n.policies import Policy, Wanted
from tlsbench.implementations.s2n.policy_gaps import (
    ML_DSA,
    NOT_ML_DSA,
    gaps_of_old_suites,
    gaps_of_policies,
)
from tlsbench.implementations.s2n.psk import ExternalPsk, psk_gaps
from tlsbench.pki import Identity, Peers, ocsp_response
from tlsbench.pki.keys import to_pem
from tlsbench.pki.trust import trust_file
from tlsbench.protocol.hello import offered_suites
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.groups import PRIMES

#: The extension module of awscrt, which contains s2n-tls.
_MODULE: Final = "_awscrt"
_TICKET_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class S2n:
    """s2n-tls."""

    id: str = "s2n"
    summary: str = "s2n-tls with AWS-LC, out of the package awscrt, called through cffi"

    @cached_property
    def library(self) -> Library:
        module = find_spec(_MODULE)
        if module is None or module.origin is None:
            raise RequestError(f"awscrt {version('awscrt')} has no module {_MODULE}")
        try:
            library = native.load(module.origin)
        except AttributeError as error:
            raise RequestError(f"awscrt has no s2n-tls here ({error}), which it has only on Linux") from error
        unknown = [
            one.name for one in (*policies.POLICIES, policies.EVERYTHING) if not library.knows(one.name)
        ]
        if lacking := [*library.lacks(*native.NEEDED), *unknown]:
            raise RequestError(f"the s2n-tls of awscrt {version('awscrt')} has no {', '.join(lacking)}")
        return library

    def engine(self) -> str:
        _ = self.library  # what does not load has no engine
        return f"s2n-tls and AWS-LC in awscrt {version('awscrt')}"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap(
                    "it does not cache sessions by their ID, but leaves that to its caller",
                    resumption="session-id",
                ),
                gap(
                    "its API gives a session only as bytes, which session=object measures",
                    session="serialised",
                ),
                gap(
                    "its server sends no tickets to a client that sends a certificate",
                    server="s2n",
                    client_auth="required",
                    resumption=("ticket", "psk", "early-data"),
                ),
                gap(
                    "its client refuses a resumed TLS 1.2 handshake if it has a certificate to present",
                    client="s2n",
                    client_auth="required",
                    resumption="ticket",
                ),
                gap(
                    "AWS-LC obeys OPENSSL_ia32cap, but two of them cannot be set to the suites that prove it",
                    cpu=AXES["cpu"].special,
                ),
                *(
                    gap("s2n-tls does not support such certificates", **{axis: "ed25519"})
                    for axis in ("key", "intermediate_key", "root_key")
                ),
                *(
                    gap(
                        "the only policy that accepts ML-DSA is used only if the server's key is ML-DSA",
                        client="s2n",
                        key=NOT_ML_DSA,
                        **{axis: ML_DSA},
                    )
                    for axis in ("intermediate_key", "root_key")
                ),
                *records.record_gaps(),
                gap("it signs with RSA-PSS keys only in TLS 1.3", version="1.2", key=RSA_PSS),
                *psk_gaps(),
                *facts(self.id),
                not_offered(self.engine(), self.offered_ciphers()),
                gap(
                    "it takes a security policy instead of suites, and none of those used here has this one",
                    cipher=tuple(name for name in ciphers.BY_NAME if name not in policies.SUITES),
                ),
                *gaps_of_old_suites(),
                gap("none of its security policies used here has these", version="1.3", group=PRIMES),
                *gaps_of_policies(),
            ),
            supports=(
                *("trust", "ocsp", "tickets", "resumption=early-data", "workload=scaling"),
                *("record_size", "max_fragment_length", "workload=key_update", "chain_sent=leaf-anchored"),
                *takes(*SECP521R1, *RSA_PSS),
                *takes(*BRAINPOOL, axes=OF_ISSUERS),
                *("resumption=external-psk", "ticket_lifetime"),
            ),
        )

    def offered_ciphers(self) -> Mapping[int, str]:
        """From the first flight of a client with the policy that has everything: there is no list to read."""
        lib = self.library
        config = ffi.gc(lib.s2n_config_new_minimal(), lib.s2n_config_free)
        lib.must(lib.s2n_config_set_cipher_preferences(config, policies.EVERYTHING.name.encode("ascii")))
        client = S2nContext(lib, config, kept=None).connect()
        client.handshake()
        offered = offered_suites(client.data_to_send())
        names = {point: suite.name for point, suite in ciphers.BY_CODE_POINT.items()}
        return {point: names.get(point, hex(point)) for point in offered if point not in SIGNALLING}

    def client_context(self, scenario: Scenario, peers: Peers) -> S2nContext:
        lib, config = self.library, self._config(scenario, "client")
        roots = peers.store
        lib.must(lib.s2n_config_set_verification_ca_location(config, _path(roots), ffi.NULL))
        kept = None
        if scenario.client_auth == "required":
            lib.must(lib.s2n_config_set_client_auth_type(config, native.CERT_AUTH_REQUIRED))
            kept = self._show(config, peers.client)
        stapled = scenario.ocsp == "stapled"
        if stapled:
            lib.must(lib.s2n_config_set_status_request_type(config, native.STATUS_REQUEST_OCSP))
        records.configure(lib, config, scenario, is_client=True)
        return S2nContext(
            lib,
            config,
            issuer=peers.issuer.certificate if stapled else None,
            set_record_size=records.size_setter(lib, scenario),
            psk=ExternalPsk(lib, scenario) if scenario.resumption == "external-psk" else None,
            kept=kept,
        )

    def server_context(self, scenario: Scenario, peers: Peers) -> S2nContext:
        lib, config = self.library, self._config(scenario, "server")
        if scenario.client_auth == "required":
            lib.must(lib.s2n_config_set_client_auth_type(config, native.CERT_AUTH_REQUIRED))
            roots = (peers.root.certificate,)
            lib.must(lib.s2n_config_set_verification_ca_location(config, _path(roots), ffi.NULL))
            lib.must(lib.s2n_config_set_verify_host_callback(config, lib.any_host, ffi.NULL))
        if _gives_tickets(scenario):
            name, key = b"tlsbench", ffi.new("uint8_t[]", os.urandom(_TICKET_KEY_BYTES))
            lib.must(
                lib.s2n_config_add_ticket_crypto_key(
                    config, name, len(name), key, _TICKET_KEY_BYTES, int(time.time())
                )
            )
        if scenario.ticket_lifetime not in ("", "default"):
            lib.must(lib.s2n_config_set_session_state_lifetime(config, int(scenario.ticket_lifetime)))
        if scenario.tickets not in ("", "default"):
            lib.must(lib.s2n_config_set_initial_ticket_count(config, int(scenario.tickets)))
        early_data = scenario.resumption == "early-data"
        if early_data:
            lib.must(lib.s2n_config_set_server_max_early_data_size(config, MAX_EARLY_DATA_BYTES))
        staple = b""
        if scenario.ocsp == "stapled":
            staple = ocsp_response(peers.issuer, peers.server.leaf)
        kept = self._show(config, peers.server, staple)
        records.configure(lib, config, scenario, is_client=False)
        return S2nContext(
            lib,
            config,
            reads_early_data=early_data,
            set_record_size=records.size_setter(lib, scenario),
            psk=ExternalPsk(lib, scenario) if scenario.resumption == "external-psk" else None,
            kept=kept,
        )

    def _config(self, scenario: Scenario, side: str) -> Any:
        lib = self.library
        config = lib.s2n_config_new_minimal()
        if config == ffi.NULL:
            raise lib.error()
        config = ffi.gc(config, lib.s2n_config_free)
        name = _policy_of(scenario, side).name.encode("ascii")
        lib.must(lib.s2n_config_set_cipher_preferences(config, name))
        if _gives_tickets(scenario):
            lib.must(lib.s2n_config_set_session_tickets_onoff(config, 1))
        return config

    def _show(self, config: Any, identity: Identity, staple: bytes = b"") -> object:
        """Have a side present a chain; the returned object must live as long as the configuration."""
        lib = self.library
        chain = ffi.gc(lib.s2n_cert_chain_and_key_new(), lib.s2n_cert_chain_and_key_free)
        lib.must(lib.s2n_cert_chain_and_key_load_pem(chain, identity.chain_pem, to_pem(identity.private_key)))
        if staple:
            lib.must(lib.s2n_cert_chain_and_key_set_ocsp_data(chain, staple, len(staple)))
        lib.must(lib.s2n_config_add_cert_chain_and_key_to_store(config, chain))
        return chain


def _gives_tickets(scenario: Scenario) -> bool:
    """Whether a scenario involves tickets, which s2n-tls issues and accepts only if configured to."""
    return scenario.resumption not in ("", "none", "external-psk") or scenario.tickets not in (
        "",
        "default",
        "0",
    )


def _path(roots: tuple[Any, ...]) -> bytes:
    return str(trust_file(roots)).encode()


def _policy_of(scenario: Scenario, side: str) -> Policy:
    group = scenario.group.partition(":")[0]  # of a server's several groups, the policy must have the first
    wanted = Wanted(scenario.version, scenario.cipher, group, scenario.key)
    if scenario.client == scenario.server:
        both = policies.of_both(wanted)
        found = both[side == "server"] if both is not None else None
    else:
        found = policies.of_one(wanted, side)
    if found is None:
        raise RequestError(f"s2n: no security policy for {wanted.version}, {wanted.cipher}, {wanted.group}")
    return found
