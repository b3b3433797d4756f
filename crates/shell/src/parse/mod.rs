//! Shell text → operations, in one pass and without a tree. Knows nothing of files, variables' values or time.
//!
//! Models POSIX XCU 2 (tokens, quoting, expansions, grammar) with what bash adds and container scripts use:
//! `[[ ]]`, `(( ))`, `for ((;;))`, `$(<file)`, `<<<`, `&>`, `${x/a/b}`, `${x:1:2}`, `${x^^}`, `{1..3}`.

mod command;
mod compound;
mod parser;
mod redirect;
mod test;
mod word;

use crate::op::{Code, End, Op};
use crate::word::{QUOTE, mark_all};
pub(crate) use parser::Stop;
use parser::{Parsed, Parser};

/// The longest script, in bytes.
const MAX_SCRIPT: usize = 256 << 10;

/// Compiles a script. `bash`: with what bash and zsh have and sh has not (`{a,b}` as words).
pub(crate) fn compile(text: &str, bash: bool) -> Parsed<Code> {
    if text.len() > MAX_SCRIPT {
        return Err(Stop::Unexpected("script too long".into()));
    }
    let mut p = Parser { text: text.replace(QUOTE, ""), at: 0, ops: vec![], document: None, depth: 0, bash };
    p.list()?;
    if let Some(c) = p.peek() {
        let word = p.raw_word();
        return Err(Stop::Unexpected(if word.is_empty() { (c as char).to_string() } else { word }));
    }
    Ok(p.ops.into())
}

/// The code that runs this command, its words taken as they are.
pub(crate) fn command(argv: &[String]) -> Code {
    let mut ops = vec![Op::Begin];
    for word in argv {
        let mut text = String::new();
        mark_all(&mut text, word);
        ops.extend([Op::Text(text.into(), false), Op::Field(End::Plain)]);
    }
    ops.push(Op::Run);
    ops.into()
}
