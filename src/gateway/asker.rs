//! The request that a response is for. Plain data that accompanies a task until its response.

use super::reply::Language;
use serde::{Deserialize, Serialize};

/// The request to respond to, and the form of the response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asker {
    /// The caller's id.
    pub caller: String,
    /// The request's id.
    pub request_id: String,
    /// Its protocol.
    pub front: Front,
}

/// The protocol of a request and its response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Front {
    /// The REST routes.
    Rest {
        /// Language of problems.
        language: Language,
    },
    /// Alibaba Cloud's RPC protocol.
    Rpc(RpcForm),
}

/// The form of a response in Alibaba Cloud's RPC protocol.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RpcForm {
    /// The action; empty if it is not yet known.
    pub action: String,
    /// Whether the response is XML.
    pub xml: bool,
    /// The host that the request was sent to.
    pub host: String,
}
