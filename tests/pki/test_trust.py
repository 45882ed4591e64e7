from __future__ import annotations

import ssl

from tlsbench.pki import key_type_of, root_authority
from tlsbench.pki.trust import stranger_roots, trust_file


def test_a_browsers_store_has_roots_of_many_names_and_few_key_types() -> None:
    roots = stranger_roots(149)
    assert len({root.subject for root in roots}) == 149
    kinds = {key_type_of(root.public_key()) for root in roots}
    assert kinds == {"rsa-4096", "rsa-2048", "ecdsa-secp384r1", "ecdsa-secp256r1"}
    for root in roots[::20]:
        root.verify_directly_issued_by(root)


def test_a_trust_file_holds_as_many_roots_as_asked_for_and_the_wanted_one_among_them() -> None:
    root = root_authority("ecdsa-secp256r1").certificate
    for size in (1, 150):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        roots = (*stranger_roots(size - 1), root)
        context.load_verify_locations(trust_file(roots))
        assert len(context.get_ca_certs()) == size
        assert trust_file(roots) == trust_file(roots)
