"""Files between two pages: checked on the first, used on the second, and then erased.

A file lies sealed under a name that only the account that sent it can say.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from flask import current_app

from portal.core.secrets import seal_bytes, unseal_bytes


def _folder() -> Path:
    return Path(current_app.instance_path) / "uploads"


def _path(token: str, owner: int) -> Path:
    return _folder() / hashlib.sha256(f"{owner} {token}".encode()).hexdigest()


def keep(content: bytes, *, owner: int, at: datetime) -> str:
    """Keep a file of an account; return the word by which that account, and no other, has it back."""
    token = secrets.token_urlsafe(24)
    path = _path(token, owner)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_bytes(seal_bytes(content))
    os.utime(aside, (at.timestamp(), at.timestamp()))
    aside.replace(path)
    return token


def kept(token: str, *, owner: int) -> bytes | None:
    """The file that an account sent before; None where it is another's, was used, or is too old."""
    try:
        return unseal_bytes(_path(token, owner).read_bytes())
    except FileNotFoundError:
        return None


def erase(token: str, *, owner: int) -> None:
    """Erase a file that was used. Erasing it again changes nothing."""
    _path(token, owner).unlink(missing_ok=True)


def erase_before(moment: datetime) -> int:
    """Erase what nobody came back for; return how many files that were."""
    erased = 0
    for path in _folder().glob("*"):
        with suppress(FileNotFoundError):  # used in this very moment
            if path.stat().st_mtime < moment.timestamp():
                path.unlink()
                erased += 1
    return erased
