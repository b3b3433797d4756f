//! What is known of images: references, and what pulling one gives. There is no registry: an image that is not known to be broken is there.

use crate::api::image::{has_name, has_tag, tag};
use crate::api::pod::{Container, VolumeMount};
use crate::api::read::get;
use crate::api::{Object, Str};
use crate::base::rng::Rng;
use crate::base::text::common;

/// The size that pull events name. Sizes are not simulated; this is busybox:1.28's.
const SIZE: u64 = 727_869;

/// Whether the image holds a shell and nothing else that starts by itself: its container ends at once unless it is given
/// a command or something to read from.
pub fn is_plain_shell(image: &str) -> bool {
    has_name(image, &["alpine", "bash", "busybox", "centos", "debian", "fedora", "netshoot", "ubuntu"])
}

/// A web server that is known by its image.
pub(super) struct WebServer {
    /// The port on which it listens.
    pub port: i64,
    /// The directory that it serves.
    pub root: &'static str,
    /// Its version, as far as the image's tag says it; what is current otherwise.
    version: String,
    is_nginx: bool,
}

/// nginx' page of an untouched image.
const NGINX_INDEX: &str = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n<style>\nhtml { color-scheme: light dark; \
}\nbody { width: 35em; margin: 0 auto;\nfont-family: Tahoma, Verdana, Arial, sans-serif; }\n</style>\n</head>\n<body>\n\
<h1>Welcome to nginx!</h1>\n<p>If you see this page, the nginx web server is successfully installed and\nworking. Further \
configuration is required.</p>\n\n<p>For online documentation and support please refer to\n<a \
href=\"http://nginx.org/\">nginx.org</a>.<br/>\nCommercial support is available at\n<a \
href=\"http://nginx.com/\">nginx.com</a>.</p>\n\n<p><em>Thank you for using nginx.</em></p>\n</body>\n</html>\n";

/// httpd's page of an untouched image.
const HTTPD_INDEX: &str = "<html><body><h1>It works!</h1></body></html>\n";

const NGINX_ROOT: &str = "/usr/share/nginx/html";
const HTTPD_ROOT: &str = "/usr/local/apache2/htdocs";

impl WebServer {
    /// How it calls itself.
    pub(super) fn name(&self) -> String {
        match self.is_nginx {
            true => ["nginx/", &self.version].concat(),
            false => ["Apache/", &self.version, " (Unix)"].concat(),
        }
    }

    /// The page that says that something is not there.
    pub(super) fn error_page(&self, title: &str) -> String {
        if self.is_nginx {
            return format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
                 <hr><center>{}</center>\r\n</body>\r\n</html>\r\n",
                self.name()
            );
        }
        format!(
            "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>{title}</title>\n</head><body>\n\
             <h1>{title}</h1>\n</body></html>\n"
        )
    }
}

/// The web server that a container runs, if its image is one's and nobody has given it another command or configuration.
pub(super) fn web_server(container: &Container) -> Option<WebServer> {
    let image = &container.image;
    let is_nginx = has_name(image, &["nginx", "nginx-slim"]);
    if !container.command.is_empty() || !(is_nginx || has_name(image, &["httpd"])) {
        return None;
    }
    let settings = if is_nginx { "/etc/nginx" } else { "/usr/local/apache2/conf" };
    if container.volume_mounts.iter().any(|mount| mount.mount_path.starts_with(settings)) {
        return None;
    }
    let tag = tag(image);
    let digits = tag.split('-').next().filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
    let current = if is_nginx { "1.29.3" } else { "2.4.65" };
    Some(WebServer {
        port: 80,
        root: if is_nginx { NGINX_ROOT } else { HTTPD_ROOT },
        version: digits.unwrap_or(current).into(),
        is_nginx,
    })
}

/// A list of users or groups: those of every image, then one's own.
macro_rules! users {
    ($own:literal) => {
        concat!(
            "root:x:0:0:root:/root:/bin/sh\n",
            $own,
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        )
    };
}
macro_rules! groups {
    ($own:literal) => {
        concat!("root:x:0:\n", $own, "nogroup:x:65534:\n")
    };
}

