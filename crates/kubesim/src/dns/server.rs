//! What answers a pod: CoreDNS, as far as it has been told what is in the cluster, and the caches in front of it.
//!
//! All of it is one record in the store ([`Resolver`]), so that a history covers what was known and what was cached.

use super::name::{NODE_SERVER, SERVER};
use super::resolv_conf::ResolvConf;
use super::{corefile, zone};
use crate::api::Resolver;
use crate::api::resolver::Cached;
use crate::api::resolver::Caching;
use crate::api::resolver::{Answer, Data, RecordType};
use crate::api::verdict::Component;
use crate::api::{Body, Key, Kind, Object, ObjectCache, ObjectMeta, SimTime};
use crate::apiserver::{ApiServer, Change, History, Store};
use crate::base::rng::Rng;
use crate::component::{Context, Outcome, WatchEvent};
use std::collections::VecDeque;
use std::rc::Rc;

/// How long CoreDNS' plugin cache keeps an answer at most, positive or negative, in seconds (`cache 30`).
const CACHE: u32 = 30;
/// How long NodeLocal DNSCache keeps the cluster zone's negative answers at most, in seconds (`denial 9984 5`).
const NODE_LOCAL_DENIAL: u32 = 5;

const NAME: &str = "coredns";

/// Where the record is in the store.
pub fn key() -> Key {
    Key::cluster(Kind::Resolver, NAME)
}

impl Resolver {
    /// The record in this world; none in a world without one: there CoreDNS knows all.
    pub fn of(store: &Store) -> Option<&Resolver> {
        store.find_cluster(Kind::Resolver, NAME).map(|object| object.resolver())
    }

    /// Changes the record.
    pub fn update(api: &mut ApiServer, change: impl FnOnce(&mut Resolver)) {
        let old = Resolver::of(api.store());
        let mut new = old.cloned().unwrap_or_default();
        change(&mut new);
        if old != Some(&new) {
            new.put(api);
        }
    }

    fn put(self, api: &mut ApiServer) {
        let object = Object::new(Kind::Resolver, ObjectMeta::named("", NAME), Body::Resolver(self));
        api.put_internal(key(), Some(object));
    }
}

/// The kinds of which CoreDNS is told.
const WATCHED: [Kind; 3] = [Kind::Service, Kind::EndpointSlice, Kind::Namespace];

fn is_watched(kind: Kind) -> bool {
    WATCHED.contains(&kind)
}

/// What CoreDNS knows in a world without a record of it: all that it could be told.
pub(super) fn everything(store: &Store) -> Rc<ObjectCache> {
    let mut known = ObjectCache::default();
    for object in WATCHED.into_iter().flat_map(|kind| store.list(kind)) {
        known.put(&object.key(), Some(object.clone()));
    }
    Rc::new(known)
}

/// Puts Services and what belongs to them into the queue of [`sync`]. Models CoreDNS' informers.
pub fn event_handlers(_store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    if is_watched(change.key.kind) || corefile::is_it(change.key) {
        add(Component::Dns, change.key.clone());
    }
}

/// CoreDNS is told of an object as it was [`crate::config::Timings::dns`] ago.
pub fn sync(context: &mut Context, untold: &mut Untold, key: &Key) -> Outcome {
    if corefile::is_it(key) {
        return corefile::sync(context);
    }
    let delay = context.timings.dns;
    let told = context.now() - delay;
    let history = context.api.history();
    untold.read(history, told);
    let mut object = context.store().get(key).cloned();
    let mut later = None;
    for position in untold.positions.iter().rev() {
        if let Some(entry) = history.since(*position).first()
            && let Change::Object { key: changed, before, .. } = &entry.change
            && changed == key
        {
            object = before.clone();
            later = Some(entry.at + delay);
        }
    }
    let mut resolver = Resolver::of(context.store()).cloned().unwrap_or_default();
    if resolver.known.get(key) != object.as_ref() {
        Rc::make_mut(&mut resolver.known).put(key, object);
        resolver.put(context.api);
    }
    Outcome { requeue_at: later, failed: false }
}

/// The writes of which CoreDNS has not been told yet. It says nothing that the history does not say: forgetting it costs
/// time, and changes nothing.
#[derive(Clone, Default, Debug)]
pub struct Untold {
    /// How far the history has been read.
    position: usize,
    /// CoreDNS knows what was before this, and at this moment.
    told: SimTime,
    /// Positions in the history of the writes since.
    positions: VecDeque<usize>,
}

