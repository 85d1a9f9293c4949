"""The other end of `pdf.render_in_child`.

An order on standard input, the PDF on standard output, progress on standard error.
"""

import base64
import json
import logging
import re
import sys
from datetime import datetime

from portal.core.pdf import Attachment, PrintError, render


class Teller(logging.Handler):
    """Passes on how far WeasyPrint is: the step, and the page while pages are laid out."""

    def emit(self, record: logging.LogRecord) -> None:
        step = re.match(r"Step (\d+)", record.getMessage())
        page = re.search(r"Page (\d+)", record.getMessage())
        if step:
            print(
                "progress",
                json.dumps([int(step[1]), int(page[1]) if page else None]),
                file=sys.stderr,
                flush=True,
            )


def main() -> int:
    order = json.load(sys.stdin.buffer)
    teller = logging.getLogger("weasyprint.progress")
    teller.addHandler(Teller())
    teller.setLevel(logging.INFO)
    try:
        data = render(
            order["html"],
            made_at=datetime.fromisoformat(order["made_at"]),
            identifier=bytes.fromhex(order["identifier"]),
            attachments=[
                Attachment(**{**given, "content": base64.b64decode(given["content"])})
                for given in order["attachments"]
            ],
        )
    except PrintError as refused:
        print("refused", json.dumps([type(refused).__name__, str(refused)]), file=sys.stderr)
        return 3
    sys.stdout.buffer.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
