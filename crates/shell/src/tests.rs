//! One `check(script, what it prints)` a feature. Where dash, bash or BusyBox agree, the expectation is theirs.
//! A table of scripts by feature, and therefore long.

mod cost;

use crate::*;
use std::collections::BTreeMap;

/// A container with its files in memory, and a few programs of its own.
#[derive(Clone, Default)]
struct TestHost {
    now_ms: u64,
    files: Files,
    out: String,
    err: String,
    asked: Vec<String>,
    /// What pending programs are still to print, one piece a poll.
    pending: BTreeMap<u32, Vec<&'static str>>,
}

impl Host for TestHost {
    fn now_ms(&self) -> u64 {
        self.now_ms
    }
    fn hostname(&self) -> String {
        "flask-1".into()
    }
    fn address(&self) -> String {
        "172.16.110.17".into()
    }
    fn fqdn(&self) -> String {
        "flask-1.flask.default.svc.cluster.local".into()
    }
    fn stat(&self, path: &str) -> Option<Stat> {
        self.files.stat(path)
    }
    fn read(&self, path: &str) -> Result<String, FileError> {
        self.files.read(path).map(str::to_string)
    }
    fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        self.files.write(path, text, append, self.now_ms)
    }
    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }
    fn make_dir(&mut self, path: &str) -> Result<(), FileError> {
        self.files.make_dir(path, self.now_ms)
    }
    fn remove(&mut self, path: &str) -> Result<(), FileError> {
        self.files.remove(path)
    }
    fn set_attributes(
        &mut self,
        path: &str,
        mode: Option<u32>,
        modified_ms: Option<u64>,
    ) -> Result<(), FileError> {
        self.files.set_attributes(path, mode, modified_ms)
    }
    fn link(&mut self, target: &str, path: &str) -> Result<(), FileError> {
        self.files.link(target, path, self.now_ms)
    }
    fn read_link(&self, path: &str) -> Option<String> {
        self.files.read_link(path)
    }
    fn output(&mut self, to: Output, text: &str) {
        match to {
            Output::Stdout => self.out.push_str(text),
            Output::Stderr => self.err.push_str(text),
        }
    }
    fn external(&mut self, argv: &[String], stdin: &str) -> External {
        self.asked.push(argv.join(" "));
        match argv[0].as_str() {
            "nslookup" if argv[1] == "flask" => {
                External::Done { stdout: "Name:   flask\n".into(), stderr: String::new(), code: 0 }
            }
            "nslookup" => External::Done { stdout: "NXDOMAIN\n".into(), stderr: String::new(), code: 1 },
            "kubectl" if argv[1] == "apply" => {
                External::Done { stdout: stdin.into(), stderr: String::new(), code: 0 }
            }
            "kubectl" => {
                let id = self.asked.len() as u32;
                self.pending.insert(id, vec!["flask-0\n", "flask-1\n", "flask-2\n"]);
                External::Pending(id)
            }
            _ => External::Unknown,
        }
    }
    fn external_poll(&mut self, id: u32) -> Poll {
        let pieces = self.pending.entry(id).or_default();
        let stdout = if pieces.is_empty() { String::new() } else { pieces.remove(0).to_string() };
        Poll { stdout, code: pieces.is_empty().then_some(0), ..Poll::default() }
    }
    fn external_cancel(&mut self, id: u32) {
        self.pending.remove(&id);
    }
    fn reads_stdin(&self, argv: &[String]) -> bool {
        argv.iter().any(|a| a == "-")
    }
}

/// The seed's second start of flask-1.
const NOW: u64 = 1_653_459_303_250;

fn host() -> TestHost {
    let mut host = TestHost { now_ms: NOW, ..TestHost::default() };
    for dir in ["/data", "/tmp", "/usr", "/usr/src", "/usr/src/app", "/usr/src/app/log"] {
        host.files.make_dir(dir, NOW).expect("a new directory");
    }
    host
}

fn words(argv: &[&str]) -> Vec<String> {
    argv.iter().map(|w| w.to_string()).collect()
}

fn container(argv: &[&str]) -> Shell {
    Shell::script(&words(argv), &[("HOSTNAME".into(), "flask-1".into())], "/", Unknown::NotSimulated)
}

/// Runs a script to its end, time passing as it sleeps; its status.
fn finish(shell: &mut Shell, host: &mut TestHost) -> i32 {
    for _ in 0..1000 {
        match shell.run(host) {
            Step::Exit(code) => return code,
            Step::Sleep { ms } | Step::Busy { ms } => host.now_ms += ms,
            Step::WaitExternal { .. } | Step::NotSimulated { .. } => {}
            other => panic!("stuck: {other:?}; out: {}; err: {}", host.out, host.err),
        }
    }
    panic!("never ends")
}

fn run_as(program: &str, script: &str) -> (TestHost, i32) {
    let mut host = host();
    let code = finish(&mut container(&[program, "-c", script]), &mut host);
    (host, code)
}

/// What a script prints, run by sh (and status 0 unless it prints something on stderr).
#[track_caller]
fn check(script: &str, expect: &str) {
    let (host, code) = run_as("sh", script);
    assert_eq!(format!("{}{}", host.out, host.err), expect, "{script}");
    assert!(
        code == 0 || !host.err.is_empty() || script.contains("exit") || code == 1,
        "{script}: status {code}"
    );
}

/// The same, run by bash.
#[track_caller]
fn check_bash(script: &str, expect: &str) {
    let (host, _) = run_as("bash", script);
    assert_eq!(format!("{}{}", host.out, host.err), expect, "{script}");
}

/// A script's status.
#[track_caller]
fn check_status(script: &str, expect: i32) {
    let (host, code) = run_as("sh", script);
    assert_eq!(code, expect, "{script}: {}{}", host.out, host.err);
}

