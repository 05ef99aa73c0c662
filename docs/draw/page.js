import { showAnswer, showMessage } from "./answer.js";
import { drawingPad } from "./drawing_pad.js";
import { inMnistForm, isDot, isolatedDigit } from "./mnist_form.js";
import { loadNetwork } from "./network.js";

const EMPTY = "The canvas is empty. Draw a digit from 0 to 9: the prediction appears at once.";
const DOT = "Not a digit: this is a dot, or does not look like a digit.";
const NOT_LOADED =
  "The network could not be loaded. Either the connection broke, or this copy of the page has no " +
  "onnxruntime-web, which the documentation’s build leaves out where npm cannot fetch it.";

const pad = { value: "" };
const network = loadNetwork();
let latest = 0;

// A drawing that comes while an earlier one is read takes its place.
async function read() {
  const number = ++latest;
  const image = pad.value ? await inked(pad.value) : null;
  const digit = image && isolatedDigit(image);
  if (digit === null || isDot(digit)) {
    if (number === latest) showMessage(digit === null ? EMPTY : DOT);
    return;
  }
  const pixels = inMnistForm(digit);
  try {
    const probabilities = await (await network)(pixels);
    if (number === latest) showAnswer(probabilities, pixels);
  } catch (error) {
    showFailure(error);
  }
}

// The drawing pad gives an image in black on white.
async function inked(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { naturalHeight: height, naturalWidth: width } = image;
  const paper = Object.assign(document.createElement("canvas"), { height, width });
  const context = paper.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const values = Float64Array.from({ length: height * width }, (_, place) => 1 - data[4 * place] / 255);
  return { height, width, values };
}

function showFailure(error) {
  console.warn(error);
  showMessage(NOT_LOADED);
}

drawingPad(document.querySelector(".pad"), pad, read);
network.then(read, showFailure);
