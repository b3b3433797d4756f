//! Numbers with a point as Go writes them.

/// A number with a point. `None`: as many digits as it takes. Models `strconv.FormatFloat`.
pub(super) fn float_text(float: f64, verb: char, precision: Option<usize>) -> String {
    if !float.is_finite() {
        let text = if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        return text.into();
    }
    let exponent_of = |text: &str| text.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or(0);
    let scientific = |precision: Option<usize>| {
        let text = match precision {
            Some(digits) => format!("{float:.digits$e}"),
            None => format!("{float:e}"),
        };
        let exponent = exponent_of(&text);
        let digits = text.split('e').next().unwrap_or_default().to_string();
        let sign = if exponent < 0 { '-' } else { '+' };
        (digits + &format!("e{sign}{:02}", exponent.abs()), exponent)
    };
    match verb {
        'e' => scientific(Some(precision.unwrap_or(6))).0,
        'f' => format!("{float:.*}", precision.unwrap_or(6)),
        _ => {
            // With a precision it counts all digits; zeros at the end go.
            let digits = precision.map(|digits| digits.max(1));
            let (text, exponent) = scientific(digits.map(|digits| digits - 1));
            let trimmed = |text: &str| match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
                false => text.to_string(),
            };
            let shortest =
                text.split('e').next().unwrap_or_default().bytes().filter(u8::is_ascii_digit).count();
            let most = match digits {
                Some(digits) if shortest < digits && shortest as i32 > exponent => shortest as i32,
                Some(digits) => digits as i32,
                None => 6,
            };
            if exponent < -4 || exponent >= most {
                let (mantissa, rest) = text.split_once('e').unwrap_or((&text, ""));
                return format!("{}e{rest}", trimmed(mantissa));
            }
            match digits {
                Some(digits) => {
                    trimmed(&format!("{float:.*}", (digits as i32 - 1 - exponent).max(0) as usize))
                }
                None => float.to_string(),
            }
        }
    }
}
