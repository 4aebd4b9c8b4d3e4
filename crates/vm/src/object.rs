//! Heap objects: the header they share and the layout of each kind (contracts 2 to 5).
//!
//! Promises: every object is 16-aligned, never moves, and starts with a [`Header`]; all fields that another thread
//! may read are single atomics, so no access spans two fields.
//! Leaves to others: allocation and reclamation ([`crate::heap`]), tables' algorithms ([`crate::table`]).

use crate::interpreter::feedback::Feedback;
use crate::native::{NativeFn, Payload};
use crate::sync::{AtomicU8, AtomicU32, AtomicU64};
use crate::thread::Handler;
use crate::value::Value;
use luas_compiler::bytecode;

/// What an object is. The kind byte of the header is this, shifted left by two, plus the ownership state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A cell that holds no object (only seen by the verifier and in torture mode).
    Free,
    /// [`Str`]
    Str,
    /// [`Table`]
    Table,
    /// [`Store`]
    Store,
    /// [`LuaClosure`]
    LuaClosure,
    /// [`NativeClosure`]
    NativeClosure,
    /// [`Cell`]
    Cell,
    /// [`BoxedLight`]
    BoxedLight,
    /// [`Userdata`]
    Userdata,
    /// [`Coroutine`]
    Coroutine,
    /// [`Proto`]
    Proto,
    /// [`Stack`]
    Stack,
    /// [`Bytes`]
    Bytes,
    /// [`BoxedInt`]. The last one: see [`BOXED_INT`].
    BoxedInt,
}

/// Ownership states, the low two bits of the kind byte (I-5: written by the owner only, never leaves SHARED).
pub const LOCAL: u8 = 0;
/// Reserved for the generational collector (contract 29).
pub const LOCAL_OLD: u8 = 1;
/// Other threads may hold references to the object.
pub const SHARED: u8 = 2;
const STATE_MASK: u8 = 3;

/// The kind byte of a local table: one compare says "a table, and mine".
pub const TABLE_LOCAL: u8 = (Kind::Table as u8) << 2 | LOCAL;
/// The kind byte of a local cell.
pub const CELL_LOCAL: u8 = (Kind::Cell as u8) << 2 | LOCAL;
/// The least kind byte of a boxed integer, local or shared. All other kind bytes, and the flags beside them, which are
/// what a reader takes for the kind byte of an atom, are less: one compare.
pub const BOXED_INT: u8 = (Kind::BoxedInt as u8) << 2;
/// Kind byte of a local coroutine.
pub const COROUTINE_LOCAL: u8 = (Kind::Coroutine as u8) << 2 | LOCAL;

/// The first 8 bytes of every object.
#[repr(C)]
#[derive(Debug)]
pub struct Header {
    /// [`Kind`] and ownership state.
    pub kind: AtomicU8,
    /// Owner-only flags: [`FLAG_FINALIZER`], [`FLAG_REPLACED`].
    pub flags: AtomicU8,
    /// Bits that other threads may set (LOGGED, later).
    pub remote: AtomicU8,
    /// The list lock of a shared table.
    pub lock: AtomicU8,
    /// A string's hash (0: not computed), a table's length hint, a closure's number of captured words.
    pub aux: AtomicU32,
}

/// The object has a `__gc` metamethod and is in a finalizer list.
pub const FLAG_FINALIZER: u8 = 1;
/// A store that was a local table's before the table grew: no table's any more.
pub const FLAG_REPLACED: u8 = 2;

