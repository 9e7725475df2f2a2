"""stack.xml of an OpenRaster painting, parsed within bounds."""

from typing import Any
from xml.etree import ElementTree

from .ora_archive import damaged

STACK_FILE = "stack.xml"
#: Bytes: two thousand layers with names of ten thousand signs have a place in it.
LARGEST_STACK = 64 << 20
#: Elements: one takes hundreds of bytes of memory, and there is no use for more than a few per file in the archive.
MOST_ELEMENTS = 1 << 14
#: Depth of nested stacks.
DEEPEST = 64


def parse_stack(stack: bytes, name: str) -> ElementTree.Element:
    """The ``image`` element. ``name``: of the painting, for the error.

    Raises:
        VelaturaError: ``invalid_value``.
    """
    if len(stack) > LARGEST_STACK:
        raise damaged(name, f"{STACK_FILE} has more than {LARGEST_STACK} bytes")
    if b"<!DOCTYPE" in stack or b"<!ENTITY" in stack:
        raise damaged(name, f"{STACK_FILE} defines entities")
    parser = ElementTree.XMLParser(target=_BoundedBuilder())  # noqa: S314 - without entities there is nothing to expand
    try:
        parser.feed(stack)
        return parser.close()
    except _TooMuchError as error:
        raise damaged(name, str(error)) from None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise damaged(name, f"{STACK_FILE}: {error}") from None


class _TooMuchError(Exception):
    pass


class _BoundedBuilder(ElementTree.TreeBuilder):
    """Ends as soon as there is too much, not after all of it was built."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._count += 1
        self._depth += 1
        if self._depth > DEEPEST:
            raise _TooMuchError("its stacks are nested too deeply")
        if self._count > MOST_ELEMENTS:
            raise _TooMuchError(f"it has more than {MOST_ELEMENTS} layers")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Any:
        self._depth -= 1
        return super().end(tag)
