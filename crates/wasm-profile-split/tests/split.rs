//! A tiny program is profiled, split and run: its parts do what the whole does, whatever has been loaded by then.

use std::collections::BTreeMap;

use wasm_encoder::{CustomSection, Encode, LinkingSection, Section, SymbolTable};
use wasm_profile_split::coverage::{Coverage, lines};
use wasm_profile_split::error::Error;
use wasm_profile_split::{arrange, bind_by_order, instrument, split};
use wasmi::{Caller, Engine, Extern, Func, Instance, Module, Nullable, Ref, Store, Val};
use wasmparser::{Parser, Payload, Validator};

/// A program with a run for each moment. `start` runs first; `open` runs second, and does what it does rarely in a long
/// branch; `go_on` runs third; `seldom` runs in no profile. `table` is called through a table only, and the sum of a text through a pointer.
const PROGRAM: &str = r#"(module
    (import "page" "load_now" (func $load_now))
    (import "page" "note" (func $note (param i32)))
    (memory (export "memory") 1)
    (table 1 funcref)
    (elem (i32.const 0) $table)
    (global $calls (mut i32) (i32.const 0))
    (data (i32.const 1024) "first")
    (data (i32.const 1040) "second")
    (data (i32.const 1056) "seldom")
    (data (i32.const 1072) "\20\04\00\00")
    (data (i32.const 1088) "lesson")
    (data (i32.const 1104) "third")
    (func $load_deferred (export "load_deferred") (call $load_now))
    (func $sum (param $at i32) (param $end i32) (result i32) (local $sum i32)
        (loop $next
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
        (local.get $sum))
    (func $start (export "start") (param $x i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $note (i32.const 1))
        (i32.add (local.get $x) (call $sum (i32.const 1024) (i32.const 1029))))
    (func $open (export "open") (param $x i32) (result i32) (local $y i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $note (i32.const 2))
        (local.set $y (call $sum (i32.const 1040) (i32.const 1046)))
        (block $usual
            (br_if $usual (i32.lt_s (local.get $x) (i32.const 100)))
            (local.set $y (i32.mul (local.get $y) (i32.const 3)))
            (local.set $y (i32.xor (local.get $y) (local.get $x)))
            (local.set $y (i32.sub (local.get $y) (i32.const 77)))
            (local.set $y (i32.rotl (local.get $y) (i32.const 3)))
            (call $note (i32.const 3))
            (if (i32.gt_s (local.get $x) (i32.const 1000)) (then (return (local.get $y))))
            (local.set $y (i32.add (local.get $y) (call $start (local.get $y)))))
        (i32.add (local.get $x) (local.get $y)))
    (func $go_on (export "go_on") (param $x i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $note (i32.const 7))
        (i32.add (call $open (local.get $x)) (call $sum (i32.const 1104) (i32.const 1109))))
    (func $seldom (export "seldom") (param $x i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $note (i32.const 4))
        (i32.add
            (call_indirect (param i32) (result i32) (local.get $x) (i32.const 0))
            (call $open (call $sum (i32.load (i32.const 1072)) (i32.const 1062)))))
    (func $lesson (export "lesson") (param $x i32) (result i32)
        (call $note (i32.const 6))
        (i32.add (call $read (local.get $x) (i32.const 1088)) (call $seldom (i32.const 1))))
    (func $read (param $x i32) (param $at i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.add (call $start (local.get $x)) (call $sum (local.get $at) (i32.const 1094))))
    (func $table (param $x i32) (result i32)
        (call $note (i32.const 5))
        (call $start (i32.mul (local.get $x) (i32.add (local.get $x) (i32.const 1)))))
    (func (export "calls") (param $x i32) (result i32) (i32.add (local.get $x) (global.get $calls))))"#;

/// The constants, as data segment and length, and the functions whose text names them.
const CONSTANTS: [(u32, u32, &[&str]); 6] = [
    (0, 5, &["start"]),
    (1, 6, &["open"]),
    (2, 6, &[]),
    (3, 4, &["seldom"]),
    (4, 6, &["lesson"]),
    (5, 5, &["go_on"]),
];

