//! Stand-ins for the clients with which scripts wait for a server: nc, pg_isready, mysqladmin, mysql, psql, redis-cli, mongosh,
//! etcdctl, cqlsh, kafka-topics. They ask the simulated cluster whether somebody listens; of the servers' own answers
//! they know only what every such server says. Anything else that they are asked is not simulated.

use super::network::{Caller, Silence, connect};
use crate::apiserver::ApiServer;
use crate::dns::Printed;

/// What this file has.
pub(super) const NAMES: &[&str] = &[
    "cqlsh",
    "etcdctl",
    "kafka-topics",
    "kafka-topics.sh",
    "mongo",
    "mongosh",
    "mysql",
    "mysqladmin",
    "mariadb",
    "mariadb-admin",
    "nc",
    "netcat",
    "pg_isready",
    "psql",
    "redis-cli",
];

/// What a client's words ask for.
#[derive(Default)]
struct Asked {
    host: Option<String>,
    port: Option<u32>,
    /// What it is to say to the server.
    says: Option<String>,
    /// Options without values, and operands.
    letters: String,
    operands: Vec<String>,
}

/// Reads the words. `valued`: letters of options that take a value; `says`: the option whose value is said to the server.
fn read(args: &[&str], valued: &str, host: &str, port: &str, says: &[&str]) -> Asked {
    let mut asked = Asked::default();
    let mut words = args.iter().copied();
    while let Some(word) = words.next() {
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_string())),
            _ => (word, None),
        };
        if !word.starts_with('-') || word == "-" {
            asked.operands.push(word.to_string());
            continue;
        }
        let mut name = name.to_string();
        // `-hdb`, `-p5432`: a value joined to its letter. Letters may stand together; the last may take a value.
        if !name.starts_with("--") && name.len() > 2 {
            let at = name[1..].find(|c| valued.contains(c)).map(|at| at + 1);
            match at {
                Some(at) => {
                    asked.letters.push_str(&name[1..at]);
                    let rest = name[at + 1..].to_string();
                    value = (!rest.is_empty()).then_some(rest);
                    name = format!("-{}", &name[at..=at]);
                }
                None => {
                    asked.letters.push_str(&name[1..]);
                    continue;
                }
            }
        }
        let letter = name.strip_prefix('-').unwrap_or_default();
        let takes = name.starts_with("--") && (name == host || name == port || says.contains(&&*name))
            || letter.len() == 1 && valued.contains(letter)
            || host.split('|').chain(port.split('|')).any(|n| n == name)
            || says.contains(&&*name);
        if !takes {
            asked.letters.push_str(letter);
            continue;
        }
        let value = value.or_else(|| words.next().map(str::to_string)).unwrap_or_default();
        if host.split('|').any(|n| n == name) {
            asked.host = Some(value);
        } else if port.split('|').any(|n| n == name) {
            asked.port = value.parse().ok();
        } else if says.contains(&&*name) {
            asked.says = Some(value);
        }
    }
    asked
}

fn printed(stdout: impl Into<String>, stderr: impl Into<String>, code: i32) -> Printed {
    Printed { stdout: stdout.into(), stderr: stderr.into(), code }
}

/// Runs a client; nothing, where what it asks of the server is not simulated.
pub(super) fn run(api: &mut ApiServer, place: &Caller, argv: &[String], stdin: &str) -> Option<Printed> {
    let args: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    match argv.first()?.rsplit('/').next()? {
        "nc" | "netcat" => netcat(api, place, &args, stdin),
        "pg_isready" => Some(pg_isready(api, place, &args)),
        "psql" => psql(api, place, &args),
        "mysqladmin" | "mariadb-admin" => mysqladmin(api, place, &args),
        "mysql" | "mariadb" => mysql(api, place, &args, stdin),
        "redis-cli" => redis_cli(api, place, &args),
        "mongo" | "mongosh" => mongosh(api, place, &args),
        "etcdctl" => etcdctl(api, place, &args),
        "cqlsh" => cqlsh(api, place, &args),
        _ => kafka_topics(api, place, &args),
    }
}

fn netcat(api: &mut ApiServer, place: &Caller, args: &[&str], stdin: &str) -> Option<Printed> {
    let asked = read(args, "wiqpsX", "", "", &[]);
    let (host, port) = match &asked.operands[..] {
        [host, port, ..] => (host.clone(), port.parse::<u32>().ok()?),
        _ => return None,
    };
    let verbose = asked.letters.contains('v');
    let said = |text: String| if verbose { text } else { String::new() };
    Some(match connect(api, place, &host, port) {
        Ok(address) => {
            let text = match place.busybox {
                true => format!("{host} ({address}:{port}) open\n"),
                false => format!("Connection to {host} ({address}) {port} port [tcp/*] succeeded!\n"),
            };
            // ZooKeeper's question for its health.
            let answer = if !asked.letters.contains('z') && stdin.trim() == "ruok" { "imok" } else { "" };
            printed(answer, said(text), 0)
        }
        Err(Silence::Unknown) => match place.busybox {
            true => printed("", format!("nc: bad address '{host}'\n"), 1),
            false => {
                let text =
                    format!("nc: getaddrinfo for host \"{host}\" port {port}: Name or service not known\n");
                printed("", text, 1)
            }
        },
        Err(silence) => {
            let why = silence.text();
            let text = match place.busybox {
                true => format!("nc: {host} ({host}:{port}): {why}\n"),
                false => format!("nc: connect to {host} port {port} (tcp) failed: {why}\n"),
            };
            printed("", said(text), 1)
        }
    })
}