/// The files that an image brings and that somebody may look for; of `/etc/passwd` the user of its server.
pub(super) fn files(image: &str) -> &'static [(&'static str, &'static str)] {
    const NGINX: &[(&str, &str)] = &[
        ("/usr/share/nginx/html/index.html", NGINX_INDEX),
        ("/etc/passwd", users!("nginx:x:101:101:nginx user:/nonexistent:/bin/false\n")),
        ("/etc/group", groups!("nginx:x:101:\n")),
    ];
    const HTTPD: &[(&str, &str)] = &[
        ("/usr/local/apache2/htdocs/index.html", HTTPD_INDEX),
        ("/etc/passwd", users!("www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n")),
        ("/etc/group", groups!("www-data:x:33:\n")),
    ];
    const BUSYBOX: &[(&str, &str)] = &[("/etc/group", groups!("wheel:x:10:root\n"))];
    const ALPINE: &[(&str, &str)] = &[(
        "/etc/group",
        groups!(
            "bin:x:1:root,bin,daemon\ndaemon:x:2:root,bin,daemon\nsys:x:3:root,bin\nadm:x:4:root,daemon\n\
             disk:x:6:root\nwheel:x:10:root\nfloppy:x:11:root\ndialout:x:20:root\ntape:x:26:root\nvideo:x:27:root\n"
        ),
    )];
    const POSTGRES: &[(&str, &str)] = &[
        ("/etc/passwd", users!("postgres:x:999:999::/var/lib/postgresql:/bin/bash\n")),
        ("/etc/group", groups!("postgres:x:999:\n")),
    ];
    const POSTGRES_ALPINE: &[(&str, &str)] = &[
        ("/etc/passwd", users!("postgres:x:70:70::/var/lib/postgresql:/bin/sh\n")),
        ("/etc/group", groups!("postgres:x:70:\n")),
    ];
    const REDIS: &[(&str, &str)] = &[
        ("/etc/passwd", users!("redis:x:999:999::/home/redis:/bin/sh\n")),
        ("/etc/group", groups!("redis:x:999:\n")),
    ];
    const REDIS_ALPINE: &[(&str, &str)] = &[
        ("/etc/passwd", users!("redis:x:999:1000::/home/redis:/sbin/nologin\n")),
        ("/etc/group", groups!("redis:x:1000:\n")),
    ];
    const MYSQL: &[(&str, &str)] = &[
        ("/etc/passwd", users!("mysql:x:999:999::/var/lib/mysql:/bin/bash\n")),
        ("/etc/group", groups!("mysql:x:999:\n")),
    ];
    const MONGO: &[(&str, &str)] = &[
        ("/etc/passwd", users!("mongodb:x:999:999::/data/db:/bin/sh\n")),
        ("/etc/group", groups!("mongodb:x:999:\n")),
    ];
    let is_alpine = tag(image).contains("alpine");
    match image {
        _ if has_name(image, &["nginx", "nginx-slim"]) => NGINX,
        _ if has_name(image, &["httpd"]) => HTTPD,
        _ if has_name(image, &["busybox"]) => BUSYBOX,
        _ if has_name(image, &["postgres"]) => {
            if is_alpine {
                POSTGRES_ALPINE
            } else {
                POSTGRES
            }
        }
        _ if has_name(image, &["redis"]) => {
            if is_alpine {
                REDIS_ALPINE
            } else {
                REDIS
            }
        }
        _ if has_name(image, &["mysql", "mariadb"]) => MYSQL,
        _ if has_name(image, &["mongo"]) => MONGO,
        _ if has_name(image, &["alpine"]) => ALPINE,
        _ => &[],
    }
}

