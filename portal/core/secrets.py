"""Sealing: references are encrypted at rest, secrets are kept as hashes only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet
from flask import current_app


def _key() -> bytes:
    return str(current_app.config["ENCRYPTION_KEY"]).encode()


def seal(text: str) -> str:
    """Encrypt a text for storage."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed."""
    return _box().decrypt(sealed.encode()).decode()


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal" + _key()).digest()))


def digest(text: str) -> str:
    """A keyed hash by which an encrypted text can be found again without opening it."""
    return hmac.new(b"digest" + _key(), text.encode(), hashlib.sha256).hexdigest()


def new_secret() -> tuple[str, str]:
    """A secret to hand out once, and the hash to keep."""
    secret = secrets.token_urlsafe(32)
    return secret, hashed(secret)


def hashed(secret: str) -> str:
    """The hash under which a random secret is kept. Not for passwords, which people choose."""
    return hashlib.sha256(secret.encode()).hexdigest()
