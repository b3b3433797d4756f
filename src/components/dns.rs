//! Questions to DNS: a name and a type in; the names that were tried, the records, the way from the Service to them, and why
//! there are none, at the playhead's moment.

use super::{button, choice, part, percent};
use crate::page::intent::Intent;
use crate::page::panel::DnsQuery;
use crate::session::Session;
use kubesim::api::Resolver;
use kubesim::api::resolver::{Answer, AnswerReason, Asked, Caching, Question, Rcode, Record, RecordType};
use kubesim::dns::Network;
use kubesim::dns::reason::{Chain, EndpointInAnswer, chain};
use kubesim::{DnsSetting, Input, Kind, SimTime, Span, Store, Str, dns};
use messages::{Dns, Messages, fill};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlFormElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// The types that can be asked for.
const TYPES: [&str; 8] = ["A", "SRV", "AAAA", "PTR", "TXT", "SOA", "NS", "ANY"];
/// The tools whose output is shown.
const TOOLS: [&str; 3] = ["nslookup", "dig", "host"];
/// The delays that can be chosen on the two parts of the way, in milliseconds.
const DELAYS: [[i64; 4]; 2] = [[5, 1000, 5000, 15_000], [20, 1000, 5000, 30_000]];
/// How many names are suggested at most.
const SUGGESTED: usize = 300;

/// The panel. The question is asked again at each moment, so that the answer is that moment's.
pub fn dns(
    words: &'static Messages,
    session: &Session,
    service: Option<&str>,
    query: &DnsQuery,
    send: &Callback<Intent>,
) -> Html {
    let (store, now) = (&session.moment().store, session.now());
    let question = query.question(service);
    let resolver = Resolver::of(store);
    let asked = question.peek(store, now);
    let held = resolver.and_then(|r| r.asked.clone()).filter(|held| held.question == question);
    let watched = resolver.and_then(|r| r.watched.clone());
    html! {
        <div class="dns">
            { form(words, store, query, service, send) }
            <div class="answers" role="status">
                <ol>{ for asked.tries.iter().map(attempt) }</ol>
                { verdict(words, &asked, now) }
                { records(words, asked.answer(), held.as_deref(), now) }
                { chain(store, &asked).map(|chain| links(words, &chain, &asked, send)) }
            </div>
            { strip(words, session, &question, watched.as_deref(), send) }
            { raw(words, store, now, &question, query, send) }
            { resolver.map(|resolver| settings(words, resolver, send)) }
        </div>
    }
}

fn form(
    words: &'static Messages,
    store: &Store,
    query: &DnsQuery,
    service: Option<&str>,
    send: &Callback<Intent>,
) -> Html {
    let onsubmit = {
        let (send, tool) = (send.clone(), query.tool);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let form: HtmlFormElement = event.target_unchecked_into();
            let (Some(name), Some(kind), Some(namespace)) =
                (form.get_with_index(0), form.get_with_index(1), form.get_with_index(2))
            else {
                return;
            };
            let name: HtmlInputElement = name.unchecked_into();
            let (kind, namespace): (HtmlSelectElement, HtmlSelectElement) =
                (kind.unchecked_into(), namespace.unchecked_into());
            send.emit(Intent::Query(DnsQuery {
                name: name.value().trim().to_string().into(),
                kind: kind.value().into(),
                namespace: namespace.value().into(),
                tool,
            }));
        })
    };
    let shown = if query.name.is_empty() { service.unwrap_or("kubernetes") } else { &query.name };
    // Drawn again only for another question: else what is being typed would go with each second.
    let id = shown.bytes().fold(7, |id: usize, byte| id.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let value = AttrValue::from(shown.to_string());
    let draw = move || {
        html! {
            <input type="text" aria-label={words.dns_name()} value={value.clone()} list="names" spellcheck="false"
                autocapitalize="off" autocomplete="off" />
        }
    };
    let input = part("name", [id, 0, 0, 0], Rc::new(draw));
    let namespaces = store.list(Kind::Namespace).map(|n| n.meta.name.to_string());
    let option =
        |chosen: &str, value: &str| html! { <option selected={*chosen == *value}>{ value }</option> };
    let names = dns::names(store, &query.namespace).into_iter().take(SUGGESTED);
    html! {
        <form class="bar" {onsubmit}>
            { input }
            <select aria-label={words.dns_type()}>{ for TYPES.map(|t| option(&query.kind, t)) }</select>
            <label>
                { words.dns().from() }
                <select>{ for namespaces.map(|n| option(&query.namespace, &n)) }</select>
            </label>
            <datalist id="names">{ for names.map(|name| html! { <option value={name} /> }) }</datalist>
            <button class="primary">{ words.dns_ask() }</button>
        </form>
    }
}

