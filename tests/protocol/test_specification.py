"""SPEC.md and the code say the same."""

import re
from pathlib import Path

import pytest

from velatura_protocol.envelope import DEFAULT_LIMITS
from velatura_protocol.errors import ASKER, FAMILY_OF_CODE, MACHINE, OURS, ErrorInfo, VelaturaError
from velatura_protocol.images import BYTES_OF_DTYPE, CHANNEL_LAYOUTS, COLOUR_SPACES, MEANINGS
from velatura_protocol.messages import STAGES, all_kinds
from velatura_protocol.version import PROTOCOL_MAJOR, PROTOCOL_MINOR

SPECIFICATION = (Path(__file__).resolve().parents[2] / "protocol" / "SPEC.md").read_text(encoding="utf-8")


def _code_words(line_start: str) -> set[str]:
    line = next(line for line in SPECIFICATION.splitlines() if line.startswith(line_start))
    return set(re.findall(r"`([a-z_]+)`", line))


@pytest.mark.parametrize("family", [ASKER, MACHINE, OURS])
def test_error_codes_are_those_of_the_specification(family: str) -> None:
    """A code that travels is written down, in its family."""
    assert {code for code, its in FAMILY_OF_CODE.items() if its == family} == _code_words(f"| {family}:")


def test_every_message_is_in_the_specification() -> None:
    """The table of section 5, and the two events."""
    section = SPECIFICATION.split("## 5. Messages")[1].split("### 5.1")[0]
    assert set(all_kinds()) == set(re.findall(r"`([a-z_]+)`", section)) - {"re"}


def test_version_and_stages_and_image_fields() -> None:
    """The small vocabularies."""
    assert f"version {PROTOCOL_MAJOR}.{PROTOCOL_MINOR}\n" in SPECIFICATION
    for word in (*STAGES, *CHANNEL_LAYOUTS, *BYTES_OF_DTYPE, *COLOUR_SPACES, *MEANINGS):
        assert f"`{word}`" in SPECIFICATION


def test_limits() -> None:
    """The limits that a client may rely on."""
    limits = DEFAULT_LIMITS
    for row in (
        f"header | {limits.header >> 10} KiB",
        f"body | {limits.body >> 20} MiB",
        f"blob frames | {limits.blobs}",
        f"one blob | {limits.blob >> 20} MiB",
        f"all blobs together | {limits.total >> 30} GiB",
    ):
        assert f"| {row} |" in SPECIFICATION


def test_errors_of_a_later_version_are_read_as_ours() -> None:
    """A code that is not known does not break the reader."""
    error = VelaturaError.from_info(ErrorInfo("moon_phase", "Wait.", retry=True, log="x"))
    assert ErrorInfo("internal", "Wait.", True, "x") == error.info
    with pytest.raises(ValueError, match="SPEC"):
        VelaturaError("moon_phase", "Wait.")
