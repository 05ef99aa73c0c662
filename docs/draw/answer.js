// What mnistcnn's page with a server says and draws as well, and styles by the same sheet.
const SURE_FROM = 0.9;
const said = document.querySelector(".answer-said");
const details = document.querySelector(".answer-details");

/** Shows why there is no answer. */
export function showMessage(text) {
  said.replaceChildren(made("div", "answer-message", text));
  details.replaceChildren();
}

/** Shows the digit, how sure the network is, a bar for each digit, and what the network saw. */
export function showAnswer(probabilities, pixels) {
  const ranking = probabilities
    .map((probability, digit) => ({ digit, probability }))
    .sort((one, other) => other.probability - one.probability);
  said.replaceChildren(headline(...ranking));
  details.replaceChildren(bars(probabilities, ranking[0].digit), seen(pixels));
}

// In float32 what is nearly certain is 1, so that nothing is called 100 %.
function percent(probability) {
  if (probability >= 0.9995) return "> 99.9 %";
  return probability < 0.0005 ? "< 0.1 %" : `${(100 * probability).toFixed(1)} %`;
}

function headline(best, second) {
  const sure = best.probability >= SURE_FROM;
  const words = made("p");
  words.append(
    made("strong", "answer-probability", percent(best.probability)),
    sure ? " sure" : " sure: a guess, and maybe no digit",
    made("br"),
    made("span", "answer-second", `second choice: ${second.digit} (${percent(second.probability)})`)
  );
  const line = made("div", `answer-headline${sure ? "" : " unsure"}`);
  line.append(made("output", "answer-digit", best.digit), words);
  return line;
}

function bars(probabilities, best) {
  const list = made("ul", "bars");
  list.ariaLabel = "Probability of each digit";
  probabilities.forEach((probability, digit) => {
    const row = made("li", digit === best ? "best" : "");
    const track = made("span", "bar-track");
    const bar = made("span", "bar");
    bar.style.width = `${(100 * probability).toFixed(2)}%`;
    track.append(bar);
    row.append(
      made("span", "bar-label", digit),
      track,
      made("span", "bar-value", percent(probability))
    );
    list.append(row);
  });
  return list;
}

function seen(pixels) {
  const figure = made("figure", "seen");
  const image = made("img");
  image.alt = "The digit in light ink on black, 28 by 28 pixels";
  image.src = asImage(pixels);
  figure.append(image, made("figcaption", "", "What the network saw: 28\u202f×\u202f28 pixels"));
  return figure;
}

function asImage(pixels) {
  const paper = document.createElement("canvas");
  paper.width = paper.height = 28;
  const colors = Uint8ClampedArray.from({ length: 4 * pixels.length }, (_, place) =>
    place % 4 === 3 ? 255 : pixels[Math.floor(place / 4)]
  );
  paper.getContext("2d").putImageData(new ImageData(colors, 28, 28), 0, 0);
  return paper.toDataURL();
}

function made(name, className = "", text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
