"""Where a webhook may lead: to the public network, never to a neighbour of the portal."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


class WrongAddress(Exception):
    """The portal does not send there."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart."""

    is_tls: bool
    host: str
    port: int
    path: str


def parse(address: str, *, may_be_loopback: bool) -> Target:
    """Take an address apart. Refused: no https, a user name, a fragment, a private address.

    A trial may name a loopback address, by http too.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise WrongAddress from None
    host = (parts.hostname or "").rstrip(".")
    # Characters outside ASCII and controls would open a second line in the head of the message.
    is_plain = address.isascii() and address.isprintable() and " " not in address
    if not host or not is_plain or len(address) > 500 or "@" in parts.netloc or parts.fragment:
        raise WrongAddress
    is_tls = parts.scheme == "https"
    is_loopback = host == "localhost" or _is_loopback(host)
    if not is_tls and not (parts.scheme == "http" and may_be_loopback and is_loopback):
        raise WrongAddress
    if is_loopback:
        if not may_be_loopback:
            raise WrongAddress
    elif not _may_be_reached(host):
        raise WrongAddress
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_tls, host, port or (443 if is_tls else 80), path)


def resolve(target: Target, *, may_be_loopback: bool) -> str:
    """The network address to connect to. Refused when the name leads to any private one.

    The connection is made to what was checked here: a name that changes its answer between the
    check and the connection (DNS rebinding) leads nowhere else.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise WrongAddress from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not (_is_public(address) or (may_be_loopback and _is_loopback(address))):
            raise WrongAddress
    return addresses[0]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # An IPv4 address inside an IPv6 one is judged as what it reaches.
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        in_nat64 = ip in ipaddress.ip_network("64:ff9b::/96")
        if in_nat64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def _may_be_reached(host: str) -> bool:
    try:
        return _is_public(host)
    except ValueError:
        # A name: it is resolved before each sending. Numbers alone are a disguised address.
        last = host.rsplit(".", 1)[-1].lower()
        is_disguised = last.isdecimal() or last.startswith("0x")
        return "." in host and not is_disguised and last not in ("localhost", "local", "internal")
