// Gradio gives each radio button a name of its own, and no name to what they are about. Those of one
// question need one name between them, so that the arrow keys move among them and Tab leaves them.
// Some versions measure the tabs on a hidden copy, whose buttons Tab would reach, and describe no
// uploaded image.
const page = element.closest(".gradio-container");
let n_questions = 0;

function mend() {
  for (const question of page.querySelectorAll("fieldset")) {
    const radios = question.querySelectorAll("input[type=radio]");
    if (!radios.length) continue;
    question.dataset.question ??= `question-${++n_questions}`;
    const said = question.querySelector("[data-testid=block-info]")?.textContent.trim();
    if (said) question.setAttribute("aria-label", said);
    for (const radio of radios)
      if (radio.name !== question.dataset.question) radio.name = question.dataset.question;
  }
  for (const copy of page.querySelectorAll(".visually-hidden[aria-hidden=true]")) copy.inert = true;
  for (const image of page.querySelectorAll("img:not([alt])")) image.alt = "The image that is read";
}

// Gradio brings its names back whenever one is chosen.
new MutationObserver(mend).observe(page, {
  attributeFilter: ["name"],
  childList: true,
  subtree: true,
});
mend();