impl Untold {
    /// Takes in what was written, and lets go of what CoreDNS has been told meanwhile.
    fn read(&mut self, history: &History, told: SimTime) {
        let first = history.position_at(told);
        if told < self.told {
            *self = Untold::default();
        }
        self.told = told;
        self.position = self.position.max(first);
        for entry in history.since(self.position) {
            if let Change::Object { key, .. } = &entry.change
                && is_watched(key.kind)
            {
                self.positions.push_back(self.position);
            }
            self.position += 1;
        }
        while self.positions.pop_front_if(|position| *position < first).is_some() {}
    }
}

/// What a pod has to ask with.
pub struct Network<'a> {
    /// The world at the moment of asking.
    pub store: &'a Store,
    /// The moment.
    pub now: SimTime,
    /// How the pod asks.
    pub conf: ResolvConf,
    /// The pod's node; empty for a pod that nobody sees.
    node: &'a str,
    /// What CoreDNS has been told.
    known: Rc<ObjectCache>,
    /// Shuffles answers.
    rng: Rng,
    /// What the caches have learned.
    learned: Vec<Cached>,
    /// What CoreDNS has to log.
    logged: Vec<corefile::Query>,
}

/// Who asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client<'a> {
    /// Its node; empty for one that nobody sees.
    pub node: &'a str,
    /// Its address, if CoreDNS is to log it.
    pub address: Option<&'a str>,
}

/// A pod that asks.
pub fn client(pod: &Object) -> Client<'_> {
    let pod = pod.pod();
    let node = pod.spec.node_name.as_deref().unwrap_or_default();
    Client { node, address: pod.status.pod_ip.as_deref() }
}

/// Lets somebody with this resolv.conf ask; what the caches learn, and how far the cluster's
/// randomness has been used, is kept.
pub fn with_network<T>(
    api: &mut ApiServer,
    conf: &ResolvConf,
    client: Client,
    ask: impl FnOnce(&mut Network) -> T,
) -> T {
    let network = Network::new(api.store(), api.now, "", client.node);
    let mut network = Network { rng: api.rng.clone(), conf: conf.clone(), ..network };
    let result = ask(&mut network);
    let (rng, learned, logged) = (network.rng, network.learned, network.logged);
    api.rng = rng;
    keep(api, learned);
    if let (false, Some(address)) = (logged.is_empty(), client.address) {
        corefile::log(api, address, &logged);
    }
    result
}

/// Puts into the caches what was learned.
pub(crate) fn keep(api: &mut ApiServer, learned: Vec<Cached>) {
    if learned.is_empty() {
        return;
    }
    let now = api.now;
    Resolver::update(api, |resolver| {
        let fresh = resolver.cache.iter().filter(|c| c.left(now) > 0).cloned();
        resolver.cache = fresh.chain(learned).collect();
    });
}