/// The user of a well-known image's program; nothing, if nobody knows.
pub(super) fn user(image: &str) -> Option<&'static str> {
    const OF_ROOT: [&str; 26] = [
        "alpine",
        "bash",
        "busybox",
        "caddy",
        "cassandra",
        "centos",
        "debian",
        "golang",
        "httpd",
        "mariadb",
        "mongo",
        "mysql",
        "nats",
        "nginx",
        "nginx-slim",
        "node",
        "openjdk",
        "perl",
        "php",
        "postgres",
        "python",
        "rabbitmq",
        "redis",
        "ruby",
        "ubuntu",
        "wordpress",
    ];
    let path = image.split('@').next().unwrap_or(image);
    let mut owners = path.rsplit('/').skip(1);
    // Docker Hub's own images have no owner; others' of the same name may be made otherwise.
    let is_official =
        owners.next().is_none_or(|owner| matches!(owner, "library" | "registry.k8s.io" | "docker.io"));
    match image {
        _ if has_name(image, &["memcached"]) && is_official => Some("memcache"),
        _ if has_name(image, &["jenkins"]) => Some("jenkins"),
        _ if has_name(image, &OF_ROOT) && is_official => Some("0"),
        _ if has_name(image, &["netshoot"]) => Some("0"),
        _ => None,
    }
}

/// Why an official server can't start as it is told to, if it is known: nginx makes directories below `/var/cache/nginx` and
/// a file in `/run`, and ends where it may not.
#[inline(never)]
pub(super) fn refuses_to_start(pod: &Object, container: &Container, runs_as_root: bool) -> Option<String> {
    let read_only = get(get(&container.raw, "securityContext"), "readOnlyRootFilesystem") == true;
    if user(&container.image) != Some("0")
        || !has_name(&container.image, &["nginx"])
        || runs_as_root && !read_only
    {
        return None;
    }
    let is_volume = |name: &str| pod.pod().spec.volumes.iter().any(|volume| *volume.name == *name);
    let mounted = |paths: &[&str]| {
        let covers = |mount: &VolumeMount| {
            !mount.read_only
                && is_volume(&mount.name)
                && paths.contains(&mount.mount_path.trim_end_matches('/'))
        };
        container.volume_mounts.iter().any(covers)
    };
    let why = if read_only { "(30: Read-only file system)" } else { "(13: Permission denied)" };
    if !mounted(&["/var/cache/nginx", "/var/cache", "/var"]) {
        return Some(format!("mkdir() \"/var/cache/nginx/client_temp\" failed {why}"));
    }
    // `/var/run` is a link to `/run`.
    (!mounted(&["/run", "/var/run"])).then(|| format!("open() \"/run/nginx.pid\" failed {why}"))
}

/// The groups that root has in an image beside its own, by its `/etc/group`.
pub(super) fn root_groups(image: &str) -> Vec<u32> {
    let text = files(image).iter().find(|(path, _)| *path == "/etc/group").map_or("", |(_, text)| text);
    let group = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let [_, _, id, members] = fields[..] else { return None };
        members.split(',').any(|member| member == "root").then(|| id.parse().ok()).flatten()
    };
    text.lines().filter_map(group).collect()
}

/// The programs of well-known images: a list begins with its name after an equals sign.
const PROGRAMS: &str = include_str!("programs.txt");

/// Whether an image has a program; nothing, if nobody knows.
pub(super) fn has_program(image: &str, name: &str) -> Option<bool> {
    let is_alpine = tag(image).contains("alpine");
    let (list, own): (&str, &[&str]) = match image {
        _ if has_name(image, &["busybox"]) => ("=busybox", &[]),
        _ if has_name(image, &["alpine"]) => ("=busybox", &["apk", "openssl", "scanelf"]),
        // Nothing but the program itself.
        _ if image.contains("distroless/") => return Some(false),
        _ if has_name(image, &["pause"]) => return Some(name == "pause"),
        _ if has_name(image, &["hello-world"]) => return Some(name == "hello"),
        _ if is_alpine => return None,
        _ if has_name(image, &["debian", "ubuntu"]) => ("=debian", &[]),
        _ if has_name(image, &["nginx"]) => {
            ("=debian", &["curl", "envsubst", "nginx", "nginx-debug", "openssl"])
        }
        _ if has_name(image, &["httpd"]) => {
            ("=debian", &["ab", "apachectl", "httpd", "httpd-foreground", "htpasswd"])
        }
        _ => return None,
    };
    let lines = PROGRAMS.lines().skip_while(|line| *line != list).skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with(['=', '#']));
    let is_entrypoint = name.starts_with("docker-");
    Some(is_entrypoint || own.contains(&name) || lines.any(|line| line.split(' ').any(|known| known == name)))
}

