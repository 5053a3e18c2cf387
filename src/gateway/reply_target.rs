//! The request that a response belongs to: plain data that accompanies a task until its response.

use super::reply::Language;
use serde::{Deserialize, Serialize};

/// The request to respond to, and the protocol of the response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplyTarget {
    /// The caller's id.
    pub caller: String,
    /// The request's ID.
    pub request_id: String,
    /// The request's protocol.
    pub protocol: Protocol,
}

/// The protocol of a request and its response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// The REST routes.
    Rest {
        /// Language of problems.
        language: Language,
    },
    /// Alibaba Cloud's RPC protocol.
    Rpc(RpcReplyFormat),
}

/// What a response in Alibaba Cloud's RPC protocol depends on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RpcReplyFormat {
    /// The action; empty while it is unknown.
    pub action: String,
    /// Whether the response is XML.
    pub xml: bool,
    /// The host that the request was sent to.
    pub host: String,
}
