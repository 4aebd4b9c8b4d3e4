//! From source text to bytecode.
//!
//! The way of a chunk is the order of the modules: bytes become tokens ([`lexer`]), tokens a tree ([`ast`], made by
//! [`parser`]), names become variables ([`scope`], asked by the parser as it reads), and the tree becomes instructions
//! ([`codegen`], [`bytecode`]), which debug builds check ([`verify`]). [`binary`] writes functions as bytes and reads
//! them back, for whoever verifies them.
//! [`number`] reads numerals, [`fold`] computes constant expressions, [`symbol`] keeps each name and string once, [`text`] those
//! of a function;
//! [`dump`] prints every stage, and a [`Compiler`] keeps the memory that they need.
//!
//! Any bytes may be given: the result is a function or a message, and the native stack used is bounded
//! ([`parser::MAX_LEVELS`]).
#![forbid(unsafe_code)]

pub mod lexer;

pub mod ast;
pub mod parser;
pub mod scope;

pub mod bytecode;
pub mod codegen;
pub mod verify;

pub mod binary;

pub mod dump;
pub mod error;
pub mod fold;
pub mod number;
pub mod symbol;
pub mod text;
mod workspace;

pub use error::{CompileError, chunk_id};
pub use lexer::Reader;
pub use workspace::Compiler;

/// Compiles a chunk to its main function, a vararg function with one captured variable, `_ENV`, in a cell.
///
/// `chunk_name` is the name as given to `load`, with its `=` or `@`; it is kept in the functions and shown in
/// messages as [`chunk_id`] abbreviates it. The source is taken as it is: first lines that start with `#` and byte
/// order marks are the loader's business.
///
/// # Errors
/// The message of the first error in the text, worded and positioned as PUC Lua does it.
pub fn compile(source: &[u8], chunk_name: &[u8]) -> Result<bytecode::Function, CompileError> {
    Compiler::default().compile(source, chunk_name)
}

/// As [`compile`] of a text whose beginning is `source`; the rest is asked for as it is needed, so that nothing is read
/// after an error.
///
/// # Errors
/// As [`compile`]; when `reader` fails, whatever message.
pub fn compile_pieces<'a>(
    source: Vec<u8>,
    reader: Reader<'a>,
    chunk_name: &'a [u8],
) -> Result<bytecode::Function, CompileError> {
    Compiler::default().compile_pieces(source, reader, chunk_name)
}
