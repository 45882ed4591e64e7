"""``python -m tlsbench`` is ``tlsbench``."""

from tlsbench.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