/// Functions of the program in their order, after the imported ones.
const FUNCTIONS: [&str; 10] =
    ["load_deferred", "sum", "start", "open", "go_on", "seldom", "lesson", "read", "table", "calls"];

/// The functions that the loader is asked for before they are called: `read` is only called by `lesson`, behind the inner door.
fn is_outer(name: &str) -> bool {
    name == "seldom"
}

fn is_inner(name: &str) -> bool {
    name == "lesson"
}

/// A relocation of a function's place in the table, in a function's text.
const TABLE_INDEX_SLEB: u8 = 1;

/// How many functions are imported.
const IMPORTED: u32 = 2;

/// The program as wasm-bindgen leaves it to the split.
fn bound() -> Vec<u8> {
    wat::parse_str(PROGRAM).expect("the program is a module")
}

/// The program as a linker leaves it: with a symbol table and relocations.
fn linked() -> Vec<u8> {
    let mut module = bound();
    let (mut sections, mut bodies, mut data) = (0, Vec::new(), Vec::new());
    let (mut code_section, mut data_section) = ((0, 0), (0, 0));
    for payload in Parser::new(0).parse_all(&module) {
        let payload = payload.expect("the program can be read");
        match &payload {
            Payload::CodeSectionStart { range, .. } => code_section = (sections, range.start),
            Payload::CodeSectionEntry(body) => bodies.push(body.range().start),
            Payload::DataSection(reader) => {
                data_section = (sections, reader.range().start);
                data.extend(reader.clone().into_iter().map(|segment| {
                    let segment = segment.expect("the segment can be read");
                    segment.range.end - segment.data.len()
                }));
            }
            _ => {}
        }
        sections += u32::from(payload.as_section().is_some());
    }
    let mut symbols = SymbolTable::new();
    for (number, name) in (IMPORTED..).zip(FUNCTIONS) {
        symbols.function(0, number, Some(name));
    }
    for (segment, size, _) in CONSTANTS {
        let defined = wasm_encoder::DataSymbolDefinition { index: segment, offset: 0, size };
        symbols.data(0, &format!("constant {segment}"), Some(defined));
    }
    let mut linking = LinkingSection::new();
    linking.symbol_table(&symbols);
    linking.append_to(&mut module);

    let body_of = |name: &str| bodies[FUNCTIONS.iter().position(|other| *other == name).expect("a function")];
    let in_code: Vec<(usize, u32)> = CONSTANTS
        .iter()
        .flat_map(|(segment, _, users)| users.iter().map(|user| (body_of(user), *segment)))
        .map(|(at, segment)| (at - code_section.1, FUNCTIONS.len() as u32 + segment))
        .collect();
    // The last constant is a pointer to the one before.
    let in_data = vec![(data[3] - data_section.1, FUNCTIONS.len() as u32 + 2)];
    // `open` names a function's place in the table.
    let table = FUNCTIONS.iter().position(|name| *name == "table").expect("a function") as u32;
    let in_table = vec![(body_of("open") - code_section.1, table)];
    const MEMORY_ADDR_SLEB: u8 = 4;
    const MEMORY_ADDR_I32: u8 = 5;
    relocations("reloc.CODE", code_section.0, MEMORY_ADDR_SLEB, &in_code).append_to(&mut module);
    relocations("reloc.CODE", code_section.0, TABLE_INDEX_SLEB, &in_table).append_to(&mut module);
    relocations("reloc.DATA", data_section.0, MEMORY_ADDR_I32, &in_data).append_to(&mut module);
    module
}

/// A section of relocations: of this section, places in it and the symbols that they name.
fn relocations(
    name: &'static str,
    section: u32,
    kind: u8,
    entries: &[(usize, u32)],
) -> CustomSection<'static> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    (entries.len() as u32).encode(&mut bytes);
    for &(at, symbol) in entries {
        bytes.push(kind);
        (at as u32).encode(&mut bytes);
        symbol.encode(&mut bytes);
        // A place in the table has nothing added to it.
        if kind != TABLE_INDEX_SLEB {
            0_i32.encode(&mut bytes);
        }
    }
    CustomSection { name: name.into(), data: bytes.into() }
}

