"""Stored bytes, by their SHA-256. A file is written whole or not at all, and never changed."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from flask import current_app

from portal.core.errors import FieldError
from portal.core.i18n import gettext as _


class Damaged(Exception):
    """The bytes on disk are not the bytes that were stored."""


def _path(sha256: str) -> Path:
    return Path(current_app.instance_path) / "files" / sha256[:2] / sha256


def store(content: bytes) -> str:
    """Keep the bytes and return their SHA-256. Storing the same bytes again changes nothing."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = _path(sha256)
    if path.exists():
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)
    return sha256


def load(sha256: str) -> bytes:
    """The stored bytes, checked against their hash. Raises `Damaged` when they differ."""
    try:
        content = _path(sha256).read_bytes()
    except FileNotFoundError as missing:
        raise Damaged(f"The stored file {sha256} is missing.") from missing
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Damaged(f"The stored file {sha256} was changed on disk.")
    return content


MAGIC = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (b"PK\x03\x04",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (b"PK\x03\x04",),
    "text/plain": (),
    "text/csv": (),
}
ENDINGS = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".txt": "text/plain",
    ".csv": "text/csv",
}
INSIDE = {".xlsx": "xl/workbook.xml", ".docx": "word/document.xml"}
"""Office files are archives like any other; this part makes them what they are."""
MOST_BYTES = 10 * 1024 * 1024


def _holds(content: bytes, part: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return part in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def checked_type(filename: str, content: bytes, *, field: str) -> str:
    """The media type of an upload, refused at `field` when it is not what its name says."""
    ending = Path(filename).suffix.lower()
    if not content:
        raise FieldError(field, _("The file is empty. Choose a file with content."))
    if len(content) > MOST_BYTES:
        raise FieldError(field, _("The file is larger than 10 MB. Send a smaller one or a link."))
    if ending not in ENDINGS:
        raise FieldError(
            field,
            _("Files of this type are not accepted. Use PDF, PNG, JPEG, XLSX, DOCX, TXT or CSV."),
        )
    media_type = ENDINGS[ending]
    if MAGIC[media_type]:
        is_true = content.startswith(MAGIC[media_type])
    else:
        is_true = b"\0" not in content and not content.startswith((b"MZ", b"\x7fELF", b"%PDF"))
    if not is_true or (ending in INSIDE and not _holds(content, INSIDE[ending])):
        raise FieldError(
            field, _("The content of the file is not what its name says. Check the file.")
        )
    return media_type


def plain_name(filename: str) -> str:
    """The last part of a file name, without anything that could steer a header or a path."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    return re.sub(r'[\x00-\x1f\x7f"<>|:*?]', "_", last)[-200:]