fn attempt(answer: &Answer) -> Html {
    let (class, sign) = match answer.rcode {
        Rcode::NoError => ("found", "✓ "),
        Rcode::NxDomain => ("lost", "✕ "),
    };
    html! { <li {class}><b>{ sign }</b><span>{ &answer.name }</span><em>{ answer.rcode.name() }</em></li> }
}

/// Why there are no records, or old ones, and what would change that.
fn verdict(words: &'static Messages, asked: &Asked, now: SimTime) -> Html {
    let Some(reason) = &asked.reason else {
        let since = asked.answer().held.map(|(since, _)| Span((now - since).0.max(0)).to_string());
        let cached = since.map(|since| fill(words.dns().from_cache(), &[("ago", &since)]));
        return html! { if let Some(cached) = cached { <p class="calm">{ cached }</p> } };
    };
    let (title, text) = say(words.dns(), reason, now);
    let class = match reason {
        AnswerReason::Ipv4Only
        | AnswerReason::NoPorts { .. }
        | AnswerReason::OnlyDomain
        | AnswerReason::OtherType => "calm",
        AnswerReason::OldCached { .. } | AnswerReason::NegativeCached { .. } => "waiting",
        _ => "",
    };
    html! { <p {class} data-reason="1"><b>{ super::rich(&title) }</b>{ super::rich(&text) }</p> }
}

/// The records, with the time for which they may be kept; and those that somebody who asked before may still use.
fn records(words: &'static Messages, answer: &Answer, held: Option<&Asked>, now: SimTime) -> Html {
    let left = |record: &Record| -> Option<u32> {
        let held = held?;
        let known = held.answer().answers.iter().find(|r| r.data == record.data)?;
        let gone = u32::try_from((now - held.at).0.max(0) / 1000).unwrap_or(u32::MAX);
        Some(known.ttl.saturating_sub(gone)).filter(|left| *left > 0)
    };
    let row = |record: &Record| {
        let left = left(record).unwrap_or(record.ttl);
        line("", record, left)
    };
    let is_answered = |record: &&Record| answer.answers.iter().any(|r| r.data == record.data);
    let old = held.into_iter().flat_map(|held| held.answer().answers.iter());
    let old: Vec<(&Record, u32)> =
        old.filter(|r| !is_answered(r)).filter_map(|r| Some((r, left(r)?))).collect();
    html! {
        <>
            <table>
                { for answer.answers.iter().map(row) }
                { for answer.additional.iter().map(|r| line("more", r, r.ttl)) }
                { for old.iter().map(|(r, left)| line("old", r, *left)) }
            </table>
            if let Some((_, left)) = old.first() {
                <p class="waiting">{ fill(words.dns().kept(), &[("left", &left.to_string())]) }</p>
            }
        </>
    }
}

fn line(class: &'static str, record: &Record, left: u32) -> Html {
    let part = f64::from(left) / f64::from(dns::TTL);
    html! {
        <tr {class}>
            <th>{ &record.name }</th>
            <td><svg class="ttl" aria-hidden="true"><rect width={percent(part.min(1.0))} /></svg>{ left }</td>
            <td>{ record.data.record_type().name() }</td>
            <td>{ record.data.to_string() }</td>
        </tr>
    }
}

