//! find: tests, `!`, `-o`, parentheses, and actions. Commands of `-exec` are run by the shell when the walk has ended.

use super::tool::{Context, Tool};
use crate::host::FileError;
use crate::number::decimal;
use crate::path::absolute;
use crate::pattern::Pattern;
use crate::word::quoted;

#[derive(Debug)]
enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Name(Pattern),
    Path(Pattern),
    Type(String),
    /// More than, exactly or less than so many units of so many bytes.
    Size(i64, i64, i64),
    Empty,
    Newer(u64),
    /// Minutes since the last change.
    Age(i64, i64),
    Mode(u32, char),
    User(u32),
    Group(u32),
    True,
    Prune,
    Quit,
    Print(char),
    /// GNU's `-printf`
    Printf(String),
    Delete,
    /// A command; `true`: once for all.
    Exec(Vec<String>, bool, usize),
}

struct Reader<'a> {
    words: &'a [String],
    at: usize,
    commands: usize,
    acts: bool,
    depth: usize,
    /// What is wrong with the words, where GNU's or BusyBox' find says so.
    wrong: Option<String>,
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        self.words.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> Option<String> {
        self.at += 1;
        self.words.get(self.at - 1).cloned()
    }

    fn any(&mut self, c: &Context) -> Option<Test> {
        self.depth += 1;
        if self.depth > 40 {
            return None;
        }
        let mut all = vec![self.all(c)?];
        while matches!(self.peek(), "-o" | "-or") {
            self.at += 1;
            all.push(self.all(c)?);
        }
        self.depth -= 1;
        Some(if all.len() == 1 { all.remove(0) } else { Test::Any(all) })
    }

    fn all(&mut self, c: &Context) -> Option<Test> {
        let mut all = vec![];
        while self.at < self.words.len() && !matches!(self.peek(), "-o" | "-or" | ")") {
            if matches!(self.peek(), "-a" | "-and") {
                self.at += 1;
            }
            all.push(self.test(c)?);
        }
        Some(Test::All(all))
    }

    /// The test, or action, of the next words. Long: an arm for each.
    fn test(&mut self, c: &Context) -> Option<Test> {
        let word = self.next()?;
        if self.at == self.words.len() && VALUED.contains(&word.as_str()) {
            self.wrong = Some(match c.gnu {
                true => format!("missing argument to `{word}'"),
                false => format!("{word} requires an argument"),
            });
            return None;
        }
        let sign = |text: &str| -> Option<(i64, i64)> {
            let (sign, digits) = match text.as_bytes().first()? {
                b'+' => (1, &text[1..]),
                b'-' => (-1, &text[1..]),
                _ => (0, text),
            };
            Some((sign, decimal(digits)?))
        };
        let glob =
            |text: &str, icase: bool| Pattern::glob(text, false, None, true, false).ignoring_case(icase);
        Some(match word.as_str() {
            "!" | "-not" => Test::Not(Box::new(self.test(c)?)),
            "(" => {
                let inner = self.any(c)?;
                (self.next()? == ")").then_some(())?;
                inner
            }
            "-name" | "-iname" => Test::Name(glob(&self.next()?, word == "-iname")),
            "-path" | "-wholename" | "-ipath" => Test::Path(glob(&self.next()?, word == "-ipath")),
            "-regex" => Test::Path(Pattern::regex(&format!("^({})$", self.next()?), true, false)?),
            "-type" | "-xtype" => Test::Type(self.next()?),
            "-size" => {
                let text = self.next()?;
                let (digits, unit) = match text.as_bytes().last()? {
                    b'c' => (&text[..text.len() - 1], 1),
                    b'k' => (&text[..text.len() - 1], 1024),
                    b'M' => (&text[..text.len() - 1], 1 << 20),
                    b'G' => (&text[..text.len() - 1], 1 << 30),
                    _ => (&*text, 512),
                };
                let (sign, count) = sign(digits)?;
                Test::Size(sign, count, unit)
            }
            "-empty" => Test::Empty,
            "-newer" => {
                let file = self.next()?;
                Test::Newer(c.host.stat(&c.path(&file)).map_or(u64::MAX, |s| s.modified_ms))
            }
            "-mmin" | "-mtime" => {
                let (sign, count) = sign(&self.next()?)?;
                Test::Age(sign, count * if word == "-mmin" { 1 } else { 1440 })
            }
            "-perm" => {
                let text = self.next()?;
                let kind = text.chars().next().filter(|c| matches!(c, '-' | '/')).unwrap_or(' ');
                let digits = text.trim_start_matches(['-', '/']);
                Test::Mode(super::system::changed_mode(0, digits, false)?, kind)
            }
            "-user" | "-uid" => Test::User(super::find_user(c.host, &self.next()?)?.id),
            "-group" | "-gid" => Test::Group(super::find_group(c.host, &self.next()?)?),
            "-true" | "-depth" | "-xdev" | "-mount" | "-follow" | "-noleaf" | "-readable" | "-writable" => {
                Test::True
            }
            "-executable" => Test::Mode(0o111, '/'),
            "-prune" => Test::Prune,
            "-quit" => Test::Quit,
            "-maxdepth" | "-mindepth" => {
                self.next()?;
                Test::True
            }
            "-print" | "-print0" => {
                self.acts = true;
                Test::Print(if word == "-print" { '\n' } else { '\0' })
            }
            "-delete" => {
                self.acts = true;
                Test::Delete
            }
            "-exec" | "-execdir" | "-ok" => {
                self.acts = true;
                let mut command = vec![];
                loop {
                    match self.next()?.as_str() {
                        ";" => break,
                        "+" if command.last().is_some_and(|w| w == "{}") => {
                            self.commands += 1;
                            return Some(Test::Exec(command, true, self.commands - 1));
                        }
                        word => command.push(word.to_string()),
                    }
                }
                self.commands += 1;
                Test::Exec(command, false, self.commands - 1)
            }
            "-printf" if c.gnu => {
                self.acts = true;
                Test::Printf(self.next()?)
            }
            word => {
                let of_gnu = UNKNOWN_HERE.contains(&word);
                if word.starts_with('-') && !(of_gnu && c.gnu) {
                    self.wrong = Some(match c.gnu {
                        true => format!("unknown predicate `{word}'"),
                        false => format!("unrecognized: {word}"),
                    });
                }
                return None;
            }
        })
    }
}

