//! The sites of docs/embedding, as the real tools built them, in Chromium: the poster is seen, the figure comes alive.
//! `cargo xtask test --only doc-sites` builds them and runs this.

use std::fs;
use std::path::PathBuf;

use page_driver::page::{Page, View, copy};

/// Each recipe with its page that has the figure, below the folder that its site is made for. (An `index.html` in the address is
/// another page to Docusaurus' router.)
const PAGES: [(&str, &str); 8] = [
    ("plain", ""),
    ("npm", ""),
    ("mdbook", "figure.html"),
    ("mkdocs", ""),
    ("sphinx", ""),
    ("hugo", ""),
    ("jekyll", ""),
    ("docusaurus", ""),
];

/// The first figure of the page, and what is in its frame.
const FIGURE: &str = "document.querySelector('ordinal-player')";
const INSIDE: &str =
    "document.querySelector('ordinal-player').shadowRoot.querySelector('iframe').contentDocument";

/// Where the built sites are.
fn sites() -> PathBuf {
    let sites = std::env::var_os("ORDINAL_DOC_SITES");
    sites.expect("ORDINAL_DOC_SITES names the built sites: run cargo xtask test --only doc-sites").into()
}

/// Opens the page with the figure, in a subfolder of its host.
fn open(name: &str) -> Page {
    let (_, file) = PAGES.iter().find(|(system, _)| *system == name).expect("it is in the list");
    let mut page = Page::unopened_site_in(&sites().join(name), "/docs/", View::DESKTOP);
    page.visit(file);
    page.wait(
        "the poster is seen",
        &format!(
            "(() => {{ const poster = {FIGURE}.shadowRoot.querySelector('button');
                const box = poster.getBoundingClientRect();
                return poster.innerText.includes('web') && box.width > 300 && box.height > 300; }})()"
        ),
    );
    page
}

/// Presses the poster: the set's own pods are there, and nobody complains.
fn play(page: &mut Page) {
    page.run(&format!("{FIGURE}.shadowRoot.querySelector('button').click();"));
    page.wait(
        "it is alive",
        &format!("{INSIDE}.querySelectorAll('[data-pod^=web-]').length >= 1 && {FIGURE}.state === 'playing'"),
    );
    assert_eq!(page.eval(&format!("{FIGURE}.shadowRoot.querySelectorAll('[role=alert]').length")), 0);
}

/// The figure of a recipe, from its poster to its pods.
fn comes_alive(name: &str) {
    let mut page = open(name);
    page.screenshot(&format!("doc-site-{name}"));
    play(&mut page);
    page.screenshot(&format!("doc-site-{name}-alive"));
    page.assert_no_complaints();
}

#[test]
fn every_site_that_was_built_is_opened() {
    let built = fs::read_dir(sites()).expect("the sites are there");
    let mut built: Vec<String> =
        built.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    let mut opened: Vec<String> = PAGES.iter().map(|(name, _)| (*name).to_owned()).collect();
    built.sort();
    opened.sort();
    assert_eq!(built, opened);
}

#[test]
fn plain_html_with_a_strict_policy() {
    let mut page = open("plain");
    let policy = page.eval("document.querySelector('meta[http-equiv=Content-Security-Policy]').content");
    assert!(
        policy
            .as_str()
            .is_some_and(|policy| policy.contains("default-src 'none'") && !policy.contains("unsafe"))
    );
    drop(page);
    comes_alive("plain");
}

#[test]
fn the_package_installed_from_its_tarball() {
    comes_alive("npm");
}

#[test]
fn mdbook() {
    comes_alive("mdbook");
}

#[test]
fn mkdocs_with_instant_loading() {
    comes_alive("mkdocs");
    // It loads pages of the site whose address its map has: that of the test's own server.
    let site = std::env::temp_dir().join(format!("ordinal-mkdocs-{}", std::process::id()));
    copy(&sites().join("mkdocs"), &site);
    let mut page = Page::unopened_site_in(&site, "/docs/", View::DESKTOP);
    let map = fs::read_to_string(site.join("sitemap.xml")).expect("MkDocs writes a map");
    let map = map.replace("http://127.0.0.1/docs/", page.base());
    fs::write(site.join("sitemap.xml"), map).expect("it is a copy");
    page.visit("");
    page.wait(
        "it knows which pages it can load",
        "performance.getEntriesByType('resource').some(({ name, responseEnd }) => name.endsWith('sitemap.xml') && responseEnd > 0)",
    );
    page.run("window.stays = true; document.querySelector('a[href*=other]').click();");
    page.wait("another page is there", "document.querySelector('h1').innerText.includes('Another')");
    page.run("[...document.querySelectorAll('article a')].find(a => a.innerText === 'Back').click();");
    page.wait("its poster is there again", &format!("{FIGURE}.shadowRoot.querySelector('button')"));
    assert_eq!(page.eval("window.stays"), true, "the document was not loaded anew");
    play(&mut page);
    // Away from it while it runs: nothing is left, and nothing complains.
    page.run("window.figure = document.querySelector('ordinal-player'); document.querySelector('a[href*=other]').click();");
    page.wait(
        "it has gone",
        "!document.querySelector('ordinal-player') && !figure.shadowRoot.querySelector('iframe')",
    );
    // The page's switch between light and dark.
    page.run("history.back();");
    page.wait("it is there again", FIGURE);
    play(&mut page);
    page.run("document.body.setAttribute('data-md-color-scheme', 'slate');");
    page.wait("it is dark, too", &format!("{INSIDE}.documentElement.dataset.theme === 'dark'"));
    page.assert_no_complaints();
    // What is left over in the temporary folder harms nobody.
    let _ = fs::remove_dir_all(site);
}

#[test]
fn sphinx() {
    comes_alive("sphinx");
}

#[test]
fn hugo() {
    comes_alive("hugo");
}

#[test]
fn jekyll() {
    comes_alive("jekyll");
}

#[test]
fn docusaurus() {
    comes_alive("docusaurus");
}