/// Service, EndpointSlice, endpoints, record: each with a dot that says whether it holds.
fn links(words: &'static Messages, chain: &Chain, asked: &Asked, send: &Callback<Intent>) -> Html {
    let dns = words.dns();
    let item = |holds: Option<bool>, content: Html| {
        let (class, label) = match holds {
            Some(true) => ("found", "✓ "),
            Some(false) => ("lost", "✕ "),
            None => ("none", "– "),
        };
        html! { <li {class}><b>{ label }</b><span>{ content }</span></li> }
    };
    let name = button(
        "name",
        format!("Service {}", chain.service.name),
        send,
        Intent::Inspect(chain.service.clone()),
    );
    let Some(about) = &chain.about else {
        return html! { <ul class="chain">{ item(Some(false), html! { <>{ name }{ " · " }{ dns.missing() }</> }) }</ul> };
    };
    let publishes = about.publishes_not_ready.then_some(" · publishNotReadyAddresses");
    let facts = format!(" · clusterIP {} · selector {}", about.cluster_ip, about.selector);
    let slices = chain.slices.iter().map(|slice| {
        let key = chain.service.beside(Kind::EndpointSlice, slice);
        button("name", format!("EndpointSlice {slice}"), send, Intent::Inspect(key))
    });
    let count = fill(dns.endpoints(), &[("count", &chain.endpoints.to_string())]);
    let answer = asked.answer();
    let records = answer.answers.len();
    let record = if records > 0 {
        fill(dns.records(), &[("count", &records.to_string()), ("type", answer.record_type.name())])
    } else {
        fill(dns.left_out(), &[("type", answer.record_type.name())])
    };
    let shown = chain.links.iter().take(8);
    html! {
        <ul class="chain" aria-label={dns.chain()}>
            { item(Some(true), html! { <>{ name }{ facts }{ publishes }</> }) }
            { item(Some(!chain.slices.is_empty()), html! { <>{ for slices }{ " · " }{ count }</> }) }
            { for shown.map(|link| item(Some(link.conditions[0]), endpoint(link))) }
            if chain.links.len() > 8 {
                { item(None, Html::from(fill(words.more(), &[("count", &(chain.links.len() - 8).to_string())]))) }
            }
            { item(if records > 0 { Some(true) } else { None }, Html::from(record)) }
        </ul>
    }
}

fn endpoint(link: &EndpointInAnswer) -> Html {
    let [ready, serving, terminating] = link.conditions;
    html! {
        <>
            { "endpoint " }<code>{ &*link.address }</code>{ " · " }<code>{ &link.name }</code>
            <em>{ format!(" ready: {ready}") }</em>
            if serving != ready { { format!(" · serving: {serving}") } }
            if terminating { { " · terminating: true" } }
        </>
    }
}

/// How an answer is coloured in a strip.
pub fn band_class(asked: &Asked) -> &'static str {
    match &asked.reason {
        None => "found",
        Some(AnswerReason::OldCached { .. }) => "old",
        Some(AnswerReason::NegativeCached { .. }) => "denied",
        Some(AnswerReason::Terminating { .. } | AnswerReason::NoPodAddress { .. }) => "going",
        Some(
            AnswerReason::Ipv4Only
            | AnswerReason::NoPorts { .. }
            | AnswerReason::OnlyDomain
            | AnswerReason::OtherType,
        ) => "empty",
        Some(_) => "lost",
    }
}

