"""The identities of the peers: keys, authorities, the chains that these issue, and their revocation."""

from tlsbench.pki.authority import Authority, issued_by, root_authority
from tlsbench.pki.bundle import Bundle, read_bundle, read_file
from tlsbench.pki.identity import Identity, certificates_pem, signing_request, spki_pin
from tlsbench.pki.keys import key_type_of, new_key
from tlsbench.pki.peers import CLIENT_NAME, SERVER_NAME, Peers, peers, peers_for
from tlsbench.pki.psk import ExternalPsk, external_psk
from tlsbench.pki.revocation import check_ocsp_response, ocsp_response, revocation_list
from tlsbench.pki.template import Template, Validity, authority_template

__all__ = [
    "CLIENT_NAME",
    "SERVER_NAME",
    "Authority",
    "Bundle",
    "ExternalPsk",
    "Identity",
    "Peers",
    "Template",
    "Validity",
    "authority_template",
    "certificates_pem",
    "check_ocsp_response",
    "external_psk",
    "issued_by",
    "key_type_of",
    "new_key",
    "ocsp_response",
    "peers",
    "peers_for",
    "read_bundle",
    "read_file",
    "revocation_list",
    "root_authority",
    "signing_request",
    "spki_pin",
]
