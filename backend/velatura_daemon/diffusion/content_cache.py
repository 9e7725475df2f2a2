"""Results of the encoding stages, found again by what went into them."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Protocol, TypeVar, cast

Part = str | int | float | bytes | bytearray | memoryview


class HasByteCount(Protocol):
    @property
    def nbytes(self) -> int: ...


Held = TypeVar("Held", bound=HasByteCount)


def content_key(*parts: Part) -> bytes:
    """A hash of the parts and of where each ends. Two lists of parts share it only by an accident of 1 in 2**128."""
    digest = blake2b(digest_size=32)
    for part in parts:
        is_binary = isinstance(part, bytes | bytearray | memoryview)
        data = memoryview(part if is_binary else repr(part).encode())
        digest.update(b"%d:%d:" % (is_binary, data.nbytes))
        digest.update(data)
    return digest.digest()


class ContentCache:
    """Keeps what was used last, up to ``max_bytes`` in all; what alone is larger is not kept."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._held: OrderedDict[bytes, HasByteCount] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        return self._held_bytes

    def find_or_make(self, key: bytes, make: Callable[[], Held]) -> tuple[Held, bool]:
        """The value, and True when it had to be made."""
        if key in self._held:
            self._held.move_to_end(key)
            return cast(Held, self._held[key]), False
        value = make()
        self._keep(key, value)
        return value, True

    def clear(self) -> None:
        self._held.clear()
        self._held_bytes = 0

    def _keep(self, key: bytes, value: HasByteCount) -> None:
        if value.nbytes > self._max_bytes:
            return
        self._held[key] = value
        self._held_bytes += value.nbytes
        while self._held_bytes > self._max_bytes:
            _, dropped = self._held.popitem(last=False)
            self._held_bytes -= dropped.nbytes
