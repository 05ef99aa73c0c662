element.querySelector(".example").addEventListener("click", () => trigger("click"));
