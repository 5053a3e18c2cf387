//! Prints the parameters of both actions as JSON, for scripts/generate.mjs.
#![allow(clippy::print_stdout)]

fn main() {
    println!("{}", cloudauth_edge::actions::schema::describe());
}
