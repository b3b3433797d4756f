//! Tests of the library from outside, in one program.

mod busy;
mod containers;
mod copy;
mod dns_story;
mod explain;
mod hostile;
mod jobs;
mod kubectl_flags;
mod kubectl_recorded;
mod kubectl_verbs;
mod manifest_assist;
mod manifest_diagnostics;
mod quick_reference;
mod real_manifests;
mod scale;
mod screen;
mod seed_walk;
mod server_side_apply;
mod simulated_fields;
mod system_objects;
mod terminal_story;
mod upstream_kubectl;
mod upstream_validation;
mod upstream_volumes;
mod user;
