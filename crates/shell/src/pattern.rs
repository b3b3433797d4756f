//! Patterns: regular expressions (grep, sed, `=~`, expr) and shell patterns (`case`, `${x#…}`, file names), with one
//! matcher for both. Knows nothing of the shell.
//!
//! Models POSIX XBD 9 (basic and extended regular expressions) and XCU 2.13 (pattern matching notation). The matcher
//! backtracks with a set of places already tried, so its work is bounded by pattern length × text length.
//! A quoted character is preceded by [`QUOTE`] and stands for itself.

use crate::host::MAX_TEXT;
use crate::word::QUOTE;
use Inst::{Any, Back, Char, End, Jump, Not, Save, Set, Split, Start, WordEdge, WordEnd, WordStart};

/// The largest pattern × text that is tried, in bits of the set of tried places; a larger one doesn't match.
const MAX_TRIED: usize = 1 << 24;
/// The steps of a pattern with references back, whose places can't be remembered.
const MAX_STEPS: usize = 1 << 18;
/// The longest compiled pattern: bounds what `{m,n}` expands to.
const MAX_PROGRAM: usize = 4000;
/// The deepest nesting of groups.
const MAX_GROUPS: usize = 50;

#[derive(Clone, Debug)]
enum Inst {
    Char(char),
    Any,
    Set(bool, Vec<(char, char)>),
    /// Try the first (relative) place, then the second.
    Split(isize, isize),
    Jump(isize),
    Save(usize),
    Start,
    End,
    WordEdge,
    WordStart,
    WordEnd,
    /// What a group has matched, once more.
    Back(usize),
    /// As much as possible that none of these fits wholly.
    Not(Vec<Vec<Inst>>),
}

/// A compiled pattern.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pattern {
    program: Vec<Inst>,
    ignore_case: bool,
    groups: usize,
    /// It has references back to groups.
    refers: bool,
}

/// How patterns of file names are read.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Globbing {
    /// `@(a|b)`
    pub(crate) extended: bool,
    /// `*` takes names that begin with a dot.
    pub(crate) hidden: bool,
    /// `**` goes through directories.
    pub(crate) deep: bool,
}

/// What matched: byte offsets, `[0]` and `[1]` of the whole, `[2n]` and `[2n+1]` of group n.
pub(crate) type Found = Vec<Option<usize>>;

/// The text of group `n`, or nothing where it took no part.
pub(crate) fn group<'a>(text: &'a str, found: &Found, n: usize) -> &'a str {
    match (found.get(2 * n), found.get(2 * n + 1)) {
        (Some(Some(from)), Some(Some(to))) => &text[*from..*to],
        _ => "",
    }
}

impl Pattern {
    /// How many groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    /// The same, with capital letters as small ones where it is `on`.
    pub(crate) fn ignoring_case(mut self, on: bool) -> Pattern {
        self.ignore_case = on;
        self
    }

    /// A regular expression, extended (`grep -E`, `=~`) or basic. `None` where it doesn't parse or is too large.
    pub(crate) fn regex(source: &str, extended: bool, ignore_case: bool) -> Option<Pattern> {
        let chars: Vec<char> = source.chars().collect();
        let mut c = Compiler { chars, at: 0, program: vec![], extended, groups: 0, depth: 0 };
        c.alternatives()?;
        let refers = c.program.iter().any(|inst| matches!(inst, Back(_)));
        (c.at == c.chars.len()).then_some(Pattern {
            program: c.program,
            ignore_case,
            groups: c.groups,
            refers,
        })
    }

    /// A pattern for this very text.
    pub(crate) fn literal(source: &str, ignore_case: bool) -> Pattern {
        Pattern { program: source.chars().map(Char).collect(), ignore_case, ..Pattern::default() }
    }

    /// The same, matching whole texts or whole words only.
    pub(crate) fn bounded(mut self, line: bool) -> Pattern {
        self.program.insert(0, if line { Start } else { WordEdge });
        self.program.push(if line { End } else { WordEdge });
        self
    }

