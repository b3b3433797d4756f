//! The laptop's side of the network: the ports on which its programs listen (`kubectl port-forward`, `kubectl proxy`), and curl
//! there. Models `k8s.io/client-go/tools/portforward` and the kubelet's side of it (containerd: the pod's own network).

use super::http_clients::{self, Failed, Fetched, Network};
use super::network::{ApiAnswer, Listener, listener, reach_from_outside};
use crate::api::{Key, Str, Uid};
use crate::apiserver::ApiServer;
use crate::dns::reverse_name;
use std::cell::RefCell;
use std::rc::Rc;

/// The laptop's own address in the nodes' network.
pub(crate) const ADDRESS: &str = "192.168.1.10";

/// Who is at the other end of a port.
#[derive(Clone)]
pub(crate) enum Far {
    /// A port of a pod.
    Pod { pod: Key, uid: Uid, port: u32 },
    /// The API server, below this path.
    ApiServer { answer: ApiAnswer, prefix: Str },
}

/// A port of the laptop on which a program listens.
#[derive(Clone)]
pub(crate) struct Tunnel {
    /// The program's own number.
    pub owner: u32,
    /// The address at which it listens.
    pub address: Str,
    pub port: u32,
    pub to: Far,
    /// Connections that the program has not spoken of yet.
    pub connections: usize,
    /// Why the last connection failed.
    pub failure: Option<Str>,
}

/// The ports of the laptop on which somebody listens.
#[derive(Clone, Default)]
pub struct Tunnels(Rc<RefCell<Vec<Tunnel>>>);

impl Tunnels {
    /// Ports of their own, with nobody listening: for commands that are only tried.
    pub(crate) fn closed() -> Tunnels {
        Tunnels::default()
    }

    /// A number that no program has that listens.
    pub(crate) fn new_owner(&self) -> u32 {
        self.0.borrow().iter().map(|tunnel| tunnel.owner).max().map_or(0, |last| last + 1)
    }

    /// Whether somebody listens on a port at an address.
    pub(crate) fn is_taken(&self, address: &str, port: u32) -> bool {
        let clashes = |tunnel: &Tunnel| {
            *tunnel.address == *address || &*tunnel.address == EVERYWHERE || address == EVERYWHERE
        };
        self.0.borrow().iter().any(|tunnel| tunnel.port == port && clashes(tunnel))
    }

    pub(crate) fn open(&self, tunnel: Tunnel) {
        self.0.borrow_mut().push(tunnel);
    }

    /// A program listens no more.
    pub(crate) fn close(&self, owner: u32) {
        self.0.borrow_mut().retain(|tunnel| tunnel.owner != owner);
    }

    /// What has come to a program's ports since it was last asked: each connection's port, and why the last one failed.
    pub(crate) fn news(&self, owner: u32) -> (Vec<u32>, Option<Str>) {
        let (mut ports, mut failure) = (Vec::new(), None);
        for tunnel in self.0.borrow_mut().iter_mut().filter(|tunnel| tunnel.owner == owner) {
            ports.extend(std::iter::repeat_n(tunnel.port, std::mem::take(&mut tunnel.connections)));
            failure = tunnel.failure.take().or(failure);
        }
        (ports, failure)
    }
}

/// The address of who listens at all addresses.
const EVERYWHERE: &str = "0.0.0.0";

impl Network for Tunnels {
    fn addresses(&self, _api: &mut ApiServer, host: &str) -> Option<Vec<String>> {
        match host {
            "localhost" => Some(vec!["127.0.0.1".into()]),
            host => reverse_name(host).is_some().then(|| vec![host.to_string()]),
        }
    }

    fn connect(&self, api: &mut ApiServer, address: &str, port: u32) -> Result<Listener, Failed> {
        if address != ADDRESS && !address.starts_with("127.") {
            return Ok(reach_from_outside(api, ADDRESS, address, port)?);
        }
        let mut all = self.0.borrow_mut();
        let listens = |tunnel: &&mut Tunnel| {
            tunnel.port == port && matches!(&*tunnel.address, at if at == address || at == EVERYWHERE)
        };
        let tunnel = all.iter_mut().find(listens).ok_or(Failed::Refused)?;
        tunnel.connections += 1;
        // Whoever listens is woken by it.
        api.knocks += 1;
        match tunnel.to.clone() {
            Far::ApiServer { answer, prefix } => Ok(Listener::Proxy { answer, prefix }),
            Far::Pod { pod, uid, port } => {
                let object = api.store().get(&pod).filter(|object| object.meta.uid == uid).cloned();
                let address = object.and_then(|object| object.pod().status.pod_ip.clone());
                let found = address.and_then(|address| listener(api.store(), &address, port).ok());
                found.ok_or_else(|| {
                    let why = ["dial tcp4 127.0.0.1:", &port.to_string(), ": connect: connection refused"];
                    tunnel.failure = Some(why.concat().into());
                    Failed::Closed
                })
            }
        }
    }
}

/// The client of this name on the laptop.
pub(crate) const CLIENT: &str = "curl";

/// Runs curl on the laptop: what it printed, and a file with its text if it wrote one.
pub(crate) fn curl(
    api: &mut ApiServer,
    tunnels: &Tunnels,
    argv: &[String],
) -> (crate::dns::Printed, Option<(String, String)>) {
    let Fetched { printed, saved } = http_clients::run(api, tunnels, argv).unwrap_or_default();
    (printed, saved)
}
