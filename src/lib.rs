//! Alibaba Cloud face verification, without I/O.

extern crate alloc;

pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod http;
pub mod signing;
pub mod text;
pub mod timestamp;
