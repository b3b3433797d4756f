//! jq's filters at work: each gives any number of values to who asks. Long: an automaton, an arm for each
//! kind of filter.

use super::functions;
use super::json::{Value, compact, put};
use super::parse::{Code, Definition, Filter, Pattern, definitions};
use super::stop::{Done, Stop, error};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The most steps of one filter: more are not simulated.
const MOST_STEPS: u32 = 3_000_000;
/// The deepest calls of filters in filters.
const MAX_DEPTH: u32 = 400;

/// A value, and the way to it from the input of `path(…)`, where somebody asks for that.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) value: Value,
    path: Option<Rc<Vec<Value>>>,
}

impl Item {
    pub(super) fn of(value: Value) -> Item {
        Item { value, path: None }
    }

    /// The value that stands under a key.
    fn step(&self, key: &Value, value: Value) -> Item {
        let path = self.path.as_ref().map(|path| {
            let mut longer = (**path).clone();
            longer.push(key.clone());
            Rc::new(longer)
        });
        Item { value, path }
    }
}

/// What names stand for: a list, the newest first.
pub(super) type Scope = Option<Rc<Known>>;

#[derive(Debug)]
pub(super) struct Known {
    what: Name,
    outer: Scope,
}

#[derive(Debug)]
enum Name {
    Variable(Rc<str>, Value),
    Function(Rc<Definition>),
    /// A parameter: a filter, with what its names stand for.
    Argument(Rc<str>, Code, Scope),
    Label(Rc<str>, u32),
}

fn with(outer: &Scope, what: Name) -> Scope {
    Some(Rc::new(Known { what, outer: outer.clone() }))
}

/// What takes the values that a filter gives.
pub(super) type Taker<'a> = &'a mut dyn FnMut(&mut Machine, Item) -> Done;

/// Runs filters.
pub(super) struct Machine {
    library: BTreeMap<String, Rc<Definition>>,
    steps: u32,
    depth: u32,
    labels: u32,
    /// What is read next by `input`, the last first.
    pub(super) inputs: Vec<Value>,
    pub(super) environment: Value,
    /// Seconds since 1970.
    pub(super) now: f64,
    /// What `debug` and `stderr` print.
    pub(super) messages: String,
    /// `$name`s given on the command line.
    pub(super) variables: Scope,
}

impl Machine {
    pub(super) fn new() -> Machine {
        let all = definitions(functions::LIBRARY).unwrap_or_default();
        let by_name = |d: Definition| (format!("{}/{}", d.name, d.parameters.len()), Rc::new(d));
        Machine {
            library: collections::collect(all.into_iter().map(by_name)),
            steps: 0,
            depth: 0,
            labels: 0,
            inputs: vec![],
            environment: Value::Null,
            now: 0.0,
            messages: String::new(),
            variables: None,
        }
    }

