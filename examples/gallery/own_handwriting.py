"""
Read your own handwriting
=========================

A network that is right on 99 % of MNIST is often wrong on a photograph or a drawing, because
all of MNIST's images were made in the same way. ``DigitNormalizer`` brings yours to the same form,
and the network of ``load_pretrained`` reads them without any training.

The images in this example are drawn with Pillow: dark, thin strokes on paper, in uneven light. Use
arrays, Pillow images or image file names of your own in their place, of any size.
"""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw
from sklearn.pipeline import make_pipeline

from mnistcnn import DigitNormalizer, RejectingClassifier, load_pretrained

STROKES = {
    1: [[(110, 40), (104, 200)]],
    2: [[(70, 90), (90, 55), (130, 55), (140, 95), (70, 190), (160, 185)]],
    3: [[(70, 60), (130, 55), (140, 90), (100, 115), (150, 140), (135, 190), (70, 195)]],
    4: [[(80, 50), (65, 130), (165, 125)], [(135, 80), (128, 210)]],
    5: [[(150, 50), (85, 55), (80, 115), (130, 110), (150, 150), (120, 195), (70, 185)]],
    7: [[(65, 60), (155, 55), (95, 210)]],
}


def photograph(strokes, pen):
    paper = Image.new("L", (220, 250), 225)
    for stroke in strokes:
        ImageDraw.Draw(paper).line(stroke, fill=60, width=pen, joint="curve")
    light = np.linspace(1, 0.55, paper.width)
    grain = np.random.default_rng(0).normal(0, 3, (paper.height, paper.width))
    return np.clip(np.asarray(paper) * light + grain, 0, 255).astype(np.uint8)


images = [photograph(strokes, pen=4) for strokes in STROKES.values()]

# %%
# A pipeline of the normalizer and the pretrained network needs no ``fit``.

reader = make_pipeline(DigitNormalizer(), load_pretrained())
print("written:", list(STROKES))
print("read:   ", reader.predict(images).tolist())

# %%
# The photographs are above, and the images that the network sees below.

normalized = DigitNormalizer().transform(images)
probabilities = reader.predict_proba(images)
figure, axes = plt.subplots(2, len(images), figsize=(8, 3.4), layout="constrained")
for (above, below), image, digit, row in zip(
    axes.T, images, normalized, probabilities, strict=True
):
    above.imshow(image, cmap="gray", vmin=0, vmax=255)
    below.imshow(digit, cmap="gray")
    below.set_title(f"{row.argmax()}: {100 * row.max():.0f} %", fontsize="medium")
    above.set_axis_off()
    below.set_axis_off()
plt.show()

# %%
# A network predicts a digit for every image. ``RejectingClassifier`` predicts -1 if the
# confidence is too low, here for noise and for an empty sheet.

careful = make_pipeline(DigitNormalizer(empty="blank"), RejectingClassifier(load_pretrained()))
noise = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
empty = np.full((100, 100), 230, dtype=np.uint8)
print(careful.predict([images[0], noise, empty]).tolist())
