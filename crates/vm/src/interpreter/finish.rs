//! The rest of an instruction whose metamethod has returned.

use super::{CONTINUE, Flow, compare, concat, current_instruction, register};
use crate::thread::Record;
use crate::value::Value;
use luas_compiler::bytecode::Opcode;

/// Completes the instruction in progress of the current Lua frame with the metamethod's `result`.
/// # Safety
/// Called when a frame marked CALL_META has returned; the caller's pc is saved.
pub unsafe fn metamethod(rec: &Record, result: Value) -> Flow {
    // SAFETY: caller.
    unsafe {
        let ci = rec.ci.get();
        let ins = current_instruction(ci);
        match ins.op().plain() {
            Opcode::Eq | Opcode::EqK | Opcode::EqI => compare::complete(rec, !result.is_falsy(), ins.c() & 1 != 0),
            Opcode::Lt | Opcode::Le | Opcode::LtI | Opcode::LeI | Opcode::GtI | Opcode::GeI => {
                compare::complete(rec, compare::result(rec, result), ins.c() & 1 != 0)
            }
            Opcode::Concat => {
                let n = (*rec.stack.get().add((*ci).top as usize)).as_small_int() as usize;
                *register(rec, ins.a()).add(n - 1) = result;
                concat::proceed(rec, ins.a() as usize, n)
            }
            Opcode::SetTabUp | Opcode::SetTabUpK | Opcode::SetField | Opcode::SetFieldK => {
                (*ci).pc = (*ci).pc.add(1);
                CONTINUE
            }
            Opcode::SetTable | Opcode::SetTableK | Opcode::SetI | Opcode::SetIK => CONTINUE,
            op => {
                debug_assert!(op.sets_a(), "{} has no metamethod", op.name());
                *register(rec, ins.a()) = result;
                if op.has_extra() {
                    (*ci).pc = (*ci).pc.add(1);
                }
                CONTINUE
            }
        }
    }
}
