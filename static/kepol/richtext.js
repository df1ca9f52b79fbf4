/**
 * Turns every <textarea data-richtext="address of the editor's module"> of a page into an editor, and those of rows that
 * the admin adds later. The schema is the one of kepol/lib/richtext.py: what the sanitiser would remove cannot be entered.
 *
 * Input rules are off: "*" in "Bürger*innen" and "1. " in "1. Januar" are words, not markup. The editor's own style element
 * is off too, because the Content Security Policy allows none; its rules are in richtext.css.
 */
const SELECTOR = "textarea[data-richtext]"

const TITLES = {
  bold: "Fett",
  italic: "Kursiv",
  subscript: "Tiefgestellt",
  superscript: "Hochgestellt",
  bulletList: "Aufzählung",
  orderedList: "Nummerierte Liste",
  heading4: "Zwischenüberschrift",
  blockquote: "Zitat",
  link: "Link einfügen oder ändern (vorher Text markieren)",
  unlink: "Link entfernen",
  table: "Tabelle einfügen",
  "table:addColumnAfter": "Spalte rechts einfügen",
  "table:deleteColumn": "Spalte löschen",
  "table:addRowAfter": "Zeile darunter einfügen",
  "table:deleteRow": "Zeile löschen",
  "table:mergeCells": "Zellen verbinden",
  "table:splitCell": "Zelle teilen",
  "table:toggleHeaderCell": "Überschriftszelle ein oder aus",
  "table:deleteTable": "Tabelle löschen",
  "history:undo": "Rückgängig",
  "history:redo": "Wiederholen",
}

const GROUPS = ["marks", "lists", "headings", "nodes -blockType", "link", "table", "history"]

