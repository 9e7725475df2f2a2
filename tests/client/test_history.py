"""Finished pictures: shown before they are applied, applied in one step, made again, thrown away."""

import json

import pytest

from velatura_client import history as history_module
from velatura_client.actions import Choices
from velatura_client.choices import INSERT, SHOW, SHOW_SEVERAL
from velatura_client.editor import Pixels
from velatura_client.thumbnail import THUMBNAIL_SIDE, thumbnail
from velatura_protocol.errors import VelaturaError

from .test_intents import Desk, desk  # noqa: F401 - a fixture

FIRST = Choices(prompt="sea", seed=5, results="show")


def paint(desk: Desk, choices: Choices) -> None:  # noqa: F811
    desk.actions.generate(choices)
    desk.until(lambda: bool(desk.editor.finished or desk.editor.errors))
    assert [] == desk.editor.errors
    desk.editor.finished.clear()


def delete_all(desk: Desk) -> None:  # noqa: F811
    """The daemon keeps what is undecided, for the tests that follow too."""
    for item in desk.editor.history:
        desk.actions.history.delete(item.key)
    desk.until(lambda: not kept_by_daemon(desk))


def kept_by_daemon(desk: Desk) -> list[str]:  # noqa: F811
    found: list = []
    desk.client.jobs(found.append, lambda error: found.append(error))
    desk.until(lambda: bool(found))
    return [state.job for state in found[0].jobs]


def test_a_picture_is_shown_first_and_applied_later(desk: Desk) -> None:  # noqa: F811
    """Nothing enters the document before; the daemon keeps the result until then."""
    paint(desk, FIRST)
    [item] = desk.editor.history
    assert ([], False) == (desk.document.inserted, item.is_applied)
    assert (0, 0) == desk.editor.on_canvas[1:]
    assert [item.job] == kept_by_daemon(desk)

    desk.actions.history.apply(item.key)

    assert ["sea"] == [layer.name for layer in desk.document.inserted]
    assert (True, None) == (desk.editor.history[0].is_applied, desk.editor.on_canvas)
    assert [] == kept_by_daemon(desk)


def test_what_was_put_in_at_once_is_in_the_history(desk: Desk) -> None:  # noqa: F811
    paint(desk, Choices(prompt="sea", seed=5))

    [item] = desk.editor.history
    assert ("sea", 5, True) == (item.prompt, item.seed, item.is_applied)
    assert (item.prompt, item.seed) == (desk.actions.history.prompt(item.key), desk.actions.history.seed(item.key))
    assert "Seed: 5" in desk.actions.history.parameters(item.key)
    assert 5 == json.loads(desk.actions.history.recipe_text(item.key))["seed"]


@pytest.mark.parametrize(
    ("results", "count", "inserted"),
    [
        (SHOW_SEVERAL, 1, 1),
        (SHOW_SEVERAL, 2, 0),
        (INSERT, 1, 1),
        (INSERT, 2, 2),
        (SHOW, 1, 0),
        (SHOW, 2, 0),
    ],
)
def test_setting_decides_what_is_shown_first(desk: Desk, results: str, count: int, inserted: int) -> None:  # noqa: F811
    """As it stands, several opaque layers would hide each other, so they are shown first; also when made again."""
    paint(desk, Choices(prompt="sea", seed=5, count=count, results=results))
    assert (inserted, count) == (len(desk.document.inserted), len(desk.editor.history))
    desk.actions.results = results
    desk.actions.history.again(desk.editor.history[0].key)
    desk.until(lambda: len(desk.editor.history) == 2 * count)
    assert 2 * inserted == len(desk.document.inserted)
    delete_all(desk)


def test_several_are_shown_first_unless_chosen_otherwise(desk: Desk) -> None:  # noqa: F811
    """Nobody has to know of the setting."""
    paint(desk, Choices(prompt="sea", count=2))
    assert ([], False) == (desk.document.inserted, desk.editor.history[0].is_applied)
    delete_all(desk)


