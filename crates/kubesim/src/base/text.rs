//! Text that many share.

use super::hash::mix_bytes;
use std::cell::RefCell;
use std::rc::Rc;

/// Text that many objects share.
pub type Str = Rc<str>;

/// Length in bytes above which no text is shared by chance.
const LONGEST_COMMON: usize = 128;
/// So many common texts are known at a time.
const COMMON_TEXTS: usize = 512;

/// A text that many objects say, such as a kind, a reason, a namespace: who says it again mostly gets the same allocation.
pub fn common(text: &str) -> Str {
    thread_local! {
        static KNOWN: RefCell<Vec<Option<Str>>> = RefCell::new(vec![None; COMMON_TEXTS]);
    }
    if text.len() > LONGEST_COMMON {
        return text.into();
    }
    KNOWN.with_borrow_mut(|known| {
        let place = &mut known[mix_bytes(0, text.as_bytes()) as usize % COMMON_TEXTS];
        match place {
            Some(same) if **same == *text => same.clone(),
            _ => place.insert(text.into()).clone(),
        }
    })
}

/// What stands for a value in a URL's query. Models `url.QueryEscape`.
pub fn query_escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_text_is_allocated_once() {
        assert!(Rc::ptr_eq(&common("default"), &common("default")));
        assert_eq!(&*common("default"), "default");
        let long = "x".repeat(LONGEST_COMMON + 1);
        assert!(!Rc::ptr_eq(&common(&long), &common(&long)));
    }
}