/// What the loader knows: the parts, which of them are there, and what has happened.
#[derive(Default)]
struct Loader {
    parts: Vec<Vec<u8>>,
    instances: Vec<Instance>,
    /// How often the program stood still for a part.
    waits: usize,
    /// What the program has told.
    notes: Vec<i32>,
}

/// A program that runs: whole, or with the parts that have been loaded so far.
struct Program {
    store: Store<Loader>,
}

impl Program {
    /// Loads the first part.
    fn new(parts: &[Vec<u8>]) -> Self {
        let page = Loader { parts: parts.to_vec(), ..Loader::default() };
        let mut program = Self { store: Store::new(&Engine::default(), page) };
        program.load(0);
        program
    }

    /// Loads a part, as a loader does in the background.
    fn load(&mut self, number: usize) {
        load(&mut self.store, number);
    }

    /// Calls an export of the first part.
    fn call(&mut self, name: &str, x: i32) -> i32 {
        let first = self.store.data().instances[0];
        let function = first.get_typed_func::<i32, i32>(&self.store, name).expect("it is exported");
        function.call(&mut self.store, x).expect("it returns")
    }

    /// What runs has marked, in an instrumented program.
    fn marks(&self) -> Vec<bool> {
        let marks = self.store.data().instances[0].get_memory(&self.store, "marks").expect("it tells");
        marks.data(&self.store).iter().map(|mark| *mark == 1).collect()
    }
}

fn load(mut store: impl wasmi::AsContextMut<Data = Loader>, number: usize) {
    let mut store = store.as_context_mut();
    let module = Module::new(store.engine(), &store.data().parts[number][..]).expect("a part is a module");
    let before = number.checked_sub(1).map(|before| store.data().instances[before]);
    let wait = |mut caller: Caller<Loader>| {
        caller.data_mut().waits += 1;
        let next = caller.data().instances.len();
        load(&mut caller, next);
    };
    let mut used = 0;
    let mut imports = Vec::new();
    for import in module.imports() {
        let import: Extern = match (import.module(), import.name()) {
            ("first", "") => {
                let before = before.expect("there is one before");
                let table = before.get_table(&store, "$used").expect("it gives what is used");
                let function = table.get(&store, used).expect("there is one more");
                used += 1;
                match function {
                    Ref::Func(Nullable::Val(function)) => function.into(),
                    other => panic!("{other:?} is no function"),
                }
            }
            ("first", name) => {
                before.and_then(|before| before.get_export(&store, name)).expect("it is exported")
            }
            ("page", "note") => {
                let note = |mut caller: Caller<Loader>, note: i32| caller.data_mut().notes.push(note);
                Func::wrap(&mut store, note).into()
            }
            ("page", _) => Func::wrap(&mut store, wait).into(),
            other => panic!("{other:?} is imported"),
        };
        imports.push(import);
    }
    let instance = Instance::new(&mut store, &module, &imports).expect("all that it imports is there");
    if let Some(first) = store.data().instances.first().copied() {
        let loaded = first.get_global(&store, "deferred_loaded").expect("it asks what is there");
        loaded.set(&mut store, Val::I32(number as i32)).expect("it can be told");
    }
    store.data_mut().instances.push(instance);
}

/// The program with what a profile finds: `start` runs by the first moment, `open` by the second, `go_on` by the third.
fn profiled() -> Coverage {
    Coverage::read(&profile())
}

/// The profile's text.
fn profile() -> String {
    let instrumented = instrument(&bound()).expect("it can be instrumented");
    let mut program = Program::new(&[instrumented.module]);
    program.call("start", 5);
    let first = program.marks();
    program.call("open", 5);
    let second = program.marks();
    program.call("go_on", 5);
    let third = program.marks();
    lines(&instrumented.functions, [&first, &second, &third, &third], &|_| false, &|_| false)
        .expect("it lists functions")
}

fn parts() -> Vec<Vec<u8>> {
    let split = split(&linked(), &bound(), &profiled(), [&is_outer, &is_inner]).expect("it can be split");
    assert_eq!(split.pieces, 1, "the long branch of `open` is cut out");
    split.modules.into()
}

