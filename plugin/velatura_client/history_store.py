"""What a document keeps of its history: one small attachment with everything but the pixels.

JSON, readable in any unpacked file: prompt and settings of each job, seed, place and thumbnail of each picture, and the
names of the attachments that the job was made from.
"""

import base64
import json
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from velatura_protocol.codec import from_plain, to_plain
from velatura_protocol.errors import ProtocolError
from velatura_protocol.images import CHANNEL_LAYOUTS, MAX_SIDE, ImageRef
from velatura_protocol.messages import Patch, Report, Result
from velatura_protocol.request import GenerationRequest
from velatura_protocol.version import PACKAGE_VERSION

from .editor import Pixels
from .packing import unpack
from .spot import Spot
from .spot_store import plain_spot, spot_of
from .thumbnail import THUMBNAIL_SIDE

#: The attachment's name.
INDEX = "velatura-history"
INDEX_VERSION = 1
#: Nobody scrolls further back, and a list of this length is drawn at once.
MOST_JOBS = 100
#: Bytes of the attachment: about 75 thumbnails of photographs; the file of one A4 layer has ten times as many.
LARGEST_INDEX = 2 << 20
#: A foreign attachment above this is not even looked at. Thumbnails are bounded, so nothing of ours comes near.
_LARGEST_READ = 16 << 20
#: What reading a value of a foreign shape may raise.
_DAMAGE = (
    struct.error,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    ProtocolError,
)


@dataclass(frozen=True)
class KeptPicture:
    """A picture of a job.

    Attributes:
        number: its place among the job's results, from 0.
        layers: keys of the layers that it became.
        is_decided: it was applied once; the daemon's copy is not needed for it.
        thumbnail: as ``thumbnail_text`` makes it.
    """

    number: int
    patch: Patch
    layers: Tuple[str, ...]
    is_decided: bool
    thumbnail: str


@dataclass(frozen=True)
class KeptJob:
    """A job of the history.

    Attributes:
        made_at: seconds since 1970.
        result: its request and report; the patches stand with the pictures.
        name: of its layers, "" = after the prompt.
        spot: where its pictures belong; None = nothing is known but coordinates.
        inputs: names of the document's attachments with the request's blobs; () = not kept.
    """

    job: str
    made_at: float
    result: Result
    name: str
    spot: Optional[Spot]
    inputs: Tuple[str, ...]
    pictures: Tuple[KeptPicture, ...]


@dataclass(frozen=True)
class Index:
    """What was read.

    Attributes:
        jobs: newest first.
        is_newer: written by a newer Velatura: nothing was read, and it must not be replaced.
        is_damaged: something in it could not be read.
    """

    jobs: Tuple[KeptJob, ...] = ()
    is_newer: bool = False
    is_damaged: bool = False


def job_text(job: KeptJob) -> str:
    """A job in the index."""
    return json.dumps(_plain_job(job))  # ASCII: its length is its size


def write_index(jobs: Sequence[str]) -> bytes:
    """The attachment for the texts of ``jobs``, newest first: at most ``MOST_JOBS`` and ``LARGEST_INDEX``; the oldest
    leave."""
    texts: List[str] = []
    head = f'{{"history": {INDEX_VERSION}, "velatura": {json.dumps(PACKAGE_VERSION)}, "jobs": [\n'
    size = len(head) + 2
    for text in jobs[:MOST_JOBS]:
        size += len(text) + 2
        if size > LARGEST_INDEX:
            break
        texts.append(text)
    return (head + ",\n".join(texts) + "]}").encode("ascii")


