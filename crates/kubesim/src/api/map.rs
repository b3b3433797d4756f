//! Names with values.

use crate::base::text::Str;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Labels, annotations and the like.
pub type Map = Rc<BTreeMap<Str, Str>>;