impl Header {
    /// What the object is.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        let k = self.kind.get() >> 2;
        debug_assert!(k <= Kind::BoxedInt as u8, "not an object: kind byte {k:#x}");
        // SAFETY: the byte was written by `Header::init` from a Kind and only its low two bits changed since.
        unsafe { std::mem::transmute(k) }
    }
    /// Whether other threads may hold references.
    #[inline(always)]
    pub fn is_shared(&self) -> bool {
        self.kind.get() & STATE_MASK == SHARED
    }
    /// Marks as shared. Caller: the owner, inside publish (I-5, I-6).
    #[inline(always)]
    pub fn set_shared(&self) {
        self.kind.set(self.kind.get() & !STATE_MASK | SHARED);
    }
    /// The header word of a fresh local object.
    #[inline(always)]
    pub const fn word(kind: Kind, aux: u32) -> u64 {
        (kind as u64) << 2 | (aux as u64) << 32
    }
}

/// A string: immutable bytes with a cached hash, followed by a NUL (contract 4).
#[repr(C)]
pub struct Str {
    /// `aux` is the hash, 0 when not computed yet.
    pub header: Header,
    /// Bytes, without the NUL.
    pub len: u32,
    bytes: [u8; 0],
}

/// Offset of the bytes in a [`Str`].
pub const STR_BYTES: usize = 12;
/// The longest string, in bytes.
pub const MAX_STR_LEN: usize = (1 << 31) - 1;

impl Str {
    /// The bytes.
    /// # Safety
    /// `s` is a live string, and stays so for `'a`.
    #[inline(always)]
    pub unsafe fn bytes<'a>(s: *const Str) -> &'a [u8] {
        // SAFETY: `len` bytes follow the length field, initialised before the string was handed out.
        unsafe { std::slice::from_raw_parts(s.cast::<u8>().add(STR_BYTES), (*s).len as usize) }
    }
    /// The place of the bytes, for filling a fresh string.
    #[inline(always)]
    pub fn bytes_ptr(s: *mut Str) -> *mut u8 {
        s.cast::<u8>().wrapping_add(STR_BYTES)
    }
}

/// A wide integer, immutable.
#[repr(C)]
pub struct BoxedInt {
    /// Header.
    pub header: Header,
    /// The integer, outside the inline range.
    pub value: i64,
}

/// A light userdata that needs more than 48 bits, immutable.
#[repr(C)]
pub struct BoxedLight {
    /// Header.
    pub header: Header,
    /// The pointer.
    pub value: u64,
}

/// A variable that is captured and reassigned (contract 19).
#[repr(C)]
pub struct Cell {
    /// Header.
    pub header: Header,
    /// The variable's value; written with Release and read with Acquire when shared.
    pub value: AtomicU64,
}

/// A table (contract 3). Its entries are in the store, which is replaced as a whole when it must grow.
#[repr(C)]
pub struct Table {
    /// `aux` is the length hint.
    pub header: Header,
    /// Address of the metatable, 0 for none.
    pub meta: AtomicU64,
    /// Address of the [`Store`].
    pub store: AtomicU64,
    /// Low half: metamethods known to be absent when this table serves as a metatable. High half: version (I-15).
    pub absent: AtomicU64,
}

/// The entries of a table: `acap` array slots, then `mask / 16 + 1` hash slots of key and value.
#[repr(C)]
pub struct Store {
    /// `lock` is the number of the hash slot (from 1) with the key `__index`, if it is one of the first 255 and was
    /// looked up, else 0; set by whoever found it, cleared by the owner of a local store when the slot gets another key
    /// (in a shared one it never does, T-1). `aux` is the filter of string keys: a key whose bit is 0 is not in the hash part (docs/tables.md, T-10).
    pub header: Header,
    /// Array slots: keys 1..=acap.
    pub acap: u32,
    /// (number of hash slots - 1) * 16.
    pub mask: u32,
    /// Hash slots claimed so far (T-1: a claimed slot keeps its key).
    pub used: AtomicU32,
    /// Hash slots that may be claimed.
    pub limit: u32,
    /// The store that this one's entries move to, 0 for none.
    pub next: AtomicU64,
}

/// Size of a [`Store`] before its slots.
pub const STORE_HEADER: usize = 32;

