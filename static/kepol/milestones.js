/* Cards that are saved one by one on the same page. Everything works without it: then each form leads to a page of its own. */
"use strict";

(() => {
  const FAILED = "Nicht gespeichert. Ihr Text steht noch da. Versuchen Sie es gleich noch einmal.";
  const SIGNED_OUT = "Nicht gespeichert: Ihre Anmeldung ist abgelaufen. Ihr Text steht noch da. Sichern Sie ihn, und laden Sie die Seite neu.";
  const REFUSED = "Nicht gespeichert: Die Seite ist veraltet, oder Sie sind nicht mehr berechtigt. Sichern Sie Ihren Text, und laden Sie die Seite neu.";
  const FIELDS = "input:not([type=hidden]):not([type=radio]), textarea, select";

  let fading;

  function announce(sentence, { failed = false } = {}) {
    clearTimeout(fading);
    const region = document.getElementById("meldung");
    region.classList.toggle("toast--failed", failed);
    region.textContent = "";
    // A second message with the same words is read out only when it comes anew.
    setTimeout(() => { region.textContent = sentence; }, 50);
    // What was saved stands in its card too; what failed stays until something else happens.
    if (!failed) fading = setTimeout(() => { region.textContent = ""; }, 5_000);
  }

  const isChanged = (field) => field.options
    ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.value !== field.defaultValue;
  const isUnsaved = (form) => "unsaved" in form.dataset || [...form.querySelectorAll(FIELDS)].some(isChanged);

  // After saving the next card to answer; after an error the first field in question.
  function follow(card) {
    const invalid = card.querySelector("[aria-invalid=true], .dispute input[type=radio]");
    if (!card.dataset.saved) {
      (invalid || card.querySelector("[tabindex='-1']")).focus();
      return;
    }
    announce(card.dataset.saved);
    const cards = [...document.querySelectorAll(".milestone")];
    const next = cards.slice(cards.indexOf(card) + 1).find((one) => one.querySelector(".answer"));
    (next?.querySelector(FIELDS) || card.querySelector("[tabindex='-1']")).focus({ preventScroll: true });
    (next || card).scrollIntoView({ block: "start" });
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    const card = event.detail.elt.closest?.(".milestone");
    if (card && event.detail.elt === card) follow(card);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // Whose session has ended is led to the login, which is no card.
    if (new URL(event.detail.xhr.responseURL).pathname.startsWith("/meilensteine/")) return;
    event.detail.shouldSwap = false;
    announce(SIGNED_OUT, { failed: true });
  });
  document.addEventListener("htmx:responseError", (event) => {
    announce(event.detail.xhr.status === 403 ? REFUSED : FAILED, { failed: true });
  });
  document.addEventListener("htmx:sendError", () => announce(FAILED, { failed: true }));

  let leaving = null;
  document.addEventListener("submit", (event) => { leaving = event.target; });
  window.addEventListener("beforeunload", (event) => {
    const unsaved = [...document.querySelectorAll("main form[method=post]")].filter((form) => form !== leaving && isUnsaved(form));
    if (unsaved.length) event.preventDefault();
  });
})();
