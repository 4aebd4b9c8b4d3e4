//! Binary chunks: what is written is read again, and whatever is read is refused or verified.

use std::fs;
use std::path::PathBuf;

use luas_compiler::binary::{BinaryError, read, write};
use luas_compiler::bytecode::{Constant, Function, Instruction, Opcode};
use luas_compiler::compile;
use luas_compiler::verify::verify_all;

/// The test programs of the repository, compiled.
fn programs() -> Vec<(String, Function)> {
    let mut all = Vec::new();
    for folder in ["../../tests/lua", "../../tests/threads", "../../examples"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(folder).expect("a folder of programs") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "lua") {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                let source = fs::read(&path).expect("a readable file");
                let function = compile(&source, format!("@{name}").as_bytes()).expect("a correct program");
                all.push((name, function));
            }
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(all.len() > 50, "only {} programs", all.len());
    all
}

/// What is left of a function without debug information.
fn stripped(f: &Function) -> Function {
    let mut f = f.clone();
    f.source = b"=?".as_slice().into();
    f.lines.clear();
    f.upvals.iter_mut().for_each(|u| u.name = Default::default());
    f.locals.iter_mut().for_each(|l| l.name = Default::default());
    f.protos = f.protos.iter().map(stripped).collect();
    f
}

#[test]
fn what_is_written_is_read_again() {
    for (name, f) in programs() {
        assert_eq!(verify_all(&f), Ok(()), "{name}");
        let chunk = write(&f, false).expect("memory");
        assert!(read(&chunk).as_ref() == Ok(&f), "{name}");
        let chunk = write(&f, true).expect("memory");
        let again = read(&chunk).expect("a chunk");
        assert!(again == stripped(&f), "{name}, stripped");
        assert_eq!(verify_all(&again), Ok(()), "{name}, stripped");
    }
}

#[test]
fn constants_of_every_kind() {
    let source = b"return {1 << 62, -0.0, 1e309, 'a\\0b', nil, x == nil, x == true, x == false, 0.1}";
    let mut f = compile(source, b"=constants").expect("a correct program");
    f.constants.push(Constant::Float(f64::from_bits(0xFFF8_0000_0000_1234)));
    let again = read(&write(&f, false).expect("memory")).expect("a chunk");
    let Some(Constant::Float(nan)) = again.constants.last() else { panic!("a float") };
    assert_eq!(nan.to_bits(), f64::NAN.to_bits(), "one of the NaNs that are values");
    assert_eq!(again.constants[..again.constants.len() - 1], f.constants[..f.constants.len() - 1]);
}

#[test]
fn shorter_chunks_are_truncated() {
    let f = compile(b"local a, b = ... return function(...) a = a + 1.5 return a, b, ... end", b"=short");
    let chunk = write(&f.expect("a correct program"), false).expect("memory");
    for n in 0..chunk.len() {
        assert_eq!(read(&chunk[..n]), Err(BinaryError::Bad("truncated chunk")), "{n} bytes");
    }
}

#[test]
fn counts_are_not_believed() {
    let f = compile(b"return 1", b"=c").expect("a correct program");
    let chunk = write(&f, true).expect("memory");
    for at in 35..chunk.len() {
        let mut bytes = chunk.clone();
        bytes.splice(at..=at, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]);
        // Without room for what is claimed; that this returns is the test.
        let _ = read(&bytes);
    }
    // Functions inside functions, without end.
    let mut nested = f.clone();
    for _ in 0..300 {
        nested.protos = vec![std::mem::replace(&mut nested, f.clone())];
    }
    assert_eq!(read(&write(&nested, true).expect("memory")), Err(BinaryError::Bad("corrupted chunk")));
}

