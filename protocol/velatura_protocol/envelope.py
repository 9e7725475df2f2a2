"""Frames on the wire: ``[b"VLT1", header, body, blob 0, blob 1, ...]``.

The header is a msgpack map ``{"kind": text, "id": text, "re": text}``; the body is the map of one dataclass of
``messages``; blobs are raw pixels. Nothing is allocated on a peer's word: counts and lengths are checked first.
"""

from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple, cast

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from .buffer import Buffer as Buffer
from .codec import from_plain, to_plain
from .errors import ProtocolError
from .messages import Message, class_of_kind, kind_of

MAGIC = b"VLT1"
_msgpack: Any = msgpack


@dataclass(frozen=True)
class Limits:
    """What one message may weigh, in bytes (and in blob frames). ZMQ_MAXMSGSIZE bounds a frame, not their sum."""

    header: int = 1024
    body: int = 1 << 20
    blob: int = 256 << 20
    blobs: int = 64
    total: int = 1 << 30


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Header:
    """``id``: chosen by the sender, unique on its connection. ``re``: the id that is answered, "" for an event."""

    kind: str
    id: str = ""
    re: str = ""


@dataclass(frozen=True)
class Envelope:
    """A received message: ``body`` is a dataclass of ``messages``, ``blobs`` are its raw frames."""

    header: Header
    body: Message
    blobs: Tuple[Buffer, ...] = ()


def encode(body: Message, *, id: str = "", re: str = "", blobs: Sequence[Buffer] = ()) -> List[Buffer]:
    """The frames of one message. Blobs are passed through, not copied."""
    header = Header(kind_of(body), id, re)
    return [MAGIC, _msgpack.packb(to_plain(header)), _msgpack.packb(to_plain(body)), *blobs]


def decode(frames: Sequence[Buffer], limits: Limits = DEFAULT_LIMITS) -> Envelope:
    """Read the frames of one message.

    Raises:
        ProtocolError: with ``re`` set as soon as the header could be read, so that the fault can be answered:
            ``bad_message``, ``message_too_large``, ``unknown_kind``.
    """
    if len(frames) < 3 or bytes(frames[0][:8]) != MAGIC:
        raise ProtocolError("bad_message", "A Velatura message begins with the frames VLT1, header and body.")
    header = _read_header(frames[1], limits)
    try:
        _check_sizes(frames, limits)
        cls = class_of_kind(header.kind)
        if cls is None:
            raise ProtocolError("unknown_kind", f"This version does not know messages of kind {header.kind[:64]!r}.")
        body = from_plain(cls, _unpack(frames[2], "body"))
    except ProtocolError as error:
        raise ProtocolError(error.info.code, error.info.message, re=header.id) from None
    return Envelope(header, body, tuple(frames[3:]))


def _read_header(frame: Buffer, limits: Limits) -> Header:
    if len(frame) > limits.header:
        raise ProtocolError("message_too_large", f"The header has {len(frame)} bytes; {limits.header} are allowed.")
    return from_plain(Header, _unpack(frame, "header"), "header")


def _check_sizes(frames: Sequence[Buffer], limits: Limits) -> None:
    blob_sizes = [len(frame) for frame in frames[3:]]
    for what, size, allowed in (
        ("The body in bytes", len(frames[2]), limits.body),
        ("The number of blobs", len(blob_sizes), limits.blobs),
        ("The largest blob in bytes", max(blob_sizes, default=0), limits.blob),
        ("All blobs together in bytes", sum(blob_sizes), limits.total),
    ):
        if size > allowed:
            raise ProtocolError("message_too_large", f"{what}: {size}; {allowed} are allowed.")


def _refuse_extension(code: int, _data: bytes) -> None:
    raise ValueError(f"extension type {code}")


def _unpack(frame: Buffer, what: str) -> Dict[str, Any]:
    try:
        value = _msgpack.unpackb(frame, raw=False, strict_map_key=True, ext_hook=_refuse_extension)
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ProtocolError("bad_message", f"The {what} is not valid msgpack ({type(error).__name__}).") from None
    if not isinstance(value, dict):
        raise ProtocolError("bad_message", f"The {what} must be a map.")
    return cast("Dict[str, Any]", value)
