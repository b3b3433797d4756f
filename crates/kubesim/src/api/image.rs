//! Image references: `registry/name:tag` (`github.com/distribution/reference`).

/// The reference with its tag: `nginx` → `nginx:latest`.
pub fn with_tag(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    if image.contains('@') || name.contains(':') { image.to_string() } else { [image, ":latest"].concat() }
}

/// The tag, without the colon; empty if there is none.
pub fn tag(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').map_or("", |(_, tag)| tag)
}

/// Whether the tag is this one.
pub fn has_tag(image: &str, wanted: &str) -> bool {
    tag(image) == wanted
}

/// Whether the image is one of these: its name without registry, repository and tag.
pub fn has_name(image: &str, names: &[&str]) -> bool {
    let last = image.split('@').next().unwrap_or(image).rsplit('/').next().unwrap_or(image);
    names.contains(&last.split(':').next().unwrap_or(last))
}

/// The names of images that many manifests use, without registry and tag: Docker Hub's official images of servers and
/// systems.
const WELL_KNOWN: &[&str] = &[
    "alpine",
    "bash",
    "busybox",
    "caddy",
    "cassandra",
    "centos",
    "consul",
    "couchbase",
    "couchdb",
    "debian",
    "elasticsearch",
    "fedora",
    "golang",
    "haproxy",
    "httpd",
    "influxdb",
    "kibana",
    "logstash",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "nats",
    "neo4j",
    "nginx",
    "node",
    "openjdk",
    "percona",
    "perl",
    "php",
    "postgres",
    "python",
    "rabbitmq",
    "redis",
    "registry",
    "ruby",
    "rust",
    "solr",
    "telegraf",
    "tomcat",
    "traefik",
    "ubuntu",
    "vault",
    "wordpress",
    "zookeeper",
];

/// The well-known image from whose name this one's differs in one letter: one more, one less, another, or two that changed
/// places. Only names without a registry or an owner are compared.
pub fn misspelled(image: &str) -> Option<&'static str> {
    let name = image.split(['@', ':']).next().unwrap_or(image);
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    if name.len() < 4 || WELL_KNOWN.contains(&name) {
        return None;
    }
    WELL_KNOWN.iter().copied().find(|known| known.len() >= 4 && differ_in_one_letter(name, known))
}

fn differ_in_one_letter(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let ends = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&a[..a.len() - ends], &b[..b.len() - ends]) {
        ([_], [] | [_]) | ([], [_]) => true,
        ([a, b], [c, d]) => (a, b) == (d, c),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_one_letter_off_is_noticed() {
        for (image, meant) in [
            ("ngnix:1.27", Some("nginx")),
            ("nginxx", Some("nginx")),
            ("docker.io/library/rediss:7", Some("redis")),
            ("postgre", Some("postgres")),
            ("msql:8", Some("mysql")),
            ("nginx:1.27", None),
            ("registry.example.com/team/ngnix", None),
            ("bitnami/postgresql", None),
            ("nix", None),
            ("xnginxx", None),
        ] {
            assert_eq!(misspelled(image), meant, "{image}");
        }
    }

    #[test]
    fn references_get_a_tag_unless_they_have_one() {
        for (image, full) in [
            ("nginx", "nginx:latest"),
            ("localhost:5000/nginx", "localhost:5000/nginx:latest"),
            ("busybox:1.28", "busybox:1.28"),
            ("a/b@sha256:00", "a/b@sha256:00"),
        ] {
            assert_eq!(with_tag(image), full);
        }
    }
}
