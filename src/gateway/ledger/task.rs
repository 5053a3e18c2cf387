//! The tasks of a ledger: plain data that the host stores between steps and passes back.

use super::order::OrderStatus;
use crate::client::call;
use crate::gateway::reply_target::ReplyTarget;
use crate::json::Json;
use crate::vendor::values::is_outer_order_no;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A task of the ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// Check that the nonce of a signed request is new, then continue.
    Signed(Signed),
    /// Start a verification.
    Create(Create),
    /// Read a verification.
    Read(Read),
    /// List verifications.
    List(List),
    /// Count verifications.
    Count(Count),
    /// Find out whether Alibaba Cloud accepts the gateway's key.
    Probe(Probe),
    /// Send an attempt of a call to Alibaba Cloud.
    Call(UpstreamCall),
    /// Process the outcome of the attempt.
    Settle(UpstreamCall),
    /// Process a callback from Alibaba Cloud.
    Callback(Callback),
    /// Set the alarm again if the platform has lost it.
    CompareAlarm(CompareAlarm),
    /// Process due rows.
    Alarm(Alarm),
    /// Deliver a webhook.
    Deliver(Delivery),
    /// Process the response of a webhook's receiver.
    Delivered(Delivery),
}

/// A call to Alibaba Cloud in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpstreamCall {
    /// Its purpose.
    pub purpose: Purpose,
    /// Its state.
    pub state: call::State,
}

/// The purpose of a call to Alibaba Cloud.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Purpose {
    /// InitFaceVerify for an order that is marked as being started.
    Start {
        /// The request.
        create: Create,
        /// Identifies this call in the order's row.
        call_id: String,
    },
    /// DescribeFaceVerify for one of the caller's orders.
    Read(Read),
    /// DescribeFaceVerify for a CertifyId that nobody has.
    Probe(Probe),
}

/// A verification to start.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    /// The request to respond to.
    pub reply_to: ReplyTarget,
    /// OuterOrderNo.
    pub no: String,
    /// SceneId.
    pub scene_id: String,
    /// Wire names and validated values. Personal data that is sent to Alibaba Cloud and never
    /// stored.
    pub parameters: Vec<(String, String)>,
    /// Keyed hash of the parameters except SceneId.
    pub input: String,
    /// Whether the request named a scene; otherwise, it accepts any scene of a known order.
    pub scene_given: bool,
    /// Keyed hash of the UserId, if one was given.
    pub user: Option<String>,
    /// Notices of the validation, for the response.
    pub notices: Vec<Json>,
    /// Whether to start an order again if its start has an unknown outcome.
    pub restart_unknown: bool,
    /// When the request began to wait for another request, in milliseconds.
    pub waiting_since: Option<i64>,
    /// When its start was counted against the caller's limits, in milliseconds.
    pub counted_at: Option<i64>,
}

/// The parameters are personal data, so they are not printed.
impl std::fmt::Debug for Create {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Create")
            .field("no", &self.no)
            .finish_non_exhaustive()
    }
}

/// A verification to read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Read {
    /// The caller's id.
    pub caller: String,
    /// The request to respond to; `None` if the ledger queries by itself.
    pub reply_to: Option<ReplyTarget>,
    /// The alarm to continue afterwards, if the ledger queries by itself.
    pub alarm: Alarm,
    /// The key of the row that schedules the next query; deleted if this query returns a verdict.
    pub next_query: Option<String>,
    /// OuterOrderNo; empty if the CertifyId identifies the order.
    pub no: String,
    /// Whether to return the material.
    pub material: bool,
    /// Whether the photo itself is requested.
    pub photo: bool,
    /// The deadline of the wait for the verdict, in milliseconds.
    pub wait_until: Option<i64>,
    /// Whether the verdict is known and only the material is needed.
    pub decided: bool,
    /// The entity tags that the caller already has.
    pub if_none_match: Option<String>,
    /// The order's SceneId; until it is known, the requested one if the CertifyId identifies the
    /// order.
    pub scene_id: String,
    /// The order's CertifyId, if it is known or identifies the order.
    pub certify_id: String,
    /// Origin of the endpoint that issued the CertifyId, if it is known.
    pub issued_by: Option<String>,
}

impl Read {
    /// Whether the request waits for the verdict.
    pub(super) const fn waits(&self) -> bool {
        self.wait_until.is_some() && !self.decided
    }

    /// The name under which concurrent requests share a query. A request that does not wait makes
    /// its own query, so that its response is not older than the request. A query for material is not shared with
    /// those that wait for the verdict: theirs may have been sent before the user finished.
    pub(super) fn share(&self) -> Option<String> {
        if self.decided {
            Some(format!("{}/material", self.certify_id))
        } else {
            self.waits().then(|| self.certify_id.clone())
        }
    }

    /// Whether the query is the first to get no turn if many are waiting: it is repeated later.
    pub(super) const fn yields(&self) -> bool {
        self.waits()
    }
}

