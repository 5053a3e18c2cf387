//! A verification with a custom HTTP client: the crate prepares requests and processes responses;
//! this program sends.
//!
//! Run `npx cloudauth-edge sandbox`, then `cargo run --no-default-features --bin own-transport` in this
//! folder; the crate needs no feature. `CLOUDAUTH_ENDPOINT` selects another address.

use cloudauth_edge::vendor::order_number::new_outer_order_no;
use cloudauth_edge::{
    Call, ClientOptions, Credentials, DescribeFaceVerify, Error, InitFaceVerify, Input, Loss,
    Request, Step, Timestamp,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let endpoint =
        std::env::var("CLOUDAUTH_ENDPOINT").unwrap_or_else(|_| "http://127.0.0.1:8788".to_owned());
    let options = ClientOptions::builder().endpoint(endpoint).build()?;
    let credentials = Credentials::from_environment();

    let digits = format!("{:032x}", u128::from_be_bytes(random()));
    let order_no = new_outer_order_no("shop", now(), &digits).map_err(|wrong| wrong.message.en)?;
    let order = InitFaceVerify::new()
        .scene_id(1_000_000_006)
        .outer_order_no(order_no)
        .user_id("123456789")
        .meta_info(r#"{"zimVer":"3.0.0","deviceType":"ios"}"#);
    let started = perform(&options, &credentials, order)?;
    println!("CertifyId for the app: {}", started.certify_id);

    let question = DescribeFaceVerify::new()
        .scene_id(1_000_000_006)
        .certify_id(started.certify_id);
    let result = perform(&options, &credentials, question)?;
    println!("{:?}", result.status);
    Ok(())
}

/// Sends the request, passes the outcome back, and performs the next step.
fn perform<R: Request>(
    options: &ClientOptions,
    credentials: &Credentials,
    request: R,
) -> Result<R::Answer, Error> {
    let mut call = Call::new(options, credentials, request, now())?;
    let mut input = Input::Ready;
    loop {
        input = match call.next(input, now(), random()) {
            Step::Send { request, timeout } => send(request, timeout),
            Step::Wait { delay, .. } => {
                std::thread::sleep(delay);
                Input::Ready
            }
            Step::Done(answer) => return Ok(answer),
            Step::Failed(error) => return Err(error),
        }
    }
}

/// At the level `trace`, ureq logs names, identity numbers and tokens: keep the targets `ureq` and `ureq_proto` at
/// `debug` or below.
fn send(request: http::Request<String>, timeout: Duration) -> Input {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // The sandbox is on this machine. For another endpoint, a proxy may be right.
        .proxy(None)
        .build()
        .into();
    let answered = agent.run(request).and_then(|response| {
        let (head, mut body) = response.into_parts();
        let limited = body.with_config().limit(cloudauth_edge::MAX_ANSWER_BYTES);
        Ok(http::Response::from_parts(head, limited.read_to_vec()?))
    });
    match answered {
        Ok(response) => Input::Answered(response),
        Err(ureq::Error::HostNotFound) => Input::Lost(Loss::NotConnected),
        Err(ureq::Error::Timeout(_)) => Input::Lost(Loss::TimedOut),
        Err(ureq::Error::BodyExceedsLimit(_)) => Input::Lost(Loss::TooLarge),
        Err(_) => Input::Lost(Loss::ConnectionFailed { code: None }),
    }
}

fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = elapsed.map_or(0, |elapsed| elapsed.as_millis());
    Timestamp::from_unix_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes
}