/// The words that take another.
const VALUED: [&str; 24] = [
    "-name",
    "-iname",
    "-path",
    "-wholename",
    "-ipath",
    "-regex",
    "-type",
    "-xtype",
    "-size",
    "-newer",
    "-mmin",
    "-mtime",
    "-perm",
    "-user",
    "-group",
    "-uid",
    "-gid",
    "-maxdepth",
    "-mindepth",
    "-exec",
    "-execdir",
    "-ok",
    "-printf",
    "-samefile",
];
/// GNU's words that are not simulated.
const UNKNOWN_HERE: [&str; 29] = [
    "-amin",
    "-anewer",
    "-atime",
    "-cmin",
    "-cnewer",
    "-ctime",
    "-context",
    "-daystart",
    "-files0-from",
    "-fls",
    "-fprint",
    "-fprint0",
    "-fprintf",
    "-fstype",
    "-ilname",
    "-inum",
    "-iregex",
    "-links",
    "-lname",
    "-ls",
    "-nogroup",
    "-nouser",
    "-okdir",
    "-regextype",
    "-samefile",
    "-used",
    "-warn",
    "-nowarn",
    "-version",
];

/// What a walk has found so far.
struct Walk {
    pruned: bool,
    /// Nothing more is looked at.
    quit: bool,
    script: String,
    /// What is given to commands that end in `+`, by number.
    gathered: Vec<(Vec<String>, Vec<String>)>,
    delete: Vec<String>,
}

