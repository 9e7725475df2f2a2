"""Frames: what is written is read back, and no bytes at all get past ``ProtocolError``."""

import contextlib
import dataclasses
import math
import typing
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from velatura_protocol.codec import Plain
from velatura_protocol.envelope import MAGIC, Limits, decode, encode
from velatura_protocol.errors import ProtocolError
from velatura_protocol.messages import Hello, Jobs, Submit, all_kinds, class_of_kind

HELLO = encode(Hello(1, 0, "a" * 32), id="1")
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint that the codec supports, for any message that will ever be written."""
    if hint == Plain:
        return PLAIN
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        return st.none() | _values(next(a for a in arguments if a is not type(None)))
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(max_size=6), _values(arguments[1]), max_size=2)
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{field.name: _values(hints[field.name]) for field in dataclasses.fields(hint)})
    return {
        str: st.text(max_size=20),
        int: st.integers(-(2**63), 2**64 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
    }[hint]


@given(st.sampled_from(all_kinds()).flatmap(lambda kind: _values(class_of_kind(kind))), st.lists(st.binary(max_size=9)))
def test_every_message_survives_the_round_trip(body: Any, blobs: list[bytes]) -> None:
    """Any value of any message comes back equal, with its blobs."""
    envelope = decode(encode(body, id="i", re="r", blobs=blobs), Limits(blobs=1000))
    assert body == envelope.body
    assert (tuple(blobs), "i", "r") == (envelope.blobs, envelope.header.id, envelope.header.re)


@given(st.lists(st.binary(max_size=64), max_size=6))
def test_random_bytes_only_ever_raise_protocol_error(frames: list[bytes]) -> None:
    """Garbage is refused in an orderly way."""
    for start in ([], [MAGIC], HELLO[:2]):
        if start + frames == HELLO:
            continue
        with contextlib.suppress(ProtocolError):
            decode([*start, *frames])


@given(st.integers(1, 2), st.integers(0, 200), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(frame: int, place: int, value: int) -> None:
    """One wrong byte in a good message never causes another exception than ``ProtocolError``."""
    frames = [bytearray(part) for part in HELLO]
    frames[frame][place % len(frames[frame])] = value
    try:
        decode(frames)
    except ProtocolError as error:
        assert error.info.code in ("bad_message", "unknown_kind")


@pytest.mark.parametrize(
    ("frames", "code", "re"),
    [
        ([], "bad_message", ""),
        ([MAGIC], "bad_message", ""),
        (HELLO[:2], "bad_message", ""),
        ([b"VLT2", *HELLO[1:]], "bad_message", ""),
        ([MAGIC, b"\xc1", b"\x80"], "bad_message", ""),
        ([MAGIC, msgpack.packb([1]), b"\x80"], "bad_message", ""),
        ([MAGIC, HELLO[1], HELLO[2][:-3]], "bad_message", "1"),
        ([MAGIC, HELLO[1], HELLO[2] + b"\x00"], "bad_message", "1"),
        ([MAGIC, HELLO[1], msgpack.packb({1: 2})], "bad_message", "1"),
        ([MAGIC, HELLO[1], msgpack.packb({"protocol_major": msgpack.ExtType(4, b"x")})], "bad_message", "1"),
        ([MAGIC, HELLO[1], msgpack.packb({"protocol_major": True})], "bad_message", "1"),
        ([MAGIC, HELLO[1], b"\x81" * 5000], "bad_message", "1"),
        ([MAGIC, msgpack.packb({"kind": "dance", "id": "9"}), b"\x80"], "unknown_kind", "9"),
        ([MAGIC, b"x" * 2000, b"\x80"], "message_too_large", ""),
        ([*HELLO, *[b""] * 65], "message_too_large", "1"),
        ([MAGIC, HELLO[1], b"x" * ((1 << 20) + 1)], "message_too_large", "1"),
    ],
)
def test_bad_frames_are_refused_with_their_code(frames: list[bytes], code: str, re: str) -> None:
    """Each kind of bad frame has its code, and the id to answer to as soon as one could be read."""
    with pytest.raises(ProtocolError) as caught:
        decode(frames)
    assert (code, re) == (caught.value.info.code, caught.value.re)


def test_the_sum_of_blobs_is_bounded_too() -> None:
    """Many blobs that are each allowed may not be too much together."""
    with pytest.raises(ProtocolError, match="together"):
        decode([*HELLO, b"12345", b"12345"], Limits(blob=5, total=9))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(number: float) -> None:
    """NaN never enters a request: it would poison every comparison made later."""
    body = {"job": "x", "request": {"task": "t", "model": "m", "canvas_width": 1, "canvas_height": 1}}
    body["request"].update(region={"x": 0, "y": 0, "width": 1, "height": 1}, strength=number)
    with pytest.raises(ProtocolError, match=r"request.strength must be a finite number"):
        decode([MAGIC, msgpack.packb({"kind": "submit", "id": "1"}), msgpack.packb(body)])


def test_unknown_fields_are_ignored_and_missing_ones_named() -> None:
    """A newer peer may say more; a peer that says too little is told what is missing."""
    header = msgpack.packb({"kind": "hello", "id": "1", "colour": "blue"})
    body = {"protocol_major": 1, "protocol_minor": 9, "client_id": "x", "mood": "good"}
    assert Hello(1, 9, "x") == decode([MAGIC, header, msgpack.packb(body)]).body
    del body["client_id"]
    with pytest.raises(ProtocolError, match=r"body.client_id is missing"):
        decode([MAGIC, header, msgpack.packb(body)])


def test_faults_deep_inside_are_named_by_their_path() -> None:
    """The message says where in the body the fault is."""
    body = {"jobs": [{"job": "x", "state": "failed", "error": {"code": 5, "message": ""}}]}
    with pytest.raises(ProtocolError, match=r"body.jobs\[0\].error.code must be text, not int"):
        decode([MAGIC, msgpack.packb({"kind": "jobs"}), msgpack.packb(body)])


def test_blobs_are_passed_through_without_a_copy() -> None:
    """Pixels are never copied on their way into and out of an envelope."""
    pixels = memoryview(bytearray(16))
    assert pixels is encode(Jobs(), blobs=[pixels])[3]
    assert pixels is decode([*encode(Jobs()), pixels]).blobs[0]


def test_submit_needs_its_request() -> None:
    """No field that decides a picture is guessed."""
    with pytest.raises(ProtocolError, match=r"body.request.model is missing"):
        decode([MAGIC, msgpack.packb({"kind": "submit"}), msgpack.packb({"job": "x", "request": {"task": "t"}})])
    assert Submit is class_of_kind("submit")
