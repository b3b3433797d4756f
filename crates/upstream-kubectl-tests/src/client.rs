//! The programs that a script calls.

use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn state() -> PathBuf {
    std::env::var("TCMD_STATE").expect("TCMD_STATE is set").into()
}

/// Asks the server; prints what it answers. Returns the exit code and the text that it sent.
fn ask(request: &Value) -> (i32, String) {
    let Ok(mut stream) = UnixStream::connect(state().join("socket")) else {
        eprintln!("tcmd: no server");
        return (125, String::new());
    };
    if stream.write_all(format!("{request}\n").as_bytes()).is_err() {
        return (125, String::new());
    }
    let mut text = String::new();
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { break };
        let Ok(answer) = serde_json::from_str::<Value>(&line) else {
            break;
        };
        if let Some(out) = answer["o"].as_str() {
            let mut to = std::io::stdout().lock();
            if to.write_all(out.as_bytes()).and_then(|()| to.flush()).is_err() {
                return (141, text);
            }
        }
        if let Some(err) = answer["e"].as_str() {
            let mut to = std::io::stderr().lock();
            let _ = to.write_all(err.as_bytes());
        }
        if let Some(more) = answer["t"].as_str() {
            text.push_str(more);
        }
        if let Some(code) = answer["x"].as_i64() {
            return (code as i32, text);
        }
    }
    eprintln!("tcmd: the server went away");
    (125, text)
}

/// `tcmd reset bare`, `tcmd quit`.
pub fn control(args: Vec<String>) -> i32 {
    ask(&json!({"op": args.first(), "argv": args.get(1..)})).0
}

pub fn run(name: &str, args: Vec<String>) -> i32 {
    match name {
        "kubectl" => {
            let code = kubectl(args);
            // For assertions that look at the output only.
            let _ = std::fs::write(state().join("last"), code.to_string());
            code
        }
        "sleep" => ask(&json!({"op": "sleep", "argv": args})).0,
        _ if args == ["+%s"] => {
            let (code, text) = ask(&json!({"op": "now"}));
            println!("{text}");
            code
        }
        _ => {
            let error = Command::new("/usr/bin/date").args(args).exec();
            eprintln!("date: {error}");
            127
        }
    }
}

/// The value of a flag in its forms `--flag=value`, `--flag value`, `-f value`.
fn has_flag(args: &[String], long: &str, short: Option<&str>) -> bool {
    args.iter().take_while(|a| *a != "--").any(|a| {
        a == long
            || a.strip_prefix(long).is_some_and(|rest| rest.starts_with('='))
            || short.is_some_and(|s| a == s || (a.starts_with(s) && !a.starts_with("--")))
    })
}

