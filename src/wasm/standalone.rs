//! What std would bring to the module: an allocator, and an end for what must never happen.

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// A trap. The host sees `RuntimeError: unreachable`, throws the instance away and makes a new one.
/// The panic's text is not kept: it would be a tenth of the module.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
