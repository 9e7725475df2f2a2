"""Bytes in any of their forms; a room of its own, as naming them must not bring msgpack along."""

from typing import Union

Buffer = Union[bytes, bytearray, memoryview]
