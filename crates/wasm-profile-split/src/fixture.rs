//! Modules for tests, from their text form.

use walrus::{FunctionId, FunctionKind, LocalFunction, Module};

use crate::module::parse;

/// A function `f` that counts x down in a loop. If x is odd, it goes a long way round that sets the sum and adds 3 to x: to
/// return, to go round again, or to go on.
pub const LOOP: &str = "(module
    (func $f (export \"f\") (param $x i32) (result i32) (local $sum i32)
        (loop $round
            (block $even
                (br_if $even (i32.eqz (i32.and (local.get $x) (i32.const 1))))
                (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $x) (i32.const 7))))
                (local.set $sum (i32.xor (local.get $sum) (i32.rotl (local.get $x) (i32.const 9))))
                (local.set $sum (i32.sub (local.get $sum) (i32.mul (local.get $x) (i32.const 31))))
                (local.set $sum (i32.xor (local.get $sum) (i32.rotl (local.get $x) (i32.const 5))))
                (if (i32.gt_s (local.get $x) (i32.const 1000)) (then (return (local.get $sum))))
                (br_if $round (local.tee $x (i32.add (local.get $x) (i32.const 3)))))
            (br_if $round (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))
        (local.get $sum)))";

/// A module and its export `f`.
pub fn function_of(text: &str) -> (Module, FunctionId) {
    let module = parse(&wat::parse_str(text).expect("a module's text")).expect("a module");
    let f = module.exports.get_func("f").expect("it exports f");
    (module, f)
}

/// A function that is not imported.
pub fn local(module: &Module, id: FunctionId) -> &LocalFunction {
    match &module.funcs.get(id).kind {
        FunctionKind::Local(function) => function,
        _ => panic!("the function is imported"),
    }
}

/// What `f` gives for a number.
pub fn run(module: &[u8], x: i32) -> i32 {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, module).expect("a valid module");
    let mut store = wasmi::Store::new(&engine, ());
    let linker = wasmi::Linker::new(&engine);
    let instance = linker.instantiate_and_start(&mut store, &module).expect("it imports nothing");
    let f = instance.get_typed_func::<i32, i32>(&store, "f").expect("it exports f");
    f.call(&mut store, x).expect("it returns")
}