fn kubectl(mut args: Vec<String>) -> i32 {
    let all_words: Vec<String> =
        args.iter().filter(|a| !a.starts_with('-') && !a.starts_with("https://")).cloned().collect();
    let words: Vec<&str> = all_words.iter().map(String::as_str).collect();
    let original = args.clone();
    expand_paths(&mut args);
    let files = named_files(&args);
    let stdin = reads_stdin(&args).then(|| {
        let mut text = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut request = json!({"op": "kubectl", "argv": args, "given": original, "stdin": stdin, "files": files,
        "at": std::env::var("TCMD_AT").unwrap_or_default(), "fn": std::env::var("TCMD_FN").unwrap_or_default()});
    let creates_edited = words.first() == Some(&"create") && has_flag(&args, "--edit", None);
    if words.first() == Some(&"edit") || (creates_edited && !has_flag(&args, "--raw", None)) {
        let (code, text) = ask(&json!({"op": "edit", "argv": args, "files": request["files"]}));
        if code == 0 {
            match edited(&text) {
                Ok(text) => request["stdin"] = text.into(),
                Err(code) => return code,
            }
        }
    }
    ask(&request).0
}

/// What `$EDITOR` makes of a text.
fn edited(text: &str) -> Result<String, i32> {
    let path = state().join(format!("edit-{}.yaml", std::process::id()));
    std::fs::write(&path, text).map_err(|_| 125)?;
    let editor = std::env::var("KUBE_EDITOR").or(std::env::var("EDITOR")).unwrap_or_else(|_| "vi".into());
    let status = Command::new("bash").args(["-c", &format!("{editor} {}", path.display())]).status();
    let text = std::fs::read_to_string(&path).map_err(|_| 125)?;
    let _ = std::fs::remove_file(&path);
    match status {
        Ok(status) if status.success() => Ok(text),
        _ => {
            eprintln!("error: there was a problem with the editor {editor:?}");
            Err(1)
        }
    }
}

/// A directory at `-f` becomes its manifests, as the library reads no directories: with `-R` also those below it.
fn expand_paths(args: &mut Vec<String>) {
    let recursive = args
        .iter()
        .take_while(|a| *a != "--")
        .any(|a| a == "-R" || a == "-Rf" || a == "--recursive" || a == "--recursive=true");
    let mut expanded = Vec::new();
    let mut is_value = false;
    let mut after_dash = false;
    for arg in args.drain(..) {
        after_dash |= arg == "--";
        if after_dash {
            expanded.push(arg);
            continue;
        }
        let (flag, path) = match arg.as_str() {
            path if std::mem::take(&mut is_value) => ("", path),
            "-f" | "--filename" | "-Rf" => {
                is_value = true;
                if arg == "-Rf" {
                    expanded.push("-R".into());
                }
                expanded.push("-f".into());
                continue;
            }
            joined if joined.starts_with("--filename=") => ("--filename=", &joined[11..]),
            joined if joined.starts_with("-f=") => ("-f=", &joined[3..]),
            _ => {
                expanded.push(arg);
                continue;
            }
        };
        let mut found = Vec::new();
        for path in path.split(',') {
            if Path::new(path).is_dir() {
                manifests_below(Path::new(path), recursive, &mut found);
            } else {
                found.push(path.to_string());
            }
        }
        if found.is_empty() {
            expanded.push(format!("{flag}{path}"));
        } else {
            expanded.push(format!("{flag}{}", found.join(",")));
        }
    }
    *args = expanded;
}

fn manifests_below(dir: &Path, recursive: bool, found: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(dir).map(|d| d.filter_map(|e| Some(e.ok()?.path())).collect()).unwrap_or_default();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if recursive {
                manifests_below(&path, true, found);
            }
        } else if matches!(path.extension().and_then(|e| e.to_str()), Some("json" | "yaml" | "yml")) {
            found.push(path.display().to_string());
        }
    }
}

/// The texts of the files that the words name.
fn named_files(args: &[String]) -> Map<String, Value> {
    let mut files = Map::new();
    let names = args.iter().take_while(|a| *a != "--").flat_map(|a| a.split(['=', ',']));
    for name in names {
        let path = Path::new(name);
        if name.is_empty() || files.contains_key(name) || !path.exists() || path.is_dir() {
            continue;
        }
        if let Ok(bytes) = std::fs::read(path) {
            files.insert(name.to_string(), String::from_utf8_lossy(&bytes).into_owned().into());
        }
    }
    // A kustomization is more than its own file.
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let dir = match word.as_str() {
            "-k" | "--kustomize" => words.next().map(String::as_str),
            joined => joined.strip_prefix("--kustomize=").or(joined.strip_prefix("-k=")),
        };
        for entry in dir.and_then(|d| std::fs::read_dir(d).ok()).into_iter().flatten().flatten() {
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                files.insert(entry.path().display().to_string(), text.into());
            }
        }
    }
    files
}

fn reads_stdin(args: &[String]) -> bool {
    if std::io::stdin().is_terminal() {
        return false;
    }
    let before: Vec<&String> = args.iter().take_while(|a| *a != "--").collect();
    before
        .iter()
        .any(|a| *a == "-" || *a == "-f-" || *a == "-i" || *a == "-it" || *a == "-ti" || a.ends_with("=-"))
        || before.iter().any(|a| *a == "--stdin" || *a == "--interactive" || *a == "--stdin=true")
}
