"""Writes the golden vector of each message that has none yet: ``python tests/protocol/make_vectors.py``.

Existing vectors are never rewritten: they are what other implementations were built on. A message that has got more
fields in a later minor version gets one more vector, named ``KIND-MAJOR.MINOR.json``.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from velatura_protocol.catalogue import (
    ControlDescription,
    LoraDescription,
    ModelDescription,
    OptionDescription,
    SamplerDescription,
    TaskDescription,
)
from velatura_protocol.codec import to_plain
from velatura_protocol.envelope import encode
from velatura_protocol.errors import ErrorInfo
from velatura_protocol.images import ImageRef, Rect
from velatura_protocol.messages import (
    Cancel,
    Catalogue,
    Error,
    Fetch,
    Forget,
    Forgotten,
    GetCatalogue,
    GetStatus,
    Hello,
    Jobs,
    JobState,
    ListJobs,
    Message,
    Patch,
    Plan,
    Planned,
    Preview,
    Report,
    Result,
    Shutdown,
    Status,
    Stopping,
    Submit,
    Watch,
    Welcome,
    kind_of,
)
from velatura_protocol.request import ControlRequest, GenerationRequest, InpaintSettings, LoraRequest

VECTORS = Path(__file__).resolve().parents[2] / "protocol" / "vectors"

JOB = "0123456789abcdef0123456789abcdef"
REGION = Rect(-8, 16, 2, 1)
MASK = ImageRef(1, 2, 1, channels="Y", colour_space="none", meaning="mask")
REQUEST = GenerationRequest(
    task="inpaint",
    model="pochade",
    canvas_width=640,
    canvas_height=480,
    region=REGION,
    prompt="a （red:1.2） 苹果 🍎",
    negative_prompt="text",
    canvas=ImageRef(0, 2, 1, channels="BGRA"),
    mask=MASK,
    strength=0.75,
    sampler="euler",
    seed=2**63 - 1,
    count=2,
    inpaint=InpaintSettings(grow=4, feather=8, context=0.25, fill="blur", match_colours=False),
    controls=(ControlRequest("edges", ImageRef(2, 2, 1, "RGB", meaning="control"), prepared=False, weight=0.5),),
    loras=(LoraRequest("ink", 0.8),),
)
STATE = JobState(JOB, "failed", "denoising", 3, 20, 1, ErrorInfo("out_of_memory", "Too big.", True, "a1"), "a red")

#: One example of each message, with its blobs.
EXAMPLES = (
    (Hello(1, 0, JOB, "krita", "0.1.0"), ()),
    (Welcome(1, 0, "s1", "0.1.0", 1 << 28, 1 << 30), ()),
    (Error(ErrorInfo("unknown_model", "There is no model 'x'.")), ()),
    (GetCatalogue(True), ()),
    (
        Catalogue(
            (ModelDescription("pochade", "Pochade", "sd", ("txt2img",), 128, 128, 32, {"steps": 20, "cfg": 4.5}, ""),),
            (TaskDescription("inpaint", "Fill", ("canvas", "mask"), ("strength",)),),
            (OptionDescription("strength", "number", "Strength", "How much changes", 0.75, 0.01, 1.0, "fraction"),),
            (ControlDescription("edges", "Edges", "Outlines", ("pochade",)),),
            (SamplerDescription("euler", "Euler"),),
            (LoraDescription("ink", ("pochade",)),),
        ),
        (),
    ),
    (Plan("inpaint", "pochade", 640, 480, REGION), ()),
    (Planned(REGION, 128, 96), ()),
    (Submit(JOB, REQUEST, 3), (bytes(range(8)), b"\x00\xff", bytes(6))),
    (Watch(JOB, 2), ()),
    (Cancel(JOB), ()),
    (STATE, ()),
    (Preview(JOB, 5, 20, ImageRef(0, 1, 1, "RGB")), (b"\x01\x02\x03",)),
    (ListJobs(), ()),
    (Jobs((STATE,)), ()),
    (Fetch(JOB), ()),
    (
        Result(
            JOB,
            REQUEST,
            (Patch(ImageRef(0, 1, 2), -3, 4, 77),),
            Report("pochade", "cpu", "euler", 128, 96, {"denoising": 1.5}, {"prompt_cached": 1}, ("tiled VAE",)),
        ),
        (bytes(range(8)),),
    ),
    (Forget(JOB), ()),
    (Forgotten(JOB), ()),
    (GetStatus(), ()),
    (Status(4711, "idle", 0, 0, 12.5, {"device": "cpu", "memory": 1}), ()),
    (Shutdown(), ()),
    (Stopping(), ()),
)

MAP_REQUEST = GenerationRequest(
    task="control_map",
    model="",
    canvas_width=640,
    canvas_height=480,
    region=Rect(0, 16, 2, 1),
    controls=(ControlRequest("edges", ImageRef(0, 2, 1), prepared=False),),
    document=Rect(40, 10, 600, 470),
)

#: By minor version, what its additions made possible.
ADDITIONS = {
    1: (
        (
            Catalogue(
                tasks=(TaskDescription("control_map", "Make a map", ("control",), uses_model=False),),
                options=(
                    OptionDescription(
                        "inpaint.fill",
                        "choice",
                        "Fill",
                        "What stands there before",
                        "original",
                        choices=("original", "blur"),
                        choice_labels=("What is there", "Blurred surroundings"),
                        advanced=True,
                    ),
                    OptionDescription(
                        "strength", "number", "Strength", "How much changes", 0.75, 0.01, 1.0, "fraction", step=0.05
                    ),
                ),
                controls=(
                    ControlDescription("depth", "Depth", "Near and far", ("pochade",), False, "Add an estimator."),
                ),
            ),
            (),
        ),
        (Preview(JOB, 5, 20, ImageRef(0, 1, 2, "RGBA")), (b"\x01\x02\x03\xff\x00\x00\x00\x00",)),
        (Submit(JOB, MAP_REQUEST), (bytes(range(8)),)),
        (Result(JOB, MAP_REQUEST, (Patch(ImageRef(0, 1, 2), -3, 4, 77),), Report(device="cpu")), (bytes(range(8)),)),
    ),
}


def main() -> None:
    for body, blobs in EXAMPLES:
        _write(VECTORS / f"{kind_of(body)}.json", body, blobs)
    for minor, examples in ADDITIONS.items():
        for body, blobs in examples:
            _write(VECTORS / f"{kind_of(body)}-1.{minor}.json", body, blobs)


def _write(path: Path, body: Message, blobs: Sequence[bytes]) -> None:
    """Nothing is written where there is a vector already."""
    if not path.exists():
        frames = encode(body, id="7", re="6", blobs=blobs)
        vector = {
            "kind": kind_of(body),
            "id": "7",
            "re": "6",
            "body": to_plain(body),
            "frames": [bytes(frame).hex() for frame in frames],
        }
        path.write_text(json.dumps(vector, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