impl<'a> Network<'a> {
    /// Somebody in a pod of this namespace on this node, in this world.
    pub fn new(store: &'a Store, now: SimTime, namespace: &str, node: &'a str) -> Network<'a> {
        let known = match Resolver::of(store) {
            Some(resolver) => resolver.known.clone(),
            None => everything(store),
        };
        let conf = ResolvConf::of_namespace(namespace);
        let rng = Rng::new(now.0 as u64);
        Network { store, now, conf, node, known, rng, learned: Vec::new(), logged: Vec::new() }
    }

    /// What a client chooses for a message: its number and its cookie (RFC 7873). Drawn beside the cluster's randomness, so that
    /// looking closer changes no later answer.
    pub fn choose(&self) -> (u16, u64) {
        let mut drawn = Rng::new(self.rng.clone().next_u64() ^ self.now.0 as u64);
        (drawn.next_u64() as u16, drawn.next_u64())
    }

    /// What the caches have learned from the questions.
    pub fn into_learned(self) -> Vec<Cached> {
        self.learned
    }

    /// What CoreDNS has been told.
    pub fn known(&self) -> &ObjectCache {
        &self.known
    }

    /// Whether somebody answers at this address who knows names.
    pub fn has_server(&self, address: &str) -> bool {
        address == SERVER || address == NODE_SERVER
    }

    /// Asks for an absolute name, with its final dot or without.
    pub fn ask(&mut self, name: &str, record_type: &RecordType) -> Answer {
        if self.conf.server() == NODE_SERVER {
            return zone::ask_upstream(name, record_type);
        }
        let caching = Resolver::of(self.store).map_or(Caching::Kubeadm, |r| r.caching);
        let in_zone = zone::in_cluster(name).is_some();
        let mut answer = match caching {
            Caching::NodeLocal => {
                let denial = if in_zone { NODE_LOCAL_DENIAL } else { CACHE };
                self.through_cache(self.node, denial, name, record_type, |network| {
                    network.ask_core_dns(!in_zone, name, record_type)
                })
            }
            _ => self.ask_core_dns(!in_zone || caching == Caching::Cache30, name, record_type),
        };
        self.shuffle(&mut answer);
        answer
    }

    fn ask_core_dns(&mut self, caches: bool, name: &str, record_type: &RecordType) -> Answer {
        let configured = Resolver::of(self.store).and_then(|resolver| resolver.corefile.clone());
        let ask = |network: &mut Network| zone::ask(network.known(), name, record_type);
        let Some(corefile) = configured else {
            return if caches { self.through_cache("", CACHE, name, record_type, ask) } else { ask(self) };
        };
        let ask = |network: &mut Network| {
            let mut answer = ask(network);
            if !answer.from_upstream {
                set_ttl(&mut answer, corefile.ttl);
            }
            answer
        };
        let answer = match corefile.cache.filter(|_| caches) {
            Some(seconds) => self.through_cache("", seconds, name, record_type, ask),
            None => ask(self),
        };
        if corefile::is_logged(&corefile, &answer) {
            self.logged.push(corefile::Query { id: self.choose().0, answer: answer.clone() });
        }
        answer
    }

    /// What a cache has, or what it then has from behind it. Models coredns/plugin/cache.
    fn through_cache(
        &mut self,
        node: &str,
        denial: u32,
        name: &str,
        record_type: &RecordType,
        ask: impl FnOnce(&mut Network) -> Answer,
    ) -> Answer {
        let written = name.trim_end_matches('.');
        let held = Resolver::of(self.store).map(|r| &*r.cache).unwrap_or_default();
        let is_it = |c: &&Cached| {
            *c.node == *node
                && c.answer.record_type == *record_type
                && c.answer.name.trim_end_matches('.').eq_ignore_ascii_case(written)
                && c.left(self.now) > 0
        };
        if let Some(cached) = self.learned.iter().chain(held).find(is_it) {
            let mut answer = (*cached.answer).clone();
            set_ttl(&mut answer, cached.left(self.now));
            answer.held = Some((cached.stored, cached.until()));
            return answer;
        }
        let mut answer = ask(self);
        let ttl = lifetime(&answer, denial);
        set_ttl(&mut answer, ttl);
        let stored = self.now;
        self.learned.push(Cached { node: node.into(), answer: Rc::new(answer.clone()), stored, ttl });
        answer
    }

    /// Models coredns/plugin/loadbalance: addresses come in another order each time.
    fn shuffle(&mut self, answer: &mut Answer) {
        for records in [&mut answer.answers, &mut answer.additional] {
            let start = records.iter().position(|r| matches!(r.data, Data::A(_))).unwrap_or(0);
            let addresses = &mut records[start..];
            if addresses.iter().any(|r| !matches!(r.data, Data::A(_))) {
                continue;
            }
            for i in (1..addresses.len()).rev() {
                addresses.swap(i, self.rng.below(i + 1));
            }
        }
    }
}

/// For how many seconds a cache keeps an answer: as long as the record with the shortest life, the SOA's minimum for
/// what does not exist, and no longer than the cache's own limits.
fn lifetime(answer: &Answer, denial: u32) -> u32 {
    let limit = if answer.is_found() { CACHE } else { denial };
    let of_soa = answer.authority.iter().filter_map(|r| match &r.data {
        Data::Soa(_, numbers) => Some(numbers[4]),
        _ => None,
    });
    let records = answer.answers.iter().chain(&answer.authority).chain(&answer.additional);
    records.map(|r| r.ttl).chain(of_soa).min().unwrap_or(limit).min(limit)
}

fn set_ttl(answer: &mut Answer, ttl: u32) {
    let Answer { answers, authority, additional, .. } = answer;
    for record in answers.iter_mut().chain(authority).chain(additional) {
        record.ttl = ttl;
    }
}
