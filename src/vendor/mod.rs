//! What Alibaba Cloud's documents fix: codes, endpoints, credentials, the callback, order numbers.

pub mod callback;
pub mod codes;
pub mod credentials;
pub mod endpoint;
pub mod order_number;
