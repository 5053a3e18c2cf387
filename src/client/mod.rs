//! One call from its options to its result, as data: which request to send, and what an answer means.

pub mod call;
pub mod options;
pub mod response;
pub mod thrown;
