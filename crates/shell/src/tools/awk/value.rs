//! awk's values: numbers, texts, and texts from outside that look like numbers.

use super::super::format::{conversion, general, leading_number};
use std::rc::Rc;

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Never set.
    Nothing,
    Number(f64),
    Text(Rc<str>),
    /// From input: compares as the number that it looks like.
    Input(Rc<str>),
}

impl Value {
    /// A text of the input.
    pub(super) fn input(text: &str) -> Value {
        let (_, length) = leading_number(text);
        match length > 0 && text[length..].trim().is_empty() {
            true => Value::Input(text.into()),
            false => Value::Text(text.into()),
        }
    }

    pub(super) fn number(&self) -> f64 {
        match self {
            Value::Nothing => 0.0,
            Value::Number(number) => *number,
            Value::Text(text) | Value::Input(text) => leading_number(text).0,
        }
    }

    pub(super) fn text(&self, format: &str) -> Rc<str> {
        match self {
            Value::Nothing => "".into(),
            Value::Number(number) => number_text(*number, format).into(),
            Value::Text(text) | Value::Input(text) => text.clone(),
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Value::Nothing => false,
            Value::Number(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Input(_) => self.number() != 0.0,
        }
    }

    pub(super) fn is_numeric(&self) -> bool {
        !matches!(self, Value::Text(_))
    }
}

/// A number as awk prints it: whole ones as such, others as OFMT or CONVFMT has it.
pub(super) fn number_text(number: f64, format: &str) -> String {
    if number == number.trunc() && number.abs() < 1e16 {
        return format!("{}", number as i64);
    }
    if number == number.trunc() && number.abs() < 1e21 {
        return format!("{number:.0}");
    }
    let (before, rest) = format.split_once('%').unwrap_or(("", ".6g"));
    match conversion(rest, &mut || 0) {
        Some((conversion, after)) => [before, &conversion.float(number), after].concat(),
        None => general(number, 6, false),
    }
}
