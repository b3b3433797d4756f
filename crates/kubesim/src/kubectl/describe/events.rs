//! The events about an object.

use super::description::Description;
use crate::api::{Kind, Object};
use crate::kubectl::printers::age;
use crate::kubectl::resource;
use std::rc::Rc;

impl Description<'_> {
    pub(super) fn events(&mut self) {
        let object = self.row.object;
        // Kubelets say their node's name where others say its uid.
        let about = |o: &&Rc<Object>| {
            let involved = &o.event().involved;
            let is_node = object.kind == Kind::Node && *involved.kind == *"Node";
            involved.name == object.meta.name && (involved.uid == object.meta.uid || is_node)
        };
        let mut events: Vec<Rc<Object>> = resource::list(self.store, Kind::Event);
        events.retain(|o| about(&o));
        // Events of the newer API have no last timestamp, so they come first.
        collections::sort_by_key(&mut events, |o| o.event().count.map(|_| o.event().last_timestamp));
        let rows: Vec<String> = events
            .iter()
            .map(|o| {
                let event = o.event();
                let ago = |t| age(t, self.row.now);
                let interval = match event.count.unwrap_or(1) {
                    1 => ago(event.first_timestamp),
                    n => format!("{} (x{n} over {})", ago(event.last_timestamp), ago(event.first_timestamp)),
                };
                let part = event.involved.field_path.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
                let message = event.message.trim();
                format!(
                    "{}\t{}\t{interval}\t{}\t{part}{message}",
                    event.event_type, event.reason, event.component
                )
            })
            .collect();
        if rows.is_empty() {
            self.field(0, "Events", "<none>");
        }
        self.table("Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------", rows);
    }
}
