//! `kubectl port-forward` and `kubectl proxy`: ports of the laptop behind which a pod or the API server is. Models
//! `k8s.io/kubectl/pkg/cmd`: portforward, proxy, and `k8s.io/client-go/tools/portforward`.

use super::exec::{patience, pod};
use crate::api::read::{get, int, list};
use crate::api::service::{ServicePort, TargetPort};
use crate::api::{Key, Kind, Object, SimTime, Uid};
use crate::apiserver::ApiServer;
use crate::base::hash::name_hash;
use crate::kubectl::announce::log;
use crate::kubectl::flags::parse_bool;
use crate::kubectl::output::go_json;
use crate::kubectl::resource::kind_and_name;
use crate::kubectl::subresource;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::kubelet::laptop::{self, Far, Tunnel, Tunnels};
use crate::process::{Io, Program, Step};
use std::rc::Rc;

/// The ports that a system gives out by itself (Linux: `ip_local_port_range`): the first, and how many.
const EPHEMERAL_PORTS: (u32, u64) = (32_768, 28_232);
/// The port of `kubectl proxy` if none is given.
const PROXY_PORT: i64 = 8001;
/// What `kubectl proxy` lets nobody ask for (`proxy.DefaultPathRejectRE`).
const REJECTED: [&str; 2] = ["/exec", "/attach"];

/// The ports of the laptop.
fn tunnels(inv: &Invocation) -> Tunnels {
    inv.disk.as_ref().map_or_else(Tunnels::closed, |disk| disk.tunnels.clone())
}

/// `kubectl port-forward sts/web 8080:80`
pub fn port_forward(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if inv.args.len() < 2 {
        return Err(inv.usage("TYPE/NAME and list of ports are required for port-forward"));
    }
    let until = io.api.now + patience(inv)?;
    Ok(Next::GoOn(Box::new(Forward { inv: inv.clone(), until, session: None })))
}

struct Forward {
    inv: Invocation,
    /// Until when it waits for a pod.
    until: SimTime,
    session: Option<Forwarding>,
}

/// A pod to which ports lead.
struct Forwarding {
    listening: Listening,
    pod: Key,
    uid: Uid,
    /// The laptop's ports and the pod's.
    ports: Vec<(u32, u32)>,
}

/// A program that listens, until it is gone.
struct Listening {
    tunnels: Tunnels,
    owner: u32,
}

impl Listening {
    fn new(tunnels: Tunnels) -> Listening {
        Listening { owner: tunnels.new_owner(), tunnels }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.tunnels.close(self.owner);
    }
}

impl Program for Forward {
    fn run(&mut self, io: &mut Io) -> Step {
        match self.go_on(io) {
            Ok(step) => step,
            Err(failure) => fail(&failure, io),
        }
    }
}

impl Forward {
    fn go_on(&mut self, io: &mut Io) -> Result<Step, Failure> {
        if self.session.is_none() {
            let Some(object) = self.found(io)? else { return Ok(Step::OnChangeOrAt(self.until)) };
            self.session = Some(begin(&self.inv, io, &object)?);
        }
        let session = self.session.as_ref().expect("it has begun");
        let (connections, failure) = session.listening.tunnels.news(session.listening.owner);
        for port in connections {
            io.out(format!("Handling connection for {port}\n"));
        }
        let lost = || Failure::client("lost connection to pod");
        if let Some(why) = failure {
            let (local, remote) = session.ports[0];
            let of = format!("error forwarding port {remote} to pod {}, uid : {why}", session.uid);
            let text =
                format!("\"Unhandled Error\" err=\"an error occurred forwarding {local} -> {remote}: {of}\"");
            log(io, 'E', "portforward.go:424", &text);
            return Err(lost());
        }
        match io.api.store().get(&session.pod) {
            Some(object) if object.meta.uid == session.uid && !object.pod().is_terminal() => {
                Ok(Step::OnChange)
            }
            _ => Err(lost()),
        }
    }

