"""Requests per second, by key: a bucket of tokens each, that fills at the rate and holds two seconds' worth."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import Final

__all__ = ["Limiter", "address_key"]

_BURST: Final = 2
"""Seconds' worth of requests that may come at once."""
_MAX_KEYS: Final = 1 << 16
"""Keys remembered; the one that was silent longest is forgotten first, and its bucket would be full by then."""


class Limiter:
    """At most ``rate`` requests a second for each key, in the long run; a rate of 0 lets everything pass."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key: tokens, and when they were counted

    def allow(self, key: str, now: float) -> bool:
        """Whether a request may pass at ``now``, in seconds of a clock that never goes back; if so it is counted."""
        if not self.rate:
            return True
        tokens, counted = self._buckets.pop(key, (float(self.rate * _BURST), now))
        tokens = min(tokens + (now - counted) * self.rate, float(self.rate * _BURST))
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _MAX_KEYS:
            self._buckets.popitem(last=False)
        return allowed


def address_key(host: str) -> str:
    """What one client counts as: its IPv4 address, or the /64 that a client of IPv6 can choose from freely."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return address.packed[:8].hex()
    return host
