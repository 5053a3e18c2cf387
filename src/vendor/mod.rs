//! Alibaba Cloud's definitions: codes, endpoints, credentials, the callback, order numbers.

pub mod callback;
pub mod codes;
pub mod credentials;
pub mod endpoint;
pub mod order_number;
pub(crate) mod quoted;
pub(crate) mod values;