    /// The pod; nothing, while there is none of those that the object selects.
    fn found(&self, io: &Io) -> Result<Option<Rc<Object>>, Failure> {
        match pod(&self.inv, io, &self.inv.args[0]) {
            Err(Failure::Client(why)) if why.starts_with("timed out") && self.until > io.api.now => Ok(None),
            found => found.map(Some),
        }
    }
}

/// Listens for a pod.
fn begin(inv: &Invocation, io: &mut Io, object: &Rc<Object>) -> Result<Forwarding, Failure> {
    let word = &inv.args[0];
    let service = match word.contains('/').then(|| kind_and_name(word)).transpose()? {
        Some((Kind::Service, name)) => Some(io.api.get(&Key::new(Kind::Service, inv.namespace(), &name))?),
        _ => None,
    };
    let ports = inv.args[1..].iter().map(|word| ports(word, object, service.as_deref()));
    let ports = ports.collect::<Result<Vec<(u32, u32)>, Failure>>()?;
    let phase = object.pod().status.phase.name();
    if phase != "Running" {
        return Err(Failure::client(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    let (addresses, listening) = (addresses(inv)?, Listening::new(tunnels(inv)));
    let mut opened = Vec::new();
    for (local, remote) in &ports {
        let to = Far::Pod { pod: object.key(), uid: object.meta.uid, port: *remote };
        let local = if *local == 0 { free_port(io.api, &listening.tunnels) } else { *local };
        match listen(&listening, &addresses, local, &to) {
            Ok(told) => {
                let lines = told.iter().map(|at| format!("Forwarding from {at}:{local} -> {remote}\n"));
                io.out(lines.collect::<String>());
                opened.push((local, *remote));
            }
            Err(why) => io.err(format!(
                "Unable to listen on port {local}: Listeners failed to create with the following errors: [{why}]\n"
            )),
        }
    }
    if opened.is_empty() {
        let all: Vec<String> = ports.iter().map(|(local, remote)| format!("{{{local} {remote}}}")).collect();
        let all = all.join(" ");
        return Err(Failure::client(format!("unable to listen on any of the requested ports: [{all}]")));
    }
    Ok(Forwarding { listening, pod: object.key(), uid: object.meta.uid, ports: opened })
}

/// The addresses at which it listens: each as it is written, `localhost` for both of its own.
fn addresses(inv: &Invocation) -> Result<Vec<String>, Failure> {
    let given = inv.list("address");
    if given.is_empty() {
        return Ok(vec!["localhost".into()]);
    }
    let is_address = |text: &String| {
        text == "localhost" || text.split('.').filter(|n| n.parse::<u8>().is_ok()).count() == 4
    };
    match given.iter().find(|text| !is_address(text)) {
        Some(other) => Err(Failure::client(format!("{other} is not a valid IP"))),
        None => Ok(given.to_vec()),
    }
}

/// Listens at these addresses. Returns them as they are told. Errors: what `bind` says, of all of them.
fn listen(listening: &Listening, addresses: &[String], port: u32, to: &Far) -> Result<Vec<String>, String> {
    let tunnels = &listening.tunnels;
    let (mut told, mut wrong) = (Vec::new(), Vec::new());
    for address in addresses {
        let own: &[(&str, &str)] = match &**address {
            "localhost" => &[("tcp4", "127.0.0.1"), ("tcp6", "[::1]")],
            other => &[("tcp4", other)],
        };
        let at = own[0].1;
        let why = match at {
            at if tunnels.is_taken(at, port) => "address already in use",
            "0.0.0.0" | laptop::ADDRESS => "",
            at if at.starts_with("127.") => "",
            _ => "cannot assign requested address",
        };
        if !why.is_empty() {
            wrong.extend(own.iter().map(|(protocol, at)| {
                format!("unable to create listener: Error listen {protocol} {at}:{port}: bind: {why}")
            }));
            continue;
        }
        told.extend(own.iter().map(|(_, at)| (*at).to_string()));
        tunnels.open(Tunnel {
            owner: listening.owner,
            address: at.into(),
            port,
            to: to.clone(),
            connections: 0,
            failure: None,
        });
    }
    if wrong.is_empty() { Ok(told) } else { Err(wrong.join(" ")) }
}

/// A port that nobody listens on.
fn free_port(api: &ApiServer, tunnels: &Tunnels) -> u32 {
    let (first, count) = EPHEMERAL_PORTS;
    let start = name_hash(api.seed, &["port", &api.now.0.to_string()]) % count;
    let all = (0..count).map(|n| first + ((start + n) % count) as u32);
    all.into_iter().find(|port| !tunnels.is_taken("0.0.0.0", *port)).unwrap_or(first)
}

/// The laptop's port and the pod's of `8080:80`, `8080:http`, `80`, `:80`. Models `translateServicePortToTargetPort`,
/// `convertPodNamedPortToNumber` and `parsePorts`.
fn ports(word: &str, pod: &Object, service: Option<&Object>) -> Result<(u32, u32), Failure> {
    let (local, remote) = match word.split(':').collect::<Vec<_>>()[..] {
        [port] => (port, port),
        [local, remote] => (local, remote),
        _ => return Err(Failure::client(format!("invalid port format '{word}'"))),
    };
    if remote.is_empty() {
        return Err(Failure::client("remote port cannot be empty"));
    }
    let number = match service {
        Some(service) => service_port(service, pod, remote)?,
        None => match remote.parse::<u32>() {
            Ok(number) => refuse_udp(pod, remote, number)?,
            Err(_) => pod_port(pod, remote)?,
        },
    };
    let local = match (local, local == remote) {
        ("", _) => "0".to_string(),
        (_, true) if service.is_some() => named_port(service, remote)?.to_string(),
        (_, true) => number.to_string(),
        (local, false) => local.to_string(),
    };
    let parsed = local.parse::<u16>().map_err(|error| {
        let why = match error.kind() {
            std::num::IntErrorKind::PosOverflow => "value out of range",
            _ => "invalid syntax",
        };
        Failure::client(format!(
            "error parsing local port '{local}': strconv.ParseUint: parsing {local:?}: {why}"
        ))
    })?;
    match u16::try_from(number) {
        Ok(0) => Err(Failure::client("remote port must be > 0")),
        Ok(number) => Ok((parsed.into(), number.into())),
        Err(_) => Err(Failure::client(format!(
            "error parsing remote port '{number}': strconv.ParseUint: parsing \"{number}\": value out of range"
        ))),
    }
}

/// A Service's port by its name or number, as a number.
fn named_port(service: Option<&Object>, word: &str) -> Result<u32, Failure> {
    if let Ok(number) = word.parse() {
        return Ok(number);
    }
    let Some(service) = service else { return Ok(0) };
    let found = service.service().ports.iter().find(|port| port.name.as_deref() == Some(word));
    let name = &service.meta.name;
    let none = || Failure::client(format!("Service '{name}' does not have a named port '{word}'"));
    Ok(found.ok_or_else(none)?.port as u32)
}

/// The pod's port behind a Service's. Models `LookupContainerPortNumberByServicePort`.
fn service_port(service: &Object, pod: &Object, word: &str) -> Result<u32, Failure> {
    let number = named_port(Some(service), word)?;
    let all: Vec<&ServicePort> =
        service.service().ports.iter().filter(|port| port.port as u32 == number).collect();
    let name = &service.meta.name;
    let Some(port) = all.first() else {
        return Err(Failure::client(format!("Service {name} does not have a service port {number}")));
    };
    if all.iter().all(|port| &*port.protocol == "UDP") {
        return Err(Failure::client(format!("UDP protocol is not supported for {word}")));
    }
    match &port.target_port {
        _ if &*service.service().cluster_ip == "None" => Ok(number),
        TargetPort::Number(0) => Ok(number),
        TargetPort::Number(target) => Ok(*target as u32),
        TargetPort::Name(target) => pod_port(pod, target),
    }
}

/// A container's port by its name. Models `LookupContainerPortNumberByName`.
fn pod_port(pod: &Object, word: &str) -> Result<u32, Failure> {
    let all = pod.pod().spec.containers.iter().flat_map(|container| list(&container.raw, "ports"));
    let found = all.into_iter().find(|port| get(port, "name") == word);
    let name = &pod.meta.name;
    let none = || Failure::client(format!("Pod '{name}' does not have a named port '{word}'"));
    let number = int(found.ok_or_else(none)?, "containerPort") as u32;
    refuse_udp(pod, word, number)
}

/// Errors: the port is one of UDP alone.
fn refuse_udp(pod: &Object, word: &str, number: u32) -> Result<u32, Failure> {
    let all = pod.pod().spec.containers.iter().flat_map(|container| list(&container.raw, "ports"));
    let mut same = all.filter(|port| int(port, "containerPort") == i64::from(number)).peekable();
    let is_udp = same.peek().is_some() && same.all(|port| get(port, "protocol") == "UDP");
    if is_udp {
        Err(Failure::client(format!("UDP protocol is not supported for {word}")))
    } else {
        Ok(number)
    }
}

/// `kubectl proxy --port=8001`
pub fn proxy(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if let Some(word) = inv.args.first() {
        return Err(inv.usage(format!("unexpected argument: {word}")));
    }
    if inv.is("disable-filter") {
        let warning = "Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious";
        log(io, 'W', "proxy.go:177", warning);
    }
    let listening = Listening::new(tunnels(inv));
    let port = match inv.int("port").unwrap_or(PROXY_PORT) {
        0 => free_port(io.api, &listening.tunnels),
        port => port as u32,
    };
    let address = inv.get("address").unwrap_or("127.0.0.1").to_string();
    let prefix = ["/", inv.text("api-prefix").trim_matches('/')].concat();
    let to = Far::ApiServer {
        answer: if inv.is("disable-filter") { answer_all } else { answer },
        prefix: prefix.trim_end_matches('/').into(),
    };
    listen(&listening, std::slice::from_ref(&address), port, &to).map_err(|why| {
        Failure::client(why.trim_start_matches("unable to create listener: Error ").to_string())
    })?;
    io.out(format!("Starting to serve on {address}:{port}\n"));
    Ok(Next::GoOn(Box::new(Proxy { listening })))
}

struct Proxy {
    listening: Listening,
}

impl Program for Proxy {
    fn run(&mut self, _io: &mut Io) -> Step {
        self.listening.tunnels.news(self.listening.owner);
        Step::OnInput
    }
}

/// What the API server answers, but for paths that nobody is let to.
fn answer(api: &ApiServer, path: &str) -> (u32, String) {
    let asked = path.split('?').next().unwrap_or_default();
    let is_rejected = asked.contains("/pods/") && REJECTED.iter().any(|end| asked.ends_with(end));
    if is_rejected { (403, "Forbidden".into()) } else { answer_all(api, path) }
}

/// What the API server sends to curl: in lines, unless the path asks for one. Models negotiate.go: isPrettyPrint.
fn pretty(path: &str, text: String) -> String {
    let asked = path.split_once("pretty=").map(|(_, value)| value.split('&').next().unwrap_or_default());
    if asked.is_some_and(|value| parse_bool(value) != Some(true)) {
        return text;
    }
    let tree = serde_json::from_str::<serde_json::Value>(&text).ok();
    tree.and_then(|tree| serde_json::to_string_pretty(&tree).ok()).map(go_json).unwrap_or(text)
}

fn answer_all(api: &ApiServer, path: &str) -> (u32, String) {
    match subresource::answer(api, path) {
        Ok(text) => (200, pretty(path, text)),
        Err(Failure::Server(error)) => (404, pretty(path, subresource::status(&error) + "\n")),
        Err(_) => (404, "404 page not found\n".into()),
    }
}
