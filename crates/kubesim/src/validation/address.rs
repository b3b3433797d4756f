//! Addresses and ports.
//!
//! Models k8s.io/apimachinery `pkg/util/validation/ip.go` and ValidatePortNumOrName.

use std::net::Ipv6Addr;

use super::field::{At, Errors};
use super::names;

/// Models IsValidIPForLegacyField (StrictIPCIDRValidation is on in 1.36).
pub(super) fn validate_ip(ip: &At, errors: &mut Errors) {
    if !is_ip(ip.text()) {
        errors.invalid(ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    } else if has_leading_zeros(ip.text()) {
        errors.invalid(ip, "must not have leading 0s");
    } else if is_mapped(ip.text()) {
        errors.invalid(ip, "must not be an IPv4-mapped IPv6 address");
    }
}

/// Whether a part of an IPv4 address could be meant as an octal number.
pub(super) fn has_leading_zeros(address: &str) -> bool {
    !address.contains(':') && address.split('.').any(|part| part.len() > 1 && part.starts_with('0'))
}

/// Whether it is an IPv4 address in the guise of an IPv6 one.
pub(super) fn is_mapped(address: &str) -> bool {
    address.parse::<Ipv6Addr>().is_ok_and(|address| address.to_ipv4_mapped().is_some())
}

/// Models ParseIPSloppy: leading zeros are no reason to refuse.
pub(super) fn is_ip(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_octet = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|c| c.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|v| v < 256)
    };
    (parts.len() == 4 && parts.iter().all(is_octet)) || text.parse::<Ipv6Addr>().is_ok()
}

/// Models ValidatePortNumOrName.
pub(super) fn validate_port(port: &At, errors: &mut Errors) {
    match port.value.as_str() {
        Some(name) => errors.all_invalid(port, names::port_name(name)),
        None => errors.in_range(port, 1, 65535),
    }
}
