//! Alibaba Cloud face verification (Cloudauth 2019-03-07) without I/O: what to send, signed, and
//! what an answer means. Any HTTP client sends it.
//!
//! | module | what it has |
//! |---|---|
//! | [`actions`] | InitFaceVerify and DescribeFaceVerify: parameters, rules, the signed request |
//! | [`client`] | one call as a state machine: attempts, retries, fail-over, clock correction; an answer → a result or an [`error::Error`] |
//! | [`vendor`] | code tables in Chinese and English, endpoints, credentials, the callback, new order numbers |
//! | [`signing`] | both signature schemes, stage by stage |
//! | [`identity`] | identity numbers, names, mobile numbers |
//!
//! Nothing here reads a clock, draws random numbers or keeps state: time and nonce are parameters.
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
//! [`client::call`] puts both together, with retries: `examples/rust` drives it with a blocking
//! HTTP client of a few lines.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `client` (default), `identity` | the JavaScript exports of the npm package; nothing outside of wasm32 |
//! | `fetch` | on wasm32: a client over the host's `fetch`, for Rust programs |
//! | `gateway` | the decisions of the Cloudflare Worker gateway |
//! | `sandbox` | the emulator of Alibaba Cloud's service |
//! | `lab` | taking signatures apart |
//! | `gateway-module`, `sandbox-module` | the JavaScript exports of the two; nothing outside of wasm32 |
//!
//! A Rust program wants `default-features = false`.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod actions;
pub mod client;
pub mod error;
#[cfg(all(target_arch = "wasm32", feature = "fetch"))]
pub mod fetch;
#[cfg(feature = "gateway")]
pub mod gateway;
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
