"""
Read every digit on a sheet
===========================

``load_reader`` returns a ``DigitReader``, which finds the lines and the digits on a page, and reads
them with the network that comes with the package. In a terminal, use
``mnistcnn predict --sheet photo.jpg``.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image

from mnistcnn import load_reader, load_sample_digits

# %%
# The page in this example is made of the bundled digits: numbers on ruled paper, in uneven
# light. Pass the name of your own image file in its place.


def sheet_of_numbers(numbers):
    digits = load_sample_digits()
    height, width = 70 * len(numbers) + 40, 60 * max(map(len, numbers)) + 60
    paper = np.full((height, width), 235.0)
    paper[75::70] = 150
    for line, number in enumerate(numbers):
        for place, digit in enumerate(number):
            image = digits.images[digits.target == int(digit)][place]
            drawn = np.asarray(Image.fromarray(image).resize((56, 56), Image.Resampling.BICUBIC))
            top, left = 70 * line + 24, 60 * place + 30 + 5 * (line % 2)
            part = paper[top : top + 56, left : left + 56]
            np.minimum(part, 235 - drawn / 1.2, out=part)
    light = np.linspace(1, 0.6, width)
    return Image.fromarray((paper * light).astype(np.uint8))


sheet = sheet_of_numbers(["314159", "265358", "979323"])
(reading,) = load_reader().read([sheet])
print(reading.text)

# %%
# Each digit has its place on the page, its probability and, if it was hard to read, its
# alternatives.

for line in reading.lines:
    for digit in line:
        if digit.probability < 0.9:
            second, probability = digit.alternatives[0]
            print(f"{digit.label} at {digit.box}: perhaps {second} ({100 * probability:.0f} %)")

figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
ax.imshow(sheet, cmap="gray", vmin=0, vmax=255)
ax.set_axis_off()
for digit in (digit for line in reading.lines for digit in line):
    x, y, width, height = digit.box
    ax.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor="tab:red", linewidth=1.5))
    ax.text(x, y - 4, f"{digit.label}", color="tab:red", weight="bold")
plt.show()
