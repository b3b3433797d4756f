//! Shell text → operations, in one pass and without a tree. Knows nothing of files, variables' values or time.
//!
//! Models POSIX XCU 2 (tokens, quoting, expansions, grammar) with what bash adds and container scripts use: arrays,
//! `[[ ]]`, `(( ))`, `for ((;;))`, `$(<file)`, `<<<`, `&>`, `<(…)`, `${x/a/b}`, `${x:1:2}`, `${x^^}`, `{1..3}`; and what
//! BusyBox' ash has of that.

mod brace;
mod command;
mod compound;
mod parser;
mod redirect;
mod test;
mod word;

use crate::host::Flavour;
use crate::op::{Code, End, Op};
use crate::stop::Why;
use crate::word::{QUOTE, mark_all};
use parser::{Parsed, Parser};

/// The longest script, in bytes.
const MAX_SCRIPT: usize = 256 << 10;

/// In which shell's syntax a text is, and which line of its script is the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    pub(crate) flavour: Flavour,
    pub(crate) line: u32,
    pub(crate) extglob: bool,
}

/// Compiles a text that is run as a whole: what somebody typed.
pub(crate) fn compile(text: &str, syntax: Syntax) -> Parsed<Code> {
    let mut p = Parser::new(text, syntax)?;
    p.script()?;
    Ok(p.ops.into())
}

/// Compiles a script: what stands before a mistake, line by line, is run as shells do.
pub(crate) fn compile_script(text: &str, syntax: Syntax) -> Code {
    script_operations(text, syntax).into()
}

/// The same for a trap's commands, after which `end` is done. They stand on the line that was run when the trap came.
pub(crate) fn compile_trap(text: &str, syntax: Syntax, end: Op) -> Code {
    let mut ops = script_operations(text, syntax);
    ops.iter_mut().filter(|op| matches!(op, Op::Line(_) | Op::Top)).for_each(|op| *op = Op::Nop);
    ops.push(end);
    ops.into()
}

/// Compiles a text as a here-document's: its parameters are expanded, quotes stand for themselves.
pub(crate) fn compile_text(text: &str, syntax: Syntax) -> Option<Code> {
    let mut p = Parser::new(text, syntax).ok()?;
    p.emit(Op::BeginWhole);
    p.emit(Op::Exists);
    p.parts(parser::Until::Document, crate::op::Mode::Quoted).ok()?;
    p.emit(Op::Field(End::Plain));
    Some(p.ops.into())
}

fn script_operations(text: &str, syntax: Syntax) -> Vec<Op> {
    let mut p = match Parser::new(text, syntax) {
        Ok(p) => p,
        Err(stop) => return vec![Op::SyntaxError(Box::new(stop))],
    };
    p.complete = true;
    p.names_commands = text.contains("BASH_COMMAND");
    if let Err(stop) = p.script() {
        p.ops.truncate(p.whole);
        p.ops.push(Op::SyntaxError(Box::new(stop)));
    }
    p.ops
}

/// The code that runs this command, its words taken as they are.
pub(crate) fn command(argv: &[String]) -> Code {
    let mut ops = vec![Op::Begin];
    for word in argv {
        let mut text = String::new();
        mark_all(&mut text, word);
        ops.extend([Op::Exists, Op::Text(text.into(), false), Op::Field(End::Plain)]);
    }
    ops.push(Op::Run);
    ops.into()
}

impl Parser {
    fn new(text: &str, syntax: Syntax) -> Parsed<Parser> {
        let mut p = Parser {
            text: text.replace(QUOTE, ""),
            at: 0,
            ops: vec![],
            document: None,
            depth: 0,
            bash: syntax.flavour.is_bash(),
            dash: syntax.flavour == Flavour::Dash,
            complete: false,
            names_commands: false,
            extglob: syntax.extglob || text.contains("extglob"),
            line: syntax.line,
            counted: 0,
            whole: 0,
            inner: 0,
            assigns: false,
            continues: text.contains("\\\n"),
        };
        if text.len() > MAX_SCRIPT {
            return Err(p.stop(Why::Message("script too long".into())));
        }
        Ok(p)
    }

    fn script(&mut self) -> Parsed<()> {
        self.list()?;
        match self.peek() {
            Some(_) => Err(self.unexpected()),
            None => Ok(()),
        }
    }
}
