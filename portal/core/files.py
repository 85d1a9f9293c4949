"""Stored bytes, by their SHA-256. A file is written whole or not at all, and never changed."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from flask import current_app

from portal.core import scan
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
FOREIGN = (*(start for starts in MAGIC.values() for start in starts), b"GIF8", b"Rar!", b"{\\rtf")
"""How files begin that are no text, whatever their name says. Programs show by their bytes."""
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MOST_PARTS = 2000
MOST_UNPACKED = 150 * 1024 * 1024
MOST_RATIO = 150
"""Documents of offices shrink to a tenth, tables of zeros to a hundredth; bombs to a thousandth."""
SMALL = 5 * 1024 * 1024
"""Below this nobody is harmed, whatever the ratio."""
LOCAL_HEADER = struct.Struct("<4s22xHH")


class _NotWhatItSays(Exception):
    """The bytes are not what their name promises."""


class _Bomb(Exception):
    """The archive would unpack to far more than it is."""


def _examine_archive(content: bytes, part: str) -> None:
    """Unpack an office file into nothing, part by part, within bounds.

    Raises `_NotWhatItSays` when it is damaged, encrypted or lacks the part that makes it what it
    is, `_Bomb` when there is more in it than a document has. What the directory of the archive
    claims is not believed: a program that opens the file would unpack what is really there.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as problem:
        raise _NotWhatItSays from problem
    if part not in {one.filename for one in parts}:
        raise _NotWhatItSays
    # Parts that overlap share their bytes: a few kilobytes would unpack to terabytes.
    if len(parts) > MOST_PARTS or sum(one.compress_size for one in parts) > len(content):
        raise _Bomb
    unpacked, most = 0, min(MOST_UNPACKED, max(SMALL, MOST_RATIO * len(content)))
    for one in parts:
        unpacked += _unpacked_size(content, one, most=most - unpacked)
        if unpacked > most:
            raise _Bomb


def _unpacked_size(content: bytes, one: zipfile.ZipInfo, *, most: int) -> int:
    if one.flag_bits & 0x1 or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _NotWhatItSays
    header = content[one.header_offset : one.header_offset + LOCAL_HEADER.size]
    if len(header) < LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise _NotWhatItSays
    _magic, name, extra = LOCAL_HEADER.unpack(header)
    start = one.header_offset + LOCAL_HEADER.size + name + extra
    packed = content[start : start + one.compress_size]
    if one.compress_type == zipfile.ZIP_STORED:
        if len(packed) != one.file_size:
            raise _NotWhatItSays
        return len(packed)
    unpacker, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        while not unpacker.eof:
            given = unpacker.decompress(packed, 1024 * 1024)
            size += len(given)
            if size > most:
                raise _Bomb
            packed = unpacker.unconsumed_tail
            if not given and not packed:
                break
    except zlib.error as problem:
        raise _NotWhatItSays from problem
    if not unpacker.eof or size != one.file_size:
        raise _NotWhatItSays
    return size


def _is_text(content: bytes) -> bool:
    """Whether bytes read as text: UTF-8, what Korean offices write (CP949), or UTF-16 that says so."""
    if content.startswith(FOREIGN):
        return False
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8", "cp949"):
        try:
            return CONTROL.search(content.decode(encoding)) is None
        except UnicodeDecodeError:
            continue
    return False


def checked_type(filename: str, content: bytes, *, field: str) -> str:
    """The media type of an upload, refused at `field` when it is not what its name says.

    Refused are the empty file, what is too large, a type that is not on the list, a content that
    belies the name, an archive that unpacks without bounds, and what the virus scanner does not
    find clean. Nothing is stored here, and nothing is unpacked to disk.
    """
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
    try:
        if not (content.startswith(MAGIC[media_type]) if MAGIC[media_type] else _is_text(content)):
            raise _NotWhatItSays
        if ending in INSIDE:
            _examine_archive(content, INSIDE[ending])
    except _NotWhatItSays:
        raise FieldError(
            field, _("The content of the file is not what its name says. Check the file.")
        ) from None
    except _Bomb:
        raise FieldError(
            field,
            _(
                "This file unpacks to far more than a document holds. Save it anew without what"
                " is large in it, or send it as PDF."
            ),
        ) from None
    scan.refuse_infected(content, field=field)
    return media_type


def plain_name(filename: str) -> str:
    """The last part of a file name, without anything that could steer a header or a path."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    return re.sub(r'[\x00-\x1f\x7f"<>|:*?]', "_", last)[-200:]