    /// The same shell pattern, found anywhere.
    pub(crate) fn anywhere(mut self) -> Pattern {
        self.program.remove(0);
        self
    }

    /// A shell pattern. `lazy`: its stars take as little as they can. `before`: it may start anywhere, as early
    /// (`Some(true)`) or as late as possible, group 1 being where; otherwise at the start. `to_end`: it must reach the end.
    pub(crate) fn glob(
        source: &str,
        lazy: bool,
        before: Option<bool>,
        to_end: bool,
        extended: bool,
    ) -> Pattern {
        let mut c = Compiler {
            chars: source.chars().collect(),
            at: 0,
            program: vec![Start],
            extended: false,
            groups: 0,
            depth: 0,
        };
        if let Some(early) = before {
            c.star(early);
            c.program.push(Save(2));
        }
        c.glob_pieces(lazy, extended, false);
        if to_end {
            c.program.push(End);
        }
        Pattern { program: c.program, ..Pattern::default() }
    }

    /// Whether the pattern is found anywhere in `text`.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.find(text, 0).is_some()
    }

    /// The first match at or after byte `from`.
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<Found> {
        let width = text.len() + 1;
        if self.program.len() * width > MAX_TRIED {
            return None;
        }
        let mut tried = vec![0u64; (self.program.len() * width).div_ceil(64)];
        let anchored = matches!(self.program.first(), Some(Start));
        let mut start = from;
        loop {
            if let Some(found) = self.match_at(text, start, &mut tried) {
                return Some(found);
            }
            start += text[start..].chars().next()?.len_utf8();
            if anchored {
                return None;
            }
        }
    }

    fn same(&self, a: char, b: char) -> bool {
        a == b || self.ignore_case && a.eq_ignore_ascii_case(&b)
    }

    /// The match that begins here. Long: an automaton, an arm for each instruction.
    fn match_at(&self, text: &str, start: usize, tried: &mut [u64]) -> Option<Found> {
        enum Todo {
            Try(usize, usize),
            Restore(usize, Option<usize>),
        }
        let mut found: Found = vec![None; 2];
        let mut todo = vec![Todo::Try(0, start)];
        let mut steps = 0;
        while let Some(next) = todo.pop() {
            let (mut pc, mut at) = match next {
                Todo::Try(pc, at) => (pc, at),
                Todo::Restore(slot, old) => {
                    found[slot] = old;
                    continue;
                }
            };
            loop {
                let Some(inst) = self.program.get(pc) else {
                    found[0] = Some(start);
                    found[1] = Some(at);
                    return Some(found);
                };
                let place = pc * (text.len() + 1) + at;
                steps += 1;
                if self.refers {
                    tried[place / 64] = 0;
                    if steps > MAX_STEPS {
                        return None;
                    }
                }
                if tried[place / 64] >> (place % 64) & 1 == 1 {
                    break;
                }
                tried[place / 64] |= 1 << (place % 64);
                let here = text[at..].chars().next();
                let went_on = match inst {
                    Split(first, second) => {
                        todo.push(Todo::Try(pc.wrapping_add_signed(*second), at));
                        pc = pc.wrapping_add_signed(*first);
                        continue;
                    }
                    Jump(to) => {
                        pc = pc.wrapping_add_signed(*to);
                        continue;
                    }
                    Save(slot) => {
                        if found.len() <= *slot {
                            found.resize(slot + 1, None);
                        }
                        todo.push(Todo::Restore(*slot, found[*slot]));
                        found[*slot] = Some(at);
                        true
                    }
                    Start => at == 0,
                    End => here.is_none(),
                    WordEdge | WordStart | WordEnd => {
                        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
                        let (before, after) = (word(text[..at].chars().next_back()), word(here));
                        match inst {
                            WordStart => after && !before,
                            WordEnd => before && !after,
                            _ => after != before,
                        }
                    }
                    Back(group) => {
                        let again = self::group(text, &found, *group);
                        let there = text[at..].get(..again.len()).is_some_and(|piece| {
                            piece == again || self.ignore_case && piece.eq_ignore_ascii_case(again)
                        });
                        at += if there { again.len() } else { 0 };
                        there
                    }
                    Not(alternatives) => {
                        let fits = |end: usize| {
                            alternatives.iter().any(|inner| {
                                let mut program = vec![Start];
                                program.extend_from_slice(inner);
                                program.push(End);
                                let whole =
                                    Pattern { program, ignore_case: self.ignore_case, ..Pattern::default() };
                                whole.is_match(&text[at..end])
                            })
                        };
                        let ends: Vec<usize> =
                            (at..=text.len()).filter(|e| text.is_char_boundary(*e) && !fits(*e)).collect();
                        todo.extend(ends.into_iter().map(|end| Todo::Try(pc + 1, end)));
                        false
                    }
                    Char(_) | Any | Set(..) => match here {
                        Some(c) if self.takes(inst, c) => {
                            at += c.len_utf8();
                            true
                        }
                        _ => false,
                    },
                };
                if !went_on {
                    break;
                }
                pc += 1;
            }
        }
        None
    }

    fn takes(&self, inst: &Inst, c: char) -> bool {
        match inst {
            Char(want) => self.same(*want, c),
            Set(negated, ranges) => {
                let within = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
                let hit = within(c)
                    || self.ignore_case && (within(c.to_ascii_lowercase()) || within(c.to_ascii_uppercase()));
                hit != *negated
            }
            _ => true,
        }
    }
}