#[test]
fn the_seeds_init_container() {
    let mut host = host();
    let script = "echo $(hostname)-$(date +%s) |tee -a /usr/src/app/log/dump.log";
    assert_eq!(finish(&mut container(&["sh", "-c", script]), &mut host), 0);
    assert_eq!(host.out, "flask-1-1653459303\n");
    host.now_ms += 60_000;
    assert_eq!(finish(&mut container(&["sh", "-c", script]), &mut host), 0);
    let log = host.files.read("/usr/src/app/log/dump.log").expect("the log");
    assert_eq!(log, "flask-1-1653459303\nflask-1-1653459363\n");
}

#[test]
fn words_and_quotes() {
    check("echo a  b", "a b\n");
    check("echo 'a  b' \"c  d\" e\\ f", "a  b c  d e f\n");
    check("echo \"it's \\\"$HOSTNAME\\\"\" 'no $HOSTNAME'", "it's \"flask-1\" no $HOSTNAME\n");
    check("echo a\"b\"'c'", "abc\n");
    check("X='a  b'; echo $X \"$X\"", "a b a  b\n");
    check("E=; printf '<%s>' $E \"$E\" x; echo", "<><x>\n");
    check("echo '' | wc -c", "1\n");
    check("echo one # comment\necho two#three", "one\ntwo#three\n");
    check("echo a\\\nb", "ab\n");
    check("echo \"\\a \\$X \\\\\"", "\\a $X \\\n");
    check("HOME=/root; echo ~ ~/x a~", "/root /root/x a~\n");
    check("echo $'a\\tb'", "a\tb\n");
    check("echo $ $; echo '$'x a$", "$ $\n$x a$\n");
    check("echo \"한국어 $HOSTNAME\" | cut -c1-3", "한국어\n");
}

#[test]
fn parameters() {
    check("echo ${X:-none} ${X-none} ${X:+some}end", "none none end\n");
    check("X=; echo ${X:-empty} [${X-empty}] [${X+set}]", "empty [] [set]\n");
    check("echo ${X:=new}; echo $X", "new\nnew\n");
    check("for i in ${L:-a b \"c d\"}; do echo $i; done", "a\nb\nc d\n");
    check("echo \"${X:-a  b}\" \"${X:-\"q  r\"}\"", "a  b q  r\n");
    check("echo ${HOSTNAME##*-} ${HOSTNAME#*s} ${HOSTNAME%-*} ${#HOSTNAME}", "1 k-1 flask 7\n");
    check(
        "P=/a/b/c.tar.gz; echo ${P##*/} ${P#*/} ${P%%.*} ${P%.*} ${P%/*}",
        "c.tar.gz a/b/c.tar.gz /a/b/c /a/b/c.tar /a/b\n",
    );
    check("X='a*b'; echo \"${X#'a*'}\" \"${X%\\**}\"", "b a\n");
    check(
        "set -- a b 'c d'; echo $# $1 \"$3\"; for x in \"$@\"; do echo $x; done; shift; echo $*",
        "3 a c d\na\nb\nc d\nb c d\n",
    );
    check("f() { for x; do echo $x; done; }; f 1 '2 3'; f", "1\n2 3\n");
    check("set --; echo \"$@\" $#; for x in \"$@\"; do echo no; done", "0\n");
    check("false; echo $?; true; echo $?", "1\n0\n");
    check("echo $$", "1\n");
    check("X=1 Y=2; echo $X$Y ${X}0", "12 10\n");
    check("echo ${X:?not there}; echo no", "sh: X: not there\n");
    check("set -u; echo $NOPE; echo no", "sh: NOPE: parameter not set\n");
    check_bash(
        "X=flask-12; echo ${X:6} ${X:0:5} ${X: -2} ${X/a/A} ${X//-/_} ${X^^} ${X^}",
        "12 flask 12 flAsk-12 flask_12 FLASK-12 Flask-12\n",
    );
    check_bash("N=HOSTNAME; echo ${!N}", "flask-1\n");
    check("IFS=,; X=a,b,,c; for i in $X; do echo \"<$i>\"; done", "<a>\n<b>\n<>\n<c>\n");
    check_bash("X=a; X+=b; echo $X", "ab\n");
    check("A=1 sh -c 'echo $A'; echo [$A]", "1\n[]\n");
    check("A=1; sh -c 'echo [$A]'; export A; sh -c 'echo [$A]'", "[]\n[1]\n");
    check("sh -c 'echo $0 $1 $#' name one two", "name one 2\n");
}

#[test]
fn substitution_and_arithmetic() {
    check("echo $(echo a; echo b)", "a b\n");
    check("echo \"$(printf 'a\\n\\nb\\n\\n')\"", "a\n\nb\n");
    check("echo `echo x` `echo \\`echo y\\``", "x y\n");
    check("echo $(echo $(echo $(echo deep)))", "deep\n");
    check("x=$(false); echo $?; y=2; echo $?", "1\n0\n");
    check("echo $((1 + 2 * 3)) $(( (1+2)*3 )) $((7/2)) $((-7%3)) $((2**10))", "7 9 3 -1 1024\n");
    check("i=5; echo $((i+1)) $(($i-1)) $((i++)) $i $((++i)) $((i+=3)) $((x=4)) $x", "6 4 5 6 7 10 4 4\n");
    check(
        "echo $((3>2)) $((1&&0)) $((5==5?1:2)) $((0x10)) $((010)) $((~0)) $((1<<4|1))",
        "1 0 1 16 8 -1 17\n",
    );
    check("echo $((1/0)); echo no", "sh: divide by zero\n");
    check("echo $((1+)); echo no", "sh: arithmetic syntax error\n");
    check_bash("((i=3)); ((i++)); echo $i; ((i>9)) || echo small; let i+=2; echo $i", "4\nsmall\n6\n");
    check_bash("for ((i=0; i<3; i++)); do [ $i = 1 ] && continue; echo $i; done", "0\n2\n");
    check("echo hi > /tmp/f; echo $(</tmp/f) $(cat < /tmp/f)", "hi hi\n");
    check("ordinal=${HOSTNAME##*-}; echo server-id=$((100 + $ordinal))", "server-id=101\n");
}

