//! diff and cmp. The lines that both have in common are the longest that they can be.

use super::tool::{Context, Tool};

/// The most lines on each side that are compared one by one.
const MOST: usize = 2000;

/// A stretch in which two texts differ: lines of the one and of the other.
struct Change {
    old: (usize, usize),
    new: (usize, usize),
}

fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (rows, columns) = ((old.len() - same).min(MOST), (new.len() - same).min(MOST));
    // The longest common part from each place on.
    let width = columns + 1;
    let mut common = vec![0u16; (rows + 1) * width];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            common[i * width + j] = match old[same + i] == new[same + j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, vec![]);
    while i < rows || j < columns {
        if i < rows && j < columns && old[same + i] == new[same + j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let (from_i, from_j) = (i, j);
        while (i < rows || j < columns) && !(i < rows && j < columns && old[same + i] == new[same + j]) {
            if j >= columns || i < rows && common[(i + 1) * width + j] >= common[i * width + j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
        out.push(Change { old: (same + from_i, same + i), new: (same + from_j, same + j) });
    }
    out
}

impl Tool {
    pub(super) fn diff(&mut self, c: &mut Context, input: &str) {
        let (left, right) = (self.operand(0).to_string(), self.operand(1).to_string());
        if self.operands.len() < 2 {
            self.code = 2;
            return c.err.push_str(&format!("{}: missing operand after '{left}'\n", self.name));
        }
        let is_dir = |c: &Context, file: &str| c.host.stat(&c.path(file)).is_some_and(|stat| stat.dir);
        if self.name == "diff" && is_dir(c, &left) && is_dir(c, &right) {
            return self.diff_directories(c, &left, &right);
        }
        let texts = self.both_texts(c, [&left, &right], input);
        let [old, new] = &texts[..] else { return };
        self.compare(c, &left, &right, [old, new]);
    }

    /// What is in two directories, by name.
    fn diff_directories(&mut self, c: &mut Context, left: &str, right: &str) {
        let list = |c: &Context, directory: &str| c.host.list(&c.path(directory)).unwrap_or_default();
        let (left, right) = (left.trim_end_matches('/'), right.trim_end_matches('/'));
        let (old, new) = (list(c, left), list(c, right));
        let mut names: Vec<&String> = old.iter().chain(&new).collect();
        collections::sort(&mut names);
        names.dedup();
        for name in names {
            let (a, b) = ([left, "/", name].concat(), [right, "/", name].concat());
            let (in_old, in_new) = (old.contains(name), new.contains(name));
            if in_old != in_new && !self.has('N') {
                self.code = self.code.max(1);
                c.print(&format!("Only in {}: {name}", if in_old { left } else { right }));
                continue;
            }
            let is_dir = |c: &Context, file: &str| c.host.stat(&c.path(file)).is_some_and(|stat| stat.dir);
            if is_dir(c, &a) || is_dir(c, &b) {
                match self.has('r') {
                    true => self.diff_directories(c, &a, &b),
                    false => c.print(&format!("Common subdirectories: {a} and {b}")),
                }
                continue;
            }
            let (old, new) = (c.read(&a).unwrap_or_default(), c.read(&b).unwrap_or_default());
            if old == new {
                continue;
            }
            if c.gnu && !self.has('q') {
                let letters: String = self.options.iter().map(|(letter, _)| *letter).collect();
                let options = if letters.is_empty() { String::new() } else { format!(" -{letters}") };
                c.print(&format!("diff{options} {a} {b}"));
            }
            self.compare(c, &a, &b, [&old, &new]);
        }
    }

    /// Says in what two texts differ.
    fn compare(&mut self, c: &mut Context, left: &str, right: &str, [old, new]: [&String; 2]) {
        if old == new {
            if self.has('s') && self.name == "diff" {
                c.print(&format!("Files {left} and {right} are identical"));
            }
            return;
        }
        let before = self.code;
        self.code = before.max(1);
        if self.name == "cmp" {
            if !self.has('s') {
                compare_bytes(c, [left, right], [old, new]);
            }
            return;
        }
        if self.has('q') {
            return c.print(&format!("Files {left} and {right} differ"));
        }
        let loose = self.has('w') || self.has('b');
        let key = |text: &str| {
            if loose { text.split_ascii_whitespace().collect::<Vec<_>>().join(" ") } else { text.to_string() }
        };
        let (old_keys, new_keys): (Vec<String>, Vec<String>) =
            (old.lines().map(key).collect(), new.lines().map(key).collect());
        let keys: [Vec<&str>; 2] =
            [&old_keys, &new_keys].map(|keys| keys.iter().map(String::as_str).collect());
        let all = changes(&keys[0], &keys[1]);
        if all.is_empty() {
            self.code = before;
            return;
        }
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        if self.has('u') || self.has('U') || !c.gnu {
            return unified(c, left, right, &old, &new, &all);
        }
        normal(c, &old, &new, &all);
    }

    /// The texts of both files; fewer if one can't be read, which is told.
    fn both_texts(&mut self, c: &mut Context, files: [&String; 2], input: &str) -> Vec<String> {
        let mut texts = vec![];
        for (n, file) in files.into_iter().enumerate() {
            let other = files[1 - n];
            // A directory stands for the file of the other's name in it.
            let inside = c.host.stat(&c.path(file)).is_some_and(|s| s.dir);
            let name = if inside {
                [file.as_str(), "/", other.rsplit('/').next().unwrap_or_default()].concat()
            } else {
                file.clone()
            };
            match if file == "-" { Ok(input.to_string()) } else { c.read(&name) } {
                Ok(text) => texts.push(text),
                Err(error) => {
                    self.code = 2;
                    let text = match (self.name, c.gnu) {
                        ("cmp", false) => format!("cmp: can't open '{name}': {}\n", error.text()),
                        ("diff", false) => format!("diff: can't stat '{name}': {}\n", error.text()),
                        _ => format!("{}: {name}: {}\n", self.name, error.text()),
                    };
                    c.err.push_str(&text);
                }
            }
        }
        texts
    }
}

/// `cmp`: where two texts first differ.
fn compare_bytes(c: &mut Context, [left, right]: [&str; 2], [old, new]: [&str; 2]) {
    let at = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let line = old.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
    if at < old.len().min(new.len()) {
        return c.print(&format!("{left} {right} differ: char {}, line {line}", at + 1));
    }
    let short = if old.len() < new.len() { left } else { right };
    let after = if c.gnu { format!(" after byte {at}, line {}", line - 1) } else { String::new() };
    c.err.push_str(&format!("cmp: EOF on {short}{after}\n"));
}

/// diff's form without options: commands of an editor.
fn normal(c: &mut Context, old: &[&str], new: &[&str], all: &[Change]) {
    let range = |(from, to): (usize, usize)| match to - from {
        0 => from.to_string(),
        1 => to.to_string(),
        _ => format!("{},{to}", from + 1),
    };
    for change in all {
        let kind = match (change.old.1 - change.old.0, change.new.1 - change.new.0) {
            (0, _) => 'a',
            (_, 0) => 'd',
            _ => 'c',
        };
        c.print(&format!("{}{kind}{}", range(change.old), range(change.new)));
        old[change.old.0..change.old.1].iter().for_each(|line| c.print(&format!("< {line}")));
        if kind == 'c' {
            c.print("---");
        }
        new[change.new.0..change.new.1].iter().for_each(|line| c.print(&format!("> {line}")));
    }
}

fn unified(c: &mut Context, left: &str, right: &str, old: &[&str], new: &[&str], all: &[Change]) {
    const CONTEXT: usize = 3;
    let time = |c: &Context, file: &str| {
        let ms = c.host.stat(&c.path(file)).map_or(0, |s| s.modified_ms);
        super::date::time_text(ms as i64 / 1000, 0, "%F %T.000000000 +0000")
    };
    let (left_time, right_time) = (time(c, left), time(c, right));
    if c.gnu {
        c.print(&format!("--- {left}\t{left_time}"));
        c.print(&format!("+++ {right}\t{right_time}"));
    } else {
        c.print(&format!("--- {left}"));
        c.print(&format!("+++ {right}"));
    }
    let mut at = 0;
    while at < all.len() {
        let mut end = at;
        while end + 1 < all.len() && all[end + 1].old.0 - all[end].old.1 <= 2 * CONTEXT {
            end += 1;
        }
        let from = all[at].old.0.saturating_sub(CONTEXT);
        let new_from = all[at].new.0 - (all[at].old.0 - from);
        let to = (all[end].old.1 + CONTEXT).min(old.len());
        let new_to = all[end].new.1 + (to - all[end].old.1);
        let range = |from: usize, to: usize| match to - from {
            1 => (from + 1).to_string(),
            0 => format!("{from},0"),
            count => format!("{},{count}", from + 1),
        };
        c.print(&format!("@@ -{} +{} @@", range(from, to), range(new_from, new_to)));
        let mut line = from;
        for change in &all[at..=end] {
            old[line..change.old.0].iter().for_each(|text| c.print(&format!(" {text}")));
            old[change.old.0..change.old.1].iter().for_each(|text| c.print(&format!("-{text}")));
            new[change.new.0..change.new.1].iter().for_each(|text| c.print(&format!("+{text}")));
            line = change.old.1;
        }
        old[line..to].iter().for_each(|text| c.print(&format!(" {text}")));
        at = end + 1;
    }
}