/** Completes what people type as an address: "www.aachen.de", "post@example.org". */
function completeAddress(text) {
  const address = text.trim()
  if (/^[^\s@:/]+@[^\s@:/]+$/.test(address)) return `mailto:${address}`
  return /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`
}

/** Asks in a dialog with German buttons; resolves to null when it is closed. */
function ask(kit, editor, fields, options, values) {
  const answer = kit.updateAttrsDialog(fields, options)(editor, values)
  for (const button of editor.view.dom.parentElement.querySelectorAll("dialog button[value=cancel]")) {
    button.textContent = "Abbrechen"
  }
  return answer
}

async function editLink(kit, editor) {
  const fields = { href: { title: "Adresse (https://… oder E-Mail)", required: true } }
  const options = { title: "Link", submitText: "Übernehmen" }
  const answer = await ask(kit, editor, fields, options, editor.getAttributes("link"))
  if (!answer) return
  const href = completeAddress(answer.href)
  editor.chain().focus().extendMarkRange("link").setLink({ href }).run()
}

async function insertTable(kit, editor) {
  const fields = {
    rows: { title: "Zeilen mit Kopfzeile", format: "number", default: "3", min: "2", max: "100", required: true },
    cols: { title: "Spalten", format: "number", default: "3", min: "1", max: "20", required: true },
  }
  const answer = await ask(kit, editor, fields, { title: "Tabelle", submitText: "Einfügen" }, {})
  if (!answer) return
  const [rows, cols] = [Number(answer.rows), Number(answer.cols)]
  editor.chain().focus().insertTable({ rows, cols, withHeaderRow: true }).run()
}

/** Link and table with German dialogs; a link goes to the web or to a mail address, a table always has a header row. */
function ownExtensions(kit) {
  const Link = kit.Link.extend({
    addCommands() {
      return {
        ...this.parent?.(),
        addLink: () => ({ editor }) => {
          if (!editor.state.selection.empty || editor.isActive("link")) editLink(kit, editor)
          return true
        },
      }
    },
  })
  const Table = kit.Table.extend({
    addCommands() {
      return {
        ...this.parent?.(),
        insertTableWithOptions: () => ({ editor }) => {
          insertTable(kit, editor)
          return true
        },
      }
    },
  })
  return [
    Link.configure({
      autolink: false,
      enableTarget: false,
      protocols: ["mailto"],
      isAllowedUri: (address) => /^(https?:\/\/|mailto:)/i.test(address),
    }),
    Table.configure({ resizable: false }),
  ]
}

/** Keeps the language of a paragraph and of words, which screen readers and hyphenation need. */
function languageExtensions(kit) {
  const attributes = () => ({ lang: { default: null } })
  return [
    kit.Paragraph.extend({ addAttributes: attributes }),
    kit.Mark.create({
      name: "language",
      addAttributes: attributes,
      parseHTML: () => [{ tag: "span[lang]" }],
      renderHTML: ({ HTMLAttributes }) => ["span", HTMLAttributes, 0],
    }),
  ]
}

/** Names the buttons in German and tells assistive technology which of them are on or cannot be used. */
function germanMenu(kit) {
  const update = (buttons) => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", button.classList.contains("active"))
      button.setAttribute("aria-disabled", button.classList.contains("disabled"))
    }
  }
  return kit.Extension.create({
    name: "germanMenu",
    priority: 1,
    onCreate({ editor }) {
      const menu = editor.view.dom.parentElement.querySelector(".prose-menubar")
      menu.setAttribute("role", "toolbar")
      menu.setAttribute("aria-label", "Formatierung")
      const buttons = menu.querySelectorAll("button[data-name]")
      for (const button of buttons) {
        button.title = TITLES[button.dataset.name] || button.title
        button.setAttribute("aria-label", button.title)
      }
      editor.on("transaction", () => update(buttons))
      update(buttons)
    },
  })
}

function extensions(kit) {
  return [
    ...[kit.Document, kit.Text, kit.HardBreak, kit.History, kit.Dropcursor, kit.Gapcursor],
    ...[kit.Bold, kit.Italic, kit.Subscript, kit.Superscript, kit.Blockquote, kit.BulletList, kit.ListItem],
    ...[kit.TableRow, kit.TableHeader, kit.TableCell],
    kit.OrderedList.configure({ enableListAttributes: false }),
    kit.Heading.configure({ levels: [4] }),
    kit.Menu.configure({ groups: GROUPS.map((group) => ({ group })) }),
    ...languageExtensions(kit),
    ...ownExtensions(kit),
    germanMenu(kit),
  ]
}

/** The editing area takes over the label, the help text and the error of the text area, which is hidden. */
function describe(textarea) {
  const attributes = { role: "textbox", "aria-multiline": "true" }
  const label = textarea.labels[0]
  if (label) {
    label.id = label.id || `${textarea.id}_label`
    attributes["aria-labelledby"] = label.id
  }
  for (const name of ["aria-label", "aria-describedby", "aria-invalid"]) {
    if (textarea.hasAttribute(name)) attributes[name] = textarea.getAttribute(name)
  }
  return attributes
}

function mount(kit, textarea) {
  const box = kit.crel("div", { className: "prose-editor" })
  const attributes = describe(textarea)
  textarea.before(box)
  box.append(textarea)
  const editor = new kit.Editor({
    element: box,
    editable: !textarea.disabled && !textarea.readOnly,
    extensions: extensions(kit),
    content: textarea.value,
    injectCSS: false,
    enableInputRules: false,
    enablePasteRules: false,
    editorProps: { attributes },
    onUpdate({ editor }) {
      textarea.value = editor.isEmpty ? "" : editor.getHTML()
      textarea.dispatchEvent(new Event("input", { bubbles: true }))
    },
  })
  for (const label of textarea.labels) label.addEventListener("click", () => editor.commands.focus())
}

async function start(textarea) {
  if (textarea.id.includes("__prefix__") || textarea.dataset.started) return
  textarea.dataset.started = "yes"
  mount(await import(textarea.dataset.richtext), textarea)
}

function startAll(container) {
  for (const textarea of container.querySelectorAll(SELECTOR)) start(textarea)
}

startAll(document)
document.addEventListener("formset:added", (event) => startAll(event.target))
document.addEventListener("htmx:load", (event) => startAll(event.target))
