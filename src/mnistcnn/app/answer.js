// The answer changes, what listens stays.
element.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const copied = await copy(button.dataset.text);
  element.querySelector(".copied").textContent = copied
    ? "Copied."
    : "This browser does not let pages copy.";
});

// Browsers have a clipboard for pages of this machine and over HTTPS only.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused.focus();
  return copied;
}