/// The parts, where the outer door's name is also that of `open`, which ran: its long branch, which did not, is behind it.
fn parts_with_a_piece_behind_the_door() -> Vec<Vec<u8>> {
    let is_outer = |name: &str| is_outer(name) || name == "open";
    let split = split(&linked(), &bound(), &profiled(), [&is_outer, &is_inner]).expect("it can be split");
    split.modules.into()
}

/// The parts bound by order.
fn bound_parts() -> Vec<Vec<u8>> {
    bound_by_order(parts())
}

/// The parts arranged for compression, then bound by order.
fn arranged_parts() -> Vec<Vec<u8>> {
    bound_by_order(arrange(&parts()).expect("they can be arranged"))
}

fn bound_by_order(parts: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut parts = parts;
    for at in 1..parts.len() {
        let [before, after] = bind_by_order(&parts[at - 1], &parts[at]).expect("each uses the one before");
        (parts[at - 1], parts[at]) = (before, after);
    }
    parts
}

fn names_of(part: &[u8]) -> Vec<String> {
    let module = walrus::Module::from_buffer(part).expect("a part is a module");
    let name = |(id, _): (walrus::FunctionId, _)| module.funcs.get(id).name.clone();
    module.funcs.iter_local().filter_map(name).collect()
}

fn text_of(part: &[u8]) -> String {
    let module = walrus::Module::from_buffer(part).expect("a part is a module");
    module.data.iter().map(|data| String::from_utf8_lossy(&data.value).into_owned()).collect()
}

#[test]
fn each_part_has_what_ran_by_its_moment_and_the_constants_of_that() {
    let parts = parts();
    for part in &parts {
        Validator::new().validate_all(part).expect("every part is a valid module");
    }
    let holds = |part: usize, name: &str| names_of(&parts[part]).iter().any(|found| found == name);
    // Stubs of later functions have their names.
    assert!(holds(0, "start") && holds(0, "sum"), "{:?}", names_of(&parts[0]));
    assert!(holds(1, "open") && !holds(1, "start"), "{:?}", names_of(&parts[1]));
    assert!(holds(2, "go_on") && !holds(2, "open"), "{:?}", names_of(&parts[2]));
    assert!(holds(3, "table") && holds(3, "open#cut-deferred-0"), "{:?}", names_of(&parts[3]));
    assert!(!holds(3, "open") && !holds(3, "read"), "{:?}", names_of(&parts[3]));
    assert!(holds(4, "seldom") && !holds(4, "read"), "{:?}", names_of(&parts[4]));
    assert!(holds(5, "lesson") && holds(5, "read"), "{:?}", names_of(&parts[5]));
    assert!(!holds(5, "seldom"), "{:?}", names_of(&parts[5]));
    let texts: Vec<String> = parts.iter().map(|part| text_of(part)).collect();
    assert_eq!(texts, ["first", "second", "third", "", "seldom\u{20}\u{4}\0\0", "lesson"]);
}

#[test]
fn what_never_ran_of_a_function_named_at_the_door_is_behind_it() {
    let parts = parts_with_a_piece_behind_the_door();
    for part in &parts {
        Validator::new().validate_all(part).expect("every part is a valid module");
    }
    let holds = |part: usize, name: &str| names_of(&parts[part]).iter().any(|found| found == name);
    assert!(holds(1, "open") && holds(4, "open#cut-outer-0"), "{:?}", names_of(&parts[4]));
    assert!(!holds(3, "open#cut-outer-0") && !holds(3, "open#cut-deferred-0"), "{:?}", names_of(&parts[3]));
}

