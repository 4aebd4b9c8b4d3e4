//! Sizes that the contracts promise: a value is a word, and objects are as small as the documents say.
#![cfg(not(loom))]

use luas_vm::coroutine::CallInfo;
use luas_vm::heap::GlobalHeap;
use luas_vm::native::Result;
use luas_vm::object::{BoxedInt, Cell, Header, STORE_HEADER, STR_BYTES, Store, Table};
use luas_vm::thread::Record;
use luas_vm::value::{Val, Value};
use std::mem::{align_of, offset_of, size_of};

#[test]
fn values_are_words() {
    assert_eq!(size_of::<Value>(), 8, "contract 1");
    assert_eq!(size_of::<Val<'_>>(), 8, "contract 1");
}

#[test]
fn objects() {
    assert_eq!(size_of::<Header>(), 8, "contract 2");
    assert_eq!(size_of::<Table>(), 32, "contract 3");
    assert_eq!(size_of::<Store>(), 32, "contract 3");
    assert_eq!(STORE_HEADER, size_of::<Store>());
    assert_eq!(STR_BYTES, 12, "contract 4: header and length");
    assert_eq!(size_of::<BoxedInt>(), 16, "contract 1");
    assert_eq!(size_of::<Cell>(), 16, "contract 19");
}

#[test]
fn frames_and_results() {
    assert_eq!(size_of::<CallInfo>(), 32, "two frames in a cache line");
    assert_eq!(size_of::<Result<u32>>(), 8, "contract 16: an error is a token");
    assert_eq!(size_of::<Result<()>>(), 1, "contract 16: an error is a token");
}

#[test]
fn what_threads_write_is_not_beside_what_others_use() {
    assert!(align_of::<Record>() >= 128 && align_of::<GlobalHeap>() >= 128);
    assert_eq!(offset_of!(Record, poll) / 128, offset_of!(Record, state) / 128, "what a stopper looks at is together");
}
