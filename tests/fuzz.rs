//! Passes the inputs in `fuzz/seeds/` to the fuzz targets: examples of each kind of input, and every input with which
//! the fuzzer found a fault.
#![cfg(all(feature = "gateway", not(target_arch = "wasm32")))]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::path::Path;

#[test]
fn targets_hold_for_their_seeds() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, target) in fuzz::TARGETS {
        let mut count = 0;
        for entry in std::fs::read_dir(seeds.join(name)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let held = std::panic::catch_unwind(|| target(&bytes));
            assert!(held.is_ok(), "{} fails for {}", name, path.display());
            count += 1;
        }
        assert!(count > 0, "{name} has no seed");
    }
}

/// A target ignores what it does not understand, so a seed would silently do nothing after a change of the format.
#[test]
fn each_line_of_the_ledgers_seeds_is_understood() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/ledger");
    for entry in std::fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        let has_unreadable_rows = path.ends_with("unreadable");
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let is_exempt = has_unreadable_rows && line.starts_with("row ");
            assert!(
                is_exempt || fuzz::ledger::is_understood(line),
                "{}: {line}",
                path.display()
            );
        }
    }
}
