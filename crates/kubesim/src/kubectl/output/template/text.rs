//! What a template prints: a text that has a bound.

/// The name by which errors call the template.
pub(super) const NAME: &str = "output";

/// The most bytes that a template prints, or that one of its values has. Go's has no bound but memory.
const MOST_PRINTED: usize = 16 << 20;

/// Adds to a text that has a bound.
pub(super) fn push(out: &mut String, text: &str) -> Result<(), String> {
    if out.len() + text.len() > MOST_PRINTED {
        return Err(format!("the text is longer than {MOST_PRINTED} bytes, more than is simulated"));
    }
    out.push_str(text);
    Ok(())
}
