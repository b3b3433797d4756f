//! The command line of a command.

use crate::run::Result;

/// The command line, taken apart piece by piece.
pub struct Arguments {
    words: Vec<String>,
    /// How the command is used, to be said with what is wrong.
    usage: &'static str,
}

impl Arguments {
    /// The words after the command's name.
    pub fn new(words: Vec<String>, usage: &'static str) -> Self {
        Self { words, usage }
    }

    /// Takes a switch out: whether it is there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|argument| argument != name);
        self.words.len() < before
    }

    /// Takes an option out with its value, the first of that name.
    pub fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.words.iter().position(|argument| argument == name) else { return Ok(None) };
        if at + 1 == self.words.len() {
            return Err(format!("{name} needs a value"));
        }
        self.words.remove(at);
        Ok(Some(self.words.remove(at)))
    }

    /// Takes out the values of every option of that name.
    pub fn values(&mut self, name: &str) -> Result<Vec<String>> {
        let mut values = Vec::new();
        while let Some(value) = self.value(name)? {
            values.push(value);
        }
        Ok(values)
    }

    /// All that is left, as it is.
    pub fn rest(&self) -> &[String] {
        &self.words
    }

    /// An error if anything is left.
    pub fn finish(&self) -> Result<()> {
        match self.words.first() {
            None => Ok(()),
            Some(unknown) => Err(format!("{unknown} is not understood here\n\n  {}", self.usage)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_gone() {
        let words = "--dev --port 80 --size a --size b".split(' ').map(str::to_owned).collect();
        let mut arguments = Arguments::new(words, "serve");
        assert!(arguments.flag("--dev") && !arguments.flag("--dev"));
        assert_eq!(arguments.value("--port"), Ok(Some("80".to_owned())));
        assert!(
            arguments.finish().is_err_and(|problem| problem == "--size is not understood here\n\n  serve")
        );
        assert_eq!(arguments.values("--size"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(arguments.finish(), Ok(()));
        assert!(Arguments::new(vec!["--port".to_owned()], "").value("--port").is_err());
    }
}
