"""Evidence as a hostile sender would make it, and what a virus scanner says to it."""

from __future__ import annotations

import io
import socketserver
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.actions.models import ActionItem, ActionStatus
from portal.config import Settings, WrongSetting
from portal.core import files, scan
from portal.core.db import db
from portal.core.errors import FieldError
from portal.responses.models import Evidence, Response
from tests.actions import make

DOCUMENT = "word/document.xml"
EICAR = b"X5O!P%@AP-the sign that the scanner of this test takes for a virus"


def archive(*parts: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as made:
        for name, content in parts:
            made.writestr(name, content)
    return packed.getvalue()


def lying(content: bytes, *, size: int) -> bytes:
    """The archive, with another unpacked size in its directory than what is in it."""
    place = content.rindex(b"PK\x01\x02") + 24
    return content[:place] + struct.pack("<I", size) + content[place + 4 :]


def encrypted(content: bytes) -> bytes:
    """The archive, said to be locked by a password."""
    place = content.rindex(b"PK\x01\x02") + 8
    return content[:place] + b"\x01\x00" + content[place + 2 :]


def overlapping(times: int) -> bytes:
    """An archive whose directory lists the same bytes many times."""
    content = archive((DOCUMENT, b"a" * 2_000_000))
    start, end = content.rindex(b"PK\x01\x02"), content.rindex(b"PK\x05\x06")
    entry, tail = content[start:end], bytearray(content[end:])
    tail[8:16] = struct.pack("<HHI", times, times, len(entry) * times)
    return content[:start] + entry * times + bytes(tail)


GOOD = archive((DOCUMENT, b"<w:document>" + b"Text. " * 5000), ("[Content_Types].xml", b"<Types/>"))
BOMB = "unpacks to far more than a document holds"
LIES = "not what its name says"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("bomb.docx", archive((DOCUMENT, b"\0" * 60_000_000)), BOMB),
        ("bomb.xlsx", archive(("xl/workbook.xml", b"x"), ("a", b"\0" * 30_000_000)), BOMB),
        ("many.docx", archive((DOCUMENT, b"x"), *((f"{n}", b"") for n in range(2000))), BOMB),
        ("overlapping.docx", overlapping(50), BOMB),
        ("small.docx", lying(archive((DOCUMENT, b"a" * 9000)), size=10), LIES),
        ("locked.docx", encrypted(GOOD), LIES),
        ("cut.docx", GOOD[: len(GOOD) // 2], LIES),
        ("other.xlsx", GOOD, LIES),
        ("plain.docx", b"PK\x03\x04" + zlib.compress(b"no directory"), LIES),
        ("page.pdf", b"<html><script>alert(1)</script>", LIES),
        ("picture.png", b"\xff\xd8\xff\xe0 a JPEG", LIES),
        ("program.txt", b"MZ\x90\x00\x03\x00 This program cannot be run", LIES),
        ("archive.csv", GOOD, LIES),
        ("picture.csv", b"GIF89a,1,2", LIES),
        ("control.txt", b"half\x01binary", LIES),
        ("empty.txt", b"", "The file is empty"),
        ("bundle.zip", GOOD, "type are not accepted"),
        ("proof.docx.exe", GOOD, "type are not accepted"),
        ("proof", b"text", "type are not accepted"),
    ],
)  # fmt: skip
def test_what_is_not_what_it_says_is_refused(app, name, content, why):
    with pytest.raises(FieldError, match=why) as refusal:
        files.checked_type(name, content, field="files")

    assert refusal.value.field == "files"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("good.docx", GOOD), ("STORED.DOCX", archive((DOCUMENT, b"x" * 90), method=0)),
        ("large.docx", archive((DOCUMENT, bytes(range(256)) * 20_000))),
        ("korean.txt", "MZ세대 대상 안내".encode()), ("office.csv", "가,나\r\n".encode("cp949")),
        ("excel.csv", "가,나\r\n".encode("utf-16")), ("tabs.txt", b"a\tb\r\n"),
    ],
)  # fmt: skip
def test_what_people_send_is_taken(app, name, content):
    assert files.checked_type(name, content, field="files")


