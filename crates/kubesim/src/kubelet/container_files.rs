//! What a container finds in its file system: its volumes, what its kubelet and its image bring.

use super::environment::{HostNames, data, environment, expand, host_aliases, names};
use super::files::FileSystem;
use super::image;
use crate::api::pod::{Container, TOKEN_PATH};
use crate::api::read::get;
use crate::api::{Kind, Object};
use crate::apiserver::Store;
use crate::dns::{self, ResolvConf};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A container's files as they are now.
pub(super) fn file_system(
    store: &Store,
    pod: &Rc<Object>,
    container: &Container,
    address: &str,
) -> FileSystem {
    let variables: BTreeMap<String, String> =
        collections::collect(environment(store, pod, container, address));
    let expand = |text: &str| expand(text, &variables);
    let namespace = &pod.meta.namespace;
    let HostNames { kernel, short, full } = names(pod);
    let mut hosts = format!(
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n\
         {address}\t{}{short}\n",
        if full == short { String::new() } else { format!("{full}\t") }
    );
    let aliases = host_aliases(pod);
    if !aliases.is_empty() {
        hosts.push_str("\n# Entries added by HostAliases.\n");
    }
    for (address, names) in aliases {
        hosts.push_str(&[&*address, "\t", &names.join("\t"), "\n"].concat());
    }
    let mut fixed = BTreeMap::new();
    fixed.insert("/etc/hostname".into(), format!("{kernel}\n").into());
    fixed.insert("/etc/hosts".into(), hosts.into());
    fixed.insert("/etc/resolv.conf".into(), ResolvConf::of_pod(pod).text().into());
    if pod.pod().spec.token_volume.as_deref().is_some_and(|token| !token.is_empty()) {
        let authority = store.find(Kind::ConfigMap, namespace, "kube-root-ca.crt");
        let authority = authority.and_then(|map| data(map, "ca.crt")).unwrap_or_default();
        for (name, content) in [("ca.crt", &*authority), ("namespace", &**namespace), ("token", "")] {
            fixed.insert(format!("{TOKEN_PATH}/{name}").into(), content.into());
        }
    }
    let busybox = image::is_plain_shell(&container.image);
    FileSystem::of(store, pod, container, address, busybox, &expand, fixed)
}

/// Whether a container of this image surely has no such program.
pub(super) fn lacks_program(files: &FileSystem, image: &str, name: &str) -> bool {
    let (directory, base) = name.rsplit_once('/').unwrap_or(("", name));
    let is_missing = image::has_program(image, base) == Some(false);
    match directory {
        "" if !name.starts_with('/') => is_missing && !dns::TOOLS.contains(&base),
        "/bin" | "/sbin" | "/usr/bin" | "/usr/sbin" | "/usr/local/bin" => {
            is_missing && files.stat(name).is_none()
        }
        _ => image::has_program(image, base).is_some() && files.stat(name).is_none(),
    }
}

/// The container's working directory; the image's own is not known.
pub(super) fn directory(container: &Container) -> String {
    get(&container.raw, "workingDir").as_str().unwrap_or("/").to_string()
}
