//! What a web server answers: nginx and httpd serve their files, everybody else says which pod it is.

use super::container_files::file_system;
use super::image::{self, WebServer};
use super::network::Listener;
use crate::api::Object;
use crate::api::pod::Container;
use crate::apiserver::{ApiServer, Store};
use shell::FileError;
use std::rc::Rc;

/// An answer.
pub(super) struct Response {
    pub code: u32,
    /// The first line, without its end.
    pub status_line: String,
    /// The lines between the first one and the empty one, without their ends.
    pub headers: Vec<String>,
    pub body: String,
    /// Where it sends the client instead.
    pub location: Option<String>,
    pub content_type: &'static str,
}

/// Asks for a path, such as `/index.html?x`. `authority`: the host as the client names it.
pub(super) fn ask(
    api: &ApiServer,
    listener: &Listener,
    path: &str,
    authority: &str,
    is_https: bool,
) -> Response {
    let (pod, container) = match listener {
        Listener::Pod { pod, container } => (pod, container),
        Listener::ApiServer => return api_server(path, is_https),
        Listener::Proxy { answer, prefix } => {
            let below = path.strip_prefix(&**prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            let none = || (404, "404 page not found\n".to_string());
            let (code, body) = below.map_or_else(none, |path| answer(api, path));
            return plain(code, body, "application/json");
        }
    };
    let (store, now) = (api.store(), api.now);
    let path = path.split(['?', '#']).next().unwrap_or("/");
    let path = if path.is_empty() { "/" } else { path };
    let container = pod.pod().spec.container(container);
    let server = container.and_then(|container| Some((container, image::web_server(container)?)));
    let (code, body, content_type, name) = match &server {
        None => (200, [&*super::environment::names(pod).kernel, "\n"].concat(), "text/plain", String::new()),
        Some((container, server)) => {
            let address = pod.pod().status.pod_ip.clone().unwrap_or_default();
            let files = file_system(store, pod, container, &address);
            let (code, body, content_type) = serve(&|path| files.read(path), server, path);
            (code, body, content_type, server.name())
        }
    };
    let location = (code == 301).then(|| ["http://", authority, path, "/"].concat());
    let mut headers = Vec::new();
    if !name.is_empty() {
        headers.push(["Server: ", &name].concat());
        headers.push(["Date: ", &now.http_date()].concat());
    }
    headers.push(["Content-Type: ", content_type].concat());
    headers.push(["Content-Length: ", &body.len().to_string()].concat());
    headers.extend(location.iter().map(|location| ["Location: ", location].concat()));
    if server.is_some() {
        headers.push("Connection: keep-alive".into());
    }
    let status_line = ["HTTP/1.1 ", &code.to_string(), " ", reason(code)].concat();
    Response { code, status_line, headers, body, location, content_type }
}

/// With which code a container's web server answers for a path; nothing, if it is none whose files are known.
pub(super) fn status(store: &Store, pod: &Rc<Object>, container: &Container, path: &str) -> Option<u32> {
    let server = image::web_server(container)?;
    let files = file_system(store, pod, container, "");
    let path = if path.starts_with('/') { path.to_string() } else { ["/", path].concat() };
    let path = path.split(['?', '#']).next().unwrap_or("/");
    Some(serve(&|path| files.read(path), &server, path).0)
}

/// What the API server answers somebody who does not say who he is.
fn api_server(path: &str, is_https: bool) -> Response {
    let path = if path.is_empty() { "/" } else { path };
    let (code, body, content_type) = match path.split('?').next().unwrap_or(path) {
        _ if !is_https => {
            (400, "Client sent an HTTP request to an HTTPS server.\n".to_string(), "text/plain")
        }
        "/healthz" | "/livez" | "/readyz" => (200, "ok".to_string(), "text/plain; charset=utf-8"),
        path => {
            let why = format!("forbidden: User \\\"system:anonymous\\\" cannot get path \\\"{path}\\\"");
            let body = format!(
                "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {{}},\n  \"status\": \"Failure\",\n  \
                 \"message\": \"{why}\",\n  \"reason\": \"Forbidden\",\n  \"details\": {{}},\n  \"code\": 403\n}}"
            );
            (403, body, "application/json")
        }
    };
    plain(code, body, content_type)
}

/// An answer of a server that says nothing of itself.
fn plain(code: u32, body: String, content_type: &'static str) -> Response {
    let headers = vec![
        ["Content-Type: ", content_type].concat(),
        ["Content-Length: ", &body.len().to_string()].concat(),
    ];
    let status_line = ["HTTP/1.1 ", &code.to_string(), " ", reason(code)].concat();
    Response { code, status_line, headers, body, location: None, content_type }
}

/// What a status code means (RFC 9110).
fn reason(code: u32) -> &'static str {
    match code {
        301 => "Moved Permanently",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "OK",
    }
}

/// A file below the server's root: the status code, the body and its type.
fn serve(
    read: &dyn Fn(&str) -> Result<String, FileError>,
    server: &WebServer,
    path: &str,
) -> (u32, String, &'static str) {
    let file = [server.root, path].concat();
    let asked = file.trim_end_matches('/');
    let (code, found) = match read(asked) {
        Ok(text) if !path.ends_with('/') => (200, text),
        Err(FileError::IsDirectory) if path.ends_with('/') => match read(&[asked, "/index.html"].concat()) {
            Ok(text) => return (200, text, "text/html"),
            Err(_) => (403, String::new()),
        },
        Err(FileError::IsDirectory) => (301, String::new()),
        _ => (404, String::new()),
    };
    if code == 200 {
        return (code, found, content_type(path));
    }
    let title = [&code.to_string(), " ", reason(code)].concat();
    (code, server.error_page(&title), "text/html")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "application/javascript",
        "json" => "application/json",
        "txt" | "log" => "text/plain",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
