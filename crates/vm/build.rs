//! Chooses how the interpreter dispatches (contract 23): tail-called handlers need an optimised build on a platform
//! where sibling calls are known to become jumps; everything else runs the same bodies from a loop.
fn main() {
    println!("cargo::rerun-if-env-changed=LUAS_DISPATCH");
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|level| level != "0");
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let known = matches!(arch.as_str(), "x86_64" | "aarch64");
    let dispatch = match std::env::var("LUAS_DISPATCH").as_deref() {
        Ok("loop") => "loop",
        Ok("tail") if optimised => "tail",
        _ if optimised && known => "tail",
        _ => "loop",
    };
    println!("cargo::rustc-cfg=luas_dispatch=\"{dispatch}\"");
}
