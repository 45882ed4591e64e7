"""Commands with redirected streams, each in a process forked from one that has already done the imports.

``python -m tests.cli.redirected``: reads a JSON list of [words, redirection], writes a list of
[exit code, standard error].
"""

from __future__ import annotations

import json
import os
import sys
import tempfile


def run(words: list[str], redirection: str) -> tuple[int, str]:
    """Run a command with standard output closed, full, or without a reader."""
    with tempfile.TemporaryFile() as errors:
        child = os.fork()
        if not child:
            if redirection == "closed":
                os.close(1)
                sys.stdout = None  # type: ignore[assignment] # as Python itself has it then
            elif redirection == "full":
                os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
            else:
                reader, writer = os.pipe()
                os.close(reader)
                os.dup2(writer, 1)
            os.dup2(errors.fileno(), 2)
            sys.argv = ["tlsbench", *words]
            code = 70  # for an exception
            try:
                code = main()
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        errors.seek(0)
        return code, errors.read().decode()


if __name__ == "__main__":
    import tlsbench.certs.folder
    import tlsbench.cli.group
    import tlsbench.report.runs
    import tlsbench.session.compare
    import tlsbench.session.duel
    import tlsbench.session.history
    import tlsbench.session.run  # noqa: F401 - what the commands would import
    from tlsbench.cli import main

    json.dump([run(*request) for request in json.load(sys.stdin)], sys.stdout)
