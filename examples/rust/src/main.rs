//! Starts a verification from Rust, with ureq as the HTTP client, and asks for its result.
//!
//! Run `npx cloudauth-edge sandbox`, then `cargo run` in this folder.
//! `CLOUDAUTH_ENDPOINT` names another address.

use cloudauth_edge::actions::{DescribeFaceVerify, InitFaceVerify, ValidRequest};
use cloudauth_edge::client::call::{self, Loss, Outcome, State, Step};
use cloudauth_edge::vendor::credentials::Credentials;
use cloudauth_edge::error::Error;
use cloudauth_edge::http::{OutgoingRequest, Response};
use cloudauth_edge::client::options::Options;
use cloudauth_edge::vendor::order_number::new_outer_order_no;
use cloudauth_edge::client::response::Answer;
use cloudauth_edge::timestamp::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let endpoint =
        std::env::var("CLOUDAUTH_ENDPOINT").unwrap_or_else(|_| "http://127.0.0.1:8788".to_owned());
    let options = Options::check([("endpoint", endpoint.into())])?;
    let credentials = Credentials::new("sandbox-key-id", "sandbox-key-secret");
    let order =
        new_outer_order_no("rust", now(), &random_hex()).map_err(|problem| problem.message.en)?;

    let init = InitFaceVerify::new()
        .scene_id(1_000_000_006)
        .outer_order_no(order)
        .user_id("123456789")
        .meta_info(r#"{"zimVer":"3.0.0","appVersion": "1","deviceType": "ios"}"#)
        .validate(&options.validation(now()))?;
    let Answer::Init(started) = perform(&options, &credentials, &init)? else {
        return Err("not an answer of InitFaceVerify".into());
    };
    println!("CertifyId {}", started.certify_id);

    let describe = DescribeFaceVerify::new()
        .scene_id(1_000_000_006)
        .certify_id(started.certify_id)
        .validate(&options.validation(now()))?;
    let Answer::Describe(result) = perform(&options, &credentials, &describe)? else {
        return Err("not an answer of DescribeFaceVerify".into());
    };
    println!("status {:?}, Code {}", result.status, result.code);
    Ok(())
}

/// The loop around the state machine: sends, passes the outcome back, and performs the next step.
fn perform(
    options: &Options,
    credentials: &Credentials,
    request: &ValidRequest<'_>,
) -> Result<Answer, Error> {
    let mut state = State::new(now(), 0);
    loop {
        let nonce = random_hex();
        let attempt = call::attempt(options, credentials, request, state, now(), nonce);
        let timeout = Duration::from_millis(attempt.timeout_millis.unsigned_abs());
        let outcome = send(&attempt.request, timeout);
        let step = call::settle(
            options,
            credentials,
            request.action(),
            &|| Some(request.clone()),
            attempt.state,
            outcome,
            false,
            now(),
            u32::from_le_bytes([random()[0], random()[1], random()[2], random()[3]]),
        );
        match step {
            Step::Done(answer) => return Ok(answer),
            Step::Failed(error) => return Err(error),
            Step::Retry {
                delay_millis,
                state: next,
                ..
            } => {
                std::thread::sleep(Duration::from_millis(delay_millis.unsigned_abs()));
                state = next;
            }
        }
    }
}

fn send(request: &OutgoingRequest, timeout: Duration) -> Outcome {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .build()
        .into();
    let mut builder = agent.post(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(*name, &**value);
    }
    let sent = builder.send(request.body.as_deref().unwrap_or_default());
    let answered = sent.and_then(|mut response| {
        Ok(Response {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .filter_map(|(name, value)| {
                    Some((name.to_string(), value.to_str().ok()?.to_owned()))
                })
                .collect(),
            body: response.body_mut().read_to_vec()?,
        })
    });
    match answered {
        Ok(response) => Outcome::Answered(response),
        Err(ureq::Error::Timeout(_)) => Outcome::Lost(Loss::TimedOut),
        Err(_) => Outcome::Lost(Loss::ConnectionFailed { code: None }),
    }
}

fn now() -> Timestamp {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_millis());
    Timestamp::from_unix_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn random_hex() -> String {
    random().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random bytes; a real program has a crate for them at hand.
fn random() -> [u8; 16] {
    use std::hash::{BuildHasher, RandomState};
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&RandomState::new().hash_one(1).to_le_bytes());
    bytes[8..].copy_from_slice(&RandomState::new().hash_one(2).to_le_bytes());
    bytes
}
