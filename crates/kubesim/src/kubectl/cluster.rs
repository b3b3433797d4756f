//! What kubectl knows of the cluster itself.

use crate::api::{Kind, Object};
use crate::apiserver::Store;
use std::rc::Rc;

/// The API server's address: the control plane node's.
pub(super) fn server(store: &Store) -> String {
    let is_control_plane =
        |node: &&Rc<Object>| node.meta.label("node-role.kubernetes.io/control-plane").is_some();
    let node = store.list(Kind::Node).find(is_control_plane);
    let host = node.map_or("localhost".into(), |node| node.node().internal_ip.clone());
    format!("https://{host}:6443")
}