/// Whether a file passes a test. Long: an arm for each.
fn holds(c: &mut Context, test: &Test, shown: &str, path: &str, walk: &mut Walk) -> bool {
    let stat = c.host.stat(path);
    let link = c.host.read_link(path).is_some();
    let dir = stat.is_some_and(|s| s.dir) && !link;
    let size = stat.map_or(0, |s| s.size as i64);
    match test {
        Test::All(all) => all.iter().all(|test| holds(c, test, shown, path, walk)),
        Test::Any(all) => all.iter().any(|test| holds(c, test, shown, path, walk)),
        Test::Not(inner) => !holds(c, inner, shown, path, walk),
        Test::Name(pattern) => {
            let name = shown.trim_end_matches('/').rsplit('/').next().unwrap_or("");
            pattern.is_match(if name.is_empty() { "/" } else { name })
        }
        Test::Path(pattern) => pattern.is_match(shown),
        Test::Type(kinds) => kinds.split(',').any(|kind| match kind {
            "d" => dir,
            "l" => link,
            "f" => !dir && !link && !crate::path::is_device(path),
            _ => false,
        }),
        Test::Size(sign, count, unit) => {
            let units = (size + unit - 1) / unit;
            match sign {
                1 => units > *count,
                -1 => units < *count,
                _ => units == *count,
            }
        }
        Test::Empty if dir => c.host.list(path).is_ok_and(|names| names.is_empty()),
        Test::Empty => size == 0,
        Test::Newer(than) => stat.is_some_and(|s| s.modified_ms > *than),
        Test::Age(sign, minutes) => {
            let age = (c.host.now_ms().saturating_sub(stat.map_or(0, |s| s.modified_ms)) / 60_000) as i64;
            match sign {
                1 => age > *minutes,
                -1 => age < *minutes,
                _ => age == *minutes,
            }
        }
        Test::Mode(mode, kind) => {
            let has = stat.map_or(0, |s| s.permissions());
            match kind {
                '-' => has & mode == *mode,
                '/' => has & mode != 0,
                _ => has == *mode,
            }
        }
        Test::User(id) => stat.is_some_and(|s| s.owner.0 == *id),
        Test::Group(id) => stat.is_some_and(|s| s.owner.1 == *id),
        Test::True => true,
        Test::Prune => {
            walk.pruned = true;
            true
        }
        Test::Quit => {
            walk.quit = true;
            true
        }
        Test::Print(end) => {
            walk.script.push_str(&format!(
                "printf '%s{}' {}\n",
                if *end == '\n' { "\\n" } else { "\\0" },
                quoted(shown)
            ));
            true
        }
        Test::Printf(format) => {
            let text = printed(c, format, shown, path, dir, link);
            let mut plain = String::new();
            crate::word::unescape(&text, &mut plain);
            walk.script.push_str(&format!("printf %s {}\n", quoted(&plain)));
            true
        }
        Test::Delete => {
            walk.delete.push(path.to_string());
            true
        }
        Test::Exec(command, false, _) => {
            for word in command {
                walk.script.extend([quoted(&word.replace("{}", shown)).as_str(), " "]);
            }
            walk.script.push('\n');
            true
        }
        Test::Exec(command, true, n) => {
            while walk.gathered.len() <= *n {
                walk.gathered.push(Default::default());
            }
            walk.gathered[*n].0 = command[..command.len() - 1].to_vec();
            walk.gathered[*n].1.push(shown.to_string());
            true
        }
    }
}

/// What `-printf` prints of a file.
fn printed(c: &Context, format: &str, shown: &str, path: &str, dir: bool, link: bool) -> String {
    let stat = c.host.stat(path).unwrap_or(crate::Stat::usual(false, 0, 0));
    let name = shown.trim_end_matches('/').rsplit('/').next().unwrap_or("/");
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            out.push(ch);
            continue;
        }
        let kind = if link {
            'l'
        } else if dir {
            'd'
        } else {
            'f'
        };
        match chars.next() {
            Some('p') => out.push_str(shown),
            Some('f') => out.push_str(name),
            Some('h') => out.push_str(shown.rsplit_once('/').map_or(".", |(parent, _)| parent)),
            Some('P') => out.push_str(shown.split_once('/').map_or("", |(_, below)| below)),
            Some('s') => out.push_str(&stat.size.to_string()),
            Some('m') => out.push_str(&format!("{:o}", stat.permissions())),
            Some('M') => out.push_str(&super::path_tools::letters(stat.permissions(), dir, link)),
            Some('u') => out.push_str(&c.user_name(stat.owner.0)),
            Some('g') => out.push_str(&c.group_name(stat.owner.1)),
            Some('U') => out.push_str(&stat.owner.0.to_string()),
            Some('G') => out.push_str(&stat.owner.1.to_string()),
            Some('d') => out.push_str(&shown.trim_matches('/').matches('/').count().to_string()),
            Some('y') => out.push(kind),
            Some('l') => out.push_str(&c.host.read_link(path).unwrap_or_default()),
            Some('T') => {
                let letter = chars.next().unwrap_or('@');
                let seconds = stat.modified_ms as i64 / 1000;
                let format = if letter == '@' { "%s".to_string() } else { format!("%{letter}") };
                out.push_str(&super::time_text(seconds, stat.modified_ms % 1000 * 1_000_000, &format));
            }
            Some('%') | None => out.push('%'),
            Some(other) => out.extend(['%', other]),
        }
    }
    out
}

