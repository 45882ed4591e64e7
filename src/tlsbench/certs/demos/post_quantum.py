"""Post-quantum: ML-DSA certificates, a hybrid key exchange, and a client that knows neither."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Authority, Template, authority_template, new_key, peers

CLASSICAL = "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256"


def demo(stage: Stage) -> None:
    root = Authority.new(authority_template("post-quantum root"), new_key("ml-dsa-65"))
    server = root.issue(Template(names=("localhost",)))
    with stage.server(server) as running:
        meeting = stage.works(running, root.certificate)
        stage.holds("the keys were agreed on with ML-KEM and X25519", meeting.group == "X25519MLKEM768")
        stage.say("A client that offers classical signature algorithms only:")
        stage.refused(
            running,
            root.certificate,
            signature_algorithms=CLASSICAL,
            alert="handshake_failure",
            by="server",
            because="no suitable signature algorithm",
        )

    classical = peers("ecdsa-secp256r1").server
    sizes = [len(identity.leaf_der) for identity in (classical, server)]
    stage.say(f"The price: the leaf has {sizes[1]:,} bytes, and {sizes[0]:,} with P-256 keys.")
    stage.holds("it is more than five times as large", sizes[1] > 5 * sizes[0])

    stage.say("A mixed chain: a long-lived ML-DSA root over a short-lived P-256 leaf.")
    with stage.server(root.issue(Template(names=("localhost",)), new_key("ecdsa-secp256r1"))) as running:
        stage.works(running, root.certificate)

    stage.say("A root that signs with SLH-DSA: it rests only on a hash, and its signatures are long.")
    careful = Authority.new(authority_template("hash-based root"), new_key("slh-dsa-sha2-128f"))
    leaf = careful.issue(Template(names=("localhost",)), new_key("ecdsa-secp256r1"))
    with stage.server(leaf) as running:
        stage.works(running, careful.certificate)
    stage.holds("the signature makes most of the leaf", len(leaf.leaf.signature) > len(leaf.leaf_der) / 2)


if __name__ == "__main__":
    play(demo)