def read_index(data: bytes) -> Index:
    """The jobs in an attachment; b"" has none. Raises nothing: what is damaged is left out."""
    if not data:
        return Index()
    if len(data) > _LARGEST_READ:
        return Index(is_damaged=True)
    try:
        plain = json.loads(data.decode("utf-8"))
        version, listed = int(plain["history"]), list(plain["jobs"])
    except _DAMAGE:
        return Index(is_newer=_names_newer_version(data), is_damaged=True)
    if version > INDEX_VERSION:
        return Index(is_newer=True)
    jobs: Dict[str, KeptJob] = {}
    is_damaged = False
    for one in listed[:MOST_JOBS]:
        try:
            job = _job(one)
        except _DAMAGE:
            is_damaged = True
            continue
        jobs.setdefault(job.job, job)
    return Index(tuple(jobs.values()), is_damaged=is_damaged)


def thumbnail_text(thumbnail: Pixels) -> str:
    """A thumbnail in the index: size, channels, and its pixels compressed. A millisecond each: make it once."""
    packed = base64.b64encode(zlib.compress(bytes(thumbnail.data), 6)).decode("ascii")
    return f"{thumbnail.width} {thumbnail.height} {thumbnail.channels} {packed}"


def thumbnail_of(text: str) -> Pixels:
    """The thumbnail again.

    Raises:
        ValueError: it is damaged.
    """
    width, height, channels, packed = text.split(" ")
    columns, rows = int(width), int(height)
    if not (0 < columns <= THUMBNAIL_SIDE and 0 < rows <= THUMBNAIL_SIDE and channels in CHANNEL_LAYOUTS):
        raise ValueError("a thumbnail of a wrong size")
    data = unpack(base64.b64decode(packed, validate=True), columns * rows * len(channels))
    return Pixels(data, columns, rows, channels)


def _plain_job(job: KeptJob) -> Dict[str, Any]:
    return {
        "job": job.job,
        "made_at": job.made_at,
        "request": to_plain(job.result.request),
        "report": to_plain(replace(job.result.report, timings={}, counters={})),
        "name": job.name,
        "spot": None if job.spot is None else plain_spot(job.spot),
        "inputs": list(job.inputs),
        "pictures": [
            {
                "number": picture.number,
                "seed": picture.patch.seed,
                "x": picture.patch.x,
                "y": picture.patch.y,
                "width": picture.patch.image.width,
                "height": picture.patch.image.height,
                "layers": list(picture.layers),
                "decided": picture.is_decided,
                "thumbnail": picture.thumbnail,
            }
            for picture in job.pictures
        ],
    }


def _job(plain: Any) -> KeptJob:
    pictures = tuple(_picture(one) for one in plain["pictures"])
    if not pictures or len({picture.number for picture in pictures}) < len(pictures):
        raise ValueError("no pictures, or one of them twice")
    result = Result(
        job=_text(plain["job"]),
        request=from_plain(GenerationRequest, plain["request"]),
        patches=tuple(picture.patch for picture in pictures),
        report=from_plain(Report, plain["report"]),
    )
    return KeptJob(
        job=result.job,
        made_at=float(plain["made_at"]),
        result=result,
        name=_text(plain["name"]),
        spot=None if plain["spot"] is None else spot_of(plain["spot"]),
        inputs=tuple(_text(name) for name in plain["inputs"]),
        pictures=pictures,
    )


def _picture(plain: Any) -> KeptPicture:
    width, height = int(plain["width"]), int(plain["height"])
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError("a picture of a wrong size")
    thumbnail = _text(plain["thumbnail"])
    thumbnail_of(thumbnail)
    number = int(plain["number"])
    return KeptPicture(
        number=number,
        patch=Patch(ImageRef(number, width, height), int(plain["x"]), int(plain["y"]), int(plain["seed"])),
        layers=tuple(_text(key) for key in plain["layers"]),
        is_decided=plain["decided"] is True,
        thumbnail=thumbnail,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _names_newer_version(data: bytes) -> bool:
    """Whether what cannot be read begins as an index of a newer version does, which then must not be replaced."""
    head, _comma, _rest = data[:64].partition(b",")
    _name, _colon, number = head.partition(b":")
    return head.startswith(b'{"history":') and number.strip().isdigit() and int(number) > INDEX_VERSION
