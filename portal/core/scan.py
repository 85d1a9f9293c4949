"""What a virus scanner says about an upload: clamd, asked by its INSTREAM command.

Without the setting CLAMD nothing is asked. With it a file that was not found clean is refused,
also when the scanner cannot be reached: what nobody looked at is not stored.
"""

from __future__ import annotations

import logging
import socket
import struct

from flask import current_app

from portal.core.errors import FieldError
from portal.core.i18n import gettext as _

log = logging.getLogger(__name__)
CONNECT, ANSWER = 5, 30
"""Seconds to wait for a connection, and for a word."""
CHUNK = 64 * 1024
MOST_ANSWER = 1024


class Unreachable(Exception):
    """The scanner gave no verdict."""


def refuse_infected(content: bytes, *, field: str) -> None:
    """Refuse at `field` what the scanner does not find clean; without a scanner nothing is done."""
    where = current_app.config["CLAMD"]
    if not where:
        return
    try:
        found = ask(where, content)
    except Unreachable as problem:
        log.error("the virus scanner at %s gave no verdict: %s", where, problem)
        raise FieldError(
            field,
            _("The file could not be scanned for viruses, so it was not stored. Try again later."),
        ) from None
    if found:
        log.warning("an upload was refused by the virus scanner: %s", found)
        raise FieldError(
            field, _("The virus scanner refused this file: %(name)s. Send a clean one.", name=found)
        )


def ask(where: str, content: bytes) -> str:
    """What clamd found in the bytes, empty when they are clean; raises `Unreachable`.

    `where` is `host:port`, or the path of a socket. The bytes go out in chunks, each after its
    length as four bytes, big-endian, and end with a length of zero; the answer ends with NUL.
    """
    try:
        with _connected(where) as scanner:
            scanner.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                chunk = content[start : start + CHUNK]
                scanner.sendall(struct.pack(">I", len(chunk)) + chunk)
            scanner.sendall(struct.pack(">I", 0))
            said = _answer(scanner)
    except OSError as problem:
        raise Unreachable(str(problem)) from problem
    verdict = said.partition(":")[2].strip()
    if verdict == "OK":
        return ""
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")[:100]
    raise Unreachable(said[:100] or "it hung up")


def _connected(where: str) -> socket.socket:
    if where.startswith("/"):
        scanner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        scanner.settimeout(CONNECT)
        try:
            scanner.connect(where)
        except OSError:
            scanner.close()
            raise
    else:
        host, _colon, port = where.rpartition(":")
        scanner = socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT)
    scanner.settimeout(ANSWER)
    return scanner


def _answer(scanner: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < MOST_ANSWER:
        part = scanner.recv(MOST_ANSWER)
        if not part:
            break
        said += part
    return said.rstrip(b"\0").decode("utf-8", "replace").strip()
