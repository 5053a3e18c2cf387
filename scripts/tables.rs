//! Prints the tables of parameters and codes as JSON, for scripts/generate.mjs.
#![allow(clippy::print_stdout)]

use cloudauth_edge::actions::schema;
use cloudauth_edge::client::local::local_failures;
use cloudauth_edge::gateway::problem::ProblemKind;
use cloudauth_edge::vendor::codes::{
    API_GATEWAY_CODES, CODES, SUB_CODES, is_internal_error, lasts_for_the_day, refuses_key,
};
use serde_json::json;

fn main() {
    let codes = || CODES.iter().map(|row| row.code);
    let maybe_executed: Vec<_> = codes().filter(|code| is_internal_error(code)).collect();
    let tomorrow: Vec<_> = codes()
        .filter(|code| lasts_for_the_day(code))
        .chain([ProblemKind::DailyLimit, ProblemKind::UserDailyLimit].map(ProblemKind::code))
        .collect();
    let api_gateway_codes = || API_GATEWAY_CODES.iter().map(|row| row.prefix);
    let other_credentials: Vec<_> = api_gateway_codes()
        .filter(|code| refuses_key(code))
        .collect();
    let problems = ProblemKind::ALL.iter().map(|kind| kind.description());
    let problems: Vec<_> = problems.collect();
    let tables = json!({
        "parameters": schema::describe(),
        "codes": CODES,
        "maybeExecuted": maybe_executed,
        "tomorrow": tomorrow,
        "subCodes": SUB_CODES,
        "gatewayCodes": API_GATEWAY_CODES,
        "otherCredentials": other_credentials,
        "otherTime": ["InvalidTimeStamp.Expired"],
        "localFailures": local_failures(),
        "problems": problems,
    });
    println!("{tables}");
}
