"""A process that holds a file as long as it lives, and whoever wants to know whether it does."""

import fcntl
import time
from pathlib import Path


def hold(path: str) -> None:
    """Hold the file, say so in it, and do nothing for long."""
    with Path(path).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("held")
        file.flush()
        time.sleep(600)


def is_free(path: Path) -> bool:
    """Whether nobody holds it, or no more."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