/// Replaces what a pattern finds, the first or all; whether it found any.
pub(crate) fn replace(
    pattern: &Pattern,
    text: &str,
    all: bool,
    with: &mut dyn FnMut(&Found, &mut String),
) -> (String, bool) {
    let (mut out, mut from, mut any) = (String::new(), 0, false);
    // Right after a match nothing is none.
    let mut last_end = None;
    while let Some(found) = pattern.find(text, from) {
        let (Some(start), Some(end)) = (found[0], found[1]) else { break };
        out.push_str(&text[from..start]);
        from = start;
        if start == end && last_end == Some(start) {
            let Some(c) = text[end..].chars().next() else { break };
            out.push(c);
            from += c.len_utf8();
            continue;
        }
        any = true;
        with(&found, &mut out);
        (from, last_end) = (end, Some(end));
        if start == end {
            let Some(c) = text[end..].chars().next() else { break };
            out.push(c);
            from += c.len_utf8();
        }
        if !all || out.len() > MAX_TEXT {
            break;
        }
    }
    out.push_str(&text[from..]);
    (out, any)
}

/// The characters of a class name (`digit`), as ranges; for `[:digit:]` and for tr.
pub(crate) fn class(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "digit" => &[('0', '9')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        "print" => &[(' ', '~')],
        "cntrl" => &[('\x01', '\x1f'), ('\x7f', '\x7f')],
        _ => return None,
    })
}

struct Compiler {
    chars: Vec<char>,
    at: usize,
    program: Vec<Inst>,
    extended: bool,
    groups: usize,
    depth: usize,
}

impl Compiler {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    /// The pieces of a shell pattern; within a group up to its `|` or `)`.
    fn glob_pieces(&mut self, lazy: bool, extended: bool, inside: bool) {
        while let Some(&ch) = self.chars.get(self.at) {
            if inside && matches!(ch, '|' | ')') {
                return;
            }
            self.at += 1;
            if extended && "?*+@!".contains(ch) && self.chars.get(self.at) == Some(&'(') {
                let start = self.at;
                self.at += 1;
                if self.glob_group(ch, lazy) {
                    continue;
                }
                self.at = start;
            }
            match ch {
                '*' => self.star(lazy),
                '?' => self.program.push(Any),
                '[' => {
                    let start = self.at;
                    match self.set() {
                        Some(set) => self.program.push(set),
                        None => {
                            self.at = start;
                            self.program.push(Char('['));
                        }
                    }
                }
                QUOTE | '\\' => {
                    let quoted = self.next().unwrap_or('\\');
                    self.program.push(Char(quoted));
                }
                _ => self.program.push(Char(ch)),
            }
        }
    }