/// Why this is no image reference, in the words of `distribution/reference`, if it is none.
pub fn invalid(image: &str) -> Option<String> {
    let path = image.split('@').next().unwrap_or(image);
    let name_end = path.len() - if tag(path).is_empty() { 0 } else { tag(path).len() + 1 };
    let name = &path[..name_end];
    let wrong = |c: char| !(c.is_ascii_alphanumeric() || "./-_:".contains(c));
    let why = if name.is_empty() || image.contains(wrong_in_reference) || name.contains(wrong) {
        "invalid reference format".to_string()
    } else if name
        .split('/')
        .skip(usize::from(names_host(name)))
        .any(|p| p.contains(|c: char| c.is_ascii_uppercase()))
    {
        let full = if name.contains('/') { name.to_string() } else { format!("library/{name}") };
        format!("invalid reference format: repository name ({full}) must be lowercase")
    } else {
        return None;
    };
    Some(format!(
        "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {why}"
    ))
}

fn wrong_in_reference(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Whether the first part of the name is a registry's host.
fn names_host(name: &str) -> bool {
    name.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost")
}

/// Whether pulling it fails: an image whose tag is `broken` or whose reference has `does-not-exist` in it. These
/// are this simulator's own names for images that can't be pulled.
pub fn cannot_be_pulled(image: &str) -> bool {
    has_tag(image, "broken") || image.contains("does-not-exist")
}

/// What the runtime says when there is no such image.
pub fn not_found(image: &str) -> String {
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \
         \"{image}\": {image}: not found"
    )
}

/// The Pulled event's text.
pub fn pulled(image: &str, took_ms: i64) -> String {
    let took = go_duration(took_ms);
    format!(
        "Successfully pulled image \"{image}\" in {took} ({took} including waiting). Image size: {SIZE} bytes."
    )
}

/// The digest by which the runtime knows the image: made up, the same for the same reference.
pub fn id(image: &str) -> Str {
    let name = image.split('@').next().unwrap_or(image);
    let name = &name[..name.len() - if tag(name).is_empty() { 0 } else { tag(name).len() + 1 }];
    common(&[name, "@sha256:", &hex64(&[image])].concat())
}

/// 64 hexadecimal digits that depend on these names.
pub fn hex64(names: &[&str]) -> String {
    let mut rng = Rng::new(crate::base::hash::name_hash(0, names));
    let mut digits = String::with_capacity(64);
    for _ in 0..4 {
        crate::base::hash::push_hex(&mut digits, rng.next_u64());
    }
    digits
}

/// As Go prints a duration: `200ms`, `2.4s`, `1m5s`.
fn go_duration(ms: i64) -> String {
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let (minutes, rest) = (ms / 60_000, ms % 60_000);
    let fraction = format!("{:03}", rest % 1000);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    let minutes = if minutes > 0 { format!("{minutes}m") } else { String::new() };
    format!("{minutes}{}{dot}{fraction}s", rest / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_images_have_their_programs_and_no_others() {
        for (image, name, has) in [
            ("busybox:1.36", "sh", Some(true)),
            ("busybox:1.36", "[", Some(true)),
            ("busybox:1.36", "curl", Some(false)),
            ("nginx", "bash", Some(true)),
            ("nginx", "python3", Some(false)),
            ("example/app", "python3", None),
        ] {
            assert_eq!(has_program(image, name), has, "{name} of {image}");
        }
    }

    #[test]
    fn a_name_with_capitals_is_no_reference() {
        assert_eq!(invalid("registry.example.com:5000/team/app:V1"), None);
        assert_eq!(
            invalid("Nginx").as_deref(),
            Some(
                "Failed to apply default image tag \"Nginx\": couldn't parse image name \"Nginx\": invalid reference \
                 format: repository name (library/Nginx) must be lowercase"
            )
        );
        assert!(invalid("nginx latest").unwrap().ends_with(": invalid reference format"));
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        for (ms, text) in [(200, "200ms"), (2_400, "2.4s"), (65_000, "1m5s"), (1_000, "1s")] {
            assert_eq!(go_duration(ms), text);
        }
    }
}
