/**
 * Names the parts of select2 that have no name of their own, so that assistive technology says which field it is in: the
 * value takes over the label of the field, and so does the search box of a field with several values.
 */
function nameParts(container) {
  const label = container.previousElementSibling?.labels?.[0]
  if (!label) return
  const name = label.textContent.trim().replace(/:$/, "")
  label.id = label.id || `${label.htmlFor}_label`
  const value = container.querySelector(".select2-selection__rendered")
  if (container.querySelector(".select2-selection--multiple")) {
    // The list holds the search box and the cross as well, so it is none.
    for (const part of [value, ...value.children]) part.setAttribute("role", "none")
    container.querySelector(".select2-search__field")?.setAttribute("aria-label", name)
  } else {
    value.setAttribute("aria-label", `${name}: ${value.title || "nichts gewählt"}`)
  }
}

function nameAll() {
  for (const container of document.querySelectorAll("select + .select2-container")) nameParts(container)
  document.querySelector(".select2-search--dropdown .select2-search__field")?.setAttribute("aria-label", "Suchen")
}

document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true })
  nameAll()
})
