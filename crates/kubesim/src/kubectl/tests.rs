//! What must hold for all verbs and flags.

use super::announce::{REFUSED, WITHOUT_EFFECT};
use super::flags::{GLOBAL, own, table};
use super::help;
use super::verbs;
use std::collections::BTreeMap;
use std::path::Path;

/// The text of kubectl's code: that of every file but the tables of flags and tests.
#[allow(clippy::disallowed_methods, reason = "the sources are files")]
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn every_flag_is_carried_out_or_refused_or_has_no_effect_that_is_known() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kubectl"), &mut text);
    let is_in = |list: &str, flag: &str| list.split_whitespace().any(|known| known == flag);
    let mut ignored = Vec::new();
    for verb in verbs() {
        for flag in table(verb.flags) {
            let is_asked_for = text.contains(&format!("\"{}\"", flag.long));
            if !is_asked_for && !is_in(REFUSED, flag.long) && !is_in(WITHOUT_EFFECT, flag.long) {
                ignored.push(format!("{} --{}", verb.name, flag.long));
            }
        }
    }
    assert!(ignored.is_empty(), "{ignored:?}");
}

#[test]
fn no_verb_has_a_flag_twice_or_a_letter_for_two() {
    for verb in verbs() {
        let mut names: Vec<&str> = table(verb.flags).map(|flag| flag.long).collect();
        let mut letters: Vec<char> = table(verb.flags).filter_map(|flag| flag.short).collect();
        let counts = (names.len(), letters.len());
        collections::sort(&mut names);
        collections::sort(&mut letters);
        names.dedup();
        letters.dedup();
        // `--user` and `--cluster` of some verbs stand for those of all.
        let own = ["user", "token", "username", "password"];
        let doubled = table(verb.flags).filter(|flag| own.contains(&flag.long)).count();
        assert!(counts.0 - names.len() <= doubled / 2, "{}: {names:?}", verb.name);
        assert_eq!(counts.1, letters.len(), "{}: {letters:?}", verb.name);
    }
}

/// Verbs without examples: those that are not simulated, and those that only hold others.
const WITHOUT_EXAMPLES: &str = "auth,certificate,cluster-info dump,config,config get-clusters,config get-users,create secret,create \
    service,help,options,plugin,rollout,set,top";

#[test]
fn every_verb_and_flag_is_explained() {
    let mut missing = Vec::new();
    for verb in verbs() {
        for flag in own(verb.flags).filter(|flag| help::row(flag.long).1.is_empty()) {
            missing.push(format!("{} --{}", verb.name, flag.long));
        }
        let is_without = WITHOUT_EXAMPLES.split(',').any(|name| name == verb.name);
        if help::examples(verb.name).is_empty() && !is_without && !verb.help.contains("\nExamples:") {
            missing.push(format!("{}: no example", verb.name));
        }
        let help = help::help(verb);
        assert!(help.is_ascii() && (verb.name == "help" || help.contains("\n\nUsage:\n  kubectl")), "{help}");
    }
    for flag in own(GLOBAL).filter(|flag| flag.long != "help") {
        if help::row(&["any:", flag.long].concat()).1.is_empty() {
            missing.push(format!("--{}", flag.long));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_text_belongs_to_a_verb() {
    for line in help::FLAGS.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(" | ").next().unwrap_or_default();
        let is_flag = match name.strip_prefix("any:") {
            Some(name) => own(GLOBAL).any(|flag| flag.long == name),
            None => verbs().any(|verb| own(verb.flags).any(|flag| flag.long == name)),
        };
        assert!(is_flag, "--{name} is no flag");
    }
    for name in help::EXAMPLES.lines().filter_map(|line| line.strip_prefix("## ")) {
        assert!(verbs().any(|verb| verb.name == name), "{name} is no verb");
        let examples = help::examples(name);
        let written = examples.lines().filter(|line| !line.is_empty() && !line.starts_with("  # "));
        assert!(
            written.into_iter().all(|line| line.starts_with(&["  kubectl ", name].concat())),
            "{examples}"
        );
    }
}

/// A line's words, without their quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            (letter, _) => word.push(letter),
        }
    }
    words.push(word);
    words
}

#[test]
fn every_example_is_a_line_that_its_verb_reads() {
    let examples = help::EXAMPLES.lines().filter(|line| line.starts_with("kubectl "));
    let mut count = 0;
    for line in examples {
        count += 1;
        let line = line.split([';', '|', '>']).next().unwrap_or_default().trim_end();
        let words = &words(line)[1..];
        let files = BTreeMap::new();
        // A kustomization's directory is not there.
        if words.iter().any(|word| word == "-k") {
            continue;
        }
        let read = super::verbs::read(words, None, &files);
        assert!(read.is_ok(), "{line}: {:?}", read.err());
    }
    assert!(count > 100, "{count}");
}

/// kubectl's layout, of `kubectl uncordon --help`.
#[test]
fn help_has_kubectls_layout() {
    let verb = verbs().find(|verb| verb.name == "uncordon").expect("it is there");
    let help = help::help(verb);
    let expected = "Mark node as schedulable.\n\nExamples:\n  # Take pods again\n  kubectl uncordon node-1\n\nOptions:\n    \
        --dry-run='none':\n\tclient: print what would be sent; server: have it checked and not\n\tkept.\n\n    -l, \
        --selector='':\n\tOnly objects with these labels: key=value, key!=value, key in (a,b),\n\tkey, !key.\n\nUsage:\n  \
        kubectl uncordon NODE [options]\n\nUse \"kubectl options\" for a list of global command-line options (applies to \
        all commands).\n";
    assert_eq!(help, expected);
}
