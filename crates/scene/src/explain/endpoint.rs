//! Why a pod's name is in DNS, or isn't.

use super::about::About;
use super::detail::pod_detail;
use super::explanation::{Explanation, Tone};
use super::remedy::{apply, headless, made_headless, pairs};
use kubesim::{Key, Kind, Object};

impl About<'_> {
    /// Why a pod's name is in DNS, or isn't.
    pub(super) fn endpoint(&self, key: &Key) -> Explanation {
        let (messages, name) = (self.messages, &key.name);
        if let Some(why) = self.service_trouble() {
            return why;
        }
        let service = &self.set.stateful_set().spec.service_name;
        let values = [("pod", &**name), ("service", &**service), ("set", &*self.set.meta.name)];
        if service.is_empty() {
            return Explanation::new(Tone::Stuck, messages.dns_no_service(), &values);
        }
        let Some(pod) = self.store.get(key) else {
            return Explanation::new(Tone::Waiting, messages.dns_missing(), &values).with(None);
        };
        let published = self.service().is_some_and(|s| s.service().publish_not_ready_addresses);
        if pod.meta.is_terminating() && !published {
            return Explanation::new(Tone::Waiting, messages.dns_going(), &values)
                .with(pod_detail(messages, self.store, key));
        }
        if pod.pod().status.pod_ip.is_none() {
            return Explanation::new(Tone::Waiting, messages.dns_no_address(), &values)
                .with(pod_detail(messages, self.store, key));
        }
        if pod.pod().is_ready() || published {
            return Explanation::new(Tone::Calm, messages.dns_there(), &values);
        }
        Explanation::new(Tone::Waiting, messages.dns_unready(), &values)
            .with(pod_detail(messages, self.store, key))
    }

    /// The Service that the set names.
    pub(super) fn service(&self) -> Option<&Object> {
        let spec = &self.set.stateful_set().spec;
        self.store.find(Kind::Service, &self.set.meta.namespace, &spec.service_name).map(|s| &**s)
    }

    /// Why the set's pods can have no names in DNS, if they can't.
    pub(super) fn service_trouble(&self) -> Option<Explanation> {
        let (messages, spec) = (self.messages, &self.set.stateful_set().spec);
        if spec.service_name.is_empty() {
            return None;
        }
        let values = [("service", &*spec.service_name), ("set", &*self.set.meta.name)];
        let labels = &spec.selector.match_labels;
        let Some(service) = self.service() else {
            let why = Explanation::new(Tone::Stuck, messages.service_missing(), &values);
            return Some(why.with_remedy(self.command(apply(&headless(&spec.service_name, labels.iter())))));
        };
        let service = service.service();
        let pod = self.pods().next()?;
        if !service.selector.iter().all(|(name, value)| pod.meta.label(name) == Some(value)) {
            let why = Explanation::new(Tone::Stuck, messages.service_selects_others(), &values);
            let selector = pairs(labels.iter());
            let patch = format!(r#"{{"spec":{{"selector":{{{selector}}}}}}}"#);
            let name = &spec.service_name;
            let patch = format!("kubectl patch service {name} --type=merge -p '{patch}'");
            return Some(why.with_remedy(self.command(patch)));
        }
        (!service.is_headless()).then(|| {
            let name = &spec.service_name;
            let delete = self.command(["kubectl delete service ", name].concat());
            let anew = self.command(apply(&made_headless(name, service)));
            let why = Explanation::new(Tone::Waiting, messages.service_not_headless(), &values);
            why.with_remedy([delete, anew].join(" && "))
        })
    }
}