/// An answer in two or three words.
pub fn band_text(words: &'static Messages, asked: &Asked) -> String {
    let answers = &asked.answer().answers;
    let found = match answers.len() {
        0 => String::new(),
        1 => answers[0].data.to_string(),
        n => format!("{n} {}", asked.question.record_type.name()),
    };
    match &asked.reason {
        None => found,
        Some(AnswerReason::OldCached { .. }) => format!("{found} · {}", words.dns().band_old()),
        Some(AnswerReason::NegativeCached { .. }) => words.dns().band_denied().into(),
        Some(AnswerReason::Terminating { .. }) => "Terminating".into(),
        Some(AnswerReason::NotReady { .. } | AnswerReason::NoneReady { .. }) => {
            words.dns().band_not_ready().into()
        }
        Some(_) => asked.answer().rcode.name().into(),
    }
}

/// Answers, each from its time on.
type Answers = [(SimTime, Option<Rc<Asked>>)];

/// The bands of a watched question as SVG: from `start`, over `span` milliseconds, as far as `end`.
pub fn bands(
    words: &'static Messages,
    answers: &Answers,
    (start, end, span): (f64, f64, f64),
    (y, height): (usize, usize),
) -> Html {
    let band = |(n, (at, asked)): (usize, &(SimTime, Option<Rc<Asked>>))| {
        let asked = asked.as_ref()?;
        let from = at.0 as f64;
        let to = answers.get(n + 1).map_or(end, |(next, _)| next.0 as f64).min(end);
        let class = band_class(asked);
        // The less there is, the thinner: told apart without colours, too.
        let thick = match class {
            "found" => height,
            "old" | "empty" => height * 3 / 4,
            _ => height / 2,
        };
        (to > from).then(|| {
            html! {
                <rect {class} x={percent((from - start) / span)} width={percent((to - from) / span)}
                    y={(y + height - thick).to_string()} height={thick.to_string()} rx="2">
                    <title>{ band_text(words, asked) }</title>
                </rect>
            }
        })
    };
    answers.iter().enumerate().filter_map(band).collect()
}

/// The answers to the watched question over time.
fn strip(
    words: &'static Messages,
    session: &Session,
    question: &Question,
    watched: Option<&Asked>,
    send: &Callback<Intent>,
) -> Html {
    let dns = words.dns();
    let is_watched = watched.is_some_and(|w| w.question == *question);
    let watch = if is_watched {
        button("chip", dns.stop(), send, Intent::input(Input::Watch(None)))
    } else {
        button("chip", dns.watch(), send, Intent::input(Input::Watch(Some(question.clone()))))
    };
    let chronicle = session.chronicle();
    let Some(watched) = watched else {
        return html! { <div class="strip">{ watch }<small>{ dns.watch_hint() }</small></div> };
    };
    let now = session.playhead();
    let answers = &chronicle.answers;
    let is_it =
        |a: &&(SimTime, Option<Rc<Asked>>)| a.1.as_ref().is_some_and(|a| a.question == watched.question);
    let count =
        answers.iter().rev().skip_while(|a| a.0.0 as f64 > now && !is_it(a)).take_while(is_it).count();
    let past = answers.iter().rposition(|a| is_it(&a)).map_or(0, |last| last + 1);
    let shown = &answers[past.saturating_sub(count)..past];
    let start = shown.first().map_or(0.0, |(at, _)| at.0 as f64);
    let span = (now - start).max(20_000.0);
    let legend = |(at, asked): &(SimTime, Option<Rc<Asked>>)| {
        let asked = asked.as_ref().filter(|_| at.0 as f64 <= now)?;
        Some(html! {
            <li class={band_class(asked)}><i />{ format!("{at} ") }<b>{ band_text(words, asked) }</b></li>
        })
    };
    html! {
        <div class="strip">
            { watch }
            <small>{ fill(dns.over_time(), &[("name", &watched.question.name)]) }</small>
            <svg class="bands" height="18" role="img" aria-label={dns.strip()}>
                { bands(words, shown, (start, now, span), (2, 14)) }
                <rect class="now" x={percent((now - start) / span)} width="2" height="18" />
            </svg>
            <ol>{ for shown.iter().rev().take(12).filter_map(legend) }</ol>
        </div>
    }
}

