/* Closes an open filter of a list when somebody clicks elsewhere or presses Escape. Without it a second click closes it. */
"use strict";

(() => {
  const open = () => document.querySelectorAll(".filter-bar details[open]");

  document.addEventListener("click", (event) => {
    for (const filter of open()) {
      if (!filter.contains(event.target)) filter.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const filter of open()) {
      filter.open = false;
      filter.querySelector("summary").focus();
    }
  });
})();
