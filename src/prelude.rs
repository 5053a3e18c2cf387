//! What the standard library's prelude adds to that of `core`.

pub(crate) use alloc::borrow::ToOwned;
pub(crate) use alloc::boxed::Box;
#[cfg(test)]
pub(crate) use alloc::format;
pub(crate) use alloc::string::String;
#[cfg(any(test, feature = "gateway", feature = "sandbox", feature = "lab"))]
pub(crate) use alloc::string::ToString;
pub(crate) use alloc::vec;
pub(crate) use alloc::vec::Vec;
