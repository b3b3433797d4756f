//! Redirections and here-documents.

use super::brace;
use super::parser::{Parsed, Parser, Until};
use crate::op::{Mode, Op, Redirect};
use crate::word::{is_name, mark_all};

impl Parser {
    // Redirections
    /// The file descriptor and the length of its digits, where a redirection stands here.
    pub(crate) fn redirect_ahead(&self) -> Option<(u16, usize)> {
        let rest = self.rest().as_bytes();
        match rest {
            [b'0'..=b'9', ..] => {
                let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
                let most = if self.dash { 1 } else { 4 };
                let follows = matches!(rest.get(digits), Some(b'<' | b'>'));
                (follows && digits <= most).then(|| Some((self.rest()[..digits].parse().ok()?, digits)))?
            }
            [b'<' | b'>', b'(', ..] if !self.dash => None,
            [b'<', ..] => Some((0, 0)),
            [b'>', ..] => Some((1, 0)),
            [b'&', b'>', ..] if !self.dash => Some((1, 0)),
            [b'{', ..] if self.bash => {
                let (name, after) = self.rest()[1..].split_once('}')?;
                (is_name(name) && after.starts_with(['<', '>'])).then_some((0, name.len() + 2))
            }
            _ => None,
        }
    }

    pub(crate) fn redirect(&mut self) -> Parsed<bool> {
        let Some((fd, digits)) = self.redirect_ahead() else { return Ok(false) };
        if self.looking_at("{") {
            let name = self.rest()[1..digits - 1].to_string();
            self.emit(Op::RedirectName(name.into()));
        }
        self.at += digits;
        let kinds = [
            ("&>>", Redirect::Both(true)),
            ("&>", Redirect::Both(false)),
            ("<<<", Redirect::Text),
            ("<<-", Redirect::Text),
            ("<<", Redirect::Text),
            (">>", Redirect::Append),
            (">&", Redirect::Copy),
            ("<&", Redirect::Copy),
            (">|", Redirect::Clobber),
            ("<>", Redirect::InOut),
            ("<", Redirect::In),
            (">", Redirect::Out),
        ];
        if !self.bash && self.looking_at("<<<") {
            self.at += 2;
            return Err(self.unexpected());
        }
        let Some((sign, how)) = kinds.into_iter().find(|(sign, _)| self.take(sign)) else {
            return Err(self.unexpected());
        };
        let fd = if sign.starts_with('<') || digits > 0 || sign.starts_with('&') { fd } else { 1 };
        self.blanks();
        self.emit(Op::BeginWhole);
        match sign {
            "<<" | "<<-" => self.here_document(sign == "<<-")?,
            _ if !self.dash && (self.looking_at("<(") || self.looking_at(">(")) => {
                self.process_substitution(true)?;
            }
            _ if !self.word_ahead() => return Err(self.unexpected()),
            _ => {
                self.parts(Until::Word, Mode::Whole)?;
                if sign == "<<<" {
                    self.emit(Op::Text("\n".into(), false));
                }
            }
        }
        self.emit(Op::Redirect { fd, how });
        Ok(true)
    }

    /// `<(…)` or `>(…)`, as the name of a file.
    pub(crate) fn process_substitution(&mut self, live: bool) -> Parsed<()> {
        let write = self.looking_at(">");
        self.at += 2;
        let fork = self.emit(Op::ProcessSubstitution { write, live: live || write, past: 0 });
        self.list()?;
        self.newlines();
        self.close()?;
        self.emit(Op::Exit);
        self.land(fork);
        Ok(())
    }

    fn here_document(&mut self, strip: bool) -> Parsed<()> {
        let raw = self.rest()[..brace::word_length(self.rest())].to_string();
        self.at += raw.len();
        let quoted = raw.contains(['\'', '"', '\\']) || !self.bash && !self.dash && raw.contains('`');
        let delimiter = without_quotes(&raw);
        let (end, mut at) = match self.document {
            Some(known) => known,
            None => match self.rest().find('\n') {
                Some(end) => (end + self.at, end + self.at + 1),
                None if self.complete => (self.text.len(), self.text.len()),
                None => return Err(self.more()),
            },
        };
        let began = self.line();
        let mut body = String::new();
        // The line before goes on in this one, which is no delimiter and keeps its tabs then.
        let mut goes_on = false;
        loop {
            let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) else {
                if !self.complete {
                    return Err(self.more());
                }
                // A document that the script ends is taken as it is; bash says so.
                if self.bash {
                    let last = began + body.matches('\n').count() as u32;
                    let text = format!(
                        "warning: here-document at line {began} delimited by end-of-file (wanted `{delimiter}')"
                    );
                    self.emit(Op::Warn(last.max(began), text.into()));
                }
                break;
            };
            let line = rest.split_inclusive('\n').next().unwrap_or_default();
            at += line.len();
            let line = if strip && !goes_on { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches(['\n', '\r']) == delimiter && !goes_on {
                break;
            }
            body.push_str(line);
            let slashes = line.trim_end_matches('\n').bytes().rev().take_while(|c| *c == b'\\').count();
            goes_on = !quoted && slashes % 2 == 1;
        }
        self.document = Some((end, at));
        if quoted {
            let mut text = String::new();
            mark_all(&mut text, &body);
            self.emit(Op::Text(text.into(), false));
            return Ok(());
        }
        self.within(body, |p| p.parts(Until::Document, Mode::Quoted))
    }
}

/// A here-document's delimiter without its quotes.
fn without_quotes(raw: &str) -> String {
    let (mut out, mut open) = (String::new(), None);
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match (open, c) {
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), c) if c == quote => open = None,
            (None, '\\') => out.extend(chars.next()),
            (Some('"'), '\\') if chars.peek().is_some_and(|c| "\\\"$`".contains(*c)) => {
                out.extend(chars.next())
            }
            (_, c) => out.push(c),
        }
    }
    out
}
