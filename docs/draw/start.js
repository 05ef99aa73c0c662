// What must be before anything is shown: the theme, which is that of the documentation where a
// visitor has chosen one there, and a word where the page was opened as a file.
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  const chosen = chosenTheme();
  const isDark = chosen === "dark" || (chosen !== "light" && prefersDark.matches);
  document.documentElement.classList.toggle("dark", isDark);
}

// Some browsers keep nothing for pages, and say so by an error.
function chosenTheme() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

applyTheme();
prefersDark.addEventListener("change", applyTheme);

if (location.protocol === "file:")
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".answer-start").textContent =
      "Browsers cannot load the network for a page that is opened as a file. Serve it, for example " +
      "with “python -m http.server”.";
  });
