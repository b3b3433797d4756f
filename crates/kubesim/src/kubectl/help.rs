//! What `--help` prints, in the layout of kubectl (`k8s.io/kubectl/pkg/util/templates`). The texts are this project's own:
//! `flags.txt`, `examples.txt`, and the verbs' own rows. Only who asks for help needs them.

use super::announce::deprecated;
use super::flags::{Flag, Takes, own};
use super::invocation::{ALIASES, Verb};

pub(super) const FLAGS: &str = include_str!("flags.txt");
pub(super) const EXAMPLES: &str = include_str!("examples.txt");
/// The width of a flag's text (`wrapLimit` without `offset`).
const WIDTH: usize = 70;

/// The verbs that make an object of flags: what it is, and how they are written.
const CREATED: &[(&str, &str, &str)] = &[
    ("namespace", "Create a namespace with this name.", "NAME"),
    ("serviceaccount", "Create a service account with this name.", "NAME"),
    (
        "configmap",
        "Create a ConfigMap of literal values, files or folders.",
        "NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
    ),
    ("secret", "Create a Secret of one of these sorts.", "(docker-registry | generic | tls)"),
    (
        "secret docker-registry",
        "Create a Secret with which images are pulled from a registry.",
        "NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string]",
    ),
    (
        "secret generic",
        "Create a Secret of literal values, files or folders.",
        "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
    ),
    (
        "secret tls",
        "Create a Secret of a certificate and its key.",
        "NAME --cert=path/to/cert/file --key=path/to/key/file",
    ),
    ("service", "Create a Service of one of these sorts.", ""),
    (
        "service clusterip",
        "Create a Service with an address in the cluster, or a headless one.",
        "NAME [--tcp=<port>:<targetPort>]",
    ),
    (
        "service externalname",
        "Create a Service that is another name of a host outside.",
        "NAME --external-name external.name",
    ),
    ("service loadbalancer", "Create a Service behind a load balancer.", "NAME [--tcp=port:targetPort]"),
    ("service nodeport", "Create a Service on a port of every node.", "NAME [--tcp=port:targetPort]"),
    ("deployment", "Create a Deployment with this name.", "NAME --image=image -- [COMMAND] [args...]"),
    (
        "quota",
        "Create a quota with this name, limits and scopes.",
        "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2]",
    ),
    (
        "poddisruptionbudget",
        "Create a budget that says how many of the selected pods may be away.",
        "NAME --selector=SELECTOR --min-available=N",
    ),
    (
        "job",
        "Create a Job with this name, of an image or of a CronJob's template.",
        "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
    ),
    (
        "cronjob",
        "Create a CronJob with this name.",
        "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
    ),
    (
        "role",
        "Create a role with one rule.",
        "NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename]",
    ),
    (
        "clusterrole",
        "Create a role for all namespaces.",
        "NAME --verb=verb --resource=resource.group [--resource-name=resourcename]",
    ),
    (
        "rolebinding",
        "Create a binding of a role, or of a ClusterRole within this namespace.",
        "NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:name]",
    ),
    (
        "clusterrolebinding",
        "Create a binding of a ClusterRole for all namespaces.",
        "NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:name]",
    ),
    (
        "priorityclass",
        "Create a class of priority with this name and value.",
        "NAME --value=VALUE --global-default=BOOL",
    ),
    (
        "ingress",
        "Create an ingress with this name and rules.",
        "NAME --rule=host/path=service:port[,tls[=secret]]",
    ),
    ("token", "Ask for a token of a service account.", "SERVICE_ACCOUNT_NAME"),
];

/// What stands below verbs that do something themselves.
const BELOW: &[(&str, &str)] = &[
    ("apply edit-last-applied", "Edit the configuration that was applied last"),
    ("apply set-last-applied", "Take a file for the configuration that was applied last"),
    ("apply view-last-applied", "Print the configuration that was applied last"),
    ("cluster-info dump", "Print what there is, and what containers have written"),
    ("plugin list", "List the plugins on the path"),
];

/// The commands that have others below them.
const PARENTS: &str =
    "apply,auth,certificate,cluster-info,config,create,create secret,create service,plugin,rollout,set,top";