/// A page to return.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// The request to respond to.
    pub reply_to: ReplyTarget,
    /// Maximum number of orders on a page.
    pub limit: u32,
    /// The last order examined; at first, the last order of the previous page.
    pub after: Option<Cursor>,
    /// Which orders to list.
    pub filter: Filter,
    /// If set, only the order with this OuterOrderNo or CertifyId.
    pub search: Option<String>,
    /// Number of index rows read so far.
    pub rows_read: u32,
    /// Orders that match so far.
    pub found: Vec<Cursor>,
}

/// A selection of orders.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Filter {
    /// Only orders with this status.
    pub status: Option<OrderStatus>,
    /// Only orders created then or later, in milliseconds.
    pub from: Option<i64>,
    /// Only orders created before then, in milliseconds.
    pub to: Option<i64>,
}

/// Orders to count.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The request to respond to.
    pub reply_to: ReplyTarget,
    /// Which orders to count.
    pub filter: Filter,
    /// By how many minutes the caller's days begin before those of UTC.
    pub offset_minutes: i64,
    /// The last order examined.
    pub after: Option<Cursor>,
    /// The numbers so far, by `yyyy-MM-dd`.
    pub days: BTreeMap<String, Day>,
}

/// A question to Alibaba Cloud about the gateway's key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// The request to respond to.
    pub reply_to: ReplyTarget,
    /// The CertifyId to ask for; empty at first.
    pub certify_id: String,
}

/// Orders created on one day, by status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// [`OrderStatus::Starting`]
    pub starting: u32,
    /// [`OrderStatus::Unknown`]
    pub unknown: u32,
    /// [`OrderStatus::Pending`]
    pub pending: u32,
    /// [`OrderStatus::Passed`]
    pub passed: u32,
    /// [`OrderStatus::Rejected`]
    pub rejected: u32,
    /// [`OrderStatus::Expired`]
    pub expired: u32,
}

/// A position in the list: an order's creation time and number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// When it was created, in milliseconds.
    pub created: i64,
    /// OuterOrderNo.
    pub no: String,
}

impl Cursor {
    /// The format used in URLs; callers pass it back unchanged.
    pub fn text(&self) -> String {
        format!("{}-{}", self.created, self.no)
    }

    /// Parses the format of [`Cursor::text`].
    pub fn read(text: &str) -> Option<Self> {
        let (created, no) = text.split_once('-')?;
        let created = created.parse().ok().filter(|created| *created >= 0)?;
        is_outer_order_no(no).then(|| Self {
            created,
            no: no.to_owned(),
        })
    }

    pub(super) fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.split('/').skip(1);
        Some(Self {
            created: parts.next()?.parse().ok()?,
            no: parts.next()?.to_owned(),
        })
    }
}

/// A task of a signed request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// The row of the nonce.
    pub nonce: String,
    /// Identifies the arrival of the request; chosen by the host. The same arrival may repeat the
    /// step.
    pub arrival_id: String,
    /// The requested task.
    pub then: Box<Task>,
}

/// The platform's alarm, for comparison with the due rows.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CompareAlarm {
    /// When it is set to fire; `None` if it is not set.
    pub set: Option<i64>,
}

/// A callback, in which Alibaba Cloud reports that a user has finished. It is not trusted; it only
/// triggers a query.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Callback {
    /// OuterOrderNo.
    pub no: String,
}

/// The alarm's task.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Number of commits since the alarm fired.
    pub commits: u32,
    /// When it fired; `None` before its first commit.
    pub began: Option<i64>,
    /// Whether its last query failed, so that all others wait.
    pub queries_fail: bool,
}

/// A webhook delivery in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// OuterOrderNo.
    pub no: String,
    /// The caller to which the order belongs.
    pub caller: String,
    /// The due row that scheduled the delivery.
    pub due: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

impl Task {
    /// The task in a form that is safe to repeat after a reset of the ledger's host: it continues
    /// from the stored rows. A start that may have been sent is never sent again.
    pub fn after_reset(&self) -> Self {
        match self {
            Self::Signed(signed) => Self::Signed(Signed {
                then: Box::new(signed.then.after_reset()),
                ..signed.clone()
            }),
            Self::Create(create) => Self::Create(Create {
                restart_unknown: false,
                ..create.clone()
            }),
            other => other.clone(),
        }
    }