#[test]
fn control() {
    check(
        "if true; then echo a; else echo b; fi; if false; then echo a; elif true; then echo c; fi",
        "a\nc\n",
    );
    check("if [ -f /nope ]; then echo a; fi; echo $?", "0\n");
    check("for i in 1 2 3; do echo $i; done; for i in; do echo no; done", "1\n2\n3\n");
    check("i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done", "1\n3\n");
    check("i=0; until [ $i -ge 2 ]; do echo $i; i=$((i+1)); done", "0\n1\n");
    check(
        "for a in 1 2; do for b in x y; do [ $b = y ] && continue 2; [ $a = 2 ] && break 2; echo $a$b; done; done",
        "1x\n",
    );
    check("case flask-0 in *-0) echo primary;; *) echo replica;; esac", "primary\n");
    check(
        "case x in a|b) echo 1;; [x-z]) echo 2;; esac; case '*' in '*') echo star; esac; case q in a) ;; esac; echo $?",
        "2\nstar\n0\n",
    );
    check("true && echo a || echo b; false && echo a || echo b; false || false || echo c", "a\nb\nc\n");
    check("! true; echo $?; ! false && echo ok", "1\nok\n");
    check("(cd /data; X=1; pwd); pwd; echo [$X]", "/data\n/\n[]\n");
    check("{ echo a; echo b; } | wc -l", "2\n");
    check("f() { echo $1 $#; return 3; }; f a b; echo $?", "a 2\n3\n");
    check("f() { local x=in; echo $x; }; x=out; f; echo $x", "in\nout\n");
    check("f()\n{\n  echo body\n}\nf", "body\n");
    check_bash("function g { echo g; }; g", "g\n");
    check("eval 'x=1; echo $x'; eval echo '$x'", "1\n1\n");
    check("while :; do break; done; echo out; exit 3; echo no", "out\n");
    check("for i in 1 2 3; do case $i in 2) break;; esac; echo $i; done; echo end", "1\nend\n");
    check("echo start; (exit 4) || echo $?", "start\n4\n");
    check("if true; then\n  echo a &&\n  echo b\nfi", "a\nb\n");
    check("x() { return; }; false; x; echo $?", "1\n");
    check("n() { [ $1 -le 0 ] && return; n $(($1-1)); echo $1; }; n 3", "1\n2\n3\n");
    check("! false | false; echo $?", "0\n");
}

#[test]
fn errexit_and_trace() {
    check_status("set -e; false; exit 9", 1);
    check_status("set -e; if false; then :; fi; false || true; ! true; false && true; exit 9", 9);
    check_status("set -e; (exit 3); exit 9", 3);
    check_status("set -e; x=$(false); exit 9", 1);
    check_status("set -e; f() { false; echo went on; }; f || true; exit 9", 9);
    check_status("set -eo pipefail; false | true; exit 9", 1);
    check_status("false | true", 0);
    check_status("set -e; while false; do :; done; for i in 1; do false; done; exit 9", 1);
    check("set -x; X='a b'; echo $X \"$X\"", "a b a b\n+ X='a b'\n+ echo a b 'a b'\n");
    let mut host = host();
    assert_eq!(finish(&mut container(&["sh", "-ec", "false; echo no"]), &mut host), 1);
    assert_eq!(
        finish(&mut container(&["/bin/bash", "-euo", "pipefail", "-c", "false | true; echo no"]), &mut host),
        1
    );
    assert_eq!(host.out, "");
}

#[test]
fn tests_of_files_and_texts() {
    let yes = [
        "[ a = a ]",
        "[ a != b ]",
        "[ -n x ]",
        "[ -z '' ]",
        "[ x ]",
        "[ ! -f /nope ]",
        "[ -d /data ]",
        "[ -e /data -a ! -f /data ]",
        "[ 1 -eq 1 ] && [ 2 -gt 1 ] && [ 1 -le 1 ] && [ 1 -ne 2 ]",
        "[ a = b -o b = b ]",
        "test 10 -gt 9",
        "echo x > /data/f; [ -s /data/f ]; ",
        "[[ 2 -gt 1 && abc == a?c || x ]]",
    ];
    for test in yes {
        check_status(test, 0);
    }
    let of_bash = [
        "[[ -z $NOPE && 2 -gt 1 ]]",
        "[[ abc == a* ]] && [[ abc != b* ]] && ! [[ abc == 'a*' ]]",
        "[[ ( a = b || a = a ) && ! x = y ]]",
        "[[ flask-12 =~ ^[a-z]+-([0-9]+)$ ]]",
        "[[ a < b ]]",
    ];
    for test in of_bash {
        assert_eq!(run_as("bash", test).1, 0, "{test}");
    }
    for test in ["[ a = b ]", "[ '' ]", "[ ! x ]", "[ -f /data ]", "[ 1 -gt 2 ]", "[[ -n '' ]]", "test"] {
        check_status(test, 1);
    }
    check_status("[ a -eq 1 ]", 2);
    check_status("[ a = a", 2);
}

