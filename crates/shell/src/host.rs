//! What the shell may touch, and what it answers: the borders of this package.

/// The longest text: a word, a variable, a pipe's content.
pub(crate) const MAX_TEXT: usize = 1 << 20;

/// What the shell may touch. Paths are absolute and without `.` and `..`.
pub trait Host {
    /// The virtual time in milliseconds since 1970.
    fn now_ms(&self) -> u64;
    /// `hostname`.
    fn hostname(&self) -> String;
    /// `hostname -i`: the pod's address.
    fn address(&self) -> String;
    /// `hostname -f`: the name with its domain, where the pod has one.
    fn fqdn(&self) -> String {
        self.hostname()
    }

    /// Whose programs lie beside the shell, and with them what `sh` is; `None`: BusyBox' beside a `sh`, GNU's beside a `bash`.
    fn userland(&self) -> Option<Userland> {
        None
    }

    /// What is at a path, if anything.
    fn stat(&self, path: &str) -> Option<Stat>;
    /// A file's text.
    ///
    /// # Errors
    /// As `open(2)` and `read(2)`.
    fn read(&self, path: &str) -> Result<String, FileError>;
    /// Makes or overwrites a file, or appends to it.
    ///
    /// # Errors
    /// As `open(2)` and `write(2)`.
    fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError>;
    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// As `readdir(3)`.
    fn list(&self, path: &str) -> Result<Vec<String>, FileError>;
    /// Makes a directory whose parent exists.
    ///
    /// # Errors
    /// As `mkdir(2)`.
    fn make_dir(&mut self, path: &str) -> Result<(), FileError>;
    /// Removes a file or an empty directory.
    ///
    /// # Errors
    /// As `unlink(2)` and `rmdir(2)`.
    fn remove(&mut self, path: &str) -> Result<(), FileError>;

    /// Gives a path other permissions (`chmod`), the digits as chmod takes them, or another time of its last change.
    ///
    /// # Errors
    /// As `chmod(2)` and `utime(2)`.
    fn set_attributes(
        &mut self,
        _path: &str,
        _mode: Option<u32>,
        _modified_ms: Option<u64>,
    ) -> Result<(), FileError> {
        Ok(())
    }
    /// Makes a symbolic link.
    ///
    /// # Errors
    /// As `symlink(2)`.
    fn link(&mut self, _target: &str, _path: &str) -> Result<(), FileError> {
        Err(FileError::Permission)
    }
    /// Where a symbolic link leads, if it is one.
    fn read_link(&self, _path: &str) -> Option<String> {
        None
    }
    /// Who runs the commands: user, group, and the other groups.
    fn user(&self) -> (u32, u32, Vec<u32>) {
        (0, 0, vec![])
    }
    /// Gives a path another owner or another group (`chown`).
    ///
    /// # Errors
    /// As `chown(2)`.
    fn set_owner(&mut self, _path: &str, _user: Option<u32>, _group: Option<u32>) -> Result<(), FileError> {
        Ok(())
    }
    /// Whether it is known that there is no such program (a name, or a path that leads to no file).
    fn lacks_program(&self, _name: &str) -> bool {
        false
    }
    /// Whether there may be a file at a path where the simulation has none: one that comes with an image of which nobody
    /// knows what is in it.
    fn may_have(&self, _path: &str) -> bool {
        false
    }
    /// Whether somebody listens on a port of a host (`/dev/tcp/HOST/PORT`).
    fn connect(&mut self, _host: &str, _port: &str) -> Connection {
        Connection::Refused
    }
    /// Sends a signal to a process that is not the shell's: the container's first one. Whether there is such a process.
    fn kill(&mut self, _pid: u32, _signal: u8) -> bool {
        false
    }
    /// A number that differs from place to place and time to time, the same in every run: for `/dev/urandom`.
    fn random(&self) -> u64 {
        self.now_ms()
    }

    /// Text for the container's log or the terminal.
    fn output(&mut self, to: Output, text: &str);

    /// Runs a program that the shell doesn't have itself (`nslookup`, `kubectl`, …).
    fn external(&mut self, argv: &[String], stdin: &str) -> External;
    /// As [`Host::external`], of a program that may look at its environment.
    fn external_in(
        &mut self,
        argv: &[String],
        stdin: &str,
        _environment: &dyn Fn(&str) -> Option<String>,
    ) -> External {
        self.external(argv, stdin)
    }
    /// What a program that was answered with [`External::Pending`] has printed since it was last asked, and its end.
    fn external_poll(&mut self, _id: u32) -> Poll {
        Poll { code: Some(0), ..Poll::default() }
    }
    /// Nobody waits for that program any more: Ctrl-C, or nobody reads what it prints.
    fn external_cancel(&mut self, _id: u32) {}
    /// Whether this program reads its standard input to the end (`kubectl apply -f -`).
    fn reads_stdin(&self, _argv: &[String]) -> bool {
        false
    }
    /// Whether this program takes its standard input where that is no terminal (`kubectl exec -i`).
    fn takes_piped_stdin(&self, _argv: &[String]) -> bool {
        false
    }
    /// A line for a terminal after `not found`: what there is instead.
    fn hint(&self, _name: &str) -> Option<String> {
        None
    }
    /// Whether the host has a program of this name, for `which` and `type`.
    fn has_program(&self, _name: &str) -> bool {
        false
    }
}

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// A directory, not a file.
    pub dir: bool,
    /// Bytes.
    pub size: u64,
    /// When it last changed, in virtual milliseconds since 1970.
    pub modified_ms: u64,
    /// The permissions, as chmod's digits; `None`: what is usual for its kind.
    pub mode: Option<u32>,
    /// A symbolic link itself, not what it leads to.
    pub link: bool,
    /// Its user and its group.
    pub owner: (u32, u32),
}

