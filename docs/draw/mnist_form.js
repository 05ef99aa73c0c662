// Brings a drawing to MNIST's form, as mnistcnn's DigitNormalizer does where the paper is white and
// the pen black: with neither noise, shadows nor lines on the paper. An image is an object of height,
// width and values, row by row: 0 on the paper, 1 where ink covers it.
const SIDE = 28;
const DIGIT_SIDE = 20;
const MIN_SQUARE_SIDE = 10;

// The digit is cut out of an image of at most so many pixels a side, and, where it takes fewer than
// the second number of these, out of its surroundings, unless they are nearly all of the image.
const WORKING_SIDE = 112;
const MIN_DIGIT_SIDE = 36;
const MAX_SURROUNDINGS = 0.8;
const MIN_INK = 0.0802;

// Fractions of the digit's longer side: strokes under the first become as broad as the second.
const MIN_STROKE_WIDTH = 0.075;
const BROADENED_WIDTH = 0.111;
const EDGE = 0.5;

// A dot or a blob is at most so many times as long as it is broad.
const MAX_DOT_ASPECT = 2.4;

/** Returns the box of the digit in a drawing, or null where there is no ink. */
export function isolatedDigit(image) {
  const factor = Math.ceil(longerSide(image) / WORKING_SIDE);
  const ink = shrunk(image, factor);
  const box = boundingBox(ink, MIN_INK);
  if (box === null) return null;
  const around = surroundings(box, factor, image);
  return around === null
    ? withoutFaintInk(cropped(ink, box))
    : isolatedDigit(cropped(image, around));
}

/** Says whether the box of a digit holds no more than a dot or a blob. */
export function isDot(ink) {
  return longerSide(ink) < MAX_DOT_ASPECT * strokeWidth(ink);
}

/** Brings the box of a digit to 28x28 bytes, light ink on black. */
export function inMnistForm(ink) {
  const broad = withBroaderStrokes(ink);
  const digit = cropped(broad, boundingBox(broad, 0));
  const squareSide = Math.max(longerSide(digit), MIN_SQUARE_SIDE);
  return centered(stretched(resized(digit, squareSide)));
}

function longerSide({ height, width }) {
  return Math.max(height, width);
}

function made(height, width, valueAt) {
  const values = new Float64Array(height * width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) values[y * width + x] = valueAt(y, x);
  return { height, width, values };
}

