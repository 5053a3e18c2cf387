//! bindgen MODULE.wasm FOLDER
//!
//! Writes the module and its JavaScript into the folder, for loading by pkg/src/load.ts.

use std::error::Error;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(module), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: bindgen MODULE.wasm FOLDER".into());
    };
    Bindgen::new()
        .input_path(module)
        .out_name("cloudauth_edge")
        .web(true)?
        .typescript(false)
        // Each runtime's entry point locates the module; the default path would make bundlers emit it
        // twice.
        .omit_default_module_path(true)
        // After a trap, pkg/src/core.ts creates a new instance for the next call.
        .reset_state_function(true)
        .generate(folder)?;
    Ok(())
}
