/* Says beside a vague date how it is understood while somebody types. The field works without it. */
"use strict";

(() => {
  const WAIT = 250;
  const timers = new WeakMap();

  async function ask(input, output) {
    const text = input.value;
    const answer = await fetch(`${output.dataset.asks}?${new URLSearchParams({ text })}`, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    // Only the answer to what stands in the field now counts.
    if (!answer.ok || input.value !== text) return;
    const { understood, sentence } = await answer.json();
    output.textContent = sentence;
    output.classList.toggle("period-reading--open", !understood);
  }

  // Django renumbers the rows of a form by rewriting "for" as text, which an output does not take: it would name no field.
  function nameFields() {
    for (const period of document.querySelectorAll(".period")) {
      period.querySelector(".period-reading").htmlFor = period.querySelector("input").id;
    }
  }

  for (const change of ["formset:added", "formset:removed"]) {
    document.addEventListener(change, () => setTimeout(nameFields));
  }

  document.addEventListener("input", (event) => {
    const output = event.target.closest?.(".period")?.querySelector(".period-reading");
    if (!output) return;
    clearTimeout(timers.get(event.target));
    timers.set(event.target, setTimeout(() => ask(event.target, output).catch(() => {}), WAIT));
  });
})();
