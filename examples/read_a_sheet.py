"""Read every digit of a photographed sheet, with the network that comes with the package.

    python examples/read_a_sheet.py [IMAGE [MARKED.png]]

Without an image, one is made: numbers on ruled paper in slanting light.
"""

import sys

import numpy as np
from PIL import Image, ImageDraw

from mnistcnn import DigitNormalizer, find_digits, load_pretrained, load_sample_digits
from mnistcnn.images import grey_over_white, open_image


def sheet_of_numbers(numbers):
    """Return a photograph of numbers, one on each line of ruled paper."""
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


image = open_image(sys.argv[1]) if len(sys.argv) > 1 else sheet_of_numbers(["27182", "31415"])
found = find_digits(image)
print(f"{len(found)} digits in {1 + max((digit.line for digit in found), default=-1)} lines")

if found:
    images = DigitNormalizer(empty="blank").transform([digit.crop for digit in found])
    labels = load_pretrained().predict(images)
    for line in range(found[-1].line + 1):
        read = [
            # Digits that touch were not cut apart, so nobody has read them.
            "?" * digit.n_digits if digit.touching else str(label)
            for digit, label in zip(found, labels, strict=True)
            if digit.line == line
        ]
        print(" ".join(read))

if len(sys.argv) > 2:
    # As it was read: Pillow would show 16 bits as white, and transparency as black.
    greys = np.uint8(255 * grey_over_white(image))
    marked = Image.fromarray(greys).convert("RGB")
    pen = ImageDraw.Draw(marked)
    for digit in found:
        x, y, width, height = digit.box
        pen.rectangle((x, y, x + width, y + height), outline="magenta" if digit.touching else "red")
    marked.save(sys.argv[2])
