//! Distributing constants: each module gets the bytes that only it needs.

use walrus::{ConstExpr, DataKind, Module, ir};

use crate::constants::ByteRange;
use crate::error::{Error, Result};

/// The gap between pieces of constants that is not worth a new segment, in bytes.
const GAP: u32 = 8;

/// Whether an address is within one of these places, which are in order.
pub fn within(places: &[ByteRange], address: u32) -> bool {
    places.get(places.partition_point(|place| place.1 <= address)).is_some_and(|place| place.0 <= address)
}

/// Keeps of the data only the bytes whose address is `kept`, and what lies between them where that is little.
///
/// # Errors
/// [`Error::MovableData`].
pub fn cut_data(module: &mut Module, kept: impl Fn(u32) -> bool) -> Result<()> {
    let whole: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    for id in whole {
        let data = module.data.get(id);
        let DataKind::Active { memory, offset: ConstExpr::Value(ir::Value::I32(start)) } = data.kind else {
            return Err(Error::MovableData);
        };
        let bytes = data.value.clone();
        let mut pieces: Vec<(u32, u32)> = Vec::new();
        for at in (0..bytes.len() as u32).filter(|at| kept(start as u32 + at)) {
            match pieces.last_mut() {
                Some((_, end)) if at - *end <= GAP => *end = at + 1,
                _ => pieces.push((at, at + 1)),
            }
        }
        module.data.delete(id);
        module.memories.get_mut(memory).data_segments.remove(&id);
        for (from, to) in pieces {
            let offset = ConstExpr::Value(ir::Value::I32(start + from as i32));
            let piece = bytes[from as usize..to as usize].to_vec();
            let id = module.data.add(DataKind::Active { memory, offset }, piece);
            module.memories.get_mut(memory).data_segments.insert(id);
        }
    }
    Ok(())
}