#[test]
fn the_parts_do_what_the_whole_does() {
    let calls = [
        ("start", 7),
        ("open", 7),
        ("open", 500),
        ("open", 5000),
        ("go_on", 9),
        ("seldom", 3),
        ("calls", 0),
        ("start", -1),
        ("seldom", 2000),
        ("lesson", 8),
        ("calls", 0),
    ];
    // Loaded before, or on the spot; in any order of first calls; bound by names, or by order; arranged, or not.
    let ways = |loaded| {
        let behind = parts_with_a_piece_behind_the_door();
        let all = [parts(), bound_parts(), arranged_parts(), bound_by_order(behind.clone()), behind];
        all.map(|parts| (loaded, parts))
    };
    for (loaded, parts) in (0..6).flat_map(ways) {
        for first in 0..calls.len() {
            let mut whole = Program::new(&[bound()]);
            let mut split = Program::new(&parts);
            for part in 1..=loaded {
                split.load(part);
            }
            for (name, x) in calls.iter().cycle().skip(first).take(calls.len()) {
                assert_eq!(split.call(name, *x), whole.call(name, *x), "{name}({x}), {loaded} loaded");
            }
            let (split, whole) = (split.store.data(), whole.store.data());
            assert_eq!(split.notes, whole.notes);
            assert_eq!(split.waits, 5 - loaded, "each part is waited for once, unless it is there");
        }
    }
}

#[test]
fn parts_that_are_bound_by_order_have_no_names_for_what_is_used() {
    let (named, bound) = (parts(), bound_parts());
    for part in &bound {
        Validator::new().validate_all(part).expect("every part is a valid module");
    }
    let exported = |part: &[u8]| -> Vec<String> {
        let module = walrus::Module::from_buffer(part).expect("a part is a module");
        module.exports.iter().map(|export| export.name.clone()).collect()
    };
    assert!(exported(&named[0]).contains(&"$a".to_owned()), "{:?}", exported(&named[0]));
    assert!(!exported(&bound[0]).contains(&"$a".to_owned()), "{:?}", exported(&bound[0]));
    assert!(exported(&bound[0]).contains(&"$used".to_owned()), "{:?}", exported(&bound[0]));
    let error = bind_by_order(&named[5], &named[1]).expect_err("the last gives the second nothing");
    assert!(matches!(error, Error::NotExported(_)), "{error}");
}

#[test]
fn what_is_called_through_a_table_before_it_is_there_ends_and_has_its_part_loaded() {
    for parts in [parts(), arranged_parts()] {
        let mut program = Program::new(&parts);
        let first = program.store.data().instances[0];
        let table = first.exports(&program.store).filter(|export| export.name().starts_with('%'));
        let table =
            table.filter_map(|export| export.into_table()).next().expect("the program's table is shared");
        let call = |program: &mut Program| {
            let Some(Ref::Func(Nullable::Val(function))) = table.get(&program.store, 0) else {
                panic!("no function is there")
            };
            let function =
                function.typed::<i32, i32>(&program.store).expect("its type is known before it is there");
            function.call(&mut program.store, 6)
        };
        call(&mut program).expect_err("it is not there");
        assert_eq!((program.store.data().waits, &program.store.data().notes[..]), (3, &[][..]));
        let mut whole = Program::new(&[bound()]);
        assert_eq!(call(&mut program).expect("it is there by now"), whole.call("start", 42));
    }
}

#[test]
fn arranged_parts_are_valid_and_have_the_same_functions() {
    let (named, arranged) = (parts(), arrange(&parts()).expect("they can be arranged"));
    for (named, arranged) in named.iter().zip(&arranged) {
        Validator::new().validate_all(arranged).expect("every part is a valid module");
        let count = |part: &[u8]| walrus::Module::from_buffer(part).expect("a module").funcs.iter().count();
        assert_eq!(count(named), count(arranged));
    }
    assert!(matches!(arrange(&[b"none".to_vec()]), Err(Error::Unreadable(_))));
}

#[test]
fn nothing_waits_for_a_part_before_its_moment() {
    let mut program = Program::new(&parts());
    program.call("start", 5);
    assert_eq!(program.store.data().instances.len(), 1);
    program.call("open", 5);
    assert_eq!(
        program.store.data().instances.len(),
        2,
        "the second part is enough for what ran by its moment"
    );
    program.call("go_on", 5);
    assert_eq!(program.store.data().instances.len(), 3, "and the third for what ran by its own");
    program.call("open", 500);
    assert_eq!(program.store.data().instances.len(), 4, "nothing leads through a door by itself");
    program.call("seldom", 3);
    assert_eq!(program.store.data().instances.len(), 5, "the inner door stays shut");
    program.call("lesson", 3);
    assert_eq!(program.store.data().instances.len(), 6);
}