/// What the tools print.
fn raw(
    words: &'static Messages,
    store: &Store,
    now: SimTime,
    question: &Question,
    query: &DnsQuery,
    send: &Callback<Intent>,
) -> Html {
    let tab = |tool: &'static str| {
        let chosen = query.tool == Some(tool);
        let tool_then = if chosen { None } else { Some(tool) };
        choice("chip", chosen, Html::from(tool), send, Intent::ShowTool(tool_then))
    };
    let (command, text) = match query.tool {
        Some(tool) => output(store, now, question, tool),
        None => Default::default(),
    };
    let whole = format!("$ {command}\n{text}");
    html! {
        <div class="raw">
            { for TOOLS.map(tab) }
            if query.tool.is_some() {
                { button("chip", words.dns().copy(), send, Intent::Copy(whole.clone().into())) }
                <pre tabindex="0">{ whole }</pre>
            }
        </div>
    }
}

/// The command that asks this question with a tool, and what it prints.
fn output(store: &Store, now: SimTime, question: &Question, tool: &'static str) -> (String, String) {
    let kind = question.record_type.name();
    let plain = question.record_type == RecordType::A || question.record_type == RecordType::Ptr;
    let name = &*question.name;
    let command = match tool {
        "dig" => format!("dig +search {name} {kind}"),
        "host" if plain => format!("host {name}"),
        "host" => format!("host -t {} {name}", kind.to_lowercase()),
        _ if plain => format!("nslookup {name}"),
        _ => format!("nslookup -type={} {name}", kind.to_lowercase()),
    };
    let command = match (tool, &question.record_type) {
        ("nslookup", RecordType::Ptr) => format!("nslookup -type=ptr {name}"),
        ("host", RecordType::Ptr) => format!("host -t ptr {name}"),
        _ => command,
    };
    let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
    let mut network = Network::new(store, now, &question.namespace, "");
    let printed = dns::run(&argv, &mut network).unwrap_or_default();
    (command, printed.stdout + &printed.stderr)
}

/// The caches and the delays, to change them.
fn settings(words: &'static Messages, resolver: &Resolver, send: &Callback<Intent>) -> Html {
    let dns = words.dns();
    let caches = Caching::ALL.iter().zip(dns.caches());
    let caches =
        caches.map(|(c, text)| html! { <option selected={*c == resolver.caching}>{ text }</option> });
    let change = send.reform(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        let chosen = usize::try_from(select.selected_index()).unwrap_or(0);
        Intent::input(Input::Dns(DnsSetting::Caching(Caching::ALL[chosen.min(2)])))
    });
    let delay = |n: usize| {
        let setting = [DnsSetting::SliceDelay, DnsSetting::ResolverDelay][n];
        let change = send.reform(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            let chosen = usize::try_from(select.selected_index()).unwrap_or(0);
            Intent::input(Input::Dns(setting(Span(DELAYS[n][chosen.min(3)]))))
        });
        let option = |ms: i64| {
            let text = if ms < 1000 { format!("{ms} ms") } else { format!("{} s", ms / 1000) };
            html! { <option selected={resolver.delays[n] == Span(ms)}>{ text }</option> }
        };
        html! { <label>{ dns.delays()[n] }<select onchange={change}>{ for DELAYS[n].map(option) }</select></label> }
    };
    html! {
        <details class="settings">
            <summary>{ dns.settings() }</summary>
            <label>{ dns.cache() }<select onchange={change}>{ for caches }</select></label>
            { delay(0) }
            { delay(1) }
        </details>
    }
}

