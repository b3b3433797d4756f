//! Why a pod's name is in DNS, or isn't.

use super::about::About;
use super::detail::pod_detail;
use super::explanation::{Mood, Why};
use super::remedy::{apply, headless, pairs};
use kubesim::api::{Key, Kind, Object};

impl About<'_> {
    /// Why a pod's name is in DNS, or isn't.
    pub(super) fn endpoint(&self, key: &Key) -> Why {
        let (words, name) = (self.words, &key.name);
        if let Some(why) = self.service_trouble() {
            return why;
        }
        let service = &self.set.stateful_set().spec.service_name;
        let values = [("pod", &**name), ("service", &**service), ("set", &*self.set.meta.name)];
        if service.is_empty() {
            return Why::new(Mood::Stuck, &words.dns_no_service, &values);
        }
        let Some(pod) = self.store.get(key) else {
            return Why::new(Mood::Waiting, &words.dns_missing, &values).with(None);
        };
        let published = self.service().is_some_and(|s| s.service().publish_not_ready_addresses);
        if pod.meta.is_terminating() && !published {
            return Why::new(Mood::Waiting, &words.dns_going, &values)
                .with(pod_detail(words, self.store, key));
        }
        if pod.pod().status.pod_ip.is_none() {
            return Why::new(Mood::Waiting, &words.dns_no_address, &values)
                .with(pod_detail(words, self.store, key));
        }
        if pod.pod().is_ready() || published {
            return Why::new(Mood::Calm, &words.dns_there, &values);
        }
        Why::new(Mood::Waiting, &words.dns_unready, &values).with(pod_detail(words, self.store, key))
    }

    /// The Service that the set names.
    pub(super) fn service(&self) -> Option<&Object> {
        let spec = &self.set.stateful_set().spec;
        self.store.find(Kind::Service, &self.set.meta.namespace, &spec.service_name).map(|s| &**s)
    }

    /// Why the set's pods can have no names in DNS, if they can't.
    pub(super) fn service_trouble(&self) -> Option<Why> {
        let (words, spec) = (self.words, &self.set.stateful_set().spec);
        if spec.service_name.is_empty() {
            return None;
        }
        let values = [("service", &*spec.service_name), ("set", &*self.set.meta.name)];
        let labels = &spec.selector.match_labels;
        let Some(service) = self.service() else {
            let why = Why::new(Mood::Stuck, &words.service_missing, &values);
            return Some(why.with_remedy(self.command(apply(&headless(&spec.service_name, labels.iter())))));
        };
        let service = service.service();
        let pod = self.pods().next()?;
        if !service.selector.iter().all(|(name, value)| pod.meta.label(name) == Some(value)) {
            let why = Why::new(Mood::Stuck, &words.service_selects_others, &values);
            let selector = pairs(labels.iter());
            let patch = format!(r#"{{"spec":{{"selector":{{{selector}}}}}}}"#);
            let name = &spec.service_name;
            let patch = format!("kubectl patch service {name} --type=merge -p '{patch}'");
            return Some(why.with_remedy(self.command(patch)));
        }
        (!service.is_headless()).then(|| Why::new(Mood::Waiting, &words.service_not_headless, &values))
    }
}
