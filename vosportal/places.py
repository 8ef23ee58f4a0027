"""How many requests of this process may wait for the database at once. Knows nothing of Django:
the server counts its threads before there is any.
"""

import threading

# Seconds a request waits for others to end before it is refused: longer than a burst of visitors
# takes, shorter than a probe waits behind it.
_QUEUE = 3.0


class Places:
    """Any number of them, until they are limited."""

    def __init__(self) -> None:
        self._free: threading.Semaphore | None = None
        self._is_full = False

    def limit(self, count: int) -> None:
        """So many from now on; 0: any number. Before the first request."""
        self._free = threading.Semaphore(count) if count else None
        self._is_full = False

    def take(self) -> bool:
        """Whether there is one; waits for a moment, unless the one before waited in vain."""
        if self._free is None:
            return True
        is_taken = self._free.acquire(timeout=0 if self._is_full else _QUEUE)
        self._is_full = not is_taken
        return is_taken

    def give_back(self) -> None:
        """For whoever took one."""
        if self._free is not None:
            self._free.release()


places = Places()
