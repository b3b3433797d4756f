"""A StatefulSet in Sphinx: the built site lies in extra/ordinal, and is copied as it is."""

project = "A StatefulSet in Sphinx"
html_theme = "furo"
html_extra_path = ["extra"]
html_favicon = "extra/ordinal/icon-192.png"
html_js_files = ["../ordinal/ordinal-player.js"]
exclude_patterns = ["extra"]
