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

/// What follows a variable's name in brackets.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Sub {
    /// Nothing.
    None,
    /// `[@]`
    At,
    /// `[*]`
    Star,
    /// A subscript that has been expanded and waits on its stack.
    Key,
}

/// What an expansion takes its value from.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Source {
    pub(crate) name: Name,
    pub(crate) sub: Sub,
    /// `${!x}`: the value is the name of what is meant.
    pub(crate) indirect: bool,
}

/// `${x…}` without an operand, or with one that is only expanded when needed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Test {
    Value,
    Length,
    /// `${!a[@]}`: an array's subscripts.
    Keys,
    /// `${!x*}` and, `true`, `${!x@}`: the variables whose names begin so.
    Names(bool),
    /// `${x@Q}`
    At(u8),
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
    /// `<>`
    InOut,
    Out,
    /// `>|`
    Clobber,
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

/// What follows a trap's commands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Then {
    GoOn,
    /// The shell ends.
    Exit,
    /// The function around it is left, with this status.
    Return(i32),
}

/// The machine's operations. Numbers are places in the code.
#[derive(Debug)]
pub(crate) enum Op {
    Nop,
    // Words
    Begin,
    /// The same, where no fields are made: `"$@"` is one text.
    BeginWhole,
    /// The line of the script that is now run.
    Line(u32),
    /// A line of the script's own begins.
    Top,
    /// A trap's commands have ended: the status to go on with.
    EndTrap(i32, Then),
    /// Text of the script, quoted characters marked; `true`: to be split like a value.
    Text(Name, bool),
    /// The word exists even if nothing follows.
    Exists,
    Param {
        source: Box<Source>,
        mode: Mode,
        test: Test,
        colon: bool,
        past: usize,
    },
    Edit {
        source: Box<Source>,
        mode: Mode,
        edit: Edit,
        colon: bool,
    },
    Arithmetic(Mode),
    Substitute {
        mode: Mode,
        past: usize,
    },
    Field(End),
    /// The word made is a subscript.
    Subscript,
    /// The word made is the key of an array's next item.
    ItemKey,
    /// `<(…)` and, `write`, `>(…)`. `live`: the pipe itself is opened, else the command has ended before it is read.
    ProcessSubstitution {
        write: bool,
        live: bool,
        past: usize,
    },
    // Simple commands
    Assign {
        name: Name,
        append: bool,
        /// A subscript waits on its stack.
        sub: bool,
    },
    /// `a=(…)`; `word`: of a declaration.
    AssignItems {
        name: Name,
        append: bool,
        word: bool,
    },
    /// A declaration begins: no arrays are given yet.
    Declare,
    /// `{name}>`: a new file descriptor, its number in a variable.
    RedirectName(Name),
    Redirect {
        fd: u16,
        how: Redirect,
    },
    /// Does the assignments gathered, for good.
    SetVars,
    /// Does them for the command that follows.
    PushVars,
    PushRedirects {
        past: usize,
        simple: bool,
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
    /// The status of a loop's body, which is the loop's when its condition ends it.
    KeepStatus,
    KeptStatus,
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
    /// The word as it is written.
    Case(Name),
    /// No pattern has matched, or `;;&` was the last.
    CaseEnd,
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
        /// What `jobs` calls it.
        text: Name,
    },
    Exit,
    Wait,
    /// `[[ … ]]`'s single tests.
    Test,
    /// `(( … ))`.
    Compute,
    /// `time`: begins, and, `true`, tells.
    Time {
        ends: bool,
        posix: bool,
    },
    /// What the parser of a script says of a line, before it is run.
    Warn(u32, Name),
    /// The text of the command that is run next (`BASH_COMMAND`).
    Command(Name),
    /// An expansion that is none, and why.
    Fail(Name),
    /// Not a script from here on: the complaint.
    SyntaxError(Box<crate::stop::Stop>),
}
