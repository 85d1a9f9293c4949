"""HTML in, an archivable and accessible PDF out: same input, same bytes, and nothing fetched.

The file claims PDF/A-3a (it can be kept) and PDF/UA-1 (it can be heard). Whoever calls gives the
instant and the identifier, so that a stored document printed again is the same document.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
STYLESHEET = ROOT / "static" / "print.css"

# The order in which print.css and the charts ask for a family; any other Korean family serves
# when none of these is there.
KOREAN_FAMILIES = (
    "Pretendard GOV",
    "Pretendard",
    "NanumBarunGothic",
    "NanumGothic",
    "Noto Sans KR",
    "Noto Sans CJK KR",
)
KOREAN_LETTER = re.compile(r"[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
SVG = "{http://www.w3.org/2000/svg}"

# Called with the step (1 to 7) and, while pages are laid out, the page being made.
Progress = Callable[[int, int | None], None]


class PrintError(Exception):
    """The document could not be printed."""


class FetchRefused(PrintError):
    """The document asked for something outside itself."""


class MissingKoreanFont(PrintError):
    """This machine would print Korean as empty boxes."""

    def __init__(self) -> None:
        super().__init__(
            "No Korean font is installed, so Korean would be printed as empty boxes. "
            "Install one, for example: apt-get install fonts-nanum"
        )


class RenderTimeout(PrintError):
    """The child took longer than it was given."""


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF; `relationship` is Source, Data, Alternative or Supplement."""

    name: str
    content: bytes
    description: str = ""
    relationship: str = "Data"


def render(
    html: str, *, made_at: datetime, identifier: bytes, attachments: Sequence[Attachment] = ()
) -> bytes:
    """Print `html` with the print stylesheet; equal arguments give equal bytes."""
    if made_at.tzinfo is None:
        raise ValueError("made_at must know its time zone")
    if not identifier:
        raise ValueError("identifier must not be empty")
    if KOREAN_LETTER.search(html) and korean_font() is None:
        raise MissingKoreanFont

    # WeasyPrint takes half a second to import and most processes never print: the first document
    # pays for it.
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    instant = made_at.astimezone(UTC).replace(microsecond=0)
    # One at a time in a process: a rendering takes up to 100 MB, and Pango promises little about
    # threads.
    with _one_at_a_time:
        fetcher = _refuser()()
        try:
            # With a base address a relative reference reaches the fetcher and is refused, instead
            # of being left out.
            source = HTML(string=html, base_url="http://nowhere.invalid/", url_fetcher=fetcher)
            _describe_charts(source.etree_element)
            # A fresh FontConfiguration each time: a shared one remembers what earlier documents
            # declared.
            document = source.render(
                stylesheets=[_stylesheet()], font_config=FontConfiguration(), pdf_variant="pdf/a-3a"
            )
            document.metadata.created = document.metadata.modified = instant.strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            )
            with warnings.catch_warnings():
                # WeasyPrint leaves its colour profile open, and leaves closing it to Python.
                warnings.filterwarnings("ignore", "unclosed file.*[.]icc", ResourceWarning)
                data: bytes = document.write_pdf(
                    pdf_variant="pdf/a-3a",
                    pdf_tags=True,
                    pdf_identifier=identifier.hex().encode(),
                    attachments=[_embed(attachment, instant) for attachment in attachments],
                    finisher=_finish,
                )
        except _fatal():
            pass
        # Asked here, because a drawing that could not be made is only logged, whatever the reason.
        if fetcher.asked_for:
            raise FetchRefused(
                f"A document may fetch nothing while it is printed: {fetcher.asked_for[0][:200]}"
            )
    return data


def render_in_child(
    html: str,
    *,
    made_at: datetime,
    identifier: bytes,
    attachments: Sequence[Attachment] = (),
    timeout_seconds: float = 300,
    progress: Progress | None = None,
) -> bytes:
    """As `render`, in a process of its own: memory returns, threads stay quick, time is bounded."""
    order = {
        "html": html,
        "made_at": made_at.isoformat(),
        "identifier": identifier.hex(),
        "attachments": [
            {**vars(attachment), "content": base64.b64encode(attachment.content).decode()}
            for attachment in attachments
        ],
    }
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    # Files instead of pipes for the two long streams: neither side can block the other.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made:
        given.write(json.dumps(order).encode())
        given.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-m", "portal.core.pdf_child"],
            stdin=given,
            stdout=made,
            stderr=subprocess.PIPE,
            env=environment,
        )
        assert child.stderr is not None
        said: list[str] = []
        listener = threading.Thread(
            target=_listen, args=(child.stderr, said, progress), daemon=True
        )
        listener.start()
        try:
            child.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise RenderTimeout(
                f"The document was not printed within {timeout_seconds:g} seconds."
            ) from None
        finally:
            # Also when the caller is interrupted: no child outlives the call.
            child.kill()
            child.wait()
            listener.join()
            child.stderr.close()
        if child.returncode != 0:
            raise _from_child(said)
        made.seek(0)
        return made.read()


