"""From HTML to an accessible PDF: one warm render process, no outside resource, a gate before the file leaves.

Import from the modules: `document`, `errors`, `renderer` (the one door: `render_pdf`), `gate`, `typography`.
Only the render process imports WeasyPrint, so this package must not do it here.
"""
