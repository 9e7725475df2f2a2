"""What is left of a picture after it went through the autoencoder."""

import random

import cv2
import numpy as np

from velatura_daemon.diffusion.device import choose_placement
from velatura_daemon.diffusion.latents import decode_latents, encode_image
from velatura_daemon.diffusion.loading import load_parts

from ..figure import Bench, Figure, Measurement, Outcome
from ..metrics import peak_signal_to_noise, top_hits
from ..questions import draw_questions, wanted_things

SEED = 107
SHARE = 1.0


def measure(bench: Bench) -> Outcome:
    parts = load_parts(bench.studio.folder, choose_placement("auto"))
    native = (bench.studio.sizes.native_width, bench.studio.sizes.native_height)
    draw = random.Random(SEED)
    questions = draw_questions(bench.recipe, bench.share(SHARE), seed=SEED)
    originals, reconstructions = [], []
    for number, question in enumerate(questions, 1):
        bench.announce(f"autoencoder: {number} of {len(questions)}")
        rgb = bench.composer.compose(question.plan, draw).rgb
        original = rgb.copy() if rgb.shape[1::-1] == native else np.asarray(cv2.resize(rgb, native), np.uint8)
        originals.append(original)
        reconstructions.append(decode_latents(parts, encode_image(parts, original)))
    ratios = [peak_signal_to_noise(*pair) for pair in zip(reconstructions, originals, strict=True)]
    wanted = wanted_things(questions, bench.classifier.labels)
    shares = [
        float(top_hits(bench.classifier.judge(pictures).ranked_things(), wanted, 1).mean())
        for pictures in (reconstructions, originals)
    ]
    rows = (
        Measurement(
            id="vae_psnr",
            label="autoencoder, PSNR, mean over pictures",
            value=float(np.mean(ratios)),
            count=len(questions),
            unit="dB",
            note=f"worst picture {min(ratios):.1f} dB",
        ),
        Measurement(
            id="vae_top1",
            label="autoencoder, object recognised in reconstructions, top-1",
            value=shares[0],
            count=len(questions),
            control=shares[1],
            control_label="in the originals",
        ),
    )
    return Outcome(measurements=rows)


FIGURE = Figure(id="vae", order=70, measure=measure)
