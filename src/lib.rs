//! Client for Alibaba Cloud face verification (金融级实人认证, Cloudauth 2019-03-07).
//!
//! A whole verification on a server, with the feature `ureq`:
//!
//! ```no_run
//! # #[cfg(feature = "ureq")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use cloudauth_edge::{ClientOptions, Credentials, FaceVerifyClient, Status, new_outer_order_no};
//! use cloudauth_edge::{DescribeFaceVerify, InitFaceVerify};
//! # use std::time::Duration;
//!
//! let client = FaceVerifyClient::new(ClientOptions::default(), Credentials::from_environment())?;
//! let order = InitFaceVerify::new()
//!     .scene_id(1_000_000_006)                 // the scene from the console
//!     .outer_order_no(new_outer_order_no("")?) // a new order number for each verification
//!     .meta_info(r#"{"zimVer":"3.0.0"}"#);     // the app SDK's string, unchanged
//! let certify_id = client.init_face_verify(order)?.certify_id; // for the app, which scans the face
//! let question = DescribeFaceVerify::new().scene_id(1_000_000_006).certify_id(certify_id);
//! let result = client.wait_for_result(question, Duration::from_secs(120))?;
//! assert_eq!(result.status, Status::Passed);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "ureq"))]
//! # fn main() {}
//! ```
//!
//! # Which client
//!
//! | where | feature | what sends | |
//! |---|---|---|---|
//! | servers | `ureq` | `FaceVerifyClient`, which waits in the calling thread | module `blocking` |
//! | Cloudflare Workers, Deno, Node, browsers (wasm32) | `fetch` | `FaceVerifyClient`, asynchronous, over the host's `fetch` | module `fetch` |
//! | anywhere else | none | the HTTP client that you have, driven by [`Call`] | [`client::sans_io`] |
//!
//! All three validate, sign, retry, fail over, correct the clock and decode in the same way:
//!
//! - [`Status::Passed`] means that Alibaba Cloud returned `Passed=T` and nothing in its answer
//!   contradicts it. Base decisions only on [`DescribeResult::status`].
//! - InitFaceVerify is sent again only when it provably was not executed. Where
//!   [`Error::execution`] is [`Execution::Unknown`], reconcile the order before you start it again.
//! - An [`Error`] says what failed ([`Error::kind`]), who must act ([`Error::audience`]) and
//!   whether the same call can succeed later ([`Error::is_retryable`]), in Chinese and English. It
//!   never contains a secret, a name, an identity number, the MetaInfo or a URL.
//! - A [`Secret`] is wiped from memory when it is dropped, as are the keys inside a signature's calculation.
//!   `Debug` prints neither secrets nor personal data.
//! - [`ClientOptions::builder`] sets endpoints, the signature scheme and the time limits.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`actions`] | InitFaceVerify and DescribeFaceVerify: parameters, rules, the signed request |
//! | [`client`] | one call as a state machine, its options, and the decoding of answers |
//! | [`vendor`] | tables of codes in Chinese and English, endpoints, credentials, the callback, order numbers |
//! | [`signing`] | both signature schemes, stage by stage |
//! | [`identity`] | rules of identity numbers, names and mobile numbers, for forms |
//!
//! Apart from the clients, the crate reads no clock, generates no random numbers, sends nothing and keeps no state: the
//! time and the nonce are parameters.
//!
//! # Signing alone
//!
//! ```
//! use cloudauth_edge::actions::{SigningContext, ValidationOptions};
//! use cloudauth_edge::vendor::endpoint::{DEFAULT_ENDPOINT, Endpoint};
//! use cloudauth_edge::{Credentials, InitFaceVerify, SignatureVersion, Timestamp};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Timestamp::from_unix_millis(1_698_315_752_000); // the time, from your clock
//! let request = InitFaceVerify::new()
//!     .scene_id(1_000_000_006)
//!     .outer_order_no("e0c34a77f5ac40a5aa5e6ed20c353888")
//!     .meta_info(r#"{"zimVer":"3.0.0","appVersion": "1"}"#)
//!     .cert_name("张三")
//!     .cert_no("11010519491231002X")
//!     .validate(&ValidationOptions::new(now))?;
//!
//! let outgoing = request.sign(&SigningContext {
//!     endpoint: &Endpoint::parse(DEFAULT_ENDPOINT)?,
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
//! # Decoding alone
//!
//! ```
//! use cloudauth_edge::client::response::decode_describe;
//! use cloudauth_edge::http::Response;
//! use cloudauth_edge::{Error, Status, Timestamp};
//!
//! # fn main() -> Result<(), Error> {
//! let response = Response {
//!     status: 200,
//!     headers: vec![],
//!     body: br#"{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}"#.to_vec(),
//! };
//! let now = Timestamp::from_unix_millis(1_698_315_752_000);
//! let result = decode_describe(&response, now).map_err(|failure| failure.error)?;
//! assert_eq!(result.status, Status::Passed);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! No feature is enabled by default.
//!
//! | feature | adds |
//! |---|---|
//! | `ureq` | the blocking client; nothing on wasm32 |
//! | `fetch` | the client over the host's `fetch`; nothing outside of wasm32 |
//! | `sandbox` | the emulator of Alibaba Cloud's service as a step function, without a server: for tests, run `npx cloudauth-edge sandbox`, or write a host |
//! | `gateway` | the decisions of the gateway |
//! | `lab` | the analysis of signatures |
//! | `client`, `identity`, `gateway-module`, `sandbox-module` | the JavaScript exports of the npm package, on wasm32 only |
//! | `schema` | the rules of the parameters as JSON Schema, with their texts in both languages |

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod redacted;

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
mod secret;
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
mod xml;

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
