"""One way to write a reference, so that the same place is found again however it was copied.

Pure text: nothing here opens a network connection or knows the database. What is no web address
is compared as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from portal.core.i18n import gettext as _

TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|igsh(id)?|mibextid|ref|ref_src|ref_url|feature|si"
    r"|spm|_branch_match_id|__twitter_impression|__cft__.*|__tn__|wtsid|share_.*|is_from_webapp"
    r"|sender_device|web_id"
)
"""Query parameters that say how somebody came to a page, not which page it is."""
FRONTS = re.compile(r"^((www|m|mobile|mbasic|touch|l|lm|web|amp)\.(?=[^.]+\.))+")
"""Hosts before the host: the same page in another dress."""
SAME_HOSTS = {
    "telegram.me": "t.me",
    "telegram.dog": "t.me",
    "twitter.com": "x.com",
    "fb.com": "facebook.com",
    "youtube-nocookie.com": "youtube.com",
}
PORTS = {"http": 80, "https": 443}
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
BARE = re.compile(r"([\w-]+\.)+[a-z]{2,}(:\d+)?(/\S*)?", re.IGNORECASE)
"""An address as people say it, without its scheme."""

PLAIN = re.compile(r"(https?://[^/?#\s\\@:\[\]]+)((?:/[A-Za-z0-9_.~-]+)*)/?")
"""An address that needs no care: no port, no query, nothing escaped. Most are of this kind."""

Query = list[tuple[str, str]]


def host_of(reference: str) -> str | None:
    """The host of a reference, without www and mobile fronts; None where it names none.

    A link of the Telegram app (tg://) names t.me. A host that no resolver could read is none.
    """
    text = reference.strip()
    if plain := PLAIN.fullmatch(text):
        return _held_host(plain[1])  # a file names the same few hosts again and again
    return _host_of(text)


def _host_of(text: str) -> str | None:
    if text.lower().startswith("tg:"):
        return "t.me"
    if not ADDRESS.fullmatch(text):
        if not BARE.fullmatch(text):
            return None
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".")
        _port = parts.port
        host = host.encode("idna").decode().lower() if not host.isascii() else host.lower()
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in ("http", "https") or "." not in host:
        return None
    if "\\" in parts.netloc:  # for a browser the host ends there, whatever stands behind an @
        return None
    host = FRONTS.sub("", host)
    return SAME_HOSTS.get(host, host)


_held_host = lru_cache(maxsize=1000)(_host_of)


def is_at(host: str, hosts: Collection[str]) -> bool:
    """Whether a host is one of some hosts or lies under one of them."""
    return _is_at(host, tuple(hosts))


@lru_cache(maxsize=1000)
def _is_at(host: str, hosts: tuple[str, ...]) -> bool:
    known = {SAME_HOSTS.get(FRONTS.sub("", one), FRONTS.sub("", one)) for one in hosts}
    return any(host == one or host.endswith(f".{one}") for one in known)


def wrong_host(reference: str, hosts: Sequence[str]) -> str | None:
    """Why a reference cannot stand on a platform with these hosts, with the remedy; else None."""
    host = host_of(reference)
    if host is None:
        if ADDRESS.fullmatch(reference.strip()):
            return _("This is no web address. Copy it from the browser.")
        return None
    if not hosts or is_at(host, hosts):
        return None
    return _(
        "%(host)s is no host of this platform (%(known)s). Choose the other platform, or correct"
        " the address.",
        host=host,
        known=", ".join(hosts),
    )


def normalised(reference: str) -> str:
    """A reference in its one form: `host/path?query`, without scheme, front, port and tracking.

    Two references that lead to the same post have the same form, as far as the address alone says
    so: a shortened link is another address. Upper and lower case count in paths.
    """
    text = reference.strip()
    if plain := PLAIN.fullmatch(text):
        host, path = _held_host(plain[1]), plain[2]
        if host is not None:
            if host not in PLACES:
                return f"{host}{path}"
            host, path, query = PLACES[host](path, [])
            return f"{host}{path}?{urlencode(sorted(query))}" if query else f"{host}{path}"
    if text.lower().startswith("tg:"):
        of_the_web = _of_the_app(text)
        if of_the_web is None:
            return text
        text = of_the_web
    host = host_of(text)
    if host is None:
        return text
    if not ADDRESS.fullmatch(text):
        text = f"https://{text}"
    parts = urlsplit(text)
    port = f":{parts.port}" if parts.port not in (None, PORTS[parts.scheme.lower()]) else ""
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=-._~")
    path = re.sub(r"/{2,}", "/", path).rstrip("/")
    query = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not TRACKING.fullmatch(pair[0].lower())
    ]
    # What stands behind # is a place in the page, unless a page is made of it.
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""
    if host in PLACES:
        host, path, query = PLACES[host](path, query)
    said = f"?{urlencode(sorted(query))}" if query else ""
    return f"{host}{port}{path}{said}{fragment}"


def _of_the_app(text: str) -> str | None:
    """A link of the Telegram app as the web address it stands for; None where it stands for none,
    as that of a person does."""
    query = dict(parse_qsl(text.partition("#")[0].partition("?")[2]))
    if "domain" in query:
        post = f"/{query['post']}" if query.get("post") else ""
        return f"https://t.me/{query['domain']}{post}"
    if "channel" in query:
        return f"https://t.me/c/{query['channel']}/{query.get('post', '')}"
    if "invite" in query:
        return f"https://t.me/+{query['invite']}"
    return None


def _telegram(path: str, query: Query) -> tuple[str, str, Query]:
    path = re.sub(r"^/s/", "/", path)  # the preview on the web
    path = re.sub(r"^/joinchat/", "/+", path)
    if not path.startswith(("/+", "/c/")):
        name, slash, rest = path[1:].partition("/")
        path = f"/{name.lower()}{slash}{rest}"
    return "t.me", path, [pair for pair in query if pair[0] not in ("single", "thread", "t")]


def _x(path: str, query: Query) -> tuple[str, str, Query]:
    if post := re.match(r"/[^/]+(?:/web)?/status(?:es)?/(\d+)", path):
        return "x.com", f"/i/status/{post[1]}", []  # the name before it may be any name
    return "x.com", path.lower(), [pair for pair in query if pair[0] not in ("s", "t")]


def _youtube(path: str, query: Query) -> tuple[str, str, Query]:
    if film := re.match(r"/(?:shorts|embed|live|v)/([\w-]+)", path):
        return "youtube.com", "/watch", [("v", film[1])]
    kept = [pair for pair in query if pair[0] in ("v", "list")] if path == "/watch" else query
    return "youtube.com", path, [pair for pair in kept if path != "/watch" or pair[0] == "v"]


def _short_youtube(path: str, _query: Query) -> tuple[str, str, Query]:
    return "youtube.com", "/watch", [("v", path.strip("/").partition("/")[0])]


def _instagram(path: str, query: Query) -> tuple[str, str, Query]:
    if post := re.match(r"(?:/[^/]+)?/(?:p|reel|reels|tv)/([\w-]+)", path):
        return "instagram.com", f"/p/{post[1]}", []
    return "instagram.com", path.lower(), query


PLACES: dict[str, Callable[[str, Query], tuple[str, str, Query]]] = {
    "t.me": _telegram,
    "x.com": _x,
    "youtube.com": _youtube,
    "youtu.be": _short_youtube,
    "instagram.com": _instagram,
}
"""What the addresses of a platform have in common, by host."""
