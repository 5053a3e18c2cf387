#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cloudauth_edge_fuzz::parameters::run(bytes));
