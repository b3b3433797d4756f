"""The fence ```ordinal of MkDocs: its text is the manifest, its options are the element's attributes.

MkDocs finds this module on PYTHONPATH: `PYTHONPATH=. mkdocs build`.
"""

from html import escape


def fence(source, language, css_class, options, md, **kwargs):
    attributes = {**options, **kwargs.get("attrs", {})}
    said = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items())
    # A block: Markdown would put any other element into a paragraph.
    return f"<div><ordinal-player{said}><pre>{escape(source)}</pre></ordinal-player></div>"
