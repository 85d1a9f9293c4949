"""Passwords: argon2id, and never more hashes at once than the machine can bear."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's argon2id setting. A hash costs 46 MiB: two at a time, or a flood of log-ins fills memory.
_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_at_once = threading.BoundedSemaphore(2)
SHORTEST = 12
# Checked when nobody has the address, so that the time of the answer does not tell.
_NOBODY = (
    "$argon2id$v=19$m=47104,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
    "LxrjMUhBQ3O0Hd6Z4mGTGtUOSl1Lbfsxzg7TSHEJ0Dc"
)


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _at_once:
        return _hasher.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Whether a password fits; takes as long when there is nothing to compare with."""
    with _at_once:
        try:
            return _hasher.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
