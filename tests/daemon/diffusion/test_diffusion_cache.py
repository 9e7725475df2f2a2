"""The cache of encoded things: found by content, bounded in bytes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from velatura_daemon.diffusion.content_cache import ContentCache, content_key


def held(size: int) -> NDArray[np.uint8]:
    return np.zeros(size, np.uint8)


def test_what_was_made_is_found_again() -> None:
    """The second request for the same key makes nothing."""
    cache = ContentCache(100)

    first = cache.find_or_make(b"a", lambda: held(10))
    second = cache.find_or_make(b"a", lambda: held(10))

    assert (True, False) == (first[1], second[1])
    assert first[0] is second[0]


def test_the_least_recently_used_leaves_first_and_the_bound_holds() -> None:
    """Of three things where two fit, the one that was not used lately goes."""
    cache = ContentCache(100)
    for key in (b"a", b"b", b"a", b"c"):
        cache.find_or_make(key, lambda: held(40))

    assert 80 == cache.held_bytes
    assert (False, True) == tuple(cache.find_or_make(key, lambda: held(40))[1] for key in (b"a", b"b"))


def test_a_thing_larger_than_the_cache_throws_nothing_out() -> None:
    """It is made each time; what fits stays."""
    cache = ContentCache(100)
    cache.find_or_make(b"small", lambda: held(40))

    assert [True, True] == [cache.find_or_make(b"large", lambda: held(101))[1] for _ in range(2)]
    assert not cache.find_or_make(b"small", lambda: held(40))[1]


def test_a_failure_leaves_nothing_behind() -> None:
    """After an error the next request makes the thing anew."""
    cache = ContentCache(100)

    with pytest.raises(ZeroDivisionError):
        cache.find_or_make(b"a", lambda: held(1 // 0))

    assert cache.find_or_make(b"a", lambda: held(1))[1]


def test_keys_tell_where_parts_end_and_what_type_they_have() -> None:
    """Neither a moved boundary nor a number in place of its text gives the same key."""
    keys = [
        content_key("ab", "c"),
        content_key("a", "bc"),
        content_key("abc"),
        content_key(1),
        content_key("1"),
        content_key(1.0),
        content_key(b"1"),
    ]

    assert len(keys) == len(set(keys))
    assert content_key(b"pixels") == content_key(memoryview(b"pixels"))