/// A function of these words with three registers, and one parameter.
fn code(words: &[u32]) -> Function {
    let mut f = compile(b"local x = ... return x", b"=words").expect("a correct program");
    (f.is_vararg, f.num_params, f.max_stack) = (false, 1, 3);
    (f.lines, f.locals) = (Vec::new(), Vec::new());
    f.constants = vec![Constant::Str(b"name"[..].into()), Constant::Int(1)];
    f.code = words.to_vec();
    f
}

fn refused(what: &str, words: &[u32]) {
    let verdict = verify_all(&code(words));
    assert!(verdict.is_err(), "accepted: {what}");
}

#[test]
fn what_is_refused() {
    use Opcode::*;
    let i = |op, a, b, c| Instruction::abc(op, a, b, c).0;
    let sj = |op, distance| Instruction::sj(op, distance).0;
    let back = |words: i32| words as u32;
    let end = i(Return0, 0, 0, 0);
    assert_eq!(verify_all(&code(&[i(Move, 1, 0, 0), i(Return1, 1, 0, 0)])), Ok(()));
    refused("no code", &[]);
    refused("no return", &[i(Move, 1, 0, 0)]);
    refused("no instruction", &[0xFE, end]);
    refused("a register too high", &[i(LoadTrue, 3, 0, 0), end]);
    refused("a register that nobody set", &[i(Move, 2, 1, 0), end]);
    refused("an operand too many", &[i(Move, 1, 0, 1), end]);
    refused("a constant that is not there", &[i(LoadK, 1, 2, 0), end]);
    refused("a number as a name", &[i(GetField, 1, 0, 1), 0, end]);
    refused("a string as a number", &[i(AddK, 1, 0, 0), end]);
    refused("a hint", &[i(GetField, 1, 0, 0), 16, end]);
    refused("half an instruction", &[end, i(GetField, 1, 0, 0)]);
    refused("a captured variable that is not there", &[i(GetUpCell, 1, 1, 0), end]);
    refused("a cell as a value", &[i(GetUpval, 1, 0, 0), end]);
    refused("a jump out", &[sj(Jmp, 1), end]);
    refused("a jump into an instruction", &[sj(Jmp, 1), i(GetField, 1, 0, 0), 0, end]);
    refused("a jump without a poll", &[sj(Jmp, -1), end]);
    refused("a cell read as a value", &[i(NewCell, 0, 0, 0), i(Move, 1, 0, 0), end]);
    refused("a value read as a cell", &[i(GetCell, 1, 0, 0), end]);
    refused("a value set as a cell", &[i(LoadNil, 1, 0, 0), i(SetCell, 1, 0, 0), end]);
    refused("a cell in a cell", &[i(NewCell, 0, 0, 0), i(NewCell, 0, 0, 0), end]);
    refused("a cell on one way", &[i(Test, 0, 0, 1), 1, i(NewCell, 0, 0, 0), i(Return1, 0, 0, 0)]);
    refused(
        "a cell that the collector clears",
        &[i(LoadNil, 1, 0, 0), i(NewCell, 1, 0, 0), i(GetCell, 2, 1, 0), sj(JmpBack, -2), end],
    );
    refused("what a call leaves", &[i(LoadNil, 1, 1, 0), i(Call, 0, 1, 1), i(Move, 0, 2, 0), end]);
    refused("open values that nobody takes", &[i(Call, 0, 1, 0), end]);
    refused("open values that nobody leaves", &[i(Return, 0, 0, 0)]);
    refused("open values from further up", &[i(Call, 0, 1, 0), i(Call, 0, 0, 1), end]);
    refused(
        "a way between open values",
        &[i(Test, 0, 0, 1), 2, i(LoadNil, 1, 0, 0), i(Call, 1, 1, 0), i(Return, 0, 0, 0)],
    );
    refused("a tail call without return", &[i(TailCall, 0, 1, 0), end]);
    refused("extra arguments of a function without", &[i(Vararg, 1, 0, 2), end]);
    refused("VARARGPREP of a function without", &[i(VarargPrep, 1, 0, 0), end]);
    refused("a variable left open", &[i(Tbc, 0, 0, 0), end]);
    refused(
        "variables closed in the wrong order",
        &[i(LoadNil, 1, 0, 0), i(Tbc, 1, 0, 0), i(Tbc, 0, 0, 0), i(Return, 0, 1, 1)],
    );
    refused("a variable to be closed in a cell", &[i(Tbc, 0, 0, 0), i(NewCell, 0, 0, 0), i(Return, 0, 1, 1)]);
    refused(
        "a tail call past a variable to be closed",
        &[i(LoadNil, 1, 0, 0), i(Tbc, 0, 0, 0), i(TailCall, 1, 1, 0), i(Return, 1, 0, 1)],
    );
    refused("one value to concatenate", &[i(Concat, 0, 1, 0), end]);
    refused("a large table", &[i(NewTable, 1, 0, 0), 1 << 20, end]);
    refused("a large hash part", &[i(NewTable, 1, 30, 0), 0, end]);
    refused("a function that is not there", &[i(Closure, 1, 0, 0), end]);
    refused("LFALSESKIP over anything", &[i(LFalseSkip, 1, 0, 0), i(LoadNil, 1, 0, 0), end]);
    refused("a loop beyond the registers", &[i(ForPrep, 0, 0, 0), 0, end]);
    let mut f = code(&[
        i(LoadNil, 1, 3, 0),
        i(TForPrep, 1, 0, 0),
        0,
        i(TForCall, 1, 0, 1),
        i(TForLoop, 1, 0, 0),
        back(-3),
        i(Return, 0, 1, 1),
    ]);
    f.max_stack = 8;
    assert!(verify_all(&f).is_err(), "the collector may clear the loop");
    f.locals = vec![luas_compiler::bytecode::LocalVar {
        name: Default::default(),
        start_pc: 1,
        end_pc: 6,
        reg: 4,
        is_cell: false,
    }];
    assert_eq!(verify_all(&f), Ok(()));
    f.code[4] = i(TForLoop, 2, 0, 0);
    assert!(verify_all(&f).is_err(), "TFORLOOP of another loop");
}