    /// `(a|b)` of `@(a|b)`; `false` where it does not close.
    fn glob_group(&mut self, sign: char, lazy: bool) -> bool {
        let outer = std::mem::take(&mut self.program);
        let mut alternatives = vec![];
        loop {
            self.depth += 1;
            if self.depth < MAX_GROUPS {
                self.glob_pieces(lazy, true, true);
            }
            self.depth -= 1;
            alternatives.push(std::mem::take(&mut self.program));
            match self.next() {
                Some('|') => {}
                Some(')') => break,
                _ => {
                    self.program = outer;
                    return false;
                }
            }
        }
        self.program = outer;
        if sign == '!' {
            self.program.push(Not(alternatives));
            return true;
        }
        let mut block: Vec<Inst> = vec![];
        while let Some(alternative) = alternatives.pop() {
            if block.is_empty() {
                block = alternative;
                continue;
            }
            let mut both = vec![Split(1, alternative.len() as isize + 2)];
            both.extend(alternative);
            both.push(Jump(block.len() as isize + 1));
            both.extend(block);
            block = both;
        }
        let length = block.len() as isize;
        match sign {
            '?' => {
                self.program.push(Split(1, length + 1));
                self.program.extend(block);
            }
            '*' => {
                self.program.push(Split(1, length + 2));
                self.program.extend(block);
                self.program.push(Jump(-(length + 1)));
            }
            '+' => {
                self.program.extend(block);
                self.program.push(Split(-length, 1));
            }
            _ => self.program.extend(block),
        }
        true
    }

    fn star(&mut self, lazy: bool) {
        self.program.push(if lazy { Split(3, 1) } else { Split(1, 3) });
        self.program.extend([Any, Jump(-2)]);
    }

    /// The next character and whether it is an operator here, and how many characters of the source it takes.
    fn token(&self) -> Option<(char, bool, usize)> {
        let c = *self.chars.get(self.at)?;
        let next = self.chars.get(self.at + 1).copied();
        let braces = "(){}|+?";
        Some(match c {
            QUOTE => (next?, false, 2),
            '\\' => match next? {
                n if !self.extended && braces.contains(n) => (n, true, 2),
                n => (n, "wsWSb<>123456789".contains(n), 2),
            },
            // In basic expressions these are operators only at the edges.
            '^' if !self.extended && self.at > 0 && !self.after_open() => (c, false, 1),
            '$' if !self.extended && next.is_some() && next != Some('\\') => (c, false, 1),
            '*' if self.at == 0 || self.after_open() => (c, false, 1),
            _ => (c, ".[^$*".contains(c) || self.extended && braces.contains(c), 1),
        })
    }

    fn after_open(&self) -> bool {
        matches!(self.chars[self.at - 1], '(' | '|')
    }

    fn operator(&mut self, want: char) -> bool {
        match self.token() {
            Some((c, true, width)) if c == want => {
                self.at += width;
                true
            }
            _ => false,
        }
    }

    fn alternatives(&mut self) -> Option<()> {
        let start = self.program.len();
        while let Some((c, operator, _)) = self.token() {
            if operator && (c == '|' || c == ')') {
                break;
            }
            self.piece()?;
        }
        if self.operator('|') {
            let length = (self.program.len() - start) as isize;
            self.program.insert(start, Split(1, length + 2));
            let jump = self.program.len();
            self.program.push(Jump(0));
            self.alternatives()?;
            self.program[jump] = Jump((self.program.len() - jump) as isize);
        }
        Some(())
    }