def test_several_are_applied_as_a_group(desk: Desk) -> None:  # noqa: F811
    """One group, the pictures in the order of their seeds."""
    paint(desk, Choices(prompt="sea", seed=5, count=3, results="show"))
    desk.actions.history.apply_group(desk.editor.history[0].job)

    assert [("sea (1)", "sea"), ("sea (2)", "sea"), ("sea (3)", "sea")] == [
        (layer.name, layer.group) for layer in desk.document.inserted
    ]
    assert [5, 6, 7] == [json.loads(layer.recipe)["seed"] for layer in desk.document.inserted]


def test_deleted_pictures_leave_the_daemon_when_none_is_undecided(desk: Desk) -> None:  # noqa: F811
    paint(desk, Choices(prompt="sea", seed=5, count=2, results="show"))
    first, second = desk.editor.history
    desk.actions.history.delete(first.key)
    assert [first.job] == kept_by_daemon(desk)
    desk.actions.history.delete(second.key)

    assert ([], ()) == (kept_by_daemon(desk), desk.editor.history)
    with pytest.raises(VelaturaError, match="not in the history"):
        desk.actions.history.apply(first.key)


def test_again_has_another_seed_and_the_same_request(desk: Desk) -> None:  # noqa: F811
    paint(desk, Choices(prompt="sea", seed=5, steps=3))
    desk.actions.history.again(desk.editor.history[0].key)
    desk.until(lambda: len(desk.document.inserted) == 2)

    first, second = (json.loads(layer.recipe)["request"] for layer in desk.document.inserted)
    assert 5 != second.pop("seed")
    first.pop("seed")
    assert first == second


@pytest.mark.parametrize("keep_inputs", [True, False])
def test_what_pictures_were_made_from_is_kept_or_not(desk: Desk, keep_inputs: bool) -> None:  # noqa: F811
    """By the switch, for what is put in at once and for what is only shown; again works in both cases."""
    for results in ("insert", "show"):
        desk.actions.refine(Choices(prompt="sea", seed=5, results=results, keep_inputs=keep_inputs))
        desk.until(lambda: bool(desk.editor.finished))
        desk.editor.finished.clear()
    kept = [name for name in desk.document.attachments if name.startswith("velatura-input-")]
    assert keep_inputs == bool(kept)
    recipes = [json.loads(layer.recipe) for layer in desk.document.inserted]
    assert [keep_inputs] == [bool(recipe.get("inputs")) for recipe in recipes]
    desk.actions.history.make_again(desk.editor.history[-1].key)
    desk.until(lambda: bool(desk.editor.finished))
    assert ([5, 5, 5], []) == ([item.seed for item in desk.editor.history], desk.editor.errors)
    for item in desk.editor.history:
        desk.actions.history.delete(item.key)


def test_memory_is_bounded_and_the_newest_picture_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Pixels that leave memory undecided are still with the daemon, and come back when they are wanted."""
    paint(desk, Choices(prompt="undecided", results="show"))
    [item] = desk.editor.history
    monkeypatch.setattr(history_module, "LARGEST_MEMORY", 1)
    paint(desk, Choices(prompt="newest"))
    jobs = desk.actions.history._shelf(desk.document).jobs
    assert [True, False] == [job.blobs is not None for job in jobs]
    assert [item.job] == kept_by_daemon(desk)

    desk.actions.history.apply(item.key)
    desk.until(lambda: len(desk.document.inserted) == 2)

    assert ["newest", "undecided"] == [layer.name for layer in desk.document.inserted]
    assert [] == kept_by_daemon(desk)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (96, 96), (97, 20), (3000, 2000), (5, 4000)])
def test_thumbnails_are_small_and_have_the_pixels_of_their_place(width: int, height: int) -> None:
    data = b"".join(bytes((x % 256, y % 256, 7, 255)) for y in range(height) for x in range(width))
    small = thumbnail(Pixels(data, width, height, "RGBA"))

    assert max(small.width, small.height) <= THUMBNAIL_SIDE
    assert small.width * small.height * 4 == len(small.data)
    step = -(-max(width, height) // THUMBNAIL_SIDE)
    last = small.data[-4:]
    assert ((small.width - 1) * step % 256, (small.height - 1) * step % 256, 7, 255) == tuple(last)
