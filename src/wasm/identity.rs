//! Exports of the identity rules. They build their objects by hand: without a serializer the module
//! that has nothing else is a third of the size.

use super::now;
use crate::identity::cert_no::{self, Document, Documents};
use crate::identity::{Accepted, Problem, cert_name, mobile};
use crate::prelude::*;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

/// Checks an identity number: `{ Ok: … }` or `{ Err: … }`.
#[wasm_bindgen(js_name = checkCertNo)]
pub fn check_cert_no(text: &str, all_documents: bool, now_millis: f64) -> Result<JsValue, JsValue> {
    let documents = if all_documents {
        Documents::All
    } else {
        Documents::ResidentIdentityCard
    };
    let today = now(now_millis).shanghai_date();
    result(cert_no::check(text, documents, today), |details| {
        let document = match details.document {
            Document::ResidentIdentityCard => "resident-identity-card",
            Document::ResidencePermit => "residence-permit",
            Document::ForeignPermanentResidentCard => "foreign-permanent-resident-card",
        };
        let province = |text: Option<&str>| text.map_or(JsValue::NULL, JsValue::from);
        vec![
            ("document", document.into()),
            ("provinceZh", province(details.province_zh)),
            ("provinceEn", province(details.province_en)),
            ("birthDate", details.birth_date.to_dashed().into()),
            ("male", details.male.into()),
        ]
    })
}

/// Checks a name: `{ Ok: … }` or `{ Err: … }`.
#[wasm_bindgen(js_name = checkCertName)]
pub fn check_cert_name(text: &str) -> Result<JsValue, JsValue> {
    result(cert_name::check(text), |_| Vec::new())
}

/// Checks a mobile number: `{ Ok: … }` or `{ Err: … }`.
#[wasm_bindgen(js_name = checkMobile)]
pub fn check_mobile(text: &str) -> Result<JsValue, JsValue> {
    result(mobile::check(text), |_| Vec::new())
}

type Members = Vec<(&'static str, JsValue)>;

fn result<D>(
    checked: Result<Accepted<D>, Problem>,
    details: impl Fn(&D) -> Members,
) -> Result<JsValue, JsValue> {
    match checked {
        Ok(accepted) => {
            let notices = accepted
                .notices
                .iter()
                .map(problem)
                .collect::<Result<Array, _>>()?;
            let mut members = details(&accepted.details);
            members.push(("normalized", accepted.normalized.into()));
            members.push(("notices", notices.into()));
            object(&[("Ok", object(&members)?)])
        }
        Err(broken) => object(&[("Err", problem(&broken)?)]),
    }
}

fn problem(problem: &Problem) -> Result<JsValue, JsValue> {
    let message = object(&[
        ("zh", (&*problem.message.zh).into()),
        ("en", (&*problem.message.en).into()),
    ])?;
    object(&[("rule", problem.rule.into()), ("message", message)])
}

fn object(members: &[(&'static str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &JsValue::from(*name), value)?;
    }
    Ok(object.into())
}
