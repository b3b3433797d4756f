//! The operations that a script is compiled to: what the parser writes and the processes carry out.

use std::rc::Rc;

/// A compiled script.
pub(crate) type Code = Rc<[Op]>;
pub(crate) type Name = Box<str>;

/// How a value enters the word being made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Mode {
    /// Unquoted: split into fields, and its `*` are patterns.
    Split,
    /// Within double quotes: stands for itself.
    Quoted,
    /// Where no fields are made (assignment, pattern, arithmetic): not split, `*` are patterns.
    Whole,
}

/// What becomes of a finished word.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum End {
    /// File names in place of a pattern.
    Names,
    /// Quotes taken off.
    Plain,
    /// Quoted characters stay marked.
    Pattern,
}

/// `${x…}` without an operand, or with one that is only expanded when needed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Test {
    Value,
    Length,
    Indirect,
    /// `-`, `=`, `?`: with a value, take it and jump over the operand.
    Otherwise,
    /// `+`: without a value, jump over the operand.
    Instead,
}

/// `${x…}` with an operand that has been expanded.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Edit {
    Assign,
    Fail,
    Prefix { longest: bool },
    Suffix { longest: bool },
    Replace { all: bool },
    Part,
    Upper { all: bool },
    Lower { all: bool },
}

/// A redirection's manner.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Redirect {
    In,
    Out,
    Append,
    /// `>&` and `<&`.
    Copy,
    /// `&>`: both outputs; `true`: appended.
    Both(bool),
    /// A here-document or here-string: the operand is the input itself.
    Text,
}

/// What a forked process is for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Fork {
    Subshell,
    Background,
    /// A pipeline's part: reads the part before unless first, is read by the next unless last.
    Part {
        first: bool,
        last: bool,
        errors: bool,
    },
}

/// The machine's operations. Numbers are places in the code.
#[derive(Debug)]
pub(crate) enum Op {
    Nop,
    // Words
    Begin,
    /// Text of the script, quoted characters marked; `true`: to be split like a value.
    Text(Name, bool),
    /// The word exists even if nothing follows.
    Exists,
    Param {
        name: Name,
        mode: Mode,
        test: Test,
        colon: bool,
        past: usize,
    },
    Edit {
        name: Name,
        mode: Mode,
        edit: Edit,
        colon: bool,
    },
    Arithmetic,
    Substitute {
        mode: Mode,
        past: usize,
    },
    Field(End),
    // Simple commands
    Assign {
        name: Name,
        append: bool,
    },
    Redirect {
        fd: u8,
        how: Redirect,
    },
    /// Does the assignments gathered, for good.
    SetVars,
    /// Does them for the command that follows.
    PushVars,
    PushRedirects {
        past: usize,
    },
    Pop,
    Run,
    /// `set -e`.
    Check,
    // Control
    Jump(usize),
    JumpIf {
        success: bool,
        to: usize,
    },
    Status(i32),
    Negate,
    Condition,
    Loop {
        past: usize,
        again: usize,
    },
    For {
        past: usize,
        again: usize,
    },
    Next {
        name: Name,
        past: usize,
    },
    Case,
    CasePattern {
        matched: usize,
    },
    Function {
        name: Name,
        past: usize,
    },
    Return,
    Fork {
        kind: Fork,
        past: usize,
    },
    Exit,
    Wait,
    /// `[[ … ]]`'s single tests.
    Test,
    /// `(( … ))`.
    Compute,
}
