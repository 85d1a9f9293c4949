"""Files of removal requests as companies and agencies send them."""

from __future__ import annotations

import csv
import io

from portal.removal_requests.importing import COLUMNS


def row(**given: str) -> dict[str, str]:
    """A line that says no more than it must."""
    least = {
        "request_no": "A-3", "company": "telegram", "platform": "telegram", "category": "drugs",
        "legal_ground": "voluntary_request", "surface": "public_post", "measure_type": "removal",
    }  # fmt: skip
    return dict.fromkeys(COLUMNS, "") | least | given


GOOD = (
    row(
        request_no="A-1", category="sexual_deepfake", reference="https://t.example/one",
        issued_at="2026-01-31T23:00:00+09:00", delivered_at="2026-02-01T00:30:00+09:00",
        decided_at="2026-02-01T02:00:00Z", outcome="removed",
        removed_at="2026-02-01T01:30:00Z", verified_at="2026-02-02T09:00:00+09:00",
        verification="gone",
    ),
    row(request_no="A-2", company="x", platform="x", measure_type="block",
        delivered_at="2026-02-03T09:00:00+0900"),
)  # fmt: skip


def content(*rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    """The lines as a file, its first line the columns."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
