//! The memory that one compilation leaves to the next, so that a small chunk costs few allocations.

use crate::ast::{ExprId, Tree};
use crate::bytecode::Function;
use crate::codegen::{self, FunctionState};
use crate::error::{CompileError, Result};
use crate::lexer::Reader;
use crate::parser;
use crate::scope::Scope;

/// After a longer text the memory is given back.
const KEPT_SOURCE: usize = 4096;

/// A compiler with its memory.
#[derive(Default)]
pub struct Compiler(Option<Box<Workspace>>);

/// What the stages work in; everything is empty but keeps its memory, or new.
#[derive(Default)]
pub(crate) struct Workspace {
    /// The text, as far as it was read.
    pub source: Vec<u8>,
    /// The last string literal that was read.
    pub buffer: Vec<u8>,
    /// What the parser makes.
    pub tree: Tree,
    pub scope: Scope,
    /// States of functions that are not in use.
    #[allow(clippy::vec_box, reason = "they go to the generator and back")]
    pub states: Vec<Box<FunctionState>>,
    /// Chains of first operands.
    pub spine: Vec<ExprId>,
}

impl Compiler {
    /// See [`crate::compile`].
    ///
    /// # Errors
    /// As there.
    pub fn compile(&mut self, source: &[u8], chunk_name: &[u8]) -> std::result::Result<Function, CompileError> {
        let mut work = self.0.take().unwrap_or_default();
        work.source.try_reserve_exact(source.len()).map_err(|_| *CompileError::memory())?;
        work.source.extend_from_slice(source);
        self.generate(work, None, chunk_name).map_err(|e| *e)
    }

    /// See [`crate::compile_pieces`].
    ///
    /// # Errors
    /// As there.
    pub fn compile_pieces<'a>(
        &mut self,
        source: Vec<u8>,
        reader: Reader<'a>,
        chunk_name: &'a [u8],
    ) -> std::result::Result<Function, CompileError> {
        let mut work = self.0.take().unwrap_or_default();
        work.source = source;
        self.generate(work, Some(reader), chunk_name).map_err(|e| *e)
    }

    fn generate<'a>(
        &mut self,
        work: Box<Workspace>,
        reader: Option<Reader<'a>>,
        chunk_name: &'a [u8],
    ) -> Result<Function> {
        let mut work = parser::parse(work, reader, chunk_name)?;
        let function = codegen::generate(&mut work, chunk_name)?;
        if work.source.len() <= KEPT_SOURCE {
            work.source.clear();
            work.buffer.clear();
            work.tree.clear();
            self.0 = Some(work);
        }
        Ok(function)
    }
}
