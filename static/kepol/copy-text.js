/* Offers a button that copies a text with its formatting. Without it people mark the text and copy it themselves. */
"use strict";

(() => {
  const DONE = "Kopiert";
  const FAILED = "Das Kopieren hat nicht geklappt. Markieren Sie den Text und kopieren Sie ihn selbst.";

  async function copy(source) {
    const as = (kind, text) => [kind, new Blob([text], { type: kind })];
    const item = new ClipboardItem(
      Object.fromEntries([as("text/html", source.innerHTML.trim()), as("text/plain", source.innerText.trim())]),
    );
    await navigator.clipboard.write([item]);
  }

  function offer(source) {
    const button = document.createElement("button");
    const said = document.createElement("output");
    button.type = "button";
    button.className = "button";
    button.textContent = "Text kopieren";
    button.addEventListener("click", async () => {
      said.textContent = await copy(source).then(() => DONE, () => FAILED);
    });
    const row = document.createElement("p");
    row.className = "copy-row";
    row.append(button, " ", said);
    source.before(row);
  }

  // Without a safe connection browsers have no clipboard.
  if (!navigator.clipboard?.write || typeof ClipboardItem === "undefined") return;
  for (const source of document.querySelectorAll("[data-copy-source]")) offer(source);
})();
