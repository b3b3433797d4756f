//! BusyBox' own tests of ash (`shell/ash_test` in its sources), run as they are where `BUSYBOX` names that folder; nothing is
//! run otherwise, as their text is not here. It prints how many of each folder do as they should. Those of job control, those
//! that need programs built for them, and those that are switched off upstream are left out.

use crate::differential::Machine;
use shell::{Host, Shell, Step, Unknown, Userland};
use std::collections::BTreeMap;
use std::path::Path;

/// What says that a test needs a program of its folder, or job control.
const LEFT_OUT: [&str; 7] = ["recho", "zecho", "set -m", "fg", "jobs", "THIS_SH -i", "busybox"];
/// How long a test may take, in milliseconds.
const PATIENCE_MS: u64 = 600_000;

/// Runs a test in its folder, with the folder's files; what it prints.
fn run(folder: &Path, script: &str) -> String {
    let mut machine = Machine::new(Userland::BusyBox);
    for file in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if let Ok(text) = std::fs::read_to_string(file.path()) {
            machine.write(&format!("/tmp/w/{name}"), &text, false).expect("room");
            _ = machine.set_attributes(&format!("/tmp/w/{name}"), Some(0o755), None);
        }
    }
    let argv = ["ash", script].map(String::from);
    // Upstream's runner gives them how BusyBox was built, too.
    let env = [
        ("HOME", "/root"),
        ("PATH", "/usr/bin:/bin"),
        ("THIS_SH", "ash"),
        ("PWD", "/tmp/w"),
        ("CONFIG_FEATURE_FANCY_ECHO", "y"),
    ];
    let env = env.map(|(name, value)| (name.to_string(), value.to_string()));
    let mut program = Shell::script(&argv, &env, "/tmp/w", Unknown::NotFound);
    program.set_pid(1000);
    let end = machine.now_ms + PATIENCE_MS;
    loop {
        match program.run(&mut machine) {
            Step::Sleep { ms } | Step::Busy { ms } if machine.now_ms < end => machine.now_ms += ms,
            _ => return machine.printed,
        }
    }
}

#[test]
fn busybox_own_tests_are_counted() {
    let Some(root) = std::env::var_os("BUSYBOX") else { return };
    let only = std::env::var("SHELL_CASE").ok();
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for folder in std::fs::read_dir(root).expect("the folder can be read").flatten() {
        let title = folder.file_name().to_string_lossy().into_owned();
        for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let Some(base) = name.strip_suffix(".tests") else { continue };
            let read = |ending: &str| std::fs::read_to_string(folder.path().join(format!("{base}.{ending}")));
            let (Ok(script), Ok(right)) = (read("tests"), read("right")) else { continue };
            let is_off = only.as_ref().is_some_and(|only| *only != format!("{title}/{base}"));
            if is_off || LEFT_OUT.iter().any(|word| script.contains(word)) {
                continue;
            }
            let printed = run(&folder.path(), &format!("./{name}"));
            let (passed, all) = counts.entry(title.clone()).or_default();
            *all += 1;
            if printed == right {
                *passed += 1;
            } else if only.is_some() {
                println!("{script}\n--- wanted\n{right}\n+++ printed\n{printed}");
            } else {
                println!("{title}/{base}");
            }
        }
    }
    for (title, (passed, all)) in &counts {
        println!("| {title} | {passed} | {all} |");
    }
    assert!(only.is_some() || counts.values().map(|(_, all)| all).sum::<u32>() > 200, "few tests were found");
}