    fn piece(&mut self) -> Option<()> {
        let start = self.program.len();
        self.atom()?;
        loop {
            let (least, most) = if self.operator('*') {
                (0, None)
            } else if self.operator('+') {
                (1, None)
            } else if self.operator('?') {
                (0, Some(1))
            } else if self.operator('{') {
                self.interval()?
            } else {
                return Some(());
            };
            let lazy = self.extended && self.operator('?');
            let split = |on: isize, past: isize| if lazy { Split(past, on) } else { Split(on, past) };
            let block = self.program.split_off(start);
            let length = block.len() as isize;
            for _ in 0..least {
                self.program.extend_from_slice(&block);
                (self.program.len() < MAX_PROGRAM).then_some(())?;
            }
            match most {
                None => {
                    self.program.push(split(1, length + 2));
                    self.program.extend_from_slice(&block);
                    self.program.push(Jump(-(length + 1)));
                }
                Some(most) => {
                    for _ in least..most {
                        self.program.push(split(1, length + 1));
                        self.program.extend_from_slice(&block);
                        (self.program.len() < MAX_PROGRAM).then_some(())?;
                    }
                }
            }
        }
    }

    fn interval(&mut self) -> Option<(usize, Option<usize>)> {
        let least = self.number().unwrap_or(0);
        let mut most = Some(least);
        if self.chars.get(self.at) == Some(&',') {
            self.at += 1;
            most = self.number();
        }
        (self.operator('}') && most.is_none_or(|m| m >= least)).then_some((least, most))
    }

    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        while self.chars.get(self.at).is_some_and(char::is_ascii_digit) {
            self.at += 1;
        }
        let digits = &self.chars[start..self.at];
        let value = digits
            .iter()
            .fold(0usize, |n, d| n.saturating_mul(10).saturating_add(*d as usize - '0' as usize));
        (!digits.is_empty()).then_some(value)
    }

    fn atom(&mut self) -> Option<()> {
        let (c, operator, width) = self.token()?;
        self.at += width;
        let inst = match c {
            _ if !operator => Char(c),
            '.' => Any,
            '^' => Start,
            '$' => End,
            '[' => self.set()?,
            '1'..='9' => {
                let group = c as usize - '0' as usize;
                (group <= self.groups).then_some(Back(group))?
            }
            'b' => WordEdge,
            '<' => WordStart,
            '>' => WordEnd,
            'w' | 's' => Set(false, class(if c == 'w' { "word" } else { "space" })?.to_vec()),
            'W' | 'S' => Set(true, class(if c == 'W' { "word" } else { "space" })?.to_vec()),
            '(' => {
                self.groups += 1;
                self.depth += 1;
                let group = self.groups;
                (self.depth < MAX_GROUPS).then_some(())?;
                self.program.push(Save(2 * group));
                self.alternatives()?;
                self.depth -= 1;
                self.operator(')').then_some(())?;
                Save(2 * group + 1)
            }
            _ => return None,
        };
        self.program.push(inst);
        Some(())
    }

    /// A bracket expression, after its `[`.
    fn set(&mut self) -> Option<Inst> {
        let mut ranges = vec![];
        let negated = matches!(self.chars.get(self.at), Some('!' | '^'));
        self.at += usize::from(negated);
        let first = self.at;
        loop {
            let c = self.next()?;
            let c = match c {
                ']' if self.at > first + 1 => return Some(Set(negated, ranges)),
                '[' if self.chars.get(self.at) == Some(&':') => {
                    let rest = &self.chars[self.at + 1..];
                    let length = rest.iter().position(|c| *c == ':')?;
                    let name: String = rest[..length].iter().collect();
                    ranges.extend_from_slice(class(&name)?);
                    self.at += length + 3;
                    continue;
                }
                QUOTE => self.next()?,
                _ => c,
            };
            if self.chars.get(self.at) == Some(&'-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']')
            {
                self.at += 1;
                ranges.push((c, self.next()?));
            } else {
                ranges.push((c, c));
            }
        }
    }
}
