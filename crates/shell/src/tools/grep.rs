//! grep, egrep, fgrep.

use super::tool::{Context, Tool};
use crate::number::decimal;
use crate::pattern::{self, Pattern};

impl Tool {
    pub(crate) fn grep(&mut self, c: &mut Context, line: &str) {
        if self.pattern.is_none() {
            let all: Vec<&str> =
                self.options.iter().filter(|(o, _)| *o == 'e').map(|(_, v)| v.as_str()).collect();
            let extended = self.has('E') || self.name == "egrep";
            let source = if all.is_empty() {
                self.operand(0).replace('\n', if extended { "|" } else { "\\|" })
            } else {
                all.join(if extended { "|" } else { "\\|" })
            };
            let icase = self.has('i');
            let pattern = if self.has('F') || self.name == "fgrep" {
                Some(Pattern::literal(&source, icase))
            } else {
                Pattern::regex(&source, extended, icase)
            };
            let Some(mut pattern) = pattern else { return self.usage(c, "bad regex") };
            if self.has('x') || self.has('w') {
                pattern = pattern.bounded(self.has('x'));
            }
            self.pattern = Some(pattern);
        }
        let Some(pattern) = &self.pattern else { return };
        if pattern.is_match(line) == self.has('v') {
            return;
        }
        self.totals[0] += 1;
        self.totals[1] += 1;
        if self.has('q') {
            self.done = true;
        } else if self.has('l') {
            if self.totals[1] == 1 {
                c.print(&self.file);
            }
        } else if self.has('o') {
            let mut from = 0;
            while let Some(found) = pattern.find(line, from) {
                let end = found[1].unwrap_or(line.len());
                let text = pattern::group(line, &found, 0);
                if !text.is_empty() {
                    self.grep_line(c, ':', text);
                }
                from = end + usize::from(text.is_empty());
                if from >= line.len() || !line.is_char_boundary(from) {
                    break;
                }
            }
        } else if !self.has('c') {
            if self.has('n') {
                self.grep_line(c, ':', &format!("{}:{line}", self.count))
            } else {
                self.grep_line(c, ':', line)
            }
        }
        self.done |= self.value('m').is_some_and(|most| decimal(most) == Some(self.totals[1]));
    }

    pub(crate) fn grep_line(&self, c: &mut Context, separator: char, line: &str) {
        if self.many && !self.has('h') || self.has('H') {
            c.out.push_str(&self.file);
            c.out.push(separator);
        }
        c.print(line);
    }
}
