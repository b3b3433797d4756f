//! What is known of images: references, and what pulling one gives. There is no registry: an image that is not known to be broken is there.

use crate::api::Str;
use crate::api::image::{has_name, has_tag, tag};
use crate::api::pod::Container;
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

/// The files that an image brings and that somebody may look for.
pub(super) fn files(image: &str) -> &'static [(&'static str, &'static str)] {
    const NGINX: &[(&str, &str)] = &[("/usr/share/nginx/html/index.html", NGINX_INDEX)];
    const HTTPD: &[(&str, &str)] = &[("/usr/local/apache2/htdocs/index.html", HTTPD_INDEX)];
    match image {
        _ if has_name(image, &["nginx", "nginx-slim"]) => NGINX,
        _ if has_name(image, &["httpd"]) => HTTPD,
        _ => &[],
    }
}

/// The programs of well-known images: a list begins with its name after an equals sign.
const PROGRAMS: &str = include_str!("programs.txt");

/// Whether an image has a program; nothing, if nobody knows.
pub(super) fn has_program(image: &str, name: &str) -> Option<bool> {
    let is_alpine = tag(image).contains("alpine");
    let (list, own): (&str, &[&str]) = match image {
        _ if has_name(image, &["busybox"]) => ("=busybox", &[]),
        _ if has_name(image, &["alpine"]) => ("=busybox", &["apk", "openssl", "scanelf"]),
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
