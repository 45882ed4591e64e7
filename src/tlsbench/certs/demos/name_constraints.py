"""Name constraints: an authority that may issue only for certain names."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, authority_template, new_key, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    template = authority_template(
        "demo department", permitted=("demo.test", "127.0.0.0/8"), excluded=("secret.demo.test",)
    )
    department = root.subordinate(template, new_key("ecdsa-secp256r1"))
    stage.say("The department may issue for demo.test and 127.0.0.0/8, but not for secret.demo.test.")

    for name in ("demo.test", "www.demo.test", "127.0.0.1"):
        with stage.server(department.issue(Template(names=(name,)))) as running:
            stage.works(running, root.certificate, host=name)
    for name, because in (
        ("bank.test", "permitted subtree violation"),
        ("a.secret.demo.test", "excluded subtree violation"),
        ("10.0.0.1", "permitted subtree violation"),
    ):
        stage.say(f"It issues for {name} anyway. The signature is valid, the chain is not:")
        with stage.server(department.issue(Template(names=(name,)))) as running:
            stage.refused(running, root.certificate, host=name, alert="certificate_unknown", because=because)


if __name__ == "__main__":
    play(demo)
