//! `cargo xtask build --url ADDRESS`: what those read who show a link to the page: a picture, a title, and how it is put into other
//! pages (Open Graph; oEmbed 1.0). All of it names whole addresses, which a site that may lie anywhere does not know: so it is there
//! only if the address is told.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::run::Result;

/// The environment variable in which Trunk's hook finds the address.
pub const VARIABLE: &str = "ORDINAL_URL";

/// The picture, and its width and height in pixels: `docs/pictures.txt` says what it shows.
const PICTURE: (&str, u32, u32) = ("opening.png", 1200, 714);

/// The frame that oEmbed offers, in CSS pixels.
const FRAME: (u32, u32) = (800, 450);

/// Whether a file is read by nobody but who shows a link: no visitor loads it.
pub fn is_of_card(name: &str) -> bool {
    [PICTURE.0, "oembed.json"].contains(&name)
}

/// The address with a slash at its end.
///
/// # Errors
/// If it is none of a site.
pub fn address(told: &str) -> Result<String> {
    let rest = told.strip_prefix("https://").or_else(|| told.strip_prefix("http://"));
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'<>&?#\\".contains(c);
    if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) || !told.chars().all(is_plain) {
        return Err(format!(
            "--url takes the address of the folder that the site will lie in, as https://example.org/ordinal/; {told} is none"
        ));
    }
    Ok(if told.ends_with('/') { told.to_owned() } else { format!("{told}/") })
}

/// Has the site in this folder tell itself, as lying at `url`.
///
/// # Errors
/// If index.html is not as the build leaves it.
pub fn tell(folder: &Path, url: &str) -> Result<()> {
    let file = folder.join("index.html");
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let index = fs::read_to_string(&file).map_err(failed)?;
    let (title, description) = said_in(&index).ok_or("index.html has no title, or no description")?;
    let told = with_card(&index, &card(url, title, description)).ok_or("index.html has no title")?;
    let oembed = serde_json::to_string_pretty(&oembed(url, title)).expect("it has no keys but texts");
    fs::write(&file, told).map_err(failed)?;
    fs::write(folder.join("oembed.json"), oembed + "\n").map_err(failed)
}

/// The page's title and description, as they stand in its text.
fn said_in(index: &str) -> Option<(&str, &str)> {
    let (_, title) = index.split_once("<title>")?;
    let (title, _) = title.split_once("</title>")?;
    let tag = index.split("<meta").find(|tag| tag.contains("description"))?;
    let (_, said) = tag.split_once("content=\"")?;
    Some((title, said.split_once('"')?.0))
}

fn with_card(index: &str, card: &str) -> Option<String> {
    let end = index.find("</title>")? + "</title>".len();
    Some([&index[..end], card, &index[end..]].concat())
}

fn card(url: &str, title: &str, description: &str) -> String {
    let (picture, width, height) = PICTURE;
    let properties = [
        ("og:type", "website"),
        ("og:url", url),
        ("og:title", title),
        ("og:description", description),
        ("og:image", &format!("{url}{picture}")),
        ("og:image:width", &width.to_string()),
        ("og:image:height", &height.to_string()),
        (
            "og:image:alt",
            "Three pods of a StatefulSet with their claims and volumes, and why the second is not available yet.",
        ),
    ];
    let mut text: String = properties
        .map(|(property, content)| format!("<meta property=\"{property}\" content=\"{content}\">"))
        .concat();
    text += "<meta name=\"twitter:card\" content=\"summary_large_image\">";
    text += &format!(
        "<link rel=\"alternate\" type=\"application/json+oembed\" href=\"{url}oembed.json\" title=\"{title}\">"
    );
    text
}

fn oembed(url: &str, title: &str) -> serde_json::Value {
    let ((picture, picture_width, picture_height), (width, height)) = (PICTURE, FRAME);
    let frame = format!(
        "<iframe src=\"{url}?embed=1&amp;poster=1\" width=\"{width}\" height=\"{height}\" title=\"{title}\" loading=\"lazy\" \
         allow=\"clipboard-write\" style=\"border:0;max-width:100%\"></iframe>"
    );
    json!({
        "version": "1.0",
        "type": "rich",
        "provider_name": "Ordinal",
        "provider_url": url,
        "title": title,
        "width": width,
        "height": height,
        "html": frame,
        "thumbnail_url": format!("{url}{picture}"),
        "thumbnail_width": picture_width,
        "thumbnail_height": picture_height,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_a_folder() {
        assert_eq!(address("https://example.org/a").as_deref(), Ok("https://example.org/a/"));
        assert_eq!(address("http://localhost:8080/").as_deref(), Ok("http://localhost:8080/"));
        for wrong in
            ["", "example.org", "https://", "https:///a", "https://a/?b", "https://a/\"><b>", "file:///a"]
        {
            assert!(address(wrong).is_err_and(|error| error.contains("--url takes")), "{wrong}");
        }
    }

    #[test]
    fn the_page_tells_itself_with_whole_addresses() {
        let folder = std::env::temp_dir().join(format!("ordinal-card-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        fs::write(folder.join("index.html"), include_str!("../../index.html")).expect("a file");
        tell(&folder, "https://example.org/a/").expect("it can be told");
        let index = fs::read_to_string(folder.join("index.html")).expect("it is there");
        assert!(
            index.contains("<meta property=\"og:image\" content=\"https://example.org/a/opening.png\">"),
            "{index}"
        );
        assert!(index.contains("href=\"https://example.org/a/oembed.json\""), "{index}");
        let text = fs::read_to_string(folder.join("oembed.json")).expect("it is there");
        let oembed: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!((&oembed["version"], &oembed["type"]), (&json!("1.0"), &json!("rich")));
        assert!(
            oembed["html"].as_str().is_some_and(|html| html.contains("https://example.org/a/?embed=1")),
            "{text}"
        );
        fs::remove_dir_all(folder).expect("the temporary folder goes");
    }

    #[test]
    fn the_picture_has_the_size_that_is_told() {
        let picture = include_bytes!("../../static/opening.png");
        let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(
            (PICTURE.1, PICTURE.2),
            (number(16), number(20)),
            "width and height stand in a PNG's head"
        );
    }
}
