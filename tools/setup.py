#!/usr/bin/env python3
"""Set the portal up on a fresh machine, then run, test, check or measure it.

Only the standard library is used here: nothing else is there yet when this runs. It installs what
is missing with apt (through sudo where it is not root) and, on a system without apt, says exactly
what to install and stops.
"""

import ctypes.util
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "gobject-2.0": "libglib2.0-0",
    "harfbuzz": "libharfbuzz0b",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
OPTIONAL = {"libharfbuzz-subset0"}  # Ubuntu 22.04 has it inside libharfbuzz0b
KOREAN_FONTS = ("nanum", "noto sans cjk", "noto sans kr", "pretendard", "baekmuk", "undotum")


def say(text):
    print(text, flush=True)


def stop(text):
    print(text, file=sys.stderr, flush=True)
    raise SystemExit(1)


def has_korean_font():
    """Whether fontconfig knows a font for Korean."""
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(
        ["fc-list", ":lang=ko", "family"], capture_output=True, text=True, check=False
    )
    return any(name in listed.stdout.lower() for name in KOREAN_FONTS)


def missing_packages(for_tests):
    """The Debian packages this machine lacks."""
    packages = [
        package for name, package in LIBRARIES.items() if ctypes.util.find_library(name) is None
    ]
    if not has_korean_font():
        packages += ["fontconfig", "fonts-nanum"]
    if not PYTHON.exists() and shutil.which("uv") is None and not importlib.util.find_spec("pip"):
        packages.append("python3-pip")
    if for_tests:
        if not any(shutil.which(name) for name in ("chromium", "chromium-browser")):
            packages.append("chromium")
        if shutil.which("pdftoppm") is None:
            packages.append("poppler-utils")
        if ctypes.util.find_library("atomic") is None:
            packages.append("libatomic1")  # for the driver of the browser
    return packages


def install_packages(for_tests):
    """Install what is missing with apt, or say what to install."""
    packages = missing_packages(for_tests)
    if not packages:
        return
    if shutil.which("apt-get") is None:
        stop(
            "These are missing and this system has no apt-get: " + ", ".join(packages) + ".\n"
            "Install what your system calls them (Pango, HarfBuzz, a Korean font such as Nanum"
            + (", Chromium, poppler" if for_tests else "")
            + ") and run this again."
        )
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    if prefix and shutil.which("sudo") is None:
        stop("Run this as root: apt-get install " + " ".join(packages))
    say("Installing with apt: " + " ".join(packages))
    environment = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    quiet = ["-qq", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*environment, *quiet, "update"], check=False)
    install = [*environment, *quiet, "install", "-y", "--no-install-recommends"]
    needed = [package for package in packages if package not in OPTIONAL]
    if needed and subprocess.run([*install, *needed], check=False).returncode:
        stop("apt could not install these. Install them and run this again: " + " ".join(needed))
    for package in OPTIONAL.intersection(packages):
        subprocess.run([*install, package], check=False, stderr=subprocess.DEVNULL)
    if not has_korean_font():
        stop(
            "No Korean font was found, and Korean would be printed as boxes. "
            "Install one: apt-get install fonts-nanum"
        )


def install_python(lock):
    """Make .venv hold exactly the locked packages; skipped when it already does."""
    stamp = VENV / "lock.sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    held = stamp.read_text().split() if stamp.exists() else []
    if wanted in held and PYTHON.exists():
        return
    say("Installing the locked Python packages into .venv (a minute the first time) ...")
    uv = shutil.which("uv")
    if not PYTHON.exists():
        # A fresh Debian has no ensurepip, so the environment is made without pip of its own.
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    if uv:
        command = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(PYTHON)]
    else:
        command = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet"]
        command += ["--disable-pip-version-check", "--progress-bar", "on"]
    if subprocess.run([*command, "--require-hashes", "-r", str(lock)], check=False).returncode:
        stop("The Python packages could not be installed. Check the network and run this again.")
    # What the tests need includes what the portal needs.
    hashes = [wanted]
    if lock.name == "dev.txt":
        run_lock = ROOT / "requirements" / "run.txt"
        hashes.append(hashlib.sha256(run_lock.read_bytes()).hexdigest())
    stamp.write_text("\n".join(hashes))


def install_javascript():
    """Fetch what tests/javascript/package-lock.json names; the tests alone need it."""
    folder = ROOT / "tests" / "javascript"
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / "lock.sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    npm = shutil.which("npm") or str(VENV / "bin" / "npm")
    environment = {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    if subprocess.run([npm, "ci", "--silent"], cwd=folder, env=environment, check=False).returncode:
        stop("npm could not install the tests' JavaScript. Check the network and run this again.")
    stamp.write_text(wanted)


def set_up(for_tests):
    """Everything a fresh machine needs."""
    if sys.version_info < (3, 11):
        stop(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    install_packages(for_tests)
    install_python(ROOT / "requirements" / ("dev.txt" if for_tests else "run.txt"))
    if for_tests:
        install_javascript()


def call(*command, **environment):
    """Run a command of the environment in the project's folder; give its exit code."""
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}, check=False
    ).returncode


def run():
    set_up(for_tests=False)
    if call(PYTHON, "-m", "flask", "--app", "app", "prepare"):
        stop("The portal could not be prepared; the lines above say why.")
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", "gunicorn", "-c", "gunicorn.conf.py", "app:app"])


def test(*more):
    set_up(for_tests=True)
    return call(PYTHON, "-m", "pytest", *more)


def check():
    set_up(for_tests=True)
    for command in (
        ("ruff", "format", "--check", "."),
        ("ruff", "check", "."),
        ("mypy",),
        ("pytest",),
    ):
        say("== " + " ".join(command))
        code = call(PYTHON, "-m", *command)
        if code:
            return code
    return 0


def bench():
    set_up(for_tests=True)
    return call(PYTHON, "tools/bench.py", PYTHONPATH=str(ROOT))


def bench_million(*more):
    set_up(for_tests=True)
    code = call(PYTHON, "-m", "tools.bench_million", *more)
    for part in ("tools.bench_figures", "tools.bench_cards"):
        for database in ((), ("--postgres",)):
            code = code or call(PYTHON, "-m", part, *more, *database)
    return code


def format_code():
    set_up(for_tests=True)
    return call(PYTHON, "-m", "ruff", "format", ".") or call(
        PYTHON, "-m", "ruff", "check", "--fix", "."
    )


COMMANDS = {
    "run": run, "test": test, "check": check, "bench": bench, "bench-million": bench_million,
    "format": format_code,
}  # fmt: skip

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        stop("Say one of: " + ", ".join(COMMANDS))
    raise SystemExit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