impl Stat {
    /// What is usual: root's, no link, permissions as the umask leaves them.
    pub fn usual(dir: bool, size: u64, modified_ms: u64) -> Stat {
        Stat { dir, size, modified_ms, mode: None, link: false, owner: (0, 0) }
    }

    /// The permissions, as chmod's digits.
    pub fn permissions(&self) -> u32 {
        self.mode.unwrap_or(if self.link {
            0o777
        } else if self.dir {
            0o755
        } else {
            0o644
        })
    }
}

/// What comes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// Somebody listens.
    Open,
    /// Nobody listens there.
    Refused,
    /// The name is not known.
    Unknown,
    /// Nobody answers.
    Silent,
}

/// Where the shell's output goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// File descriptor 1.
    Stdout,
    /// File descriptor 2.
    Stderr,
}

/// A host's answer to a program the shell doesn't have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum External {
    /// It ran and ended at once.
    Done {
        /// To standard output.
        stdout: String,
        /// To standard error.
        stderr: String,
        /// The exit status, 0 to 255.
        code: i32,
    },
    /// It goes on in virtual time; ask [`Host::external_poll`] with this number.
    Pending(u32),
    /// There is no such program here.
    Unknown,
}

/// News of a program that goes on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Poll {
    /// To standard output since the last poll.
    pub stdout: String,
    /// To standard error since the last poll.
    pub stderr: String,
    /// The exit status, once the program has ended.
    pub code: Option<i32>,
}

/// Why something can't be done with a file: the errors of the system calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileError {
    /// ENOENT
    NotFound,
    /// EISDIR
    IsDirectory,
    /// ENOTDIR
    NotDirectory,
    /// EEXIST
    Exists,
    /// ENOTEMPTY
    NotEmpty,
    /// EROFS
    ReadOnly,
    /// EACCES
    Permission,
    /// EPERM
    NotPermitted,
    /// EBUSY: a mount point.
    Busy,
    /// ENOSPC
    NoSpace,
}

impl FileError {
    /// The C library's text for it.
    pub fn text(self) -> &'static str {
        match self {
            FileError::NotFound => "No such file or directory",
            FileError::IsDirectory => "Is a directory",
            FileError::NotDirectory => "Not a directory",
            FileError::Exists => "File exists",
            FileError::NotEmpty => "Directory not empty",
            FileError::ReadOnly => "Read-only file system",
            FileError::Permission => "Permission denied",
            FileError::NotPermitted => "Operation not permitted",
            FileError::Busy => "Resource busy",
            FileError::NoSpace => "No space left on device",
        }
    }
}

/// Whose programs an image has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Userland {
    /// BusyBox: `sh` is ash.
    BusyBox,
    /// GNU, as on Debian: `sh` is dash.
    Gnu,
}

/// The shell that is imitated: the wording of errors, and whether `{a,b}` makes words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavour {
    /// BusyBox ash, and BusyBox' tools.
    Sh,
    /// dash, Debian's `sh`.
    Dash,
    /// bash, and GNU coreutils.
    Bash,
    /// zsh, and GNU coreutils.
    Zsh,
}

impl Flavour {
    /// Whether it has what bash has beyond POSIX: arrays, `[[ ]]`, `{a,b}`.
    pub(crate) fn is_bash(self) -> bool {
        matches!(self, Flavour::Bash | Flavour::Zsh)
    }
}

/// What becomes of a command that neither the shell nor the host knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// It exists in the container's image, as far as anybody knows: [`Step::NotSimulated`].
    NotSimulated,
    /// It does not exist: the shell's `not found`, status 127.
    NotFound,
}

/// Why [`Shell::run`] came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing to do for so many virtual milliseconds; run it again then.
    Sleep {
        /// Duration in virtual milliseconds.
        ms: u64,
    },
    /// Nothing will ever happen by itself (`sleep infinity`, `tail -f /dev/null`). Run it again only when a file of
    /// [`Shell::followed`] has changed.
    Forever,
    /// The program has ended. Running it again says so again.
    Exit(i32),
    /// A command that can't be run, standing for itself; run again, it counts as having succeeded, unless
    /// [`Shell::hold`] was called.
    NotSimulated {
        /// The command with its arguments.
        command: String,
        /// Nothing comes after it in the script (`exec nginx`): in a main container the server itself.
        last: bool,
    },
    /// It has done what it may do at one moment; run it again after so many virtual milliseconds.
    Busy {
        /// Duration in virtual milliseconds.
        ms: u64,
    },
    /// A program of the host goes on; run it again when that has news, or after so many virtual milliseconds.
    WaitExternal {
        /// When something else in the script goes on, in virtual milliseconds.
        ms: Option<u64>,
    },
    /// An interactive shell waits for a command. `more`: for the rest of one (`>` instead of `$`).
    Prompt {
        /// The line so far is the beginning of a command.
        more: bool,
    },
    /// A command reads from the terminal: the next [`Shell::feed`] goes to it.
    Input,
}