function shrunk(image, factor) {
  const [height, width] = [image.height, image.width].map((side) => Math.ceil(side / factor));
  return made(height, width, (y, x) => {
    const box = {
      top: y * factor,
      left: x * factor,
      bottom: Math.min((y + 1) * factor, image.height),
      right: Math.min((x + 1) * factor, image.width),
    };
    const { values } = cropped(image, box);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

function cropped(image, { top, left, bottom, right }) {
  return made(
    bottom - top,
    right - left,
    (y, x) => image.values[(top + y) * image.width + left + x]
  );
}

function boundingBox({ width, values }, background) {
  const box = { top: Infinity, left: Infinity, bottom: 0, right: 0 };
  values.forEach((value, place) => {
    if (value <= background) return;
    const [y, x] = [Math.floor(place / width), place % width];
    box.top = Math.min(box.top, y);
    box.left = Math.min(box.left, x);
    box.bottom = Math.max(box.bottom, y + 1);
    box.right = Math.max(box.right, x + 1);
  });
  return box.bottom ? box : null;
}

function withoutFaintInk({ height, width, values }) {
  return { height, width, values: values.map((value) => (value > MIN_INK ? value : 0)) };
}

function surroundings(box, factor, image) {
  const size = Math.max(box.bottom - box.top, box.right - box.left);
  if (factor === 1 || size >= MIN_DIGIT_SIDE) return null;
  const margin = Math.floor(size / 2) + 3;
  const around = {
    top: Math.max((box.top - margin) * factor, 0),
    left: Math.max((box.left - margin) * factor, 0),
    bottom: Math.min((box.bottom + margin) * factor, image.height),
    right: Math.min((box.right + margin) * factor, image.width),
  };
  const side = Math.max(around.bottom - around.top, around.right - around.left);
  return side < MAX_SURROUNDINGS * longerSide(image) ? around : null;
}

// Area over half the outline's length; stairs are 4 / pi times as long as the outline.
function strokeWidth(image) {
  const isInk = (y, x) => valueAt(image, y, x) > EDGE;
  let [area, outline] = [0, 0];
  for (let y = 0; y <= image.height; y++)
    for (let x = 0; x <= image.width; x++) {
      area += isInk(y, x);
      outline += (isInk(y, x) !== isInk(y - 1, x)) + (isInk(y, x) !== isInk(y, x - 1));
    }
  return (2 * area) / Math.max((Math.PI / 4) * outline, 1);
}

function valueAt({ height, width, values }, y, x) {
  return y >= 0 && y < height && x >= 0 && x < width ? values[y * width + x] : 0;
}

function withBroaderStrokes(ink) {
  const [size, width] = [longerSide(ink), strokeWidth(ink)];
  if (width >= MIN_STROKE_WIDTH * size) return ink;
  // The box grows with the strokes, hence the denominator.
  const more = (BROADENED_WIDTH * size - width) / (1 - BROADENED_WIDTH) / 2;
  const margin = Math.ceil(more) + 1;
  return made(ink.height + 2 * margin, ink.width + 2 * margin, (y, x) =>
    Math.min(Math.max(more + 1 - distanceToInk(ink, y - margin, x - margin, margin), 0), 1)
  );
}

function distanceToInk(ink, y, x, reach) {
  let least = Infinity;
  for (let down = -reach; down <= reach; down++)
    for (let across = -reach; across <= reach; across++)
      if (valueAt(ink, y + down, x + across) > EDGE)
        least = Math.min(least, Math.hypot(down, across));
  return least;
}

function resized(ink, squareSide) {
  const down = weights(ink.height, squareSide);
  const across = weights(ink.width, squareSide);
  const rows = made(DIGIT_SIDE, ink.width, (y, x) =>
    down[y].reduce((sum, weight, each) => sum + weight * ink.values[each * ink.width + x], 0)
  );
  return made(DIGIT_SIDE, DIGIT_SIDE, (y, x) =>
    across[x].reduce((sum, weight, each) => sum + weight * rows.values[y * ink.width + each], 0)
  );
}

// How much each pixel of a line in the middle of the square gives to each of the 20 target pixels.
// One that is cut in two counts as 0.99 of its size, as in the program that made MNIST; small
// squares are doubled before.
function weights(length, squareSide) {
  const doubled = squareSide < DIGIT_SIDE ? 2 : 1;
  const first = Math.floor((squareSide - length) / 2) * doubled;
  const targetSide = 5 * doubled * squareSide;
  return Array.from({ length: DIGIT_SIDE }, (_, target) => {
    const lower = targetSide * target;
    const line = new Float64Array(length);
    for (let part = 0; part < doubled * length; part++)
      line[Math.floor(part / doubled)] += share(100 * (first + part), lower, lower + targetSide);
    return line;
  });
}

function share(start, lower, upper) {
  if (start >= lower && start + 99 <= upper) return 100;
  return Math.max(Math.min(start + 99, upper) - Math.max(start, lower), 0);
}

function stretched({ height, width, values }) {
  const strongest = values.reduce((most, value) => Math.max(most, value), 0);
  return { height, width, values: values.map((v) => Math.floor((v * 255) / strongest + 0.5)) };
}

function centered(digit) {
  const [top, left] = ["y", "x"].map((axis) => offset(digit, axis));
  const pixels = new Uint8Array(SIDE * SIDE);
  digit.values.forEach((value, place) => {
    const [y, x] = [Math.floor(place / DIGIT_SIDE), place % DIGIT_SIDE];
    pixels[(top + y) * SIDE + left + x] = value;
  });
  return pixels;
}

// The shift that brings the center of gravity to more than 14 and at most 15.
function offset({ values }, axis) {
  let [total, twiceCenter] = [0, 0];
  values.forEach((value, place) => {
    const position = axis === "y" ? Math.floor(place / DIGIT_SIDE) : place % DIGIT_SIDE;
    total += value;
    twiceCenter += value * (2 * position + 1);
  });
  const shift = Math.floor((30 * total - twiceCenter) / (2 * total));
  return Math.min(Math.max(shift, 0), SIDE - DIGIT_SIDE);
}