#[test]
fn the_collector_passes_behind_a_loop_head_too() {
    use Opcode::*;
    let i = |op, a, b, c| Instruction::abc(op, a, b, c).0;
    // A loop that reads a cell, whose variable the debug information ends at some word: 2 is LOOP, 3 reads the cell.
    let verdict = |end_pc| {
        let mut f = code(&[
            i(LoadNil, 1, 0, 0),
            i(NewCell, 1, 0, 0),
            i(Loop, 0, 0, 0),
            i(GetCell, 2, 1, 0),
            i(NotTest, 2, 0, 0),
            -4i32 as u32,
            i(Return0, 0, 0, 0),
        ]);
        let name = Default::default();
        f.locals = vec![luas_compiler::bytecode::LocalVar { name, start_pc: 2, end_pc, reg: 1, is_cell: true }];
        verify_all(&f)
    };
    assert_eq!(verdict(7), Ok(()));
    assert_eq!(verdict(4), Ok(()));
    assert!(verdict(3).is_err(), "jumps lead to word 3 once the loop was counted");
    assert!(verdict(2).is_err());
}

/// A generator of numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

#[test]
fn damaged_chunks_are_read_or_refused() {
    let chunks: Vec<Vec<u8>> = programs().iter().map(|(_, f)| write(f, true).expect("memory")).collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut read_again, mut verified) = (0, 0);
    for _ in 0..3_000 {
        let mut chunk = chunks[random.below(chunks.len())].clone();
        for _ in 0..=random.below(4) {
            let at = 35 + random.below(chunk.len() - 35);
            chunk[at] = random.below(256) as u8;
        }
        if let Ok(f) = read(&chunk) {
            read_again += 1;
            verified += usize::from(verify_all(&f).is_ok());
        }
    }
    assert!(read_again > 300 && verified > 30, "{read_again} read, {verified} verified");
}
