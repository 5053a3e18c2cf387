//! Alibaba Cloud face verification (Cloudauth 2019-03-07) without I/O: the signed request to send,
//! and the meaning of the response. Any HTTP client can send it.
//!
//! | module | contents |
//! |---|---|
//! | [`actions`] | InitFaceVerify and DescribeFaceVerify: parameters, rules, the signed request |
//! | [`client`] | one call as a state machine: attempts, retries, fail-over, clock correction; response → result or [`error::Error`] |
//! | [`vendor`] | code tables in Chinese and English, endpoints, credentials, the callback, new order numbers |
//! | [`signing`] | both signature schemes, stage by stage |
//! | [`identity`] | identity numbers, names, mobile numbers |
//!
//! The crate reads no clock, generates no random numbers and keeps no state: time and nonce are
//! parameters.
//!
//! # One request
//!
//! ```
//! use cloudauth_edge::actions::{InitFaceVerify, SigningContext, ValidationOptions};
//! use cloudauth_edge::vendor::credentials::Credentials;
//! use cloudauth_edge::vendor::endpoint::{DEFAULT_ENDPOINT, Endpoint};
//! use cloudauth_edge::signing::SignatureVersion;
//! use cloudauth_edge::timestamp::Timestamp;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Timestamp::from_unix_millis(1_698_315_752_000); // the time, from your clock
//! let request = InitFaceVerify::new()
//!     .scene_id(1_000_000_006)
//!     .outer_order_no("e0c34a77f5ac40a5aa5e6ed20c353888")
//!     .user_id("123456789")
//!     .meta_info(r#"{"zimVer":"3.0.0","appVersion": "1"}"#)
//!     .cert_name("张三")
//!     .cert_no("11010519491231002X")
//!     .validate(&ValidationOptions::new(now))?;
//!
//! let outgoing = request.sign(&SigningContext {
//!     endpoint: &Endpoint::parse(DEFAULT_ENDPOINT).map_err(|problem| problem.message.en)?,
//!     credentials: &Credentials::new("your-access-key-id", "your-access-key-secret"),
//!     version: SignatureVersion::Rpc,
//!     nonce: "3156853299f313e23d1673dc12e1703d", // fresh random digits for every attempt
//!     now,
//! });
//! assert_eq!(outgoing.method, "POST");
//! assert_eq!(outgoing.url, "https://cloudauth.aliyuncs.com/"); // no personal data in the URL
//! # Ok(())
//! # }
//! ```
//!
//! # Its answer
//!
//! ```
//! use cloudauth_edge::actions::DESCRIBE_FACE_VERIFY;
//! use cloudauth_edge::http::Response;
//! use cloudauth_edge::client::response::{Answer, Status, decode};
//! use cloudauth_edge::timestamp::Timestamp;
//!
//! let response = Response {
//!     status: 200,
//!     headers: vec![],
//!     body: br#"{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}"#.to_vec(),
//! };
//! let now = Timestamp::from_unix_millis(1_698_315_752_000);
//! match decode(&DESCRIBE_FACE_VERIFY, &response, now) {
//!     Ok(Answer::Describe(result)) => assert_eq!(result.status, Status::Passed),
//!     other => panic!("{other:?}"),
//! }
//! ```
//!
//! [`client::call`] combines both, with retries: `examples/rust` drives it with a short blocking
//! HTTP client.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `client` (default), `identity` | the JavaScript exports of the npm package, on wasm32 only |
//! | `fetch` | on wasm32: a client for Rust programs over the host's `fetch` |
//! | `gateway` | the decisions of the Cloudflare Worker gateway |
//! | `sandbox` | the emulator of Alibaba Cloud's service |
//! | `lab` | the analysis of signatures |
//! | `gateway-module`, `sandbox-module` | the JavaScript exports of the two, on wasm32 only |
//!
//! Rust programs should set `default-features = false`.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod actions;
#[cfg(all(not(target_arch = "wasm32"), feature = "ureq"))]
pub mod blocking;
pub mod client;
pub mod error;
#[cfg(all(target_arch = "wasm32", feature = "fetch"))]
pub mod fetch;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(any(
    all(target_arch = "wasm32", feature = "fetch"),
    all(not(target_arch = "wasm32"), feature = "ureq")
))]
mod host;
pub mod http;
pub mod identity;
pub mod json;
#[cfg(feature = "lab")]
pub mod lab;
#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub mod rpc_server;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod signing;
pub mod text;
pub mod timestamp;
pub mod vendor;
#[cfg(all(
    target_arch = "wasm32",
    any(
        feature = "client",
        feature = "identity",
        feature = "gateway-module",
        feature = "sandbox-module"
    )
))]
mod wasm;

#[doc(inline)]
pub use actions::{DescribeFaceVerify, InitFaceVerify};
#[cfg(all(not(target_arch = "wasm32"), feature = "ureq"))]
#[doc(inline)]
pub use blocking::FaceVerifyClient;
#[doc(inline)]
pub use client::builder::ClientOptionsBuilder;
#[doc(inline)]
pub use client::call::Loss;
#[doc(inline)]
pub use client::options::Options as ClientOptions;
#[doc(inline)]
pub use client::response::{DescribeResult, InitResult, Material, Picture, Status};
#[doc(inline)]
pub use client::sans_io::{Call, Input, MAX_ANSWER_BYTES, Request, Step};
#[doc(inline)]
pub use error::{Audience, Error, Execution, FieldError, Kind as ErrorKind};
#[cfg(all(target_arch = "wasm32", feature = "fetch"))]
#[doc(inline)]
pub use fetch::FaceVerifyClient;
#[cfg(any(
    all(target_arch = "wasm32", feature = "fetch"),
    all(not(target_arch = "wasm32"), feature = "ureq")
))]
pub use host::new_outer_order_no;
#[doc(inline)]
pub use signing::SignatureVersion;
#[doc(inline)]
pub use text::Text;
#[doc(inline)]
pub use timestamp::Timestamp;
#[doc(inline)]
pub use vendor::credentials::{Credentials, Secret};