/// A reason in a sentence, and what would change it.
pub fn say(dns: Dns, reason: &AnswerReason, now: SimTime) -> (String, String) {
    let left = |until: &SimTime| ((*until - now).0.max(0) as u64).div_ceil(1000).to_string();
    let near = |nearest: &Option<Str>| match nearest {
        Some(name) => fill(dns.nearest(), &[("name", name)]),
        None => String::new(),
    };
    let with =
        |[title, text]: [&'static str; 2], values: &[(&str, &str)]| (fill(title, values), fill(text, values));
    match reason {
        AnswerReason::NoNamespace { namespace, nearest } => {
            with(dns.no_namespace(), &[("namespace", namespace), ("nearest", &near(nearest))])
        }
        AnswerReason::NoService { service, namespace, nearest } => with(
            dns.no_service(),
            &[("service", service), ("namespace", namespace), ("nearest", &near(nearest))],
        ),
        AnswerReason::ServiceElsewhere { service, namespace } => {
            with(dns.service_elsewhere(), &[("service", service), ("namespace", namespace)])
        }
        AnswerReason::NoServiceOfSet { set, service } => {
            with(dns.no_service_of_set(), &[("set", set), ("service", service)])
        }
        AnswerReason::OtherServiceName { pod, service, service_name } => with(
            dns.other_service_name(),
            &[
                ("pod", pod),
                ("service", service),
                ("name", if service_name.is_empty() { "\"\"" } else { service_name }),
            ],
        ),
        AnswerReason::PodAlone { pod, service } => {
            with(dns.pod_alone(), &[("pod", pod), ("service", service)])
        }
        AnswerReason::NotSelected { pod, service } => {
            with(dns.not_selected(), &[("pod", pod), ("service", service)])
        }
        AnswerReason::NoPodAddress { pod } => with(dns.no_pod_address(), &[("pod", pod)]),
        AnswerReason::NotReady { pod, service } => {
            with(dns.not_ready(), &[("pod", pod), ("service", service)])
        }
        AnswerReason::Terminating { pod, service } => {
            with(dns.terminating(), &[("pod", pod), ("service", service)])
        }
        AnswerReason::SliceLags { pod } => with(dns.slice_lags(), &[("pod", pod)]),
        AnswerReason::ResolverLags { object } => with(dns.resolver_lags(), &[("object", object)]),
        AnswerReason::NoPod { pod, service, nearest } => {
            with(dns.no_pod(), &[("pod", pod), ("service", service), ("nearest", &near(nearest))])
        }
        AnswerReason::NamedOtherwise { address, name } => {
            with(dns.named_otherwise(), &[("address", address), ("name", name)])
        }
        AnswerReason::NoEndpoints { service } => with(dns.no_endpoints(), &[("service", service)]),
        AnswerReason::NoneReady { service, endpoints } => {
            with(dns.none_ready(), &[("service", service), ("count", &endpoints.to_string())])
        }
        AnswerReason::NoPort { port, service, ports } => with(
            dns.no_port(),
            &[("port", port), ("service", service), ("ports", if ports.is_empty() { "–" } else { ports })],
        ),
        AnswerReason::NoSvc { instead } => with(dns.no_svc(), &[("name", instead)]),
        AnswerReason::NotSearched { instead } => with(dns.not_searched(), &[("name", instead)]),
        AnswerReason::Outside { nearest } => with(dns.outside(), &[("nearest", &near(nearest))]),
        AnswerReason::UnknownAddress { address } => with(dns.unknown_address(), &[("address", address)]),
        AnswerReason::NegativeCached { until } => with(dns.negative_cached(), &[("left", &left(until))]),
        AnswerReason::OldCached { until } => with(dns.old_cached(), &[("left", &left(until))]),
        AnswerReason::Ipv4Only => with(dns.ipv4_only(), &[]),
        AnswerReason::NoPorts { service } => with(dns.no_ports(), &[("service", service)]),
        AnswerReason::OnlyDomain => with(dns.only_domain(), &[]),
        AnswerReason::OtherType => with(dns.other_type(), &[]),
    }
}