    /// The request to respond to, if there is one.
    pub(super) fn reply_to(&self) -> Option<&ReplyTarget> {
        match self {
            Self::Signed(signed) => signed.then.reply_to(),
            Self::Create(create) => Some(&create.reply_to),
            Self::Read(read) => read.reply_to.as_ref(),
            Self::List(list) => Some(&list.reply_to),
            Self::Count(count) => Some(&count.reply_to),
            Self::Probe(probe) => Some(&probe.reply_to),
            Self::Call(call) | Self::Settle(call) => match &call.purpose {
                Purpose::Start { create, .. } => Some(&create.reply_to),
                Purpose::Read(read) => read.reply_to.as_ref(),
                Purpose::Probe(probe) => Some(&probe.reply_to),
            },
            Self::Callback(_)
            | Self::CompareAlarm(_)
            | Self::Alarm(_)
            | Self::Deliver(_)
            | Self::Delivered(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::ledger::rows::listed_key;
    use crate::json::de::from_json;
    use crate::json::write::to_json;

    /// While a deployment is in progress, a Worker passes tasks to Durable Objects of another version.
    #[test]
    fn tasks_keep_their_form() {
        const REST: &str =
            r#""replyTo":{"caller":"shop","requestId":"r","protocol":{"rest":{"language":"zh"}}}"#;
        const RPC: &str = r#""replyTo":{"caller":"shop","requestId":"r","protocol":{"rpc":{"action":"InitFaceVerify","xml":true,"host":"h"}}}"#;
        const STATE: &str = r#""state":{"attempt":1,"endpoint":0,"clockOffsetMillis":0,"clockCorrected":false,"credentialsRefreshed":false,"keyRefusal":null,"retryAfterMillis":null,"startedMillis":2,"signedMillis":3,"maybeExecuted":false,"nonce":"0"}"#;
        const ALARM: &str = r#"{"commits":200,"began":0,"queriesFail":false}"#;
        const FILTER: &str = r#""filter":{"status":"pending","from":0,"to":null}"#;
        const DELIVERY: &str = r#"{"no":"n","caller":"shop","due":"due/0/deliver/n","attempt":2}"#;
        let create = format!(
            r#"{{{REST},"no":"n","sceneId":"1","parameters":[["SceneId","1"]],"input":"0","sceneGiven":true,"user":"1","notices":[],"restartUnknown":false,"waitingSince":null,"countedAt":4}}"#
        );
        let read = format!(
            r#"{{"caller":"shop",{REST},"alarm":{ALARM},"nextQuery":null,"no":"n","material":true,"photo":false,"waitUntil":5,"decided":false,"ifNoneMatch":null,"sceneId":"1","certifyId":"c","issuedBy":"https://h"}}"#
        );
        let probe = format!(r#"{{{RPC},"certifyId":""}}"#);
        let forms = [
            format!(
                r#"{{"signed":{{"nonce":"nonce/k/0","arrivalId":"a","then":{{"probe":{probe}}}}}}}"#
            ),
            format!(r#"{{"create":{create}}}"#),
            format!(r#"{{"read":{read}}}"#),
            format!(
                r#"{{"list":{{{REST},"limit":5,"after":null,{FILTER},"search":null,"rowsRead":0,"found":[{{"created":6,"no":"n"}}]}}}}"#
            ),
            format!(
                r#"{{"count":{{{REST},{FILTER},"offsetMinutes":480,"after":null,"days":{{"2026-11-18":{{"starting":0,"unknown":0,"pending":1,"passed":0,"rejected":0,"expired":0}}}}}}}}"#
            ),
            format!(r#"{{"probe":{probe}}}"#),
            format!(
                r#"{{"call":{{"purpose":{{"start":{{"create":{create},"callId":"c"}}}},{STATE}}}}}"#
            ),
            format!(r#"{{"settle":{{"purpose":{{"read":{read}}},{STATE}}}}}"#),
            r#"{"callback":{"no":"n"}}"#.to_owned(),
            r#"{"compareAlarm":{"set":null}}"#.to_owned(),
            format!(r#"{{"alarm":{ALARM}}}"#),
            format!(r#"{{"deliver":{DELIVERY}}}"#),
            format!(r#"{{"delivered":{DELIVERY}}}"#),
        ];
        for (position, form) in forms.iter().enumerate() {
            let task: Task = from_json(form).unwrap();
            assert_eq!(to_json(&task), *form);
            // A new kind of task does not compile here, and needs a form above.
            let expected = match task {
                Task::Signed(_) => 0,
                Task::Create(_) => 1,
                Task::Read(_) => 2,
                Task::List(_) => 3,
                Task::Count(_) => 4,
                Task::Probe(_) => 5,
                Task::Call(_) => 6,
                Task::Settle(_) => 7,
                Task::Callback(_) => 8,
                Task::CompareAlarm(_) => 9,
                Task::Alarm(_) => 10,
                Task::Deliver(_) => 11,
                Task::Delivered(_) => 12,
            };
            assert_eq!(position, expected);
        }
    }

    #[test]
    fn cursors_read_back() {
        let cursor = Cursor {
            created: 1_795_000_000_000,
            no: "e0c34a77f5ac40a5aa5e6ed20c353888".to_owned(),
        };
        assert_eq!(Cursor::read(&cursor.text()), Some(cursor.clone()));
        assert_eq!(
            Cursor::of_key(&listed_key(cursor.created, &cursor.no)),
            Some(cursor)
        );
        for wrong in [
            "",
            "-",
            "1-x",
            "x-e0c34a77f5ac40a5aa5e6ed20c353888",
            "-1-e0c34a77f5ac40a5aa5e6ed20c353888",
        ] {
            assert_eq!(Cursor::read(wrong), None, "{wrong}");
        }
    }
}