fn pg_isready(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Printed {
    let asked = read(args, "hpUdt", "-h|--host", "-p|--port", &[]);
    let (host, port) = (asked.host.clone().unwrap_or_else(|| "127.0.0.1".into()), asked.port.unwrap_or(5432));
    let shown = asked.host.unwrap_or_else(|| "/var/run/postgresql".into());
    let (says, code) = match connect(api, place, &host, port) {
        Ok(_) => ("accepting connections", 0),
        Err(_) => ("no response", 2),
    };
    let quiet = asked.letters.contains('q');
    printed(if quiet { String::new() } else { format!("{shown}:{port} - {says}\n") }, "", code)
}

fn psql(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Option<Printed> {
    let asked = read(args, "hpUdcfvFPR", "-h|--host", "-p|--port", &["-c", "--command"]);
    let (host, port) = (asked.host.unwrap_or_else(|| "127.0.0.1".into()), asked.port.unwrap_or(5432));
    match connect(api, place, &host, port) {
        Ok(_) => {
            let sql = asked.says?.trim_end_matches(';').trim().to_ascii_lowercase();
            let bare = asked.letters.contains('t');
            match (sql.as_str(), bare) {
                ("select 1", true) if asked.letters.contains('A') => Some(printed("1\n", "", 0)),
                ("select 1", true) => Some(printed("        1\n\n", "", 0)),
                ("select 1", false) => Some(printed(" ?column? \n----------\n        1\n(1 row)\n\n", "", 0)),
                ("" | "\\q", _) => Some(printed("", "", 0)),
                _ => None,
            }
        }
        Err(Silence::Unknown) => {
            let text = format!(
                "psql: error: could not translate host name \"{host}\" to address: Name or service not known\n"
            );
            Some(printed("", text, 2))
        }
        Err(silence) => {
            let why = silence.text();
            let text = format!(
                "psql: error: connection to server at \"{host}\", port {port} failed: {why}\n\tIs the server running on that host \
                 and accepting TCP/IP connections?\n"
            );
            Some(printed("", text, 2))
        }
    }
}

fn mysqladmin(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Option<Printed> {
    let asked = read(args, "hPu", "-h|--host", "-P|--port", &[]);
    let (host, port) = (asked.host.unwrap_or_else(|| "localhost".into()), asked.port.unwrap_or(3306));
    if !asked.operands.iter().any(|o| o == "ping" || o == "status") {
        return None;
    }
    Some(match connect(api, place, &host, port) {
        Ok(_) => printed("mysqld is alive\n", "", 0),
        Err(silence) => {
            let why = match silence {
                Silence::Unknown => format!("Unknown MySQL server host '{host}' (-2)"),
                Silence::Refused => format!("Can't connect to MySQL server on '{host}:{port}' (111)"),
                Silence::Nobody => format!("Can't connect to MySQL server on '{host}:{port}' (110)"),
            };
            let text = format!(
                "mysqladmin: connect to server at '{host}' failed\nerror: '{why}'\nCheck that mysqld is running on {host} and that the \
                 port is {port}.\nYou can check this by doing 'telnet {host} {port}'\n"
            );
            printed("", text, 1)
        }
    })
}

fn mysql(api: &mut ApiServer, place: &Caller, args: &[&str], stdin: &str) -> Option<Printed> {
    let asked = read(args, "hPueD", "-h|--host", "-P|--port", &["-e", "--execute"]);
    let (host, port) = (asked.host.unwrap_or_else(|| "localhost".into()), asked.port.unwrap_or(3306));
    match connect(api, place, &host, port) {
        Ok(_) => {
            let sql = asked.says.unwrap_or_else(|| stdin.to_string());
            match sql.trim().trim_end_matches(';').trim().to_ascii_lowercase().as_str() {
                "select 1" if asked.letters.contains('N') => Some(printed("1\n", "", 0)),
                "select 1" => Some(printed("1\n1\n", "", 0)),
                "" => Some(printed("", "", 0)),
                _ => None,
            }
        }
        Err(Silence::Unknown) => {
            Some(printed("", format!("ERROR 2005 (HY000): Unknown MySQL server host '{host}' (-2)\n"), 1))
        }
        Err(silence) => {
            let code = if matches!(silence, Silence::Refused) { 111 } else { 110 };
            let text =
                format!("ERROR 2003 (HY000): Can't connect to MySQL server on '{host}:{port}' ({code})\n");
            Some(printed("", text, 1))
        }
    }
}

fn redis_cli(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Option<Printed> {
    let asked = read(args, "hpanui", "-h", "-p", &[]);
    let (host, port) = (asked.host.unwrap_or_else(|| "127.0.0.1".into()), asked.port.unwrap_or(6379));
    match connect(api, place, &host, port) {
        Ok(_) => match &asked.operands[..] {
            [ping] if ping.eq_ignore_ascii_case("ping") => Some(printed("PONG\n", "", 0)),
            [ping, text] if ping.eq_ignore_ascii_case("ping") => Some(printed(format!("{text}\n"), "", 0)),
            _ => None,
        },
        Err(silence) => {
            Some(printed("", format!("Could not connect to Redis at {host}:{port}: {}\n", silence.text()), 1))
        }
    }
}

fn mongosh(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Option<Printed> {
    let asked = read(args, "up", "--host|-h", "--port", &["--eval"]);
    let url = asked.operands.iter().find_map(|o| o.strip_prefix("mongodb://"));
    let address = url.map(|u| u.split('/').next().unwrap_or(u).rsplit('@').next().unwrap_or(u).to_string());
    let given = asked.host.or(address).unwrap_or_else(|| "127.0.0.1".into());
    let (host, port) = match given.split_once(':') {
        Some((host, port)) => (host.to_string(), port.parse().ok()),
        None => (given, None),
    };
    let port = asked.port.or(port).unwrap_or(27_017);
    match connect(api, place, &host, port) {
        Ok(_) => {
            let says = asked.says?;
            let quiet: String = says.chars().filter(|c| !c.is_whitespace() && !"'\"".contains(*c)).collect();
            match quiet.trim_end_matches(';') {
                "db.adminCommand(ping)"
                | "db.adminCommand({ping:1})"
                | "db.runCommand({ping:1})"
                | "db.runCommand(ping)" => Some(printed("{ ok: 1 }\n", "", 0)),
                "db.adminCommand(ping).ok"
                | "db.adminCommand({ping:1}).ok"
                | "db.runCommand({ping:1}).ok"
                | "db.runCommand(ping).ok" => Some(printed("1\n", "", 0)),
                _ => None,
            }
        }
        Err(Silence::Unknown) => {
            Some(printed("", format!("MongoNetworkError: getaddrinfo ENOTFOUND {host}\n"), 1))
        }
        Err(Silence::Refused) => {
            Some(printed("", format!("MongoNetworkError: connect ECONNREFUSED {host}:{port}\n"), 1))
        }
        Err(Silence::Nobody) => Some(printed(
            "",
            format!("MongoServerSelectionError: connection timed out to {host}:{port}\n"),
            1,
        )),
    }
}

fn etcdctl(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Option<Printed> {
    let asked = read(args, "", "--endpoints", "", &[]);
    let operands: Vec<&str> = asked.operands.iter().map(String::as_str).collect();
    if operands != ["endpoint", "health"] {
        return None;
    }
    let endpoints = asked.host.unwrap_or_else(|| "127.0.0.1:2379".into());
    let (mut stdout, mut stderr, mut code) = (String::new(), String::new(), 0);
    for endpoint in endpoints.split(',') {
        let bare = endpoint.split("://").last().unwrap_or(endpoint);
        let (host, port) = bare.split_once(':').unwrap_or((bare, "2379"));
        match connect(api, place, host, port.parse().unwrap_or(2379)) {
            Ok(_) => stdout
                .push_str(&format!("{endpoint} is healthy: successfully committed proposal: took = 2.1ms\n")),
            Err(_) => {
                code = 1;
                stderr.push_str(&format!(
                    "{endpoint} is unhealthy: failed to commit proposal: context deadline exceeded\n"
                ));
            }
        }
    }
    if code != 0 {
        stderr.push_str("Error: unhealthy cluster\n");
    }
    Some(printed(stdout, stderr, code))
}

fn cqlsh(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Option<Printed> {
    let asked = read(args, "upkf", "", "", &["-e", "--execute"]);
    let host = asked.operands.first().cloned().unwrap_or_else(|| "127.0.0.1".into());
    let port = asked.operands.get(1).and_then(|p| p.parse().ok()).unwrap_or(9042);
    match connect(api, place, &host, port) {
        Ok(_) if asked.says.is_none() => Some(printed("", "", 0)),
        Ok(_) => None,
        Err(silence) => {
            let text = format!(
                "Connection error: ('Unable to connect to any servers', {{'{host}:{port}': ConnectionRefusedError(111, \"Tried \
                 connecting to [('{host}', {port})]. Last error: {}\")}})\n",
                silence.text()
            );
            Some(printed("", text, 1))
        }
    }
}

fn kafka_topics(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Option<Printed> {
    let asked =
        read(args, "", "--bootstrap-server", "", &["--topic", "--partitions", "--replication-factor"]);
    let server = asked.host?;
    let first = server.split(',').next().unwrap_or(&server).to_string();
    let (host, port) = first.split_once(':').unwrap_or((&first, "9092"));
    match connect(api, place, host, port.parse().unwrap_or(9092)) {
        Ok(_) => None,
        Err(_) => {
            let text = "Error while executing topic command : Timed out waiting for a node assignment. Call: listTopics\n";
            Some(printed(text, "", 1))
        }
    }
}
