"""The mailbox, over IMAP (RFC 9051 as far as every server knows it) with the standard library.

Nothing is fetched before its size is known, nothing is marked before it is stored, and one visit
is bounded in messages and in time.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

log = logging.getLogger(__name__)
LARGEST = 1024 * 1024
"""An answer has some kilobytes; with a signature's pictures some hundred. More is not fetched."""
LARGEST_HEADER = 16 * 1024
MOST = 100
PATIENCE = 20
LONGEST_VISIT = 45


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as it lies in the mailbox; of one that is too large the header alone."""

    raw: bytes
    size: int
    is_whole: bool
    received_at: datetime | None


class Mailbox:
    """An open folder in which what is unread is new."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self.server = server

    def unread(self) -> list[str]:
        """The numbers of the unread messages, the oldest first, as many as one visit takes."""
        _ok, found = self._ask("SEARCH", "UNSEEN")
        numbers = [n for data in found if isinstance(data, bytes) for n in data.decode().split()]
        return sorted(numbers, key=int)[:MOST]

    def fetch(self, number: str) -> Incoming | None:
        """One message, not marked as read by this; None when somebody removed it meanwhile."""
        facts = self._facts(self._ask("FETCH", number, "(RFC822.SIZE INTERNALDATE)")[1])
        sized = re.search(rb"RFC822\.SIZE (\d+)", facts)
        if sized is None:
            return None
        size = int(sized.group(1))
        is_whole = size <= LARGEST
        # Bounded even where the server is wrong about the size.
        wanted = (
            f"BODY.PEEK[]<0.{LARGEST}>" if is_whole else f"BODY.PEEK[HEADER]<0.{LARGEST_HEADER}>"
        )
        _ok, answer = self._ask("FETCH", number, f"({wanted})")
        raw = next((part[1] for part in answer if isinstance(part, tuple)), b"")
        return Incoming(raw=raw, size=size, is_whole=is_whole, received_at=_arrived(facts))

    def mark(self, number: str) -> None:
        """Mark a message as read: it is stored, and no later visit takes it again."""
        self._ask("STORE", number, "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, command: str, *words: str) -> tuple[str, list[object]]:
        state, answer = self.server.uid(command, *words)
        if state != "OK":
            raise imaplib.IMAP4.error(f"{command}: {answer!r}"[:200])
        return state, answer

    @staticmethod
    def _facts(answer: list[object]) -> bytes:
        flat = (p for part in answer for p in (part if isinstance(part, tuple) else (part,)))
        return b" ".join(part for part in flat if isinstance(part, bytes))


def _arrived(facts: bytes) -> datetime | None:
    found = re.search(rb'INTERNALDATE "\s*([^"]+)"', facts)
    try:
        text = found.group(1).decode() if found else ""
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


@contextmanager
def opened(settings: Mapping[str, object]) -> Iterator[Mailbox]:
    """Log in and open the folder; log out whatever happens."""
    host, port = str(settings["IMAP_HOST"]), int(str(settings["IMAP_PORT"]))
    context = ssl.create_default_context()
    if settings["IMAP_TLS"] == "yes":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=PATIENCE)
    else:
        server = imaplib.IMAP4(host, port, timeout=PATIENCE)
    try:
        if settings["IMAP_TLS"] == "starttls":
            server.starttls(context)
        server.login(str(settings["IMAP_USER"]), str(settings["IMAP_PASSWORD"]))
        state, answer = server.select(f'"{settings["IMAP_FOLDER"]}"')
        if state != "OK":
            raise imaplib.IMAP4.error(f"IMAP_FOLDER: {answer!r}"[:200])
        yield Mailbox(server)
    finally:
        # After a fault the server may be gone; the connection is closed all the same.
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()
        with suppress(OSError):
            server.shutdown()


def visit(settings: Mapping[str, object]) -> Iterator[Incoming]:
    """Every new message in turn. Asking for the next one says that this one is stored."""
    end = time.monotonic() + LONGEST_VISIT
    with opened(settings) as box:
        for number in box.unread():
            if time.monotonic() > end:
                return
            try:
                incoming = box.fetch(number)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                log.exception("one message could not be fetched; the others go on")
                continue
            if incoming is not None:
                yield incoming
                box.mark(number)
