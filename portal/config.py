"""Settings: read once from the environment, frozen, loud when wrong."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class WrongSetting(Exception):
    """A setting is not usable; the sentence names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides. Everything else is in the code or in the database."""

    instance_path: Path
    database_url: str
    smtp_host: str
    smtp_port: int
    smtp_tls: bool
    smtp_user: str
    smtp_password: str
    mail_from: str
    imap_host: str
    imap_port: int
    imap_tls: str
    imap_user: str
    imap_password: str
    imap_folder: str
    imap_trusted: str
    clamd: str
    seal_pkcs12: str
    seal_passphrase: str
    seal_pkcs11: str
    seal_token: str
    seal_label: str
    seal_pin: str
    seal_time_stamps: str
    base_url: str
    is_secure: bool
    proxies: int

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; raise `WrongSetting` naming the first that cannot be used."""
        root = Path(__file__).parent.parent
        instance = Path(environ.get("INSTANCE_PATH") or root / "instance").absolute()
        url = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.sqlite3'}"
        if url.startswith(("postgres://", "postgresql://")):
            url = "postgresql+psycopg://" + url.split("://", 1)[1]
        if not url.startswith(("sqlite:", "postgresql+psycopg:")):
            raise WrongSetting("DATABASE_URL must begin with postgresql:// or sqlite:///.")
        here = f"http://127.0.0.1:{_whole_number(environ, 'PORT', 5000)}"
        base_url = (environ.get("BASE_URL") or here).rstrip("/")
        if not base_url.startswith(("http://", "https://")):
            raise WrongSetting("BASE_URL must begin with https:// (or http:// for a trial).")
        if environ.get("SEAL_PKCS12") and environ.get("SEAL_PKCS11"):
            raise WrongSetting("Set SEAL_PKCS12 or SEAL_PKCS11, not both.")
        stamps = environ.get("SEAL_TIME_STAMPS", "")
        if stamps and not stamps.startswith(("http://", "https://")):
            raise WrongSetting("SEAL_TIME_STAMPS must be the http(s) address of a server.")
        imap_tls = environ.get("IMAP_TLS") or "yes"
        if imap_tls not in ("yes", "starttls", "no"):
            raise WrongSetting("IMAP_TLS must be yes (TLS from the start), starttls or no.")
        clamd = (environ.get("CLAMD") or "").removeprefix("unix:")
        if clamd and not (clamd.startswith("/") or _is_host_and_port(clamd)):
            raise WrongSetting("CLAMD must be host:port or the path of a socket.")
        return cls(
            instance_path=instance,
            database_url=url,
            smtp_host=environ.get("SMTP_HOST", ""),
            smtp_port=_whole_number(environ, "SMTP_PORT", 25),
            smtp_tls=environ.get("SMTP_TLS", "") in ("1", "yes", "true"),
            smtp_user=environ.get("SMTP_USER", ""),
            smtp_password=environ.get("SMTP_PASSWORD", ""),
            mail_from=environ.get("MAIL_FROM", "Consultation portal <portal@kcsc.example>"),
            imap_host=environ.get("IMAP_HOST", ""),
            imap_port=_whole_number(environ, "IMAP_PORT", 993 if imap_tls == "yes" else 143),
            imap_tls=imap_tls,
            imap_user=environ.get("IMAP_USER", ""),
            imap_password=environ.get("IMAP_PASSWORD", ""),
            imap_folder=environ.get("IMAP_FOLDER") or "INBOX",
            imap_trusted=environ.get("IMAP_TRUSTED", ""),
            clamd=clamd,
            seal_pkcs12=environ.get("SEAL_PKCS12", ""),
            seal_passphrase=environ.get("SEAL_PASSPHRASE", ""),
            seal_pkcs11=environ.get("SEAL_PKCS11", ""),
            seal_token=environ.get("SEAL_TOKEN", ""),
            seal_label=environ.get("SEAL_LABEL", ""),
            seal_pin=environ.get("SEAL_PIN", ""),
            seal_time_stamps=environ.get("SEAL_TIME_STAMPS", ""),
            base_url=base_url,
            is_secure=base_url.startswith("https://"),
            proxies=_whole_number(environ, "PROXIES", 0),
        )

    def as_flask(self) -> dict[str, object]:
        """The settings under the names Flask and its extensions know."""
        secret = secret_key(self.instance_path, "session.key")
        engine: dict[str, object] = {}
        if self.database_url.startswith("postgresql"):
            engine = {"pool_size": 5, "max_overflow": 5, "pool_pre_ping": True}
        return {
            "SECRET_KEY": secret,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": engine,
            "SMTP_HOST": self.smtp_host,
            "SMTP_PORT": self.smtp_port,
            "SMTP_TLS": self.smtp_tls,
            "SMTP_USER": self.smtp_user,
            "SMTP_PASSWORD": self.smtp_password,
            "MAIL_FROM": self.mail_from,
            "MAIL_DOMAIN": self.mail_from.rsplit("@", 1)[-1].rstrip("> "),
            "IMAP_HOST": self.imap_host,
            "IMAP_PORT": self.imap_port,
            "IMAP_TLS": self.imap_tls,
            "IMAP_USER": self.imap_user,
            "IMAP_PASSWORD": self.imap_password,
            "IMAP_FOLDER": self.imap_folder,
            "IMAP_TRUSTED": self.imap_trusted,
            "CLAMD": self.clamd,
            "SEAL_PKCS12": self.seal_pkcs12,
            "SEAL_PASSPHRASE": self.seal_passphrase,
            "SEAL_PKCS11": self.seal_pkcs11,
            "SEAL_TOKEN": self.seal_token,
            "SEAL_LABEL": self.seal_label,
            "SEAL_PIN": self.seal_pin,
            "SEAL_TIME_STAMPS": self.seal_time_stamps,
            "BASE_URL": self.base_url,
            "SESSION_COOKIE_NAME": "portal",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.is_secure,
            "PROXIES": self.proxies,
            "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 8 * 1024 * 1024,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_I18N_ENABLED": False,  # Flask-Babel's; without it WTForms speaks for itself
            "TEMPLATES_AUTO_RELOAD": False,
        }


def _is_host_and_port(text: str) -> bool:
    host, _colon, port = text.rpartition(":")
    return bool(host) and port.isdigit() and 0 < int(port) < 65536


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit():
        raise WrongSetting(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def secret_key(instance: Path, name: str) -> str:
    """A secret of this installation, made on first use, readable by its owner only."""
    instance.mkdir(parents=True, exist_ok=True)
    path = instance / name
    if not path.exists():
        # Written aside and linked into place: of two processes that start at once one wins, and
        # the other never reads half a key.
        aside = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return path.read_text().strip()
