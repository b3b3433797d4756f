//! grep, egrep, fgrep.

use super::tool::{Context, Tool};
use crate::host::Host;
use crate::number::decimal;
use crate::path::{absolute, walk};
use crate::pattern::{self, Pattern};

impl Tool {
    /// The files below the directories among the operands (`-r`).
    pub(crate) fn grep_files(&mut self, host: &dyn Host, cwd: &str, gnu: bool) {
        if !(self.has('r') || self.has('R')) || !self.listed.is_empty() {
            return;
        }
        self.listed = cwd.to_string();
        let given: Vec<String> = std::mem::take(&mut self.files).collect();
        // Only where no place is named the names have no `./`.
        let is_implied = given.is_empty();
        let given = if is_implied { vec![".".to_string()] } else { given };
        let mut files = vec![];
        for root in given {
            let path = absolute(cwd, &root);
            if !host.stat(&path).is_some_and(|s| s.dir) {
                files.push(root);
                continue;
            }
            for found in walk(host, &path) {
                if host.stat(&found).is_some_and(|s| !s.dir) {
                    let below = found.strip_prefix(&path).unwrap_or(&found);
                    let named = [root.trim_end_matches('/'), below].concat();
                    files.push(if is_implied && gnu {
                        below.trim_start_matches('/').to_string()
                    } else {
                        named
                    });
                }
            }
        }
        self.many = true;
        self.from_files = true;
        self.files = files.into_iter();
    }

    /// The patterns, as one; `false`: there is a mistake.
    fn grep_begin(&mut self, c: &mut Context) -> bool {
        let mut all: Vec<String> = vec![];
        for (option, value) in self.options.clone() {
            match option {
                'e' => all.extend(value.split('\n').map(str::to_string)),
                'f' => match c.read(&value) {
                    Ok(text) => all.extend(text.lines().map(str::to_string)),
                    Err(error) => {
                        self.usage(c, &format!("{value}: {}", error.text()));
                        return false;
                    }
                },
                _ => {}
            }
        }
        if all.is_empty() && !self.has('e') && !self.has('f') {
            all = self.operand(0).split('\n').map(str::to_string).collect();
        }
        let icase = self.has('i');
        for source in all {
            let pattern = match self.has('F') || self.name == "fgrep" {
                true => Some(Pattern::literal(&source, icase)),
                false => {
                    Pattern::regex(&source, self.has('E') || self.has('P') || self.name == "egrep", icase)
                }
            };
            let Some(pattern) = pattern else {
                let what = if c.gnu { "Unmatched ( or \\(" } else { "bad regex" };
                self.usage(c, what);
                return false;
            };
            let pattern =
                if self.has('x') || self.has('w') { pattern.bounded(self.has('x')) } else { pattern };
            self.patterns.push(pattern);
        }
        self.counts = true;
        true
    }

    /// The first match at or after a place.
    fn grep_find(&self, line: &str, from: usize) -> Option<(usize, usize)> {
        let all = self
            .patterns
            .iter()
            .filter_map(|p| p.find(line, from))
            .filter_map(|f: pattern::Found| Some((f[0]?, f[1]?)));
        all.reduce(|a, b| if b.0 < a.0 || b.0 == a.0 && b.1 > a.1 { b } else { a })
    }

    pub(crate) fn grep(&mut self, c: &mut Context, line: &str) {
        if !self.counts && !self.grep_begin(c) {
            return;
        }
        let number =
            |option: char| self.value(option).or(self.value('C')).and_then(decimal).unwrap_or(0).max(0);
        let (after, before) = (number('A'), number('B'));
        let context =
            (after > 0 || before > 0) && !self.has('q') && !self.has('l') && !self.has('c') && !self.has('o');
        if self.grep_find(line, 0).is_some() == self.has('v') {
            if context {
                if self.totals[2] > 0 {
                    self.totals[2] -= 1;
                    self.grep_line(c, '-', self.count, line);
                    self.shown = self.count;
                } else if before > 0 {
                    self.held.push(line.to_string());
                    if self.held.len() as i64 > before {
                        self.held.remove(0);
                    }
                }
            }
            return;
        }
        self.totals[0] += 1;
        self.totals[1] += 1;
        if self.has('q') {
            self.done = true;
        } else if self.has('l') || self.has('L') {
            if self.totals[1] == 1 && self.has('l') {
                let name =
                    if self.file.is_empty() { "(standard input)".to_string() } else { self.file.clone() };
                c.print(&name);
            }
        } else if self.has('o') {
            let mut from = 0;
            while let Some((start, end)) = self.grep_find(line, from) {
                if end > start {
                    self.grep_line(c, ':', self.count, &line[start..end]);
                }
                from = if end > start {
                    end
                } else {
                    end + line[end..].chars().next().map_or(1, char::len_utf8)
                };
                if from >= line.len() {
                    break;
                }
            }
        } else if !self.has('c') {
            if context {
                let held = std::mem::take(&mut self.held);
                let first = self.count - held.len() as i64;
                if self.shown > 0 && first > self.shown + 1 {
                    c.print("--");
                }
                for (n, text) in held.iter().enumerate() {
                    self.grep_line(c, '-', first + n as i64, text);
                }
                self.shown = self.count;
                self.totals[2] = after;
            }
            self.grep_line(c, ':', self.count, line);
        }
        self.done |= self.value('m').is_some_and(|most| decimal(most) == Some(self.totals[1])) && !context;
    }

    pub(crate) fn grep_line(&self, c: &mut Context, separator: char, number: i64, line: &str) {
        if self.many && !self.has('h') || self.has('H') {
            c.out.push_str(&self.file);
            c.out.push(separator);
        }
        if self.has('n') && !self.has('c') {
            c.out.push_str(&number.to_string());
            c.out.push(separator);
        }
        c.print(line);
    }

    /// The end of a file.
    pub(crate) fn grep_end(&mut self, c: &mut Context) {
        if self.has('c') && !self.has('q') {
            let count = self.totals[1].to_string();
            self.grep_line(c, ':', 0, &count);
        }
        if self.has('L') && self.totals[1] == 0 {
            c.print(&self.file.clone());
        }
        self.held.clear();
        self.shown = 0;
        self.totals[2] = 0;
    }
}
