// Strokes are kept as points on a square of SIDE units, so that one can be undone, and so that the
// image that is sent does not depend on the size of the screen or on its colors. An example is
// kept like a stroke, with the strokes whose place it has taken.
const SIDE = 280;
const PEN = 18;
const MARGIN = 28;
const STEP = 7;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const canvas = element.querySelector(".pad-canvas");
let strokes = [];
let current = null;
let cursor = [SIDE / 2, SIDE / 4];
let cursorIsShown = false;
const heldKeys = new Set();

function draw(target, ink) {
  const context = target.getContext("2d");
  context.setTransform(target.width / SIDE, 0, 0, target.height / SIDE, 0, 0);
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = context.fillStyle = ink;
  for (const points of strokes) {
    context.beginPath();
    if (points.example) {
      context.drawImage(inInk(points.example, ink), MARGIN, MARGIN, SIDE - 2 * MARGIN, SIDE - 2 * MARGIN);
    } else if (isTap(points)) {
      // Newer browsers draw no line of no length, whatever its caps.
      context.arc(...points[0], PEN / 2, 0, 2 * Math.PI);
      context.fill();
    } else {
      context.moveTo(...points[0]);
      for (const point of points.slice(1)) context.lineTo(...point);
      context.stroke();
    }
  }
  return context;
}

// An example is ink on nothing, which takes the color of the pen.
function inInk(example, ink) {
  const paper = document.createElement("canvas");
  paper.width = example.naturalWidth;
  paper.height = example.naturalHeight;
  const context = paper.getContext("2d");
  context.drawImage(example, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = ink;
  context.fillRect(0, 0, paper.width, paper.height);
  return paper;
}

function isTap(points) {
  return points.every(([x, y]) => x === points[0][0] && y === points[0][1]);
}

function show() {
  const style = getComputedStyle(canvas);
  canvas.width = canvas.height = Math.round(canvas.clientWidth * window.devicePixelRatio);
  const context = draw(canvas, style.color);
  if (!cursorIsShown) return;
  context.lineWidth = 2;
  context.strokeStyle = style.getPropertyValue("--pad-cursor");
  context.beginPath();
  context.arc(...cursor, PEN / 2 + 3, 0, 2 * Math.PI);
  context.stroke();
}

function image() {
  const paper = document.createElement("canvas");
  paper.width = paper.height = SIDE;
  const context = paper.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, SIDE, SIDE);
  draw(paper, "black");
  return paper.toDataURL("image/png");
}

function finish() {
  show();
  props.value = strokes.length ? image() : "";
  // Gradio itself triggers "change", in some versions.
  trigger("input");
}

function undo() {
  current = null;
  const last = strokes.pop();
  if (last?.example) strokes = last.before;
  finish();
}

async function take(example) {
  await example.decode();
  current = null;
  strokes = [{ example, before: strokes }];
  finish();
}

function clear() {
  current = null;
  strokes = [];
  finish();
}

function position(event) {
  const box = canvas.getBoundingClientRect();
  return [
    ((event.clientX - box.left) * SIDE) / box.width,
    ((event.clientY - box.top) * SIDE) / box.height,
  ];
}

function penDown(point) {
  current = [point];
  strokes.push(current);
}

canvas.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  canvas.setPointerCapture(event.pointerId);
  cursorIsShown = false;
  penDown(position(event));
  show();
});

canvas.addEventListener("pointermove", (event) => {
  if (current === null || !event.isPrimary || !canvas.hasPointerCapture(event.pointerId)) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) current.push(position(each));
  show();
});

for (const name of ["pointerup", "pointercancel"])
  canvas.addEventListener(name, (event) => {
    if (current === null || !event.isPrimary) return;
    current = null;
    finish();
  });

function moveCursor() {
  for (const key of heldKeys)
    cursor = cursor.map((value, axis) =>
      Math.min(SIDE - PEN, Math.max(PEN, value + STEP * MOVES[key][axis]))
    );
  if (current !== null) current.push(cursor);
  show();
}

function togglePen() {
  if (current === null) {
    penDown(cursor);
    show();
  } else {
    current = null;
    finish();
  }
}

canvas.addEventListener("keydown", (event) => {
  if (event.key in MOVES) {
    heldKeys.add(event.key);
    cursorIsShown = true;
    moveCursor();
  } else if (event.key === " ") {
    cursorIsShown = true;
    togglePen();
  } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
  else if (event.key === "Delete") clear();
  else return;
  event.preventDefault();
});

canvas.addEventListener("keyup", (event) => heldKeys.delete(event.key));

canvas.addEventListener("blur", () => {
  heldKeys.clear();
  cursorIsShown = false;
  if (current !== null) togglePen();
  else show();
});

for (const button of element.querySelectorAll(".pad-examples button"))
  button.addEventListener("click", () => take(button.querySelector("img")));
element.querySelector(".pad-undo").addEventListener("click", undo);
element.querySelector(".pad-clear").addEventListener("click", clear);
new ResizeObserver(show).observe(canvas);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
