//! A verification in the sandbox, as both Rust clients request it.

use super::host::META_INFO;
use cloudauth_edge::{DescribeFaceVerify, InitFaceVerify, new_outer_order_no};

pub fn order() -> InitFaceVerify {
    InitFaceVerify::new()
        .scene_id(1_000_000_006)
        .outer_order_no(new_outer_order_no("rust").unwrap())
        .user_id("123456789")
        .meta_info(META_INFO)
        .cert_name("张三")
        .cert_no("11010519491231002X")
}

pub fn question(certify_id: &str) -> DescribeFaceVerify {
    DescribeFaceVerify::new()
        .scene_id(1_000_000_006)
        .certify_id(certify_id.to_owned())
}
