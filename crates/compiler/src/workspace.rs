//! The memory that one compilation leaves to the next, so that a small chunk costs few allocations.

use crate::ast::{ExprId, Tree};
use crate::bytecode::Function;
use crate::codegen::{self, FunctionState};
use crate::error::{CompileError, Result};
use crate::lexer::Reader;
use crate::parser;
use crate::scope::Scope;

/// After a text of at most so many bytes the memory is kept for good.
const SHORT_SOURCE: usize = 4096;
/// After a longer one it is given back at once.
const LONGEST_SOURCE: usize = 1 << 20;

/// A compiler with its memory.
#[derive(Default)]
pub struct Compiler {
    work: Option<Box<Workspace>>,
    /// No text was compiled since [`Compiler::age`].
    idle: bool,
}

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
        let mut work = self.work.take().unwrap_or_default();
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
        let mut work = self.work.take().unwrap_or_default();
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
        if work.source.len() <= LONGEST_SOURCE {
            work.source.clear();
            work.buffer.clear();
            work.tree.clear();
            self.work = Some(work);
            self.idle = false;
        }
        Ok(function)
    }

    /// Some time has passed: gives the memory back if it is much, and was not used since the last time.
    pub fn age(&mut self) {
        if self.idle && self.work.as_ref().is_some_and(|work| work.source.capacity() > SHORT_SOURCE) {
            self.work = None;
        }
        self.idle = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_long_texts_goes_when_it_is_not_used() {
        let long = b"local x = a.b(c)\n".repeat(SHORT_SOURCE);
        let mut compiler = Compiler::default();
        let kept = |compiler: &mut Compiler, source: &[u8]| {
            compiler.compile(source, b"=c").unwrap();
            compiler.age();
            let after_one = compiler.work.is_some();
            compiler.age();
            (after_one, compiler.work.is_some())
        };
        // Too many local variables: an error leaves nothing behind.
        assert!(compiler.compile(&long, b"=c").is_err() && compiler.work.is_none());
        let blocks = b"do local x = a.b(c) end\n".repeat(SHORT_SOURCE);
        assert_eq!(kept(&mut compiler, &blocks), (true, false));
        assert_eq!(kept(&mut compiler, b"return 1"), (true, true));
        let huge = b"do local x = a.b(c) end\n".repeat(LONGEST_SOURCE / 20);
        assert_eq!(kept(&mut compiler, &huge), (false, false));
    }
}