/// The opening of the MySQL example in the Kubernetes documentation, and what follows it on a replica.
#[test]
fn a_stateful_sets_init_script() {
    let script = "set -ex
# Generate mysql server-id from pod ordinal index.
[[ $HOSTNAME =~ -([0-9]+)$ ]] || exit 1
ordinal=${BASH_REMATCH[1]}
echo [mysqld] > /data/server-id.cnf
# Add an offset to avoid reserved server-id=0 value.
echo server-id=$((100 + $ordinal)) >> /data/server-id.cnf
if [[ $ordinal -eq 0 ]]; then
  echo primary
else
  echo replica
fi
[[ `hostname` =~ -([0-9]+)$ ]] || exit 1
[[ $ordinal -eq 0 ]] && exit 0
echo clone from mysql-$(($ordinal-1)).mysql
if [[ -f info && \"x$(<info)\" != \"x\" ]]; then echo no; fi
[[ `echo binlog.01   42` =~ ^(.*?)[[:space:]]+(.*?)$ ]] || exit 1
echo \"FILE='${BASH_REMATCH[1]}',\\
      POS=${BASH_REMATCH[2]}\"
";
    let (host, code) = run_as("bash", script);
    assert_eq!(
        (code, host.out.as_str()),
        (0, "replica\nclone from mysql-0.mysql\nFILE='binlog.01',      POS=42\n")
    );
    assert_eq!(host.files.read("/data/server-id.cnf"), Ok("[mysqld]\nserver-id=101\n"));
    assert!(
        host.err.starts_with("+ [[ flask-1 =~ -([0-9]+)$ ]]\n+ ordinal=1\n+ echo '[mysqld]'\n"),
        "{}",
        host.err
    );
}

#[test]
fn redirections() {
    check("echo a > /data/f; echo b >> /data/f; cat /data/f; cat < /data/f | wc -l", "a\nb\n2\n");
    check("echo a > /dev/null; echo b 2>&1; echo c >&2 2>/dev/null; echo d &> /dev/null", "b\nc\n");
    check(
        "cat /nope 2>/dev/null; cat /nope 2>&1 | cat",
        "cat: can't open '/nope': No such file or directory\n",
    );
    check("{ echo out; echo err >&2; } > /data/o 2> /data/e; cat /data/e /data/o", "err\nout\n");
    check(
        "cat <<EOF\nhost $HOSTNAME $((1+1)) `echo x`\n  \"q\" \\$X\nEOF\necho after",
        "host flask-1 2 x\n  \"q\" $X\nafter\n",
    );
    check("cat <<'EOF'\n$X `x`\nEOF", "$X `x`\n");
    check("cat <<-EOF > /data/f\n\ta\n\tEOF\ncat /data/f", "a\n");
    check("cat <<A; cat <<B\na\nA\nb\nB\n", "a\nb\n");
    check_bash("cat <<< \"one $HOSTNAME\"", "one flask-1\n");
    check("while read -r a b; do echo \"$b,$a\"; done <<EOF\n1 2 3\n4\nEOF\n", "2 3,1\n,4\n");
    check("printf 'x\\ny' > /data/f; while read l; do echo $l; done < /data/f; echo rest $l", "x\nrest y\n");
    check("echo a > /no/f; echo $?", "1\nsh: can't create /no/f: nonexistent directory\n");
    check("cat < /no; echo $?", "1\nsh: can't open /no: no such file\n");
    check_bash("cat < /no; echo $?", "1\nbash: line 1: /no: No such file or directory\n");
    check("exec > /data/all; echo a; echo b; exec >&2; cat /data/all", "a\nb\n");
    check("exec 3>&1; echo x 2>&1 >&3 >/dev/null; { echo y >&3; } > /dev/null", "y\n");
    check("for i in 1 2; do echo $i; done > /data/f; wc -l < /data/f", "2\n");
    check("> /data/empty; ls /data; [ -s /data/empty ] || echo empty", "empty\nempty\n");
    check("echo log > /proc/1/fd/1", "log\n");
    check("f() { echo f; } ; f > /data/x; cat /data/x", "f\n");
    check("if true; then echo in; fi > /data/y; cat /data/y", "in\n");
    check("(echo sub) > /data/z; cat /data/z", "sub\n");
    check("read a < /dev/null; echo $?", "1\n");
}

#[test]
fn pipelines() {
    check("echo a b | tr ' ' '\\n' | sort -r | head -1", "b\n");
    check("yes | head -3", "y\ny\ny\n");
    check("while true; do echo y; done | head -n 2", "y\ny\n");
    check("seq 1 100000 | tail -1; seq 3 | while read n; do echo n$n; done", "100000\nn1\nn2\nn3\n");
    check("x=0; echo 5 | read x; echo $x", "0\n");
    check("echo hi | { read a; echo got $a; }", "got hi\n");
    check("(echo err >&2; echo out) 2>&1 | sort", "err\nout\n");
    check("(while true; do date +%S; sleep 1; done) | head -2", "03\n04\n");
    check("seq 5 | (head -1; wc -l)", "1\n0\n");
    check("echo 'echo from stdin' | sh", "from stdin\n");
}

#[test]
fn waiting() {
    let mut host = host();
    let mut shell = container(&["sh", "-c", "echo a; sleep 1.5; echo b; sleep 2m; date +%s"]);
    assert_eq!(shell.run(&mut host), Step::Sleep { ms: 1500 });
    assert_eq!(host.out, "a\n");
    host.now_ms += 1000;
    assert_eq!(shell.run(&mut host), Step::Sleep { ms: 500 });
    host.now_ms += 500;
    assert_eq!(shell.run(&mut host), Step::Sleep { ms: 120_000 });
    host.now_ms += 120_000;
    assert_eq!(shell.run(&mut host), Step::Exit(0));
    assert_eq!(host.out, "a\nb\n1653459424\n");

    for script in ["sleep infinity", "tail -f /dev/null", "sleep infinity & wait", "exec sleep inf"] {
        let mut shell = container(&["sh", "-c", script]);
        assert_eq!(shell.run(&mut host), Step::Forever, "{script}");
    }
    assert_eq!(container(&["sleep", "3600"]).run(&mut host), Step::Sleep { ms: 3_600_000 });
    assert_eq!(container(&["true"]).run(&mut host), Step::Exit(0));
}

#[test]
fn an_endless_log_stays_small() {
    let mut host = host();
    let script = "while true; do echo $(date +%T) $(hostname) | tee -a /data/log > /dev/null; x=$(cat /data/log | tail -1); sleep 5; done";
    let mut shell = container(&["sh", "-c", script]);
    let mut size = 0;
    for round in 0..2000 {
        assert_eq!(shell.run(&mut host), Step::Sleep { ms: 5000 });
        host.now_ms += 5000;
        if round == 100 {
            size = format!("{shell:?}").len();
            host.files.write("/data/log", "", false, 0).expect("room");
        }
    }
    assert!(format!("{shell:?}").len() < size + 200);
    assert_eq!(host.files.read("/data/log").map(|t| t.lines().count()), Ok(1899));
}

#[test]
fn background_and_signals() {
    check("(sleep 2; echo late) & echo first; wait; echo done", "first\nlate\ndone\n");
    check("sleep 1 & sleep 3 & wait; date +%s", "1653459306\n");
    check("(exit 5) & wait $!; echo $?", "5\n");
    check("sleep 100 & kill $!; wait $!; echo $?", "143\nTerminated\n");
    check("trap 'echo bye' EXIT; echo hi; exit 2", "hi\nbye\n");
    check("timeout 2 sleep 10; echo $?; timeout 5 echo quick; echo $?", "143\nquick\n0\nTerminated\n");

    let mut host = host();
    let mut shell = container(&["sh", "-c", "trap 'echo stop; exit 0' TERM; while true; do sleep 1; done"]);
    assert_eq!(shell.run(&mut host), Step::Sleep { ms: 1000 });
    assert!(shell.terminate());
    assert_eq!(shell.run(&mut host), Step::Sleep { ms: 1000 });
    host.now_ms += 1000;
    assert_eq!(shell.run(&mut host), Step::Exit(0));
    assert_eq!(host.out, "stop\n");

    let mut shell = container(&["sh", "-c", "trap 'echo now; exit 7' TERM INT; sleep infinity & wait"]);
    assert_eq!(shell.run(&mut host), Step::Forever);
    assert!(shell.terminate());
    assert_eq!(shell.run(&mut host), Step::Exit(7));

    let mut deaf = container(&["sh", "-c", "sleep 100"]);
    assert_eq!(deaf.run(&mut host), Step::Sleep { ms: 100_000 });
    assert!(!deaf.terminate());
}

#[test]
fn what_is_not_simulated() {
    let mut host = host();
    let mut shell = container(&[
        "sh",
        "-c",
        "mkdir -p /data/x; chown-all /data; echo went on; exec nginx -g 'daemon off;'",
    ]);
    assert_eq!(shell.run(&mut host), Step::NotSimulated { command: "chown-all /data".into(), last: false });
    let server = Step::NotSimulated { command: "nginx -g daemon off;".into(), last: true };
    assert_eq!(shell.run(&mut host), server);
    assert_eq!(host.out, "went on\n");
    let mut ends = shell.clone();
    assert_eq!(ends.run(&mut host), Step::Exit(0));
    shell.hold();
    assert_eq!(shell.run(&mut host), Step::Forever);

    let mut shell = container(&["/docker-entrypoint.sh", "postgres"]);
    assert_eq!(
        shell.run(&mut host),
        Step::NotSimulated { command: "/docker-entrypoint.sh postgres".into(), last: true }
    );

    let mut shell = container(&["sh", "-c", "(while true; do echo tick; sleep 5; done) & exec redis-server"]);
    assert!(matches!(shell.run(&mut host), Step::NotSimulated { last: true, .. }));
    shell.hold();
    assert_eq!(shell.run(&mut host), Step::Sleep { ms: 5000 });

    for script in
        ["redis-server", "echo starts; /opt/start.sh 5", "set -e; if true; then serve; fi", "eval serve"]
    {
        let step = container(&["bash", "-c", script]).run(&mut host);
        assert!(matches!(step, Step::NotSimulated { last: true, .. }), "{script}");
    }
    for script in ["migrate; serve", "while true; do poll; sleep 1; done", "sh -c work; serve"] {
        let step = container(&["bash", "-c", script]).run(&mut host);
        assert!(matches!(step, Step::NotSimulated { last: false, .. }), "{script}");
    }

    let mut shell = Shell::script(&words(&["frobnicate"]), &[], "/", Unknown::NotFound);
    assert_eq!(shell.run(&mut host), Step::Exit(127));
    assert!(host.err.ends_with("sh: frobnicate: not found\n"));
}

#[test]
fn what_the_shell_does_not_take_is_not_simulated_either() {
    let not_simulated = |program: &str, script: &str| {
        let step = container(&[program, "-c", script]).run(&mut host());
        matches!(step, Step::NotSimulated { .. })
    };
    for script in ["select x in a b; do echo $x; done", "coproc { echo; }"] {
        assert!(not_simulated("bash", script), "{script}");
        assert!(!not_simulated("sh", script), "{script}");
    }
    for script in ["awk --nonsense 1", "sed --debug p", "diff -y a b", "ls --nonsense"] {
        assert!(not_simulated("sh", &format!("{script} < /dev/null")), "{script}");
    }
    let mut shell = Shell::interactive(Flavour::Bash, &[], "/");
    let mut host = host();
    shell.feed("coproc cat");
    shell.run(&mut host);
    shell.feed("ls --nonsense");
    shell.run(&mut host);
    let expect = "bash: coproc is not simulated\nbash: ls --nonsense: not simulated\n";
    assert_eq!(host.err, expect);
}

#[test]
fn programs_of_the_host() {
    check("nslookup flask | grep Name", "Name:   flask\n");
    check(
        "until nslookup nope; do i=$((i+1)); [ $i = 2 ] && break; sleep 2; done; date +%S",
        "NXDOMAIN\nNXDOMAIN\n05\n",
    );
    check("kubectl get pods | grep -c flask", "3\n");
    check("kubectl get pods -w | head -1", "flask-0\n");
    check("for i in $(kubectl get pods); do echo $i; done | tail -1", "flask-2\n");
    check("kubectl apply -f - <<EOF\nkind: Pod\nEOF\n", "kind: Pod\n");
    let mut host = host();
    let mut shell = container(&["sh", "-c", "kubectl get pods -w"]);
    assert_eq!(shell.run(&mut host), Step::WaitExternal { ms: None });
    assert_eq!(shell.run(&mut host), Step::WaitExternal { ms: None });
    assert_eq!(host.out, "flask-0\n");
    shell.interrupt(&mut host);
    assert_eq!(shell.run(&mut host), Step::Exit(130));
    assert!(host.pending.is_empty());
}

#[test]
fn ash_counts_no_lines_where_somebody_types() {
    let mut host = host();
    let mut shell = Shell::interactive(Flavour::Sh, &[], "/");
    shell.run(&mut host);
    for line in ["cd /nope", "eval nosuch", "nosuch", "echo 'eval nosuch' > /data/s; sh /data/s"] {
        shell.feed(line);
        shell.run(&mut host);
    }
    let expected = "sh: cd: can't cd to /nope: No such file or directory\nsh: eval: nosuch: not found\nsh: nosuch: not found\n\
                    /data/s: eval: line 1: nosuch: not found\n";
    assert_eq!(host.err, expected);
}

#[test]
fn interactive() {
    let mut host = host();
    let mut shell = Shell::interactive(Flavour::Zsh, &[], "/");
    assert_eq!(shell.run(&mut host), Step::Prompt { more: false });
    let mut say = |line: &str| {
        shell.feed(line);
        let step = shell.run(&mut host);
        (step, std::mem::take(&mut host.out) + &std::mem::take(&mut host.err))
    };
    let prompt = Step::Prompt { more: false };
    assert_eq!(say("X=1; cd /data"), (prompt.clone(), String::new()));
    assert_eq!(say("echo $X; pwd"), (prompt.clone(), "1\n/data\n".into()));
    assert_eq!(say("for i in a b; do"), (Step::Prompt { more: true }, String::new()));
    assert_eq!(say("echo $i"), (Step::Prompt { more: true }, String::new()));
    assert_eq!(say("done"), (prompt.clone(), "a\nb\n".into()));
    assert_eq!(say("frobnicate"), (prompt.clone(), "zsh: command not found: frobnicate\n".into()));
    assert_eq!(say("echo )"), (prompt.clone(), "zsh: parse error near `)'\n".into()));
    assert_eq!(say("echo $?; true"), (prompt.clone(), "2\n".into()));
    assert_eq!(say("read name; echo hi $name"), (Step::Input, String::new()));
    assert_eq!(say("Kim"), (prompt.clone(), "hi Kim\n".into()));
    assert_eq!(say("sleep 5"), (Step::Sleep { ms: 5000 }, String::new()));
    assert_eq!(say(""), (Step::Sleep { ms: 5000 }, String::new()));
    assert_eq!(say("echo ${X:?}").1, "");
    shell.interrupt(&mut host);
    assert_eq!(shell.run(&mut host), Step::Prompt { more: false });
    assert_eq!(shell.status(), 130);
    shell.feed("cat > /data/f");
    assert_eq!(shell.run(&mut host), Step::Input);
    shell.feed("typed");
    assert_eq!(shell.run(&mut host), Step::Input);
    shell.end_input();
    assert_eq!(shell.run(&mut host), Step::Prompt { more: false });
    assert_eq!(host.files.read("/data/f"), Ok("typed\n"));
    shell.feed("ls / /data; exit 3");
    assert_eq!(shell.run(&mut host), Step::Exit(3));
    assert_eq!(host.out, "/:\ndata  tmp  usr\n\n/data:\nf\n");
}

#[test]
fn texts() {
    check("echo -n a; echo -e 'b\\tc\\n'; echo -en 'd\\0101\\x42\\c no'; echo -x", "ab\tc\n\ndAB-x\n");
    check("printf '%s-%d|%5s|%-4s|%03d|%x%%\\n' a 7 b c 5 255", "a-7|    b|c   |005|ff%\n");
    check(
        "printf '%s\\n' a b c; printf 'x'; printf '%b' 'y\\n'; printf '%.2f\\n' 3.14159",
        "a\nb\nc\nxy\n3.14\n",
    );
    check(
        "printf 'a\\nbb\\nab\\n' > /tmp/f; grep a /tmp/f; grep -c b /tmp/f; grep -v a /tmp/f; grep -n '^a' /tmp/f",
        "a\nab\n2\nbb\n1:a\n3:ab\n",
    );
    check(
        "echo flask-12 | grep -o '[0-9]*$'; echo Foo | grep -iq foo && echo yes; grep -q x /tmp/no; echo $?",
        "12\nyes\n2\ngrep: /tmp/no: No such file or directory\n",
    );
    check(
        "echo 'a1 b22' | grep -oE '[a-z][0-9]{2,}'; echo a.b | grep -F . ; echo ab | grep -F . || echo none",
        "b22\na.b\nnone\n",
    );
    check(
        "echo flask-1 | sed 's/-/_/; s/f\\(.\\)/F\\1\\1/'; printf 'a\\nb\\nc\\n' | sed -n '2p;$p'; printf 'a\\nb\\n' | sed '/a/d'",
        "Fllask_1\nb\nc\nb\n",
    );
    check(
        "echo a/b/c | sed 's|/|-|g'; echo aXbX | sed -E 's/(X)/<\\1>/g'; echo a > /tmp/s; sed -i 's/a/b/' /tmp/s; cat /tmp/s",
        "a-b-c\na<X>b<X>\nb\n",
    );
    check("printf '1\\n2\\n3\\n4\\n' | sed '2,3d'; printf '1\\n2\\n3\\n' | sed -n '/2/,$p'", "1\n4\n2\n3\n");
    check(
        "echo 'a b  c' | awk '{print $2}'; echo mysql-3 | awk -F- '{print $NF}'; printf 'x 1\\ny 2\\n' | awk '$2>1{print $1\":\"$2, NR}'",
        "b\n3\ny:2 2\n",
    );
    check(
        "printf 'a b\\nc d\\n' | awk '/c/ {print $0}'; echo a b c | awk '{print $(NF-1), NF}'; printf 'p\\nq\\n' | awk 'NR==2'",
        "c d\nb 3\nq\n",
    );
    check(
        "echo a:b:c | cut -d: -f2; echo a:b:c | cut -d: -f1,3; echo abcdef | cut -c2-4; echo nodelim | cut -d: -f2",
        "b\na:c\nbcd\nnodelim\n",
    );
    check(
        "echo hello | tr a-z A-Z; echo a1b2 | tr -d 0-9; echo aabb | tr -s a; echo 'x y' | tr -cd '[:alpha:]'",
        "HELLO\nab\nabb\nxy",
    );
    check(
        "printf 'b\\na\\nc\\na\\n' | sort | uniq -c; printf '10\\n9\\n' | sort -n; printf '1\\n2\\n' | sort -r; printf 'a\\na\\n' | sort -u",
        "      2 a\n      1 b\n      1 c\n9\n10\n2\n1\na\n",
    );
    check(
        "printf 'x 2\\ny 1\\n' | sort -k2 -n; printf 'a:2\\nb:1\\n' | sort -t: -k2",
        "y 1\nx 2\nb:1\na:2\n",
    );
    check(
        "printf 'a b\\nc\\n' | wc; printf 'a b\\nc\\n' | wc -w; printf a > /tmp/w; wc -c /tmp/w",
        "        2         3         6\n3\n1 /tmp/w\n",
    );
    check(
        "seq 3 | head -n 2; seq 20 | tail -n 2; seq 5 | tail -n +4; echo abc | head -c 2; seq -s, 2 2 6",
        "1\n2\n19\n20\n4\n5\nab2,4,6\n",
    );
    check(
        "echo a b | xargs -n1 echo x; echo 'f g' | xargs; seq 2 | xargs -I{} echo n{}",
        "x a\nx b\nf g\nn1\nn2\n",
    );
    check("expr 1 + 2; expr \"$HOSTNAME\" : '.*-\\([0-9]*\\)'; expr a = b; expr 4 / 2", "3\n1\n0\n2\n");
    check("basename /a/b.txt .txt; dirname /a/b; basename /; dirname x", "b\n/a\n/\n.\n");
    check(
        "echo '  trim  me ' | { read -r a; echo \"[$a]\"; }; echo a:b:c | { IFS=: read x y; echo $x $y; }",
        "[trim  me]\na b:c\n",
    );
}

#[test]
fn files_and_facts() {
    check("mkdir -p /data/a/b; touch /data/a/f; ls /data/a; rm -r /data/a; ls /data", "b\nf\n");
    check(
        "echo x > /data/f; cp /data/f /data/g; mv /data/g /data/h; cat /data/h; ls /data; rm /data/*; ls /data",
        "x\nf\nh\n",
    );
    check(
        "mkdir -p /data/d/e; echo 1 > /data/d/e/f; cp -r /data/d /data/c; cat /data/c/e/f; find /data/c -type f",
        "1\n/data/c/e/f\n",
    );
    check(
        "mkdir -p /data/c /data/d; echo x > /data/d/f; if find /data/d -mindepth 1 -type f -print -quit | read v; then echo some; fi; find /data/c /data/d -type d -print -quit",
        "some\n/data/c\n",
    );
    check(
        "cd /data; echo a > one; echo b > two; echo *; echo t*; echo '*' no*; cat [ot]*; ls | cat",
        "one two\ntwo\n* no*\na\nb\none\ntwo\n",
    );
    check(
        "mkdir /data/x; mkdir /data/x; rmdir /data/x; rm /data/no; rm -f /data/no; rm /tmp",
        "mkdir: can't create directory '/data/x': File exists\nrm: can't remove '/data/no': No such file or directory\nrm: '/tmp' is a directory\n",
    );
    check_bash(
        "ls /no; cp /no /x; mkdir /a/b",
        "ls: cannot access '/no': No such file or directory\ncp: cannot stat '/no': No such file or directory\nmkdir: cannot create directory '/a/b': No such file or directory\n",
    );
    check(
        "ls /no; cd /no; cat /data",
        "ls: /no: No such file or directory\nsh: cd: line 0: can't cd to /no: No such file or directory\ncat: can't open '/data': Is a directory\n",
    );
    check(
        "echo 123 > /data/f; ls -l /data",
        "total 4\n-rw-r--r--    1 root     root             4 May 25 06:15 f\n",
    );
    check(
        "date; date -u +%Y-%m-%dT%H:%M:%SZ; date +'%F %T %a %j'; date -d @0 +%F",
        "Wed May 25 06:15:03 UTC 2022\n2022-05-25T06:15:03Z\n2022-05-25 06:15:03 Wed 145\n1970-01-01\n",
    );
    check(
        "date -d @951782400 +%F; date -d @4107542399 +%F; date -d @-1 +%FT%T",
        "2000-02-29\n2100-02-28\n1969-12-31T23:59:59\n",
    );
    check(
        "hostname; hostname -i; hostname -f; hostname -s",
        "flask-1\n172.16.110.17\nflask-1.flask.default.svc.cluster.local\nflask-1\n",
    );
    check(
        "whoami; id -u; uname; pwd; env | grep HOST; printenv HOSTNAME; env A=b sh -c 'echo $A'; echo [$A]",
        "root\n0\nLinux\n/\nHOSTNAME=flask-1\nflask-1\nb\n[]\n",
    );
    check(
        "which cat; command -v nope || echo none; type cd; command echo x",
        "/bin/cat\nnone\ncd is a shell builtin\nx\n",
    );
    check("cd /usr/src; cd ..; pwd; cd -; cd /data/../tmp/.; pwd", "/usr\n/usr/src\n/tmp\n");
    check(
        "echo 'echo in $1' > /data/s.sh; sh /data/s.sh a; chmod +x /data/s.sh; /data/s.sh b; . /data/s.sh; sh /no.sh",
        "in a\nin b\nin\nsh: can't open '/no.sh': No such file or directory\n",
    );
    check("echo 'x=5; f() { echo f$x; }' > /data/lib; . /data/lib; f", "f5\n");
}

#[test]
fn following_a_file() {
    let mut host = host();
    host.files.write("/data/log", "a\n", false, 0).expect("room");
    let mut shell = container(&["sh", "-c", "tail -n+1 -F /data/log | grep -v skip"]);
    assert_eq!(shell.run(&mut host), Step::Forever);
    assert_eq!(host.out, "a\n");
    assert_eq!(shell.followed().collect::<Vec<_>>(), ["/data/log"]);
    host.files.write("/data/log", "b\nskip\n", true, 0).expect("room");
    assert_eq!(shell.run(&mut host), Step::Forever);
    assert_eq!(host.out, "a\nb\n");
}

#[test]
fn wrong_scripts() {
    check_status("if true; then echo a", 2);
    check("echo a; )", "sh: syntax error: unexpected \")\"\n");
    check("if; then", "sh: syntax error: unexpected \";\"\n");
    check("for 1x in a; do :; done", "sh: syntax error: bad for loop variable\n");
    check("while true; do :", "sh: syntax error: unexpected end of file (expecting \"done\")\n");
    check("echo 'open", "sh: syntax error: unterminated quoted string\n");
    check("echo ${X!}", "sh: syntax error: bad substitution\n");
    check_bash("fi", "bash: -c: line 1: syntax error near unexpected token `fi'\nbash: -c: line 1: `fi'\n");
    check_bash(
        "echo $(echo (a))",
        "bash: -c: line 1: syntax error near unexpected token `a'\nbash: -c: line 1: `echo $(echo (a))'\n",
    );
}

#[test]
fn hostile_input_ends() {
    let within_limits = |script: &str| {
        let mut host = host();
        let mut shell = container(&["sh", "-c", script]);
        for _ in 0..20 {
            match shell.run(&mut host) {
                Step::Sleep { ms } | Step::Busy { ms } => host.now_ms += ms,
                Step::Exit(_) | Step::Forever => break,
                _ => {}
            }
        }
        assert!(host.out.len() < 4 << 20, "{}", &script[..script.len().min(60)]);
    };
    let deep = |open: &str, close: &str| format!("{}:{}", open.repeat(10_000), close.repeat(10_000));
    for script in [
        "while :; do :; done",
        "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done",
        "x=' a'; while :; do x=$x$x; set -- $x; done",
        ":(){ :|:& };:",
        "f() { f; }; f",
        "f() { eval f; }; f",
        "yes | sort",
        "x=$(yes)",
        "yes",
        "eval \"$(yes '[ ! ')\"",
        "seq 1 99999999999 | wc -l",
        "printf '%999999999d' 1; printf '%.999999999f' 1",
        "while :; do (sleep 1) & done",
        "while :; do echo x >> /data/log; done",
        "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | grep -E '(a*)*(a*)*(a|a)*b'",
        "echo aaaa | grep -E '((((a{1,100}){1,100}){1,100}){1,100})'",
        "echo $((((((((((1",
        "read x < /dev/null; cat; wait; exec 2>&1 1>&2",
        "echo \"\u{0}\u{1}\" '\u{0}*'",
        "sed 's/x*/y/g' <<< 'abc'",
        "trap 'kill 1; exit' EXIT TERM; kill -9 1 1; exit",
        "trap exit EXIT; exit",
        "cp -r / /data; mv / /x; rm -rf /; ls -R /; cd /; find",
        "date -d @9223372036854775807; sleep 99999999999999999999 & sleep 1e9",
        "case $(seq 1 10000) in *1*2*3*4*5*6*7*8*9*x) ;; esac",
    ] {
        within_limits(script);
    }
    for script in [
        deep("(", ")"),
        deep("{ ", "; }"),
        deep("$(", ")"),
        deep("${a:-", "}"),
        deep("if ", "; then :; fi"),
        deep("$((", "))"),
        deep("[[ ( ", " ) ]]"),
        deep("[[ ! ", " ]]"),
        deep("\"$(", ")\""),
        format!("echo {}", "`".repeat(10_000)),
        format!("echo $(({}))", "(".repeat(100_000)),
        format!("echo $(({}1))", "-".repeat(100_000)),
        format!("[ {} ]", "! ".repeat(50_000)),
        format!("echo x | grep -E '{}'", "(".repeat(100_000)),
        format!("echo {}", "a ".repeat(100_000)),
        "cat <<E\n".repeat(1000),
        "x".repeat(300_000),
        "a=".repeat(100_000),
        "'".repeat(100_001),
    ] {
        within_limits(&script);
    }
}

/// jiff knows the calendar well, but is too big for the page.
#[test]
fn dates_are_jiffs() {
    let format = "%Y-%m-%d %H:%M:%S %a %b %e %j %u %w %y %I %p";
    for day in (-40_000_i64..80_000).step_by(7).chain([10_956, 11_015, 11_016, 47_540, 47_541]) {
        let seconds = day * 86_400 + 3_661 * (day.rem_euclid(23));
        let civil = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(seconds).unwrap());
        assert_eq!(time_text(seconds, 0, format), civil.strftime(format).to_string());
    }
}
