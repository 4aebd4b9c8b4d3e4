//! The coroutine library: names for what the machine's control functions do.

use luas_vm::control;
use luas_vm::native::Result;
use luas_vm::thread::Thread;

/// Makes the library.
pub fn open(th: &mut Thread) -> Result<()> {
    let library = th.new_table(0, 8)?;
    th.register(
        library,
        &[
            ("create", control::co_create),
            ("resume", control::co_resume),
            ("yield", control::co_yield),
            ("wrap", control::co_wrap),
            ("status", control::co_status),
            ("isyieldable", control::co_is_yieldable),
            ("running", control::co_running),
            ("close", control::co_close),
        ],
    )?;
    crate::publish_library(th, "coroutine", library)
}