impl Tool {
    pub(crate) fn find(&mut self, c: &mut Context) {
        let words: Vec<String> =
            self.operands.iter().skip_while(|w| matches!(w.as_str(), "-L" | "-H" | "-P")).cloned().collect();
        let start = words
            .iter()
            .position(|w| w.starts_with('-') || matches!(w.as_str(), "!" | "("))
            .unwrap_or(words.len());
        let mut roots = words[..start].to_vec();
        if roots.is_empty() {
            roots.push(".".into());
        }
        let mut reader =
            Reader { words: &words[start..], at: 0, commands: 0, acts: false, depth: 0, wrong: None };
        let test = reader.any(c);
        let Some(test) = test.filter(|_| reader.at >= reader.words.len()) else {
            match reader.wrong.take() {
                Some(wrong) => {
                    self.code = 1;
                    c.err.push_str(&format!("find: {wrong}\n"));
                }
                None => self.not_simulated = Some(["find ", &self.operands.join(" ")].concat()),
            }
            return;
        };
        let acts = reader.acts;
        let depth =
            |option: &str| words.iter().position(|w| w == option).and_then(|at| decimal(words.get(at + 1)?));
        let (least, most) = (depth("-mindepth").unwrap_or(0), depth("-maxdepth").unwrap_or(i64::MAX));
        let mut walk =
            Walk { pruned: false, quit: false, script: String::new(), gathered: vec![], delete: vec![] };
        let mut plain = vec![];
        for root in roots {
            let path = c.path(&root);
            if c.host.stat(&path).is_none() && c.host.read_link(&path).is_none() {
                self.complain(c, "@", "'@'", &root, FileError::NotFound);
                continue;
            }
            // A directory stands before what is in it.
            let mut todo = vec![(root.clone(), path, 0)];
            while let Some((shown, path, level)) = todo.pop().filter(|_| !walk.quit) {
                walk.pruned = false;
                if level >= least && holds(c, &test, &shown, &path, &mut walk) && !acts {
                    plain.push(shown.clone());
                }
                let dir = c.host.stat(&path).is_some_and(|s| s.dir) && c.host.read_link(&path).is_none();
                if dir && level < most && !walk.pruned {
                    let names = c.host.list(&path).unwrap_or_default();
                    let below = names.iter().rev().map(|name| {
                        let shown = if shown.ends_with('/') {
                            [&*shown, name].concat()
                        } else {
                            [&*shown, "/", name].concat()
                        };
                        (shown, absolute(&path, name), level + 1)
                    });
                    todo.extend(below);
                }
            }
        }
        plain.iter().for_each(|line| c.print(line));
        for path in walk.delete.iter().rev() {
            if let Err(error) = c.host.remove(path) {
                let path = path.clone();
                self.complain(c, "@", "cannot delete '@'", &path, error);
            }
        }
        for (command, files) in walk.gathered.iter().filter(|(_, files)| !files.is_empty()) {
            for word in command.iter().chain(files) {
                walk.script.extend([quoted(word).as_str(), " "]);
            }
            walk.script.push('\n');
        }
        if !walk.script.is_empty() {
            walk.script.push_str(&format!("(exit {})", self.code));
            self.script = Some(walk.script);
        }
    }
}
