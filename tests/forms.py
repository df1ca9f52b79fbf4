"""What a browser would post for the form on a page: every field with its value, texts with the line ends of browsers."""

from html.parser import HTMLParser


class FormReader(HTMLParser):
    """Reads all forms of a page; `forms` holds a dictionary of names and lists of values for each."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self.select = self.options = self.text = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self.select, self.options = given, []
        elif tag == "option" and self.select is not None:
            self.options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea" and "name" in given:
            self.text = (given["name"], [])

    def handle_data(self, data):
        if self.text is not None:
            self.text[1].append(data)

    def handle_endtag(self, tag):
        if tag == "textarea" and self.text is not None:
            name, parts = self.text
            self._add(name, "".join(parts).removeprefix("\n").replace("\n", "\r\n"))
            self.text = None
        elif tag == "select" and self.select is not None:
            self._select()
            self.select = None

    def _input(self, given):
        kind = given.get("type", "text")
        if kind in {"submit", "button", "file", "image"} or "name" not in given or "disabled" in given:
            return
        if kind in {"checkbox", "radio"} and "checked" not in given:
            return
        self._add(given["name"], given.get("value") or ("on" if kind == "checkbox" else ""))

    def _select(self):
        chosen = [value for value, is_selected in self.options if is_selected]
        if not chosen and "multiple" not in self.select and self.options:
            chosen = [self.options[0][0]]
        for value in chosen:
            self._add(self.select["name"], value)

    def _add(self, name, value):
        if "__prefix__" not in name:
            self.forms[-1].setdefault(name, []).append(value)


def read_form(response):
    """The largest form of the page: that of the object, not that of the logout button."""
    reader = FormReader()
    reader.feed(response.text)
    return max(reader.forms, key=len)