#[test]
fn a_profile_of_another_shape_costs_the_outlining_alone() {
    let stale: BTreeMap<&str, &str> = [("start", "- - - -"), ("sum", "- - - -"), ("open", ". 3 3 3")].into();
    let text: String = stale.iter().map(|(name, ran)| format!("0000000a {ran} {name}\n")).collect();
    let split =
        split(&linked(), &bound(), &Coverage::read(&text), [&is_outer, &is_inner]).expect("it can be split");
    assert_eq!(split.pieces, 0);
    let (mut whole, mut split) = (Program::new(&[bound()]), Program::new(&split.modules));
    for x in [5, 500, 5000] {
        assert_eq!(split.call("open", x), whole.call("open", x));
    }
    assert_eq!(split.store.data().waits, 1, "the whole of `open` runs second");
}

#[test]
fn a_module_without_relocations_is_refused() {
    let error = split(&bound(), &bound(), &profiled(), [&is_outer, &is_inner]).expect_err("it lacks them");
    assert!(matches!(error, Error::NoRelocations), "{error}");
    let error = split(b"no module", &bound(), &profiled(), [&is_outer, &is_inner]).expect_err("it is none");
    assert!(matches!(error, Error::Unreadable(_)), "{error}");
}

/// The hash of a name in a profile.
fn name_hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The profile as it would be if one of the functions had not been there then.
fn profile_before(new: &str) -> Coverage {
    let profile = profile();
    let hash = name_hash(new);
    let of_others = |line: &str| {
        let line = line.replace(&format!(" {hash:08x}"), "");
        (!line.ends_with(&format!(" {new}"))).then_some(line)
    };
    let of_others: Vec<String> = profile.lines().filter_map(of_others).collect();
    assert_ne!(of_others.join("\n"), profile.trim_end(), "{new} is in the profile");
    Coverage::read(&of_others.join("\n"))
}

#[test]
fn what_is_new_runs_as_early_as_what_calls_it() {
    let split = |coverage: &Coverage| {
        split(&linked(), &bound(), coverage, [&is_outer, &is_inner]).expect("it can be split")
    };
    assert_eq!(split(&profiled()).followed, Vec::<String>::new(), "nothing is new");
    // By a call in what ran; by its place in the table; and what nothing that ran leads to.
    for (new, followed) in [("sum", ["sum"].as_slice()), ("table", &["table"]), ("seldom", &[])] {
        let split = split(&profile_before(new));
        assert_eq!(split.followed, followed, "{new}");
        let mut program = Program::new(&split.modules);
        assert_eq!(program.call("start", 5), Program::new(&[bound()]).call("start", 5));
        assert_eq!(program.store.data().waits, 0, "{new} is new: nothing of the first moment is missed");
        program.load(1);
        program.call("open", 5);
        assert_eq!(program.store.data().waits, 0, "{new} is new: nothing of the second moment is missed");
    }
}

#[test]
fn what_a_changed_function_calls_counts_as_run() {
    // As if `sum` had never run, and `open` had looked otherwise.
    let of_before = |line: &str| match line.rsplit_once(' ') {
        Some((_, "sum")) => format!("never {:08x}", name_hash("sum")),
        Some((known, "open")) => format!("00000000{} open", &known[8..]),
        _ => line.to_owned(),
    };
    let text: Vec<String> = profile().lines().map(of_before).collect();
    let split = |text: &str| {
        split(&linked(), &bound(), &Coverage::read(text), [&is_outer, &is_inner]).expect("it can be split")
    };
    assert_eq!(split(&text.join("\n")).followed, ["sum"]);
    let unchanged: Vec<String> = profile()
        .lines()
        .map(|line| if line.ends_with(" open") { line.to_owned() } else { of_before(line) })
        .collect();
    assert_eq!(split(&unchanged.join("\n")).followed, Vec::<String>::new());
}
