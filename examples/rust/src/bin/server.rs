//! A verification from Rust, on a server: starts it and waits for its result.
//!
//! Run `npx cloudauth-edge sandbox`, then `cargo run` in this folder. `CLOUDAUTH_ENDPOINT` selects
//! another address, and `WAIT_SECONDS` how long to wait for the user (60).

use cloudauth_edge::{
    ClientOptions, Credentials, DescribeFaceVerify, FaceVerifyClient, InitFaceVerify,
    new_outer_order_no,
};
use std::time::Duration;

const SCENE_ID: i64 = 1_000_000_006;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = client()?;
    let (certify_id, seconds) = (start(&client)?, variable("WAIT_SECONDS", "60").parse()?);
    println!("CertifyId for the app: {certify_id}");

    // The user now scans their face in the app.
    let question = DescribeFaceVerify::new()
        .scene_id(SCENE_ID)
        .certify_id(certify_id);
    let result = client.wait_for_result(question, Duration::from_secs(seconds))?;
    println!("{:?}", result.status); // Passed, Rejected, or still Pending
    Ok(())
}

fn client() -> Result<FaceVerifyClient, cloudauth_edge::Error> {
    let options = ClientOptions::builder()
        .endpoint(variable("CLOUDAUTH_ENDPOINT", "http://127.0.0.1:8788"))
        .timeout(Duration::from_secs(5))
        .build()?;
    FaceVerifyClient::new(options, Credentials::from_environment())
}

fn start(client: &FaceVerifyClient) -> Result<String, Box<dyn std::error::Error>> {
    // A real backend stores the number before the start.
    let outer_order_no = new_outer_order_no("shop")?;
    let order = InitFaceVerify::new()
        .scene_id(SCENE_ID)
        .outer_order_no(outer_order_no.clone())
        .user_id("123456789")
        .meta_info(r#"{"zimVer":"3.0.0","deviceType":"ios"}"#) // the unchanged string from the app's SDK
        .cert_name("张三")
        .cert_no("11010519491231002X");
    match client.init_face_verify(order) {
        Ok(started) => Ok(started.certify_id),
        Err(error) => {
            eprintln!("{:?} must act: {error}", error.audience());
            if error.execution() == cloudauth_edge::Execution::Unknown {
                eprintln!("The order {outer_order_no} may have been started: reconcile it first.");
            }
            Err(error.into())
        }
    }
}

fn variable(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}
