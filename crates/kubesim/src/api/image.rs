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

#[cfg(test)]
mod tests {
    use super::*;

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
