"""What a PDF that somebody holds is to us: issued or not, changed or not, superseded or not.

The answer tells nothing that is not in the file itself: no company, no title, no number.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from enum import StrEnum

from portal.access.scope import beyond_scope
from portal.core import signing
from portal.core.signing import Integrity, Signature
from portal.documents import queries
from portal.documents.models import Document

MOST_BYTES = 32 * 1024 * 1024
MOST_ENDS = 64


class Standing(StrEnum):
    """What the bytes are to us."""

    ISSUED = "issued"
    """Byte for byte what we issued."""
    COUNTERSIGNED = "countersigned"
    """What we issued, and behind it nothing but further signatures."""
    CHANGED = "changed"
    """It carries the identity of a document of ours, but its bytes are not ours."""
    UNKNOWN = "unknown"
    """Not issued by us."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a file. Version and what follows are known for what we issued."""

    standing: Standing
    sha256: str
    kind: str = ""
    version: int = 0
    newest_version: int = 0
    language: str = ""
    is_sealed: bool = False
    """Whether we sealed it; documents of some kinds carry no seal."""
    is_seal_valid: bool = False
    others: tuple[Signature, ...] = ()
    """Signatures that are not our seal."""

    @property
    def is_ours(self) -> bool:
        """Whether what we issued is in it unchanged."""
        return self.standing in (Standing.ISSUED, Standing.COUNTERSIGNED)

    @property
    def is_superseded(self) -> bool:
        """Whether an erratum or a new version has taken its place."""
        return self.is_ours and self.newest_version > self.version


def examine(content: bytes) -> Verdict:
    """Say what a file is to us. Nothing of it is kept."""
    sha256 = hashlib.sha256(content).hexdigest()
    with beyond_scope("whoever holds a file may ask whether it is ours"):
        document = queries.issued_as(sha256)
        if document is not None:
            return _issued(document, content, sha256)
        document = _beginning(content)
        if document is not None:
            return _extended(document, content, sha256)
        old = claimed(content)
    standing = Standing.UNKNOWN if old is None else Standing.CHANGED
    return Verdict(standing, sha256, others=tuple(signing.signatures(content)))


def _issued(document: Document, content: bytes, sha256: str) -> Verdict:
    return _verdict(Standing.ISSUED, document, signing.signatures(content), sha256)


def _extended(document: Document, content: bytes, sha256: str) -> Verdict:
    """Only signatures may stand behind our bytes, and the last of them covers the whole file.

    Our own seal must still be among them, unbroken: it is what shows that nothing else was changed
    behind our bytes. A document without a seal has nothing that could show it.
    """
    found = signing.signatures(content)
    is_intact = len(found) > 1 and found[-1].integrity is Integrity.WHOLE
    is_intact = is_intact and all(one.integrity is not Integrity.BROKEN for one in found)
    is_intact = is_intact and document.is_sealed
    is_intact = is_intact and any(
        one.fingerprint == document.seal_fingerprint for one in found[:-1]
    )
    standing = Standing.COUNTERSIGNED if is_intact else Standing.CHANGED
    return _verdict(standing, document, found, sha256)


def _verdict(
    standing: Standing, document: Document, found: list[Signature], sha256: str
) -> Verdict:
    if standing is Standing.CHANGED:
        return Verdict(standing, sha256, others=tuple(found))
    ours = [one for one in found if one.fingerprint == document.seal_fingerprint]
    return Verdict(
        standing,
        sha256,
        kind=document.kind.value,
        version=document.version,
        newest_version=queries.newest_version(document),
        language=document.language,
        is_sealed=document.is_sealed,
        is_seal_valid=any(one.integrity is not Integrity.BROKEN for one in ours),
        others=tuple(one for one in found if one not in ours),
    )


def _beginning(content: bytes) -> Document | None:
    """The document of ours that the file begins with, where something was added behind it."""
    hashed, done = hashlib.sha256(), 0
    for end in list(re.finditer(rb"%%EOF(?:\r\n|\n|\r)?", content))[:MOST_ENDS]:
        for stop in sorted({end.start() + len(b"%%EOF"), end.end()}):
            hashed.update(content[done:stop])
            done = stop
            document = queries.issued_as(hashed.copy().hexdigest())
            if document is not None:
                return document
    return None


def claimed(content: bytes) -> Document | None:
    """The document whose identifier the file carries: it was ours before it was changed."""
    from pyhanko.pdf_utils.reader import PdfFileReader  # Slow to import, and seldom needed.

    try:
        first = PdfFileReader(io.BytesIO(content), strict=False).trailer["/ID"][0]
        identifier = _as_bytes(first)
    except Exception:  # a hostile file may break a parser in any way; it then claims nothing
        return None
    return queries.by_identifier(identifier) if len(identifier) == 16 else None


def _as_bytes(identifier: object) -> bytes:
    raw = getattr(identifier, "original_bytes", identifier)
    data = raw if isinstance(raw, bytes) else str(raw).encode("latin-1")
    # Our identifier is written as the hexadecimal text of its sixteen bytes.
    if re.fullmatch(rb"[0-9a-f]{32}", data):
        return bytes.fromhex(data.decode())
    return data