impl Store {
    /// Array slot `i` (from 0).
    /// # Safety
    /// `s` is a live store and `i < acap`.
    #[inline(always)]
    pub unsafe fn array<'a>(s: *const Store, i: usize) -> &'a AtomicU64 {
        // SAFETY: the array slots follow the header; caller's bound.
        unsafe { &*s.cast::<u8>().add(STORE_HEADER + i * 8).cast() }
    }
    /// First hash slot.
    /// # Safety
    /// `s` is a live store.
    #[inline(always)]
    pub unsafe fn hash_base(s: *const Store) -> *const u8 {
        // SAFETY: the hash slots follow the array slots, in one object.
        unsafe { s.cast::<u8>().add(STORE_HEADER + (*s).acap as usize * 8) }
    }
    /// Key and value of the hash slot at byte offset `offset`.
    /// # Safety
    /// `s` is a live store, `offset <= mask` and a multiple of 16.
    #[inline(always)]
    pub unsafe fn slot<'a>(s: *const Store, offset: usize) -> (&'a AtomicU64, &'a AtomicU64) {
        // SAFETY: caller's bound.
        unsafe {
            let p = Store::hash_base(s).add(offset);
            (&*p.cast(), &*p.add(8).cast())
        }
    }
    /// Bytes of a store with these capacities.
    pub const fn size(acap: usize, hcap: usize) -> usize {
        STORE_HEADER + acap * 8 + hcap * 16
    }
}

/// A function in Lua: a [`Proto`] and its captured words.
#[repr(C)]
pub struct LuaClosure {
    /// `aux` is the number of captured words.
    pub header: Header,
    /// The function's code.
    pub proto: *mut Proto,
    upvals: [AtomicU64; 0],
}

impl LuaClosure {
    /// Bytes of a closure with this many captured words.
    pub const fn size(captures: usize) -> usize {
        16 + captures * 8
    }
    /// Captured word `i`.
    /// # Safety
    /// `c` is a live closure and `i` less than its number of captured words.
    #[inline(always)]
    pub unsafe fn upval<'a>(c: *const LuaClosure, i: usize) -> &'a AtomicU64 {
        // SAFETY: the words follow the struct; caller's bound.
        unsafe { &*c.cast::<u8>().add(16 + i * 8).cast() }
    }
}

/// A native function and its upvalues.
#[repr(C)]
pub struct NativeClosure {
    /// `aux` is the number of upvalues.
    pub header: Header,
    /// The function.
    pub function: NativeFn,
    /// The handler by which instructions call it: [`crate::interpreter::native_entry`] of the function.
    pub entry: Handler,
    /// Its name, for tracebacks of panics and `bad argument` messages.
    pub name: &'static str,
    upvals: [AtomicU64; 0],
}

impl NativeClosure {
    /// Upvalue `i` (from 0).
    /// # Safety
    /// `c` is a live closure and `i` less than its number of upvalues.
    #[inline(always)]
    pub unsafe fn upval<'a>(c: *const NativeClosure, i: usize) -> &'a AtomicU64 {
        // SAFETY: the words follow the struct; caller's bound.
        unsafe { &*c.cast::<u8>().add(std::mem::size_of::<NativeClosure>() + i * 8).cast() }
    }
}

/// An object of the host: a payload that is dropped when the object is collected, and Lua values beside it.
#[repr(C)]
pub struct Userdata {
    /// `aux` is the number of user values.
    pub header: Header,
    /// Address of the metatable, 0 for none.
    pub meta: AtomicU64,
    /// The payload: the two words of a `Box<dyn Payload>`; both 0 when there is none any more.
    pub payload: [AtomicU64; 2],
    user_values: [AtomicU64; 0],
}