def korean_font() -> str | None:
    """The Korean family that will be printed with, or None when this machine has none."""
    families = _korean_families()
    for family in KOREAN_FAMILIES:
        if family in families:
            return family
    return min(families, default=None)


def _korean_families() -> frozenset[str]:
    global _families
    # Only a find is remembered: after an installation the next document prints without a restart.
    if not _families:
        try:
            listed = subprocess.run(
                ["fc-list", ":lang=ko", "family"],
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=20,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            listed = ""
        _families = frozenset(
            name.strip() for line in listed.splitlines() for name in line.split(",") if name.strip()
        )
    return _families


_families: frozenset[str] = frozenset()
_one_at_a_time = threading.Lock()


@cache
def _stylesheet() -> Any:
    from weasyprint import CSS  # Slow to import, see render.

    return CSS(string=STYLESHEET.read_text("utf-8"), url_fetcher=_refuser()())


@cache
def _fatal() -> type[BaseException]:
    from weasyprint.urls import FatalURLFetchingError  # Slow to import, see render.

    return FatalURLFetchingError


@cache
def _refuser() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher  # Slow to import, see render.

    class Refuser(URLFetcher):  # type: ignore[misc]
        """Fetches nothing, and remembers what it was asked for."""

        def __init__(self) -> None:
            super().__init__()
            self.asked_for: list[str] = []

        def fetch(self, url: str, headers: Any = None) -> Any:
            self.asked_for.append(url)
            raise FatalURLFetchingError(url)

    return Refuser


def _embed(attachment: Attachment, instant: datetime) -> Any:
    from weasyprint import Attachment as Embedded  # Slow to import, see render.

    return Embedded(
        string=attachment.content,
        name=attachment.name,
        description=attachment.description,
        created=instant,
        modified=instant,
        relationship=attachment.relationship,
    )


def _describe_charts(tree: Any) -> None:
    """Say the desc with the title, because WeasyPrint hands on only the title."""
    for drawing in tree.iter(f"{SVG}svg"):
        title, description = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
        if title is not None and description is not None and description.text:
            title.text = f"{(title.text or '').rstrip('.')}. {description.text}"


def _finish(document: Any, pdf: Any) -> None:
    _claim_accessibility(pdf)
    _mark_artifacts(pdf)


# WeasyPrint writes one claim, PDF/A; this is the other, and PDF/A wants a schema for every claim
# it does not know itself.
ACCESSIBLE = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 this file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF>"""


def _claim_accessibility(pdf: Any) -> None:
    metadata = _object(pdf, pdf.catalog["Metadata"])
    metadata.stream = [part.replace(b"</rdf:RDF>", ACCESSIBLE.lstrip()) for part in metadata.stream]


def _mark_artifacts(pdf: Any) -> None:
    """Call artifacts what is drawn as text and in no structure: headers, footers, watermark."""
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    in_structure = set(_below(pdf, root["K"]))
    numbers = _object(pdf, root["ParentTree"])["Nums"]
    for page_number, reference in enumerate(pdf.page_references):
        elements = numbers[2 * page_number + 1]
        stray = {
            mcid for mcid, element in enumerate(elements) if _text(element) not in in_structure
        }
        written = _object(pdf, _object(pdf, reference)["Contents"]).stream
        for index, item in enumerate(written):
            # Marked content is written as three items: the tag, its properties, the operator.
            if isinstance(item, dict) and item.get("MCID") in stray:
                written[index - 1 : index + 2] = [b"/Artifact", b"", b"BMC"]
        for mcid in stray:
            elements[mcid] = "null"


def _below(pdf: Any, kids: Any) -> Iterator[str]:
    waiting = list(kids)
    while waiting:
        kid = waiting.pop()
        # A number is a piece of page content, anything else leads to an element.
        if not isinstance(kid, int):
            yield _text(kid)
            element = _object(pdf, kid)
            waiting.extend(element.get("K", ()))


def _object(pdf: Any, reference: Any) -> Any:
    return pdf.objects[int(_text(reference).split()[0])]


def _text(reference: Any) -> str:
    return reference.decode() if isinstance(reference, bytes) else str(reference)


def _listen(stream: IO[bytes], said: list[str], progress: Progress | None) -> None:
    for raw in stream:
        line = raw.decode("utf-8", "replace").rstrip()
        if line.startswith("progress "):
            if progress:
                step, page = json.loads(line.removeprefix("progress "))
                progress(step, page)
        else:
            said.append(line)


def _from_child(said: list[str]) -> PrintError:
    for line in said:
        if line.startswith("refused "):
            kind, message = json.loads(line.removeprefix("refused "))
            return MissingKoreanFont() if kind == "MissingKoreanFont" else FetchRefused(message)
    return PrintError("\n".join(said[-20:]) or "The printing process ended without a word.")
