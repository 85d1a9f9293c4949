#!/usr/bin/env python3
"""Prove that a running portal works: log in as the demo officer, read a page, read a PDF."""

import http.cookiejar
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

EMAIL, PASSWORD = "officer@kcsc.example", "demo-portal-2024"
PATIENCE = 300  # seconds; a first start installs nothing here but loads the demo


def main(base: str) -> int:
    """Walk through the portal at `base`; 0 when all of it answered as it should."""
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )

    def get(path: str) -> bytes:
        with opener.open(base + path, timeout=60) as answer:
            return answer.read()

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            page = get("/login").decode()
            break
        except (urllib.error.URLError, OSError) as problem:
            if time.monotonic() > deadline:
                print(f"No answer within {PATIENCE} s: {problem}", file=sys.stderr)
                return 1
            time.sleep(0.5)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        print("The log-in page has no form.", file=sys.stderr)
        return 1
    form = {"csrf_token": token.group(1), "email": EMAIL, "password": PASSWORD}
    with opener.open(base + "/login", urllib.parse.urlencode(form).encode(), timeout=60) as answer:
        if answer.url.endswith("/login"):
            print("The demo officer could not log in.", file=sys.stderr)
            return 1
    consultations = get("/consultations/").decode()
    if "Telegram 2024-01" not in consultations:
        print("The list of consultations lacks the demo.", file=sys.stderr)
        return 1
    link = re.search(r'"(/documents/\d+\.pdf)"', get("/documents/").decode())
    if link is None or not get(link.group(1)).startswith(b"%PDF-"):
        print("No document could be read as PDF.", file=sys.stderr)
        return 1
    print(f"{base}: logged in, read the consultations and {link.group(1)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
