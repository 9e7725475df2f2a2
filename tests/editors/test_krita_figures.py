"""What a result costs in real Krita. The figures are recorded, not judged: they depend on how busy the machine is."""

import statistics

import pytest

pytestmark = pytest.mark.krita("native")


@pytest.fixture(scope="module")
def found(start_krita_once):
    outcome = start_krita_once().run("figures.py")
    assert outcome.error == ""
    assert [] == outcome.values["failures"]
    return outcome.values["times"]


def test_figures_of_a_result(found, record_property):
    """2048 x 2048 pixels: how long our own code holds up Krita, and how soon the layer is seen, beside bare calls."""
    rounds = len(found["bare_insert"])
    assert rounds >= 10
    for channels in ("BGRA", "RGBA"):
        inserted = found["insert_" + channels]
        own = [inserted[index] - found["bare_insert"][index] for index in range(rounds)]
        tell(record_property, f"ms of our own code, {channels}, median", statistics.median(own))
        tell(record_property, f"ms of our own code, {channels}, worst", max(own))
    visible, bare = statistics.median(found["visible"]), statistics.median(found["bare_visible"])
    tell(record_property, "ms from arrived to visible, median", visible)
    tell(record_property, "ms of addChildNode + refreshProjection, median", bare)
    tell(record_property, "visible beside bare", visible / bare)
    tell(record_property, "ms to read the picture, median", statistics.median(found["read"]))


def tell(record_property, name, value):
    record_property(name, round(value, 2))
    print(f"{name}: {value:.2f}")
