//! Certificate signing requests: what is asked for stands in the request itself, in DER.

use super::config::decode;
use super::description::Description;
use crate::api::Span;
use crate::api::read::get;
use crate::kubectl::printers::csr_status;

/// The types of a subject's names (RFC 5280, appendix A), in the order in which kubectl prints them.
const NAMES: [(&str, &[u8]); 9] = [
    ("Common Name", &[0x55, 4, 3]),
    ("Serial Number", &[0x55, 4, 5]),
    ("Organization", &[0x55, 4, 10]),
    ("Organizational Unit", &[0x55, 4, 11]),
    ("Country", &[0x55, 4, 6]),
    ("Locality", &[0x55, 4, 7]),
    ("Province", &[0x55, 4, 8]),
    ("StreetAddress", &[0x55, 4, 9]),
    ("PostalCode", &[0x55, 4, 17]),
];
/// Alternative names by the tags of their kinds.
const ALTERNATIVES: [(&str, u8); 4] =
    [("DNS Names", 0x82), ("Email Addresses", 0x81), ("URIs", 0x86), ("IP Addresses", 0x87)];
/// A request's extensions among its attributes, and the alternative names among those.
const EXTENSIONS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

impl Description<'_> {
    /// Models `describeCertificateSigningRequest`.
    pub(super) fn certificate_signing_request(&mut self) {
        let tree = self.tree();
        let spec = get(&tree, "spec");
        self.lines("Name");
        self.labels_line("Labels", "metadata.labels");
        self.labels_line("Annotations", "metadata.annotations");
        self.created();
        self.lines("Requesting User={spec.username};?Signer={spec.signerName}");
        if let Some(seconds) = get(spec, "expirationSeconds").as_i64() {
            self.field(0, "Requested Duration", &Span::seconds(seconds).to_string());
        }
        self.field(0, "Status", &csr_status(&self.row));
        let (subject, alternatives) = read(&decode(get(spec, "request"))).unwrap_or_default();
        self.line(0, "Subject:");
        for (n, (label, _)) in NAMES.iter().enumerate() {
            self.request_names(label, &subject, n, n < 2);
        }
        if !alternatives.is_empty() {
            self.line(0, "Subject Alternative Names:");
        }
        for (n, (label, _)) in ALTERNATIVES.iter().enumerate() {
            self.request_names(label, &alternatives, n, false);
        }
    }

    /// The names of the `n`th kind; `always`: also where there are none.
    fn request_names(&mut self, label: &str, names: &Names, n: usize, always: bool) {
        let values: Vec<&str> =
            names.iter().filter(|(at, _)| *at == n).map(|(_, value)| value.as_str()).collect();
        match &values[..] {
            [] if always => self.line(0, &["\t", label, ":\t"].concat()),
            [] => {}
            // Of a name that is there once by its nature the last one counts.
            [.., last] if always => self.line(0, &["\t", label, ":\t", last].concat()),
            values => self.line(0, &["\t", label, ":\t", &values.join("\n\t\t")].concat()),
        }
    }
}

/// Names by their places in the tables above.
type Names = Vec<(usize, String)>;

/// The subject and the alternative names of a request in PEM (RFC 2986).
fn read(pem: &str) -> Option<(Names, Names)> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE REQUEST-----")?;
    let base64: String = rest.split_once("-----END")?.0.split_whitespace().collect();
    let der = yaml::base64::decode(&base64).ok()?;
    let signed = values(&der).into_iter().next()?.1;
    let parts = values(values(signed).into_iter().next()?.1);
    let (mut subject, mut alternatives) = (Names::new(), Names::new());
    for (_, set) in values(parts.get(1)?.1) {
        for (_, pair) in values(set) {
            if let [(_, kind), (_, value), ..] = values(pair)[..]
                && let Some(at) = NAMES.iter().position(|(_, name)| *name == kind)
            {
                subject.push((at, String::from_utf8_lossy(value).into_owned()));
            }
        }
    }
    let attributes = parts.get(3).map(|(_, all)| values(all)).unwrap_or_default();
    for names in attributes.into_iter().filter_map(|(_, attribute)| alternative_names(attribute)) {
        for (tag, value) in values(names) {
            if let Some(at) = ALTERNATIVES.iter().position(|(_, known)| *known == tag) {
                let is_address = tag == 0x87;
                let shown =
                    if is_address { address(value) } else { String::from_utf8_lossy(value).into_owned() };
                alternatives.push((at, shown));
            }
        }
    }
    Some((subject, alternatives))
}

/// The alternative names in an attribute of a request.
fn alternative_names(attribute: &[u8]) -> Option<&[u8]> {
    let [(_, kind), (_, set), ..] = values(attribute)[..] else { return None };
    let extensions = (kind == EXTENSIONS).then(|| values(set))?;
    let all = extensions.into_iter().flat_map(|(_, all)| values(all));
    let found = all
        .map(|(_, extension)| values(extension))
        .find(|parts| parts.first().is_some_and(|p| p.1 == ALTERNATIVE_NAMES))?;
    Some(values(found.last()?.1).into_iter().next()?.1)
}

fn address(bytes: &[u8]) -> String {
    match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
        (Ok(four), _) => std::net::Ipv4Addr::from(four).to_string(),
        (_, Ok(six)) => std::net::Ipv6Addr::from(six).to_string(),
        _ => String::new(),
    }
}

/// The values that stand one behind the other in DER, with their tags. What is cut off is left out.
fn values(mut der: &[u8]) -> Vec<(u8, &[u8])> {
    let mut all = Vec::new();
    while let [tag, first, rest @ ..] = der {
        let more = if *first < 0x80 { 0 } else { usize::from(*first & 0x7f) };
        let Some((bytes, rest)) = rest.split_at_checked(more) else { break };
        let length = match more {
            0 => usize::from(*first),
            1..=3 => bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
            _ => break,
        };
        let Some((value, rest)) = rest.split_at_checked(length) else { break };
        all.push((*tag, value));
        der = rest;
    }
    all
}