    /// Gives a variable its value for the filters that are run.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.variables = with(&self.variables, Name::Variable(name.into(), value));
    }

    /// All values that a filter gives of one, without their paths.
    fn all(&mut self, code: &Code, scope: &Scope, input: &Value) -> Result<Vec<Value>, Stop> {
        let mut values = vec![];
        self.run(code, scope, Item::of(input.clone()), &mut |_, item| {
            values.push(item.value);
            Ok(())
        })?;
        Ok(values)
    }

    /// The paths that a filter gives.
    pub(super) fn paths(
        &mut self,
        code: &Code,
        scope: &Scope,
        input: &Value,
    ) -> Result<Vec<Rc<Vec<Value>>>, Stop> {
        let mut paths = vec![];
        let item = Item { value: input.clone(), path: Some(Rc::new(vec![])) };
        self.run(code, scope, item, &mut |_, item| match item.path {
            Some(path) => {
                paths.push(path);
                Ok(())
            }
            None => {
                error(format!("Invalid path expression with result {}", functions::shortened(&item.value)))
            }
        })?;
        Ok(paths)
    }

    /// Runs a filter on a value.
    pub(super) fn run(&mut self, code: &Code, scope: &Scope, input: Item, out: Taker) -> Done {
        self.steps += 1;
        if self.steps > MOST_STEPS || self.depth > MAX_DEPTH {
            return Err(Stop::NotSimulated("a filter that goes on so long".into()));
        }
        self.depth += 1;
        let done = self.step(code, scope, input, out);
        self.depth -= 1;
        done
    }

    // Long: one arm for each kind of filter.
    fn step(&mut self, code: &Code, scope: &Scope, input: Item, out: Taker) -> Done {
        match &**code {
            Filter::Identity => out(self, input),
            Filter::Constant(value) => out(self, Item::of(value.clone())),
            Filter::Pipe(first, then) => {
                self.run(first, scope, input, &mut |m, item| m.run(then, scope, item, out))
            }
            Filter::Comma(first, then) => {
                self.run(first, scope, input.clone(), out)?;
                self.run(then, scope, input, out)
            }
            Filter::Index(target, key) => self.index(target, key, scope, input, out),
            Filter::Slice(target, from, to) => {
                self.slice(target, [from.as_ref(), to.as_ref()], scope, input, out)
            }
            Filter::Each(target) => self.run(target, scope, input, &mut |m, item| m.each(&item, out)),
            Filter::Recurse => self.recurse(input, out),
            Filter::Text(format, parts) => self.text(format, parts, scope, input, out),
            Filter::Format(format) => {
                let text = functions::formatted(format, &input.value)?;
                out(self, Item::of(Value::text(&text)))
            }
            Filter::Array(None) => out(self, Item::of(Value::array(vec![]))),
            Filter::Array(Some(inner)) => {
                let items = self.all(inner, scope, &input.value)?;
                out(self, Item::of(Value::array(items)))
            }
            Filter::Object(fields) => self.object(fields, scope, &input.value, vec![], out),
            Filter::Try(body, handler) => self.attempt(body, handler.as_ref(), scope, input, out),
            Filter::Negative(inner) => self.run(inner, scope, input, &mut |m, item| match item.value {
                Value::Number(n) => out(m, Item::of(Value::Number(-n))),
                other => error(format!("{} cannot be negated", functions::described(&other))),
            }),
            Filter::Or(a, b) => self.logic(a, b, true, scope, &input.value, out),
            Filter::And(a, b) => self.logic(a, b, false, scope, &input.value, out),
            Filter::Alternative(a, b) => self.alternative(a, b, scope, input, out),
            Filter::Binary(operator, a, b) => {
                let value = input.value;
                for right in self.all(b, scope, &value)? {
                    for left in self.all(a, scope, &value)? {
                        let result = functions::binary(operator, &left, &right)?;
                        out(self, Item::of(result))?;
                    }
                }
                Ok(())
            }
            Filter::Assign(operator, target, value) => {
                self.assign(operator, [target, value], scope, &input.value, out)
            }
            Filter::If(condition, then, otherwise) => {
                for value in self.all(condition, scope, &input.value)? {
                    let next = if value.is_true() { then } else { otherwise };
                    self.run(next, scope, input.clone(), out)?;
                }
                Ok(())
            }
            Filter::Reduce(source, pattern, start, update) => {
                for mut state in self.all(start, scope, &input.value)? {
                    for value in self.all(source, scope, &input.value)? {
                        self.take_apart(pattern, &value, scope, &mut |m, scope| {
                            state = m.all(update, scope, &state)?.pop().unwrap_or(Value::Null);
                            Ok(())
                        })?;
                    }
                    out(self, Item::of(state))?;
                }
                Ok(())
            }
            Filter::Foreach(source, pattern, start, update, extract) => {
                for mut state in self.all(start, scope, &input.value)? {
                    self.run(source, scope, Item::of(input.value.clone()), &mut |m, item| {
                        m.take_apart(pattern, &item.value, scope, &mut |m, scope| {
                            for next in m.all(update, scope, &state)? {
                                state = next;
                                m.run(extract, scope, Item::of(state.clone()), out)?;
                            }
                            Ok(())
                        })
                    })?;
                }
                Ok(())
            }
            Filter::Define(definition, rest) => {
                let scope = with(scope, Name::Function(definition.clone()));
                self.run(rest, &scope, input, out)
            }
            Filter::As(source, pattern, body) => {
                self.run(source, scope, Item::of(input.value.clone()), &mut |m, item| {
                    m.take_apart(pattern, &item.value, scope, &mut |m, scope| {
                        m.run(body, scope, input.clone(), out)
                    })
                })
            }
            Filter::Label(name, body) => {
                self.labels += 1;
                let label = self.labels;
                let scope = with(scope, Name::Label(name.clone(), label));
                match self.run(body, &scope, input, out) {
                    Err(Stop::Break(to)) if to == label => Ok(()),
                    done => done,
                }
            }
            Filter::Break(name) => {
                let label = find(scope, |known| match known {
                    Name::Label(known, label) if known == name => Some(*label),
                    _ => None,
                });
                Err(label.map_or(Stop::Undefined(format!("$*label-{name} is not defined")), Stop::Break))
            }
            Filter::Variable(name) => {
                let value = self.variable(name, scope)?;
                out(self, Item::of(value))
            }
            Filter::Call(name, arguments) => self.call(name, arguments, scope, input, out),
        }
    }

    fn variable(&mut self, name: &Rc<str>, scope: &Scope) -> Result<Value, Stop> {
        let of = |scope: &Scope| {
            find(scope, |known| match known {
                Name::Variable(known, value) if known == name => Some(value.clone()),
                _ => None,
            })
        };
        match of(scope).or_else(|| of(&self.variables)) {
            Some(value) => Ok(value),
            None if &**name == "ENV" => Ok(self.environment.clone()),
            None => Err(Stop::Undefined(format!("${name} is not defined"))),
        }
    }

    // The functions that are more than functions of values, one after the other.
    fn call(&mut self, name: &Rc<str>, arguments: &[Code], scope: &Scope, input: Item, out: Taker) -> Done {
        let mut at = scope.as_ref();
        while let Some(known) = at {
            match &known.what {
                Name::Argument(known, code, theirs) if known == name && arguments.is_empty() => {
                    return self.run(code, theirs, input, out);
                }
                Name::Function(definition)
                    if definition.name == *name && definition.parameters.len() == arguments.len() =>
                {
                    let inner = Some(known.clone());
                    return self.enter(&definition.clone(), &inner, arguments, scope, input, out);
                }
                _ => {}
            }
            at = known.outer.as_ref();
        }
        let key = format!("{name}/{}", arguments.len());
        if let Some(definition) = self.library.get(&key).cloned() {
            return self.enter(&definition, &None, arguments, scope, input, out);
        }
        match (&**name, arguments) {
            ("empty", []) => Ok(()),
            ("error", []) => Err(Stop::Error(input.value)),
            ("not", []) => {
                let is = input.value.is_true();
                out(self, Item::of(Value::Bool(!is)))
            }
            ("path", [code]) => {
                for path in self.paths(code, scope, &input.value)? {
                    out(self, Item::of(Value::Array(path)))?;
                }
                Ok(())
            }
            ("getpath", [code]) => {
                for path in self.all(code, scope, &input.value)? {
                    let Value::Array(steps) = path else {
                        return error("Path must be specified as an array");
                    };
                    let mut item = input.clone();
                    for key in steps.iter() {
                        let value = functions::index(&item.value, key)?;
                        item = item.step(key, value);
                    }
                    out(self, item)?;
                }
                Ok(())
            }
            ("range", [from, to]) => self.range(from, to, None, scope, &input.value, out),
            ("range", [from, to, by]) => self.range(from, to, Some(by), scope, &input.value, out),
            ("inputs", []) => {
                while let Some(value) = self.inputs.pop() {
                    out(self, Item::of(value))?;
                }
                Ok(())
            }
            ("input", []) => match self.inputs.pop() {
                Some(value) => out(self, Item::of(value)),
                None => error("No more inputs"),
            },
            ("debug", []) => {
                let text = compact(&Value::array(vec![Value::text("DEBUG:"), input.value.clone()]));
                self.messages.push_str(&[&text, "\n"].concat());
                out(self, input)
            }
            ("env", []) => {
                let value = self.environment.clone();
                out(self, Item::of(value))
            }
            ("now", []) => {
                let now = self.now;
                out(self, Item::of(Value::Number(now)))
            }
            ("halt", []) => Err(Stop::Halt(0, String::new())),
            ("halt_error", []) => Err(Stop::Halt(5, functions::shown(&input.value))),
            _ => self.native(&key, arguments, scope, input.value, out),
        }
    }

    fn range(
        &mut self,
        from: &Code,
        to: &Code,
        by: Option<&Code>,
        scope: &Scope,
        input: &Value,
        out: Taker,
    ) -> Done {
        let steps = by.map_or(Ok(vec![Value::Number(1.0)]), |by| self.all(by, scope, input))?;
        for from in self.all(from, scope, input)? {
            for to in self.all(to, scope, input)? {
                for by in &steps {
                    let (Value::Number(begin), Value::Number(to), Value::Number(by)) = (&from, &to, by)
                    else {
                        return error("Range bounds must be numeric");
                    };
                    let mut at = *begin;
                    while *by > 0.0 && at < *to || *by < 0.0 && at > *to {
                        self.steps += 1;
                        if self.steps > MOST_STEPS {
                            return Err(Stop::NotSimulated("a filter that goes on so long".into()));
                        }
                        out(self, Item::of(Value::Number(at)))?;
                        at += by;
                    }
                }
            }
        }
        Ok(())
    }

    /// A function of values: its arguments are taken one after the other, each combination of them.
    fn native(&mut self, key: &str, arguments: &[Code], scope: &Scope, input: Value, out: Taker) -> Done {
        if !functions::is_known(key) {
            return Err(Stop::Undefined(format!("{key} is not defined")));
        }
        let mut chosen: Vec<Vec<Value>> = vec![vec![]];
        for argument in arguments {
            let values = self.all(argument, scope, &input)?;
            let longer = |value: &Value| {
                let with =
                    |list: &Vec<Value>| list.iter().cloned().chain([value.clone()]).collect::<Vec<Value>>();
                chosen.iter().map(with).collect::<Vec<_>>()
            };
            chosen = values.iter().flat_map(longer).collect();
        }
        for list in chosen {
            let result = functions::native(key, &input, &list)?;
            out(self, Item::of(result))?;
        }
        Ok(())
    }

    /// Runs a function's body.
    fn enter(
        &mut self,
        definition: &Rc<Definition>,
        inner: &Scope,
        arguments: &[Code],
        scope: &Scope,
        input: Item,
        out: Taker,
    ) -> Done {
        let inner = match inner {
            Some(_) => inner.clone(),
            None => with(&None, Name::Function(definition.clone())),
        };
        self.bind(definition, 0, inner, arguments, scope, input, out)
    }

    /// Gives the parameters from the `at`th on their arguments; a parameter with a `$` has each of its values in turn.
    #[allow(
        clippy::too_many_arguments,
        reason = "a call is that many things, and none of them belong together"
    )]
    fn bind(
        &mut self,
        definition: &Rc<Definition>,
        at: usize,
        inner: Scope,
        arguments: &[Code],
        scope: &Scope,
        input: Item,
        out: Taker,
    ) -> Done {
        let Some(parameter) = definition.parameters.get(at) else {
            return self.run(&definition.body, &inner, input, out);
        };
        let Some(name) = parameter.strip_prefix('$') else {
            let inner = with(&inner, Name::Argument(parameter.clone(), arguments[at].clone(), scope.clone()));
            return self.bind(definition, at + 1, inner, arguments, scope, input, out);
        };
        for value in self.all(&arguments[at], scope, &input.value)? {
            let code = Rc::new(Filter::Constant(value.clone()));
            let filter = with(&inner, Name::Argument(name.into(), code, None));
            let both = with(&filter, Name::Variable(name.into(), value));
            self.bind(definition, at + 1, both, arguments, scope, input.clone(), out)?;
        }
        Ok(())
    }

    fn index(&mut self, target: &Code, key: &Code, scope: &Scope, input: Item, out: Taker) -> Done {
        let keys = match &**key {
            Filter::Constant(key) => vec![key.clone()],
            _ => self.all(key, scope, &input.value)?,
        };
        self.run(target, scope, input, &mut |m, item| {
            for key in &keys {
                let value = functions::index(&item.value, key)?;
                out(m, item.step(key, value))?;
            }
            Ok(())
        })
    }

    fn slice(
        &mut self,
        target: &Code,
        bounds: [Option<&Code>; 2],
        scope: &Scope,
        input: Item,
        out: Taker,
    ) -> Done {
        let mut bound = |code: Option<&Code>| match code {
            Some(code) => self.all(code, scope, &input.value),
            None => Ok(vec![Value::Null]),
        };
        let (from, to) = (bound(bounds[0])?, bound(bounds[1])?);
        self.run(target, scope, input, &mut |m, item| {
            for to in &to {
                for from in &from {
                    let fields = vec![("start".into(), from.clone()), ("end".into(), to.clone())];
                    let key = Value::Object(Rc::new(fields));
                    let value = functions::index(&item.value, &key)?;
                    out(m, item.step(&key, value))?;
                }
            }
            Ok(())
        })
    }

    /// `.[]`
    fn each(&mut self, item: &Item, out: Taker) -> Done {
        match &item.value {
            Value::Array(items) => {
                for (n, value) in items.iter().enumerate() {
                    out(self, item.step(&Value::Number(n as f64), value.clone()))?;
                }
            }
            Value::Object(fields) => {
                for (key, value) in fields.iter() {
                    out(self, item.step(&Value::Text(key.clone()), value.clone()))?;
                }
            }
            other => return error(format!("Cannot iterate over {}", functions::described(other))),
        }
        Ok(())
    }

    /// `..`
    fn recurse(&mut self, item: Item, out: Taker) -> Done {
        out(self, item.clone())?;
        if matches!(item.value, Value::Array(_) | Value::Object(_)) {
            self.each(&item, &mut |m, inner| m.recurse(inner, out))?;
        }
        Ok(())
    }

    fn text(
        &mut self,
        format: &str,
        parts: &[(String, Option<Code>)],
        scope: &Scope,
        input: Item,
        out: Taker,
    ) -> Done {
        let mut texts = vec![String::new()];
        for (piece, code) in parts {
            texts.iter_mut().for_each(|text| text.push_str(piece));
            let Some(code) = code else { continue };
            let mut longer = vec![];
            for value in self.all(code, scope, &input.value)? {
                let shown = functions::formatted(format, &value)?;
                longer.extend(texts.iter().map(|text| [text, &*shown].concat()));
            }
            texts = longer;
        }
        for text in texts {
            out(self, Item::of(Value::text(&text)))?;
        }
        Ok(())
    }

    fn object(
        &mut self,
        fields: &[(Code, Code)],
        scope: &Scope,
        input: &Value,
        made: Vec<(Rc<str>, Value)>,
        out: Taker,
    ) -> Done {
        let Some(((key, value), rest)) = fields.split_first() else {
            return out(self, Item::of(Value::Object(Rc::new(made))));
        };
        for key in self.all(key, scope, input)? {
            let Value::Text(key) = &key else {
                return error(format!("Object keys must be strings, not {}", functions::described(&key)));
            };
            for value in self.all(value, scope, input)? {
                let mut longer = made.clone();
                put(&mut longer, key, value);
                self.object(rest, scope, input, longer, out)?;
            }
        }
        Ok(())
    }

    /// `try`, `?`: errors of the body, not of what its values are given to.
    fn attempt(
        &mut self,
        body: &Code,
        handler: Option<&Code>,
        scope: &Scope,
        input: Item,
        out: Taker,
    ) -> Done {
        let mut later = None;
        let done = self.run(body, scope, input, &mut |m, item| match out(m, item) {
            Ok(()) => Ok(()),
            Err(stop) => {
                later = Some(stop);
                Err(Stop::Break(0))
            }
        });
        match (later, done, handler) {
            (Some(stop), ..) => Err(stop),
            (None, Err(Stop::Error(value)), Some(handler)) => self.run(handler, scope, Item::of(value), out),
            (None, Err(Stop::Error(_)), None) => Ok(()),
            (None, done, _) => done,
        }
    }

    fn logic(&mut self, a: &Code, b: &Code, decides: bool, scope: &Scope, input: &Value, out: Taker) -> Done {
        for left in self.all(a, scope, input)? {
            if left.is_true() == decides {
                out(self, Item::of(Value::Bool(decides)))?;
                continue;
            }
            for right in self.all(b, scope, input)? {
                out(self, Item::of(Value::Bool(right.is_true())))?;
            }
        }
        Ok(())
    }

    /// `a // b`: the true values of `a`, or else those of `b`.
    fn alternative(&mut self, a: &Code, b: &Code, scope: &Scope, input: Item, out: Taker) -> Done {
        let mut good = vec![];
        let tried = self.run(a, scope, input.clone(), &mut |_, item| {
            if item.value.is_true() {
                good.push(item);
            }
            Ok(())
        });
        match tried {
            Err(Stop::Error(_)) | Ok(()) => {}
            other => return other,
        }
        if good.is_empty() {
            return self.run(b, scope, input, out);
        }
        good.into_iter().try_for_each(|item| out(self, item))
    }

    /// `=`, `|=`, `+=` and the like.
    fn assign(
        &mut self,
        operator: &str,
        [target, value]: [&Code; 2],
        scope: &Scope,
        input: &Value,
        out: Taker,
    ) -> Done {
        let paths = self.paths(target, scope, input)?;
        if operator == "|=" {
            let mut result = input.clone();
            let mut gone = vec![];
            for path in paths {
                let old = functions::get_path(&result, &path)?;
                match self.all(value, scope, &old)?.into_iter().next() {
                    Some(new) => result = functions::set_path(&result, &path, new)?,
                    None => gone.push(Value::Array(path)),
                }
            }
            let result = functions::delete_paths(&result, gone)?;
            return out(self, Item::of(result));
        }
        for value in self.all(value, scope, input)? {
            let mut result = input.clone();
            for path in &paths {
                let old = functions::get_path(&result, path)?;
                let new = match operator {
                    "=" => value.clone(),
                    "//=" if old.is_true() => old,
                    "//=" => value.clone(),
                    operator => functions::binary(operator.trim_end_matches('='), &old, &value)?,
                };
                result = functions::set_path(&result, path, new)?;
            }
            out(self, Item::of(result))?;
        }
        Ok(())
    }

    /// Gives a pattern's variables their values.
    fn take_apart(
        &mut self,
        pattern: &Pattern,
        value: &Value,
        scope: &Scope,
        then: &mut dyn FnMut(&mut Machine, &Scope) -> Done,
    ) -> Done {
        match pattern {
            Pattern::Variable(name) => then(self, &with(scope, Name::Variable(name.clone(), value.clone()))),
            Pattern::Array(patterns) => {
                if !matches!(value, Value::Array(_) | Value::Null) {
                    return error(format!("Cannot index {} with number", value.kind()));
                }
                let mut inner = scope.clone();
                for (n, pattern) in patterns.iter().enumerate() {
                    let item = functions::index(value, &Value::Number(n as f64))?;
                    let mut next = inner.clone();
                    self.take_apart(pattern, &item, &inner, &mut |_, scope| {
                        next = scope.clone();
                        Ok(())
                    })?;
                    inner = next;
                }
                then(self, &inner)
            }
            Pattern::Object(fields) => {
                let mut inner = scope.clone();
                for (key, variable, pattern) in fields {
                    let key = self.all(key, &inner, value)?.pop().unwrap_or(Value::Null);
                    let item = functions::index(value, &key)?;
                    if let Some(name) = variable {
                        inner = with(&inner, Name::Variable(name.clone(), item.clone()));
                    }
                    if let Some(pattern) = pattern {
                        let mut next = inner.clone();
                        self.take_apart(pattern, &item, &inner, &mut |_, scope| {
                            next = scope.clone();
                            Ok(())
                        })?;
                        inner = next;
                    }
                }
                then(self, &inner)
            }
        }
    }
}

/// The newest name of which something is asked.
fn find<T>(scope: &Scope, ask: impl Fn(&Name) -> Option<T>) -> Option<T> {
    let mut at = scope.as_ref();
    while let Some(known) = at {
        if let Some(found) = ask(&known.what) {
            return Some(found);
        }
        at = known.outer.as_ref();
    }
    None
}
