//! Why a text is no script, in the words of each shell.

use crate::host::Flavour;

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Why {
    /// It ends too early: an interactive shell asks for another line.
    End,
    /// The same, within quotes, a substitution or an expansion that this would close.
    Unclosed(&'static str),
    /// An unexpected word, or, `false`, an operator.
    Unexpected(String, bool),
    /// A complaint of its own.
    Message(String),
    /// It is none of the shell's mistakes: a construct of bash's that is not simulated.
    Unsupported(&'static str),
}

/// Where and why a text is no script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stop {
    pub(crate) why: Why,
    /// The line of the script.
    pub(crate) line: u32,
    /// The line's text.
    pub(crate) source: String,
    /// The word that would have closed something.
    pub(crate) expecting: &'static str,
}

impl Stop {
    /// Whether more text could mend it.
    pub(crate) fn is_unfinished(&self) -> bool {
        matches!(self.why, Why::End | Why::Unclosed(_))
    }

    /// The parser's complaint in the shell's words.
    pub(crate) fn text(&self, flavour: Flavour) -> String {
        let expecting = match self.expecting {
            "" => String::new(),
            word => format!(" (expecting \"{word}\")"),
        };
        let dash = flavour == Flavour::Dash;
        let posix = flavour == Flavour::Sh || dash;
        match &self.why {
            Why::Message(text) => text.clone(),
            Why::Unsupported(construct) => format!("{construct} is not simulated"),
            Why::Unclosed("\"" | "'") if dash => "Syntax error: Unterminated quoted string".into(),
            Why::Unclosed("\"" | "'") if posix => "syntax error: unterminated quoted string".into(),
            Why::Unclosed(close @ ("}" | "))")) if dash => format!("Syntax error: Missing '{close}'"),
            Why::Unclosed(close @ ("}" | "))")) if posix => format!("syntax error: missing '{close}'"),
            Why::Unclosed(close) if !posix => {
                format!(
                    "unexpected EOF while looking for matching `{}'",
                    if *close == "))" { ")" } else { close }
                )
            }
            Why::Unclosed(_) if dash => "Syntax error: end of file unexpected (expecting \")\")".into(),
            Why::Unclosed(_) => "syntax error: unexpected end of file (expecting \")\")".into(),
            Why::End if dash => format!("Syntax error: end of file unexpected{expecting}"),
            Why::End if posix => format!("syntax error: unexpected end of file{expecting}"),
            Why::End => "syntax error: unexpected end of file".into(),
            Why::Unexpected(word, is_word) if posix => {
                let shown = match word.as_str() {
                    "newline" => "newline".to_string(),
                    "<" | ">" => "redirection".to_string(),
                    word if *is_word && !KEYWORDS.contains(&word) => "word".to_string(),
                    word => format!("\"{word}\""),
                };
                match dash {
                    true => format!("Syntax error: {shown} unexpected{expecting}"),
                    false => format!("syntax error: unexpected {shown}{expecting}"),
                }
            }
            Why::Unexpected(word, _) if flavour == Flavour::Zsh => format!("parse error near `{word}'"),
            Why::Unexpected(word, _) => format!("syntax error near unexpected token `{word}'"),
        }
    }
}

/// Whether the grammar knows a word.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Words that the grammar knows.
const KEYWORDS: [&str; 15] = [
    "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "then", "until", "while", "{", "}",
];
