"""A real IMAP server for tests, by Twisted, over a folder of `.eml` files; run as a process.

    python -m tests.imap_server <folder>      prints its port on the loopback

A message is `<uid>.eml`; beside it `<uid>.seen` appears when a client marks it. A file `drop`
holding a command's name ("FETCH", "STORE") makes the server hang up once at the second such
command, as servers do.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USER, PASSWORD = "portal", "the password of the mailbox"


class Folder:
    """A folder of mails, for the test's side."""

    def __init__(self, path: Path, port: int) -> None:
        self.path, self.port = path, port

    def put(self, raw: bytes) -> int:
        """Deliver a mail; its number."""
        uid = len(list(self.path.glob("*.eml"))) + 1
        (self.path / f"{uid}.eml").write_bytes(raw)
        return uid

    def seen(self) -> list[int]:
        """The numbers of the mails that are marked as read."""
        return sorted(int(file.stem) for file in self.path.glob("*.seen"))

    def hang_up_at(self, command: str) -> None:
        """Lose the connection at the second such command of the next session."""
        (self.path / "drop").write_text(command)


@contextmanager
def serving(path: Path) -> Iterator[Folder]:
    """The server in a process of its own, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.imap_server", str(path)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Folder(path, int(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def serve(path: Path) -> None:
    """Run the server until it is ended."""
    from email import message_from_bytes
    from email.utils import formatdate

    from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
    from twisted.cred.portal import IRealm, Portal
    from twisted.internet import protocol, reactor
    from twisted.mail import imap4
    from zope.interface import implementer

    @implementer(imap4.IMessage, imap4.IMessageFile)
    class Message:
        def __init__(self, uid: int) -> None:
            self.uid = uid
            self.file = path / f"{uid}.eml"

        def getUID(self) -> int:
            return self.uid

        def getFlags(self) -> list[str]:
            return [r"\Seen"] if self.file.with_suffix(".seen").exists() else []

        def getInternalDate(self) -> str:
            return formatdate(self.file.stat().st_mtime)

        def getSize(self) -> int:
            return self.file.stat().st_size

        def open(self) -> Any:
            return io.BytesIO(self.file.read_bytes())

        getBodyFile = open

        def getHeaders(self, negate: bool, *names: Any) -> dict[str, str]:
            held = message_from_bytes(self.file.read_bytes())
            return {name: str(value) for name, value in held.items()}

        def isMultipart(self) -> bool:
            return False

    @implementer(imap4.IMailbox, imap4.ISearchableMailbox)
    class Box:
        def messages(self) -> list[Message]:
            return [Message(n) for n in sorted(int(file.stem) for file in path.glob("*.eml"))]

        def search(self, query: Any, uid: bool) -> list[int]:
            found = enumerate(self.messages(), 1)
            return [m.uid if uid else n for n, m in found if not m.getFlags()]

        def fetch(self, wanted: Any, uid: bool) -> Any:
            held = self.messages()
            wanted.last = max((m.uid for m in held), default=0) if uid else len(held)
            return [(n, m) for n, m in enumerate(held, 1) if (m.uid if uid else n) in wanted]

        def store(self, wanted: Any, flags: Any, mode: int, uid: bool) -> dict[int, list[str]]:
            found = list(self.fetch(wanted, uid))
            for _n, message in found:
                if r"\Seen" in flags and mode >= 0:
                    message.file.with_suffix(".seen").touch()
            return {n: message.getFlags() for n, message in found}

        def getUID(self, n: int) -> int:
            return self.messages()[n - 1].uid

        def getUIDNext(self) -> int:
            return max((m.uid for m in self.messages()), default=0) + 1

        def getMessageCount(self) -> int:
            return len(self.messages())

        def getUnseenCount(self) -> int:
            return len(self.search(None, True))

        def getFlags(self) -> list[str]:
            return [r"\Seen"]

        def getHierarchicalDelimiter(self) -> str:
            return "/"

        def getUIDValidity(self) -> int:
            return 1

        def getRecentCount(self) -> int:
            return 0

        def isWriteable(self) -> bool:
            return True

        def addListener(self, _listener: Any) -> bool:
            return True

        def removeListener(self, _listener: Any) -> bool:
            return True

    class Server(imap4.IMAP4Server):
        counted = 0

        def do_UID(self, tag: bytes, command: bytes, line: bytes) -> Any:
            drop = path / "drop"
            if drop.exists() and drop.read_text().encode() == command.upper():
                self.counted += 1
                if self.counted == 2:
                    drop.unlink()
                    self.transport.abortConnection()
                    return None
            return super().do_UID(tag, command, line)

        auth_UID = None
        select_UID = (do_UID, imap4.IMAP4Server.arg_atom, imap4.IMAP4Server.arg_line)

        def spew_body(self, part: Any, id: int, msg: Any, _w: Any = None, _f: Any = None) -> Any:
            if not part.peek:  # as the RFC says and Twisted leaves to others
                msg.file.with_suffix(".seen").touch()
            return super().spew_body(part, id, msg, _w, _f)

    @implementer(IRealm)
    class Realm:
        def requestAvatar(self, _who: Any, _mind: Any, *_interfaces: Any) -> Any:
            account = imap4.MemoryAccount("portal")
            account.addMailbox("INBOX", Box())
            return imap4.IAccount, account, lambda: None

    checker = InMemoryUsernamePasswordDatabaseDontUse(**{USER: PASSWORD.encode()})
    factory = protocol.Factory()
    factory.portal = Portal(Realm(), [checker])  # type: ignore[attr-defined]

    def build(_address: Any) -> Any:
        server = Server()
        server.portal = factory.portal  # type: ignore[attr-defined]
        return server

    factory.buildProtocol = build  # type: ignore[method-assign]
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")  # type: ignore[attr-defined]
    print(port.getHost().port, flush=True)
    reactor.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