/// What `--help` prints.
pub fn help(verb: &Verb) -> String {
    if verb.name == "help" {
        return verb.help.to_string();
    }
    let made =
        verb.name.strip_prefix("create ").and_then(|kind| CREATED.iter().find(|(of, _, _)| *of == kind));
    let (what, usage) = match (made, verb.help.split_once("\n\nUsage:\n")) {
        (Some((_, what, usage)), _) => (*what, format!("  kubectl {} {usage} [options]", verb.name)),
        (None, Some((what, usage))) => (what, usage.to_string()),
        (None, None) => (verb.help, format!("  kubectl {} [flags] [options]", verb.name)),
    };
    let mut text = String::from(what);
    text.push_str(&aliases(verb.name));
    let own_examples = if what.contains("\nExamples:") { String::new() } else { examples(verb.name) };
    if !own_examples.is_empty() {
        text.push_str("\n\nExamples:\n");
        text.push_str(own_examples.trim_end());
    }
    if PARENTS.split(',').any(|name| name == verb.name) && !what.contains("\nAvailable Commands:") {
        text.push_str(&commands_below(verb.name));
    }
    let options = options(verb);
    if !options.is_empty() {
        text.push_str("\n\nOptions:\n");
        text.push_str(options.trim_end());
    }
    text.push_str(&["\n\nUsage:\n", &usage, "\n\n"].concat());
    if PARENTS.split(',').any(|name| name == verb.name) {
        let below = [
            "Use \"kubectl ",
            verb.name,
            " <command> --help\" for more information about a given command.\n",
        ];
        text.push_str(&below.concat());
    }
    text + "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n"
}

/// A command's other names.
fn aliases(name: &str) -> String {
    let Some((parent, own)) = name.rsplit_once(' ') else { return String::new() };
    let others: Vec<&str> = ALIASES
        .iter()
        .filter(|(of, _, known)| *of == parent && *known == own)
        .map(|(_, alias, _)| *alias)
        .collect();
    if others.is_empty() { String::new() } else { ["\n\nAliases:\n", own, ", ", &others.join(", ")].concat() }
}

/// The commands below another, each with a line about it.
fn commands_below(parent: &str) -> String {
    let of_create = CREATED.iter().map(|(name, what, _)| (["create ", name].concat(), *what));
    let others = BELOW.iter().map(|(name, what)| (name.to_string(), *what));
    let below = of_create.chain(others).filter_map(|(name, what)| {
        let name = name.strip_prefix(parent)?.strip_prefix(' ').filter(|name| !name.contains(' '))?;
        Some((name.to_string(), what.split_once('.').map_or(what, |(first, _)| first)))
    });
    let mut below: Vec<(String, &str)> = below.collect();
    collections::sort(&mut below);
    let width = below.iter().map(|(name, _)| name.len()).fold(11, usize::max);
    let mut text = String::from(if below.is_empty() { "" } else { "\n\nAvailable Commands:" });
    for (name, what) in below {
        text.push_str(&format!("\n  {name:<width$}   {what}"));
    }
    text
}

/// A verb's examples.
pub(super) fn examples(name: &str) -> String {
    let heading = ["## ", name];
    let mut lines = EXAMPLES.lines().skip_while(|line| *line != heading.concat()).skip(1);
    let mut text = String::new();
    while let (Some(what), Some(line)) = (lines.next().filter(|line| !line.starts_with("## ")), lines.next())
    {
        text.push_str(&["  # ", what, "\n  ", line, "\n\n"].concat());
    }
    text
}

/// A verb's own flags, but for those that are deprecated. Models help_flags_printer.go.
fn options(verb: &Verb) -> String {
    let mut flags: Vec<Flag> = own(verb.flags).filter(|flag| deprecated(flag.long).is_none()).collect();
    collections::sort_by_key(&mut flags, |flag| flag.long);
    flags.iter().map(flag_text).collect()
}

/// A flag of one verb: its default, and below it what it does.
fn flag_text(flag: &Flag) -> String {
    text_of(flag, row(flag.long))
}

/// A flag that every verb takes.
pub(super) fn global_flag_text(flag: &Flag) -> String {
    text_of(flag, row(&["any:", flag.long].concat()))
}

fn text_of(flag: &Flag, (default, about): (&str, &str)) -> String {
    let default = match flag.takes {
        Takes::Text | Takes::Optional(_) => ["'", default, "'"].concat(),
        _ if !default.is_empty() => default.to_string(),
        Takes::Bool => "false".into(),
        Takes::Int => "0".into(),
        Takes::Duration => "0s".into(),
        Takes::Texts | Takes::CommaTexts => "[]".into(),
    };
    let short = flag.short.map(|c| format!("-{c}, ")).unwrap_or_default();
    ["    ", &short, "--", flag.long, "=", &default, ":", &wrapped(about), "\n\n"].concat()
}

/// What a flag is by default, and what it does.
pub(super) fn row(name: &str) -> (&'static str, &'static str) {
    let found = FLAGS.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" | "));
    let (default, about) = found.and_then(|row| row.split_once("| ")).unwrap_or_default();
    (default.trim(), about.trim())
}

/// A text in lines, each behind a tab.
fn wrapped(text: &str) -> String {
    let (mut lines, mut width) = (String::new(), usize::MAX / 2);
    for word in text.split_whitespace() {
        if width + 1 + word.len() > WIDTH {
            lines.push_str("\n\t");
            width = 0;
        } else {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += word.len();
    }
    lines
}
