"""Weak key: the chain is good, but the key is too short to be secure."""

from cryptography.hazmat.primitives.asymmetric import rsa

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, new_key, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    stage.say("RSA-1024 gives about 80 bits of security; OpenSSL requires 112 (security level 2).")
    stage.say("The server uses it only at security level 0 (@SECLEVEL=0). The client is stricter:")
    with stage.server(root.issue(Template(names=("localhost",)), short), weak=True) as running:
        stage.refused(
            running, root.certificate, alert="bad_certificate", because="EE certificate key too weak"
        )
    stage.say("RSA-2048 has 112 bits, P-256 has 128 in a fraction of the bytes:")
    for key_type in ("rsa-2048", "ecdsa-secp256r1"):
        with stage.server(root.issue(Template(names=("localhost",)), new_key(key_type))) as running:
            stage.works(running, root.certificate)


if __name__ == "__main__":
    play(demo)
