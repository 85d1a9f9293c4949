"""Taking passages out of frozen content, and searching a PDF for what should be gone.

Pure: content or bytes in, content or findings out.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

MARK = "■■■"
SHORTEST = 2
_IGNORED = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff*_`~\\]+")


def plain(text: str) -> str:
    """A text as it is searched: one form of every letter, no case, no space, no mark of Markdown."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).casefold()


def removed(content: Any, passages: Iterable[str]) -> Any:
    """The content with every passage taken out of every text in it, keys left alone.

    A passage is found whatever its case and whatever white space stands between its words.
    """
    patterns = [_pattern(passage) for passage in sorted(set(passages), key=len, reverse=True)]
    return _without(content, patterns)


def _pattern(passage: str) -> re.Pattern[str]:
    words = [re.escape(word) for word in unicodedata.normalize("NFC", passage).split()]
    return re.compile(r"\s+".join(words), re.IGNORECASE)


def _without(content: Any, patterns: list[re.Pattern[str]]) -> Any:
    if isinstance(content, str):
        text = unicodedata.normalize("NFC", content)
        for pattern in patterns:
            text = pattern.sub(MARK, text)
        return text
    if isinstance(content, dict):
        return {key: _without(value, patterns) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_without(value, patterns) for value in content]
    return content


def found_in_content(content: Any, passages: Iterable[str]) -> list[str]:
    """The passages that still stand somewhere in the content, in any spelling of them."""
    whole = [plain(text) for text in _strings(content)]
    return [one for one in passages if plain(one) and any(plain(one) in text for text in whole)]


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from _strings(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _strings(value)


def found_in_pdf(pdf: bytes, passages: Iterable[str]) -> list[tuple[str, str]]:
    """Where passages still stand in a PDF: (passage, place) with place `text`, `structure`,
    `metadata` or `attachments`.

    Searched are the text of every page, every string object (titles, bookmarks, alternative
    texts, properties), the XMP packet and every attached file.
    """
    from pypdf import PdfReader  # Slow to import, and needed for this alone.

    reader = PdfReader(io.BytesIO(pdf))
    places = {
        "text": "".join(page.extract_text() for page in reader.pages),
        "structure": "\n".join(_string_objects(reader)),
        "metadata": "\n".join(str(value) for value in (reader.metadata or {}).values())
        + (reader.xmp_metadata.stream.get_data().decode("utf-8", "replace")
           if reader.xmp_metadata else ""),
        "attachments": "\n".join(
            name + content.decode("utf-8", "replace")
            for name, contents in reader.attachments.items()
            for content in contents
        ),
    }  # fmt: skip
    searched = {place: plain(text) for place, text in places.items()}
    return [
        (passage, place)
        for passage in passages
        for place, text in searched.items()
        if plain(passage) and plain(passage) in text
    ]


def _string_objects(reader: Any) -> Iterator[str]:
    """Every string of every object of the file; an object is read once."""
    from pypdf.generic import (
        ArrayObject,
        ByteStringObject,
        DictionaryObject,
        IndirectObject,
        TextStringObject,
    )

    waiting: list[Any] = [reader.trailer]
    seen: set[int] = set()
    while waiting:
        held = waiting.pop()
        if isinstance(held, IndirectObject):
            if held.idnum in seen:
                continue
            seen.add(held.idnum)
            held = held.get_object()
        if isinstance(held, DictionaryObject):
            waiting.extend(held.raw_get(key) for key in held)
        elif isinstance(held, ArrayObject):
            waiting.extend(list.__iter__(held))
        elif isinstance(held, TextStringObject):
            yield str(held)
        elif isinstance(held, ByteStringObject):
            yield bytes(held).decode("latin-1")
