//! `[[ … ]]`.

use super::parser::{Parsed, Parser, Until};
use crate::op::{End, Mode, Op};

impl Parser {
    // `[[ … ]]`
    pub(crate) fn test_or(&mut self) -> Parsed<()> {
        self.test_and()?;
        while self.test_operator("||") {
            let skip = self.emit(Op::JumpIf { success: true, to: 0 });
            self.test_and()?;
            self.land(skip);
        }
        Ok(())
    }

    fn test_and(&mut self) -> Parsed<()> {
        self.test_not()?;
        while self.test_operator("&&") {
            let skip = self.emit(Op::JumpIf { success: false, to: 0 });
            self.test_not()?;
            self.land(skip);
        }
        Ok(())
    }

    fn test_operator(&mut self, operator: &str) -> bool {
        self.newlines();
        self.take(operator)
    }

    fn test_not(&mut self) -> Parsed<()> {
        self.deeper()?;
        self.newlines();
        if self.keyword("!") {
            self.test_not()?;
            self.emit(Op::Negate);
        } else if self.take("(") {
            self.test_or()?;
            self.newlines();
            self.close()?;
        } else {
            self.emit(Op::BeginWhole);
            let (mut words, mut end, mut until) = (0, End::Plain, Until::Word);
            loop {
                self.blanks();
                let operator = words == 1 && (self.looking_at("<") || self.looking_at(">"));
                if operator {
                    let sign = self.next_char().map(String::from).unwrap_or_default();
                    self.emit(Op::Text(sign.into(), false));
                    self.emit(Op::Field(End::Plain));
                    words += 1;
                    continue;
                }
                let pattern = until == Until::Regex || end == End::Pattern && self.looking_at("(");
                if self.at_word("]]") || words > 2 || !(self.word_ahead() || pattern) {
                    break;
                }
                let word = self.raw_word();
                if words == 1 && ["=", "==", "!=", "=~"].contains(&word.as_str()) {
                    end = End::Pattern;
                    if word == "=~" {
                        until = Until::Regex;
                    }
                    self.at += word.len();
                    self.emit(Op::Text(word.into(), false));
                    self.emit(Op::Field(End::Plain));
                } else {
                    self.emit(Op::Exists);
                    let extglob = std::mem::replace(&mut self.extglob, true);
                    self.parts(until, Mode::Whole)?;
                    self.extglob = extglob;
                    self.emit(Op::Field(if words == 2 { end } else { End::Plain }));
                    until = Until::Word;
                }
                words += 1;
            }
            if words == 0 {
                return Err(self.unexpected());
            }
            self.emit(Op::Test);
        }
        self.depth -= 1;
        Ok(())
    }
}
