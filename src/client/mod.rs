//! One call from its options to its result, as data: the request to send, and the meaning of the
//! response.

pub mod call;
pub mod options;
pub mod response;
pub mod thrown;
