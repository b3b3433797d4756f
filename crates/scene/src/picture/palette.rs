//! The colours and fonts of a picture: those of the page's style sheet, as a test compares.
//!
//! They stand in a style sheet of the picture's own, each as a class: converters of SVG know no custom properties.

use super::options::Theme;

/// The fonts of the page (`--sans`, `--mono`).
pub(super) const SANS: &str = "system-ui,Inter,\"Noto Sans\",sans-serif";
pub(super) const MONO: &str =
    "ui-monospace,\"JetBrains Mono\",SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace";

/// A colour of the page: its name in the style sheet, and what it is in the light and in the dark.
pub struct Token {
    /// Its name, without the hyphens before it.
    pub name: &'static str,
    /// Its colour in the light theme, as CSS writes it.
    pub light: &'static str,
    /// Its colour in the dark theme.
    pub dark: &'static str,
}

const fn token(name: &'static str, light: &'static str, dark: &'static str) -> Token {
    Token { name, light, dark }
}

/// The colours that pictures have.
pub const TOKENS: [Token; 29] = [
    token("bg", "#f6f7f9", "#0e131b"),
    token("panel", "#fff", "#161d28"),
    token("soft", "#f0f3f8", "#1c2533"),
    token("ink", "#17202e", "#e8edf5"),
    token("ink-2", "#55627a", "#a5b1c4"),
    token("ink-3", "#5f6b80", "#8391a9"),
    token("line", "#e2e6ee", "#273142"),
    token("ghost", "#b9c3d3", "#43506a"),
    token("accent", "#2c63d6", "#7aa4ff"),
    token("accent-soft", "#e7eefc", "#1a2848"),
    token("on-accent", "#fff", "#0b1220"),
    token("pending", "#945f10", "#f0b449"),
    token("pending-soft", "#fdf1d8", "#33270f"),
    token("init", "#6d4de6", "#b0a0ff"),
    token("init-soft", "#ece8fe", "#272048"),
    token("ready", "#0d7d4d", "#3ccf8e"),
    token("ready-soft", "#dff5ea", "#113123"),
    token("term", "#bd3f0b", "#ff9160"),
    token("term-soft", "#fde6dc", "#3b2110"),
    token("fail", "#c92745", "#ff6b81"),
    token("fail-soft", "#fde8eb", "#3d1620"),
    token("n0", "#0e7c86", "#4cc3cd"),
    token("n1", "#a3478f", "#e08fcf"),
    token("n2", "#5f6f1d", "#b9cc63"),
    token("n3", "#8a5a2b", "#dba56f"),
    token("n4", "#3f5fae", "#8fa8ee"),
    token("n5", "#8c3b4a", "#e88fa0"),
    token("run", "#2c63d6", "#7aa4ff"),
    token("run-soft", "#e7eefc", "#1a2848"),
];

/// The classes that are no colours.
const RULES: [(&str, &str); 17] = [
    ("m", "font-family:MONO"),
    ("b", "font-weight:700"),
    ("w", "font-weight:600"),
    ("c", "text-anchor:middle"),
    ("e", "text-anchor:end"),
    ("z8", "font-size:8.5px"),
    ("z10", "font-size:10px"),
    ("z11", "font-size:11px"),
    ("z12", "font-size:12px"),
    ("z14", "font-size:14px"),
    ("z15", "font-size:15px"),
    ("d", "stroke-dasharray:4 3"),
    ("no", "fill:none"),
    ("lw", "stroke-width:1.5px"),
    ("lr", "stroke-width:2.5px"),
    ("dim", "opacity:.2"),
    ("fade", "opacity:.75"),
];

/// The style sheet for a drawing: only of the classes that it has.
pub(super) fn style_sheet(theme: Theme, drawing: &str) -> String {
    let mut used: Vec<&str> = Vec::new();
    for piece in drawing.split("class=\"").skip(1) {
        used.extend(piece.split('"').next().unwrap_or_default().split(' '));
    }
    collections::sort(&mut used);
    used.dedup();
    let mut out = ["text{font:13px ", SANS, "}"].concat();
    for (name, rule) in RULES {
        if used.contains(&name) {
            out.extend([".", name, "{", &rule.replace("MONO", MONO), "}"]);
        }
    }
    let colours = |dark: bool, out: &mut String| {
        out.extend(["text{fill:", if dark { TOKENS[3].dark } else { TOKENS[3].light }, "}"]);
        for token in &TOKENS {
            let colour = if dark { token.dark } else { token.light };
            for (kind, property) in [("f-", "fill"), ("s-", "stroke")] {
                if used.iter().any(|class| class.strip_prefix(kind) == Some(token.name)) {
                    out.extend([".", kind, token.name, "{", property, ":", colour, "}"]);
                }
            }
        }
    };
    colours(theme == Theme::Dark, &mut out);
    if theme == Theme::Auto {
        out.push_str("@media(prefers-color-scheme:dark){");
        colours(true, &mut out);
        out.push('}');
    }
    out
}