impl Userdata {
    /// The payload, if it was not dropped yet.
    pub fn payload(&self) -> Option<&dyn Payload> {
        let words = [self.payload[0].get(), self.payload[1].get()];
        if words[0] == 0 {
            return None;
        }
        // SAFETY: the words are those of the Box that `set_payload` took apart; the payload is dropped only when the
        // userdata is unreachable.
        Some(unsafe { &*std::mem::transmute::<[u64; 2], *const dyn Payload>(words) })
    }
    /// Hands a payload to a fresh userdata.
    pub fn set_payload(&self, p: Box<dyn Payload>) {
        // SAFETY: a fat pointer is two words.
        let words: [u64; 2] = unsafe { std::mem::transmute(Box::into_raw(p)) };
        self.payload[1].set(words[1]);
        self.payload[0].set(words[0]);
    }
    /// Takes the payload out. Caller: nobody can use it any more.
    pub fn take_payload(&self) -> Option<Box<dyn Payload>> {
        let words = [self.payload[0].get(), self.payload[1].get()];
        if words[0] == 0 {
            return None;
        }
        self.payload[0].set(0);
        // SAFETY: as in `payload`; the words are forgotten, so it is dropped once.
        Some(unsafe { Box::from_raw(std::mem::transmute::<[u64; 2], *mut dyn Payload>(words)) })
    }
    /// User value `i` (from 0).
    /// # Safety
    /// `u` is a live userdata and `i` less than its number of user values.
    pub unsafe fn user_value<'a>(u: *const Userdata, i: usize) -> &'a AtomicU64 {
        // SAFETY: the words follow the struct; caller's bound.
        unsafe { &*u.cast::<u8>().add(std::mem::size_of::<Userdata>() + i * 8).cast() }
    }
}

/// The code of a function, shared by all its closures and by all threads (contract 24). Born shared.
#[repr(C)]
pub struct Proto {
    /// Header.
    pub header: Header,
    /// Instruction words.
    pub code: *const u32,
    /// Constants; strings among them are atoms.
    pub constants: *const Value,
    /// Registers of a frame.
    pub max_stack: u32,
    /// Fixed parameters.
    pub num_params: u8,
    /// Starts with `VarargPrep`.
    pub is_vararg: bool,
    /// `num_params`, or 255 of a vararg function: an operand B of CALL above it says that the arguments are enough and
    /// stay where they are.
    pub plain_params: u8,
    /// How many words its closures capture.
    pub num_captures: u8,
    /// What they are, in the order of the captured words: [`CAPTURE_REGISTER`] and a register of the enclosing frame, or
    /// the number of a captured word of the enclosing closure.
    pub captures: *const u16,
    /// The functions inside.
    pub protos: *const *mut Proto,
    /// Everything else, and the memory behind the pointers.
    pub info: *mut ProtoInfo,
}

/// In [`Proto::captures`]: the low byte is a register.
pub const CAPTURE_REGISTER: u16 = 0x100;

/// What the interpreter rarely needs of a function.
pub struct ProtoInfo {
    /// The compiler's output, whose `code` and `lines` are used from here (its `protos` and `constants` are moved out).
    pub function: bytecode::Function,
    /// Instruction words; hints in them are rewritten while running (contract 22).
    pub code: Vec<AtomicU32>,
    /// Constants as values.
    pub constants: Vec<Value>,
    /// The functions inside.
    pub protos: Vec<*mut Proto>,
    /// See [`Proto::captures`].
    pub captures: Vec<u16>,
    /// What is counted of its calls and loops.
    pub feedback: Feedback,
}

/// Registers of a coroutine: slots follow the header. Traced by its coroutine, which knows how far it is used.
#[repr(C)]
pub struct Stack {
    /// Header.
    pub header: Header,
    /// Slots.
    pub len: u64,
}

/// Memory without references.
#[repr(C)]
pub struct Bytes {
    /// Header.
    pub header: Header,
    /// Bytes after this field.
    pub len: u64,
}

/// Size of the part of [`Stack`] and [`Bytes`] before their contents.
pub const BUFFER_HEADER: usize = 16;

pub use crate::coroutine::Coroutine;