class Clamd(socketserver.BaseRequestHandler):
    """A scanner that speaks clamd's INSTREAM and knows one virus."""

    def handle(self) -> None:
        server = self.server
        if server.mood == "silent":  # type: ignore[attr-defined]
            return
        stream = self.request.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack(">I", stream.read(4))[0]:
            content += stream.read(size)
        server.seen.append(content)  # type: ignore[attr-defined]
        said = b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"
        if server.mood == "full":  # type: ignore[attr-defined]
            said = b"INSTREAM size limit exceeded. ERROR"
        self.request.sendall(said + b"\0")


@pytest.fixture
def clamd(app) -> Iterator[socketserver.TCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        server.mood, server.seen = "", []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app.config["CLAMD"] = f"127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


@pytest.fixture
def item(companies, at) -> ActionItem:
    return make.agreed(companies["telegram"], at=at)


def stored(app) -> list[Path]:
    return [path for path in (Path(app.instance_path) / "files").rglob("*") if path.is_file()]


def report(visit, cast, item, *contents: bytes) -> str:
    given = [(io.BytesIO(one), f"proof-{n}.txt") for n, one in enumerate(contents, 1)]
    answer = visit(
        cast.delegate, "POST", f"/action-items/{item.id}/report",
        {"text": "My long and careful text.", "link": "", "files": given},
    )  # fmt: skip
    return "filed" if answer.status_code == 303 else answer.get_data(as_text=True)


def test_what_the_scanner_finds_clean_is_stored(app, clamd, item, cast, visit):
    large = b"clean " * 40_000  # several chunks
    assert report(visit, cast, item, large, b"also clean") == "filed"

    assert clamd.seen == [large, b"also clean"]
    assert len(stored(app)) == db.session.query(Evidence).count() == 2


@pytest.mark.parametrize(
    ("mood", "content", "why"),
    [
        ("", EICAR, "proof-2.txt: The virus scanner refused this file: Eicar-Test-Signature."),
        ("silent", b"clean", "could not be scanned for viruses, so it was not stored"),
        ("full", b"clean", "could not be scanned for viruses, so it was not stored"),
    ],
)  # fmt: skip
def test_what_it_refuses_or_did_not_see_is_not_stored_and_the_text_is_kept(
    app, clamd, item, cast, visit, mood, content, why
):
    clamd.mood = mood
    page = report(visit, cast, item, b"clean", content)

    assert why in page
    assert 'id="files-error"' in page
    assert "My long and careful text." in page
    assert stored(app) == []
    assert db.session.query(Response).count() == 0
    assert db.session.get(ActionItem, item.id).status is ActionStatus.AGREED


def test_a_scanner_that_is_not_there_lets_nothing_through(app, item, cast, visit, tmp_path):
    for where in ("127.0.0.1:1", str(tmp_path / "no.socket")):
        app.config["CLAMD"] = where
        assert "could not be scanned" in report(visit, cast, item, b"clean")

    assert stored(app) == []


def test_a_scanner_behind_a_socket_in_the_file_system(app, tmp_path):
    where = str(tmp_path / "clamd.socket")
    with socketserver.ThreadingUnixStreamServer(where, Clamd) as server:
        server.mood, server.seen = "", []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert scan.ask(where, EICAR) == "Eicar-Test-Signature"
        assert scan.ask(where, b"clean") == ""
        server.shutdown()


def test_the_setting_is_read_and_refused_when_wrong(tmp_path):
    given = {"INSTANCE_PATH": str(tmp_path)}
    right = {"": "", "clamd:3310": "clamd:3310", "unix:/run/clamd.ctl": "/run/clamd.ctl"}
    for text, read in right.items():
        assert Settings.read({**given, "CLAMD": text}).clamd == read
    for wrong in ("clamd", "clamd:", "clamd:x", ":3310", "clamd:99999"):
        with pytest.raises(WrongSetting, match="CLAMD"):
            Settings.read({**given, "CLAMD": wrong})
