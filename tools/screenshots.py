#!/usr/bin/env python3
"""Take the README's pictures: the first page of each kind of user, with the demo."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from portal import create_app, demo
from portal.config import Settings
from portal.core.migrate import upgrade

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
PICTURES = {
    "officer": ("officer@kcsc.example", "/"),
    "head": ("head@kcsc.example", "/scorecards/"),
    "representative": ("rep@telegram.example", "/"),
    "commissioner": ("commissioner@kcsc.example", "/reports/4"),
    "police": ("police@knpa.example", "/information-requests/"),
    "operator": ("operator@kcsc.example", "/hotline/record"),
    "auditor": ("auditor@kcsc.example", "/audit-log"),
}


def main() -> None:
    """Serve a demo of its own on the loopback and photograph it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = create_app(Settings.read({"INSTANCE_PATH": folder}))
        with app.app_context():
            upgrade()
            demo.load()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )
        for name, (email, path) in PICTURES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 860}, locale="en-US")
            page.goto(base + "/login")
            page.fill("input[name=email]", email)
            page.fill("input[name=password]", demo.PASSWORD)
            page.locator("main button[type=submit]").last.click()
            page.goto(base + path)
            if page.evaluate("document.documentElement.lang") != "en":
                page.locator("button[name=language][value=en]").first.click()
                page.wait_for_load_state()
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
            print(name, flush=True)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
