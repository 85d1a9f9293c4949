"""Sealing: references are encrypted at rest, secrets are kept as hashes only.

The keys stand in a file beside the database and never in it, one on each line: the first seals, all
of them open. `portal.core.keys` changes the first.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import time
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from flask import current_app

_read: dict[Path, tuple[int, tuple[bytes, ...]]] = {}


def keys() -> tuple[bytes, ...]:
    """The keys of this installation, the one that seals first.

    The file is read again when it has changed: a server that runs while a key is changed opens
    what was sealed with the new one from then on.
    """
    path = Path(current_app.config["KEY_FILE"])
    changed = path.stat().st_mtime_ns
    held = _read.get(path)
    if held is None or held[0] != changed:
        held = (changed, tuple(path.read_bytes().split()))
        _read[path] = held
    return held[1]


def seal(text: str) -> str:
    """Encrypt a text for storage."""
    return _box(keys()[0]).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed, with the present key or one before it."""
    held = keys()
    box = _box(held[0]) if len(held) == 1 else MultiFernet([_box(key) for key in held])
    return box.decrypt(sealed.encode()).decode()


def seal_bytes(content: bytes) -> bytes:
    """Encrypt a file for storage."""
    return _box(keys()[0]).encrypt(content)


def unseal_bytes(sealed: bytes) -> bytes:
    """The file that was sealed, with the present key or one before it."""
    return MultiFernet([_box(key) for key in keys()]).decrypt(sealed)


def is_sealed_with_the_first(sealed: str) -> bool:
    """Whether the present key sealed a text, and not one before it."""
    try:
        _box(keys()[0]).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


@lru_cache(maxsize=16)
def _box(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal" + key).digest()))


def digest(text: str) -> str:
    """A keyed hash by which an encrypted text can be found again without opening it."""
    return _digest(keys()[0], text)


def digests(text: str) -> tuple[str, ...]:
    """The keyed hashes of a text under the present key and those before it: what to look for."""
    return tuple(_digest(key, text) for key in keys())


def _digest(key: bytes, text: str) -> str:
    return hmac.new(b"digest" + key, text.encode(), hashlib.sha256).hexdigest()


class Press:
    """Seals and hashes many texts under one key: the same as `seal` and `digest`, at a third of the
    time, because the key file is looked at and the keys are derived once.

    What it seals is a Fernet token (github.com/fernet/spec): version, time, IV, AES-128-CBC with
    PKCS7, and the HMAC-SHA256 of it all.
    """

    def __init__(self) -> None:
        key = keys()[0]
        derived = hashlib.sha256(b"seal" + key).digest()
        self._signing, self._cipher = derived[:16], AES(derived[16:])
        self._hashing = hmac.new(b"digest" + key, digestmod=hashlib.sha256)

    def seal(self, text: str) -> str:
        """Encrypt a text for storage."""
        plain = text.encode()
        missing = 16 - len(plain) % 16
        iv = os.urandom(16)
        box = Cipher(self._cipher, CBC(iv)).encryptor()
        said = b"".join(
            (b"\x80", int(time.time()).to_bytes(8, "big"), iv,
             box.update(plain + bytes((missing,)) * missing), box.finalize())
        )  # fmt: skip
        proof = hmac.digest(self._signing, said, "sha256")
        return base64.urlsafe_b64encode(said + proof).decode()

    def digest(self, text: str) -> str:
        """A keyed hash by which an encrypted text can be found again without opening it."""
        state = self._hashing.copy()
        state.update(text.encode())
        return state.hexdigest()


def new_secret() -> tuple[str, str]:
    """A secret to hand out once, and the hash to keep."""
    secret = secrets.token_urlsafe(32)
    return secret, hashed(secret)


def hashed(secret: str) -> str:
    """The hash under which a random secret is kept. Not for passwords, which people choose."""
    return hashlib.sha256(secret.encode()).hexdigest()
