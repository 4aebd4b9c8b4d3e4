//! The math library, with the functions of Lua 5.2 that Debian's build keeps (`pow`, `cosh`, `frexp`, ...).
//!
//! Functions that C's libm has are those of libm, so results equal PUC Lua's to the last bit.
//! Each OS thread has its own state of pseudo-random numbers, seeded at random when first used.

use luas_vm::native::Result;
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};
use std::cell::Cell;
use std::f64::consts::PI;
use std::hash::{BuildHasher, RandomState};

/// Makes the library.
pub fn open(th: &mut Thread) -> Result<()> {
    let library = th.new_table(0, 48)?;
    th.register(
        library,
        &[
            ("abs", abs),
            ("ceil", ceil),
            ("floor", floor),
            ("fmod", fmod),
            ("modf", modf),
            ("tointeger", to_integer),
            ("ult", ult),
            ("max", max),
            ("min", min),
            ("sqrt", sqrt),
            ("exp", exp),
            ("log", log),
            ("sin", sin),
            ("cos", cos),
            ("tan", tan),
            ("asin", asin),
            ("acos", acos),
            ("atan", atan),
            ("deg", deg),
            ("rad", rad),
            ("random", random),
            ("randomseed", random_seed),
            ("atan2", atan),
            ("cosh", cosh),
            ("sinh", sinh),
            ("tanh", tanh),
            ("pow", pow),
            ("frexp", frexp),
            ("ldexp", ldexp),
            ("log10", log10),
        ],
    )?;
    th.push(th.atom(b"integer")?);
    th.push(th.atom(b"float")?);
    th.raw_set_str(library, "type", th.new_native("type", number_type, 2)?)?;
    th.raw_set_str(library, "pi", Val::float(PI))?;
    th.raw_set_str(library, "huge", Val::float(f64::INFINITY))?;
    th.raw_set_str(library, "maxinteger", th.new_int(i64::MAX)?)?;
    th.raw_set_str(library, "mininteger", th.new_int(i64::MIN)?)?;
    crate::publish_library(th, "math", library)
}

// ---- integers and floats ---------------------------------------------------------------------------------------

/// 2^63, which is exact as a float where 2^63 - 1 is not: integers are the floats from `-LIMIT` to below `LIMIT`.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The largest integer that is not above the argument, or the argument if it is a float beyond the integers.
fn floor(th: &mut Thread) -> Result<u32> {
    let v = th.arg(1);
    if v.as_int().is_some() {
        return th.ret(v);
    }
    let f = th.check_number(1)?;
    if !(-LIMIT..LIMIT).contains(&f) {
        return th.ret_float(f);
    }
    // A cast rounds towards zero.
    let i = f as i64;
    th.ret_int(if i as f64 > f { i - 1 } else { i })
}

/// The smallest integer that is not below the argument, or the argument if it is a float beyond the integers.
fn ceil(th: &mut Thread) -> Result<u32> {
    let v = th.arg(1);
    if v.as_int().is_some() {
        return th.ret(v);
    }
    let f = th.check_number(1)?;
    if !(-LIMIT..LIMIT).contains(&f) {
        return th.ret_float(f);
    }
    let i = f as i64;
    th.ret_int(if (i as f64) < f { i + 1 } else { i })
}

/// The absolute value; that of `math.mininteger` is itself, as integers wrap around.
fn abs(th: &mut Thread) -> Result<u32> {
    match th.arg(1).as_int() {
        Some(i) => th.ret_int(i.wrapping_abs()),
        None => th.ret_float(th.check_number(1)?.abs()),
    }
}

/// The remainder of a division that rounds towards zero; "zero" for an integer divisor of 0.
fn fmod(th: &mut Thread) -> Result<u32> {
    match (th.arg(1).as_int(), th.arg(2).as_int()) {
        (Some(_), Some(0)) => Err(th.arg_error(2, "zero")),
        (Some(a), Some(b)) => th.ret_int(a.wrapping_rem(b)),
        _ => {
            // The second argument is looked at first, as the reference's C compiler has it.
            let divisor = th.check_number(2)?;
            th.ret_float(th.check_number(1)? % divisor)
        }
    }
}

/// The integral part (rounded towards zero) and the fraction, which is a float.
fn modf(th: &mut Thread) -> Result<u32> {
    let v = th.arg(1);
    if v.as_int().is_some() {
        th.push(v);
        th.push_float(0.0);
        return Ok(2);
    }
    let f = th.check_number(1)?;
    let whole = f.trunc();
    if (-LIMIT..LIMIT).contains(&whole) {
        th.push_int(whole as i64)?
    } else {
        th.push_float(whole)
    }
    // An infinity has no fraction.
    th.push_float(if f == whole { 0.0 } else { f - whole });
    Ok(2)
}

/// The argument (also a numeral string) as an integer, or nil when it has no integer value.
fn to_integer(th: &mut Thread) -> Result<u32> {
    let v = th.arg(1);
    if v.as_int().is_some() {
        return th.ret(v);
    }
    match v.to_int() {
        Some(i) => th.ret_int(i),
        None => {
            th.check_any(1)?;
            th.ret_nil()
        }
    }
}

/// "integer", "float", or nil for what is no number. The names are the upvalues.
fn number_type(th: &mut Thread) -> Result<u32> {
    let v = th.check_any(1)?;
    if v.as_int().is_some() {
        th.ret(th.upvalue(1))
    } else if v.type_of() == Type::Number {
        th.ret(th.upvalue(2))
    } else {
        th.ret_nil()
    }
}

/// Whether the first integer is below the second, both taken as unsigned.
fn ult(th: &mut Thread) -> Result<u32> {
    let (a, b) = (th.check_int(1)?, th.check_int(2)?);
    th.ret_bool((a as u64) < b as u64)
}

fn max(th: &mut Thread) -> Result<u32> {
    extreme(th, |th, candidate, best| less(th, best, candidate))
}

fn min(th: &mut Thread) -> Result<u32> {
    extreme(th, less)
}

/// The first argument that no later one is `better` than.
fn extreme(th: &mut Thread, better: fn(&mut Thread, usize, usize) -> Result<bool>) -> Result<u32> {
    th.check_any(1)?;
    let mut best = 1;
    for candidate in 2..=th.arg_count() {
        if better(th, candidate, best)? {
            best = candidate;
        }
    }
    th.ret(th.arg(best))
}

/// `arg(a) < arg(b)`, as Lua compares.
#[inline]
fn less(th: &mut Thread, a: usize, b: usize) -> Result<bool> {
    let (x, y) = (th.arg(a), th.arg(b));
    if let (Some(x), Some(y)) = (x.as_int(), y.as_int()) {
        return Ok(x < y);
    }
    if let (Some(x), Some(y)) = (x.as_float(), y.as_float()) {
        return Ok(x < y);
    }
    th.less_than(a as i32, b as i32)
}

// ---- functions of floats -----------------------------------------------------------------------------------------

fn sqrt(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.sqrt())
}

fn exp(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.exp())
}

/// The logarithm, natural or to the base given; bases 2 and 10 have functions of their own, which round better.
fn log(th: &mut Thread) -> Result<u32> {
    let x = th.check_number(1)?;
    if th.arg(2).is_nil() {
        return th.ret_float(x.ln());
    }
    let base = th.check_number(2)?;
    th.ret_float(if base == 2.0 {
        x.log2()
    } else if base == 10.0 {
        x.log10()
    } else {
        x.ln() / base.ln()
    })
}

fn sin(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.sin())
}

fn cos(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.cos())
}

fn tan(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.tan())
}

fn asin(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.asin())
}

fn acos(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.acos())
}

/// The angle of the point (x, y), given as y and x; x is 1 when absent.
fn atan(th: &mut Thread) -> Result<u32> {
    let y = th.check_number(1)?;
    let x = th.opt_number(2, 1.0)?;
    th.ret_float(y.atan2(x))
}

fn deg(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)? * (180.0 / PI))
}

fn rad(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)? * (PI / 180.0))
}

fn cosh(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.cosh())
}

fn sinh(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.sinh())
}

fn tanh(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.tanh())
}

fn pow(th: &mut Thread) -> Result<u32> {
    let x = th.check_number(1)?;
    th.ret_float(x.powf(th.check_number(2)?))
}

fn log10(th: &mut Thread) -> Result<u32> {
    th.ret_float(th.check_number(1)?.log10())
}

/// `m` and `e` such that x = m * 2^e, with m in [0.5, 1); zeros, infinities and NaN are their own `m` with e = 0.
fn frexp(th: &mut Thread) -> Result<u32> {
    const EXPONENT: u64 = 0x7FF << 52;
    let x = th.check_number(1)?;
    let (m, e) = if x == 0.0 || !x.is_finite() {
        (x, 0)
    } else {
        // Subnormals are brought into the range of normal floats first.
        let (x, shift) = if x.is_subnormal() { (x * 2f64.powi(54), 54) } else { (x, 0) };
        let e = ((x.to_bits() & EXPONENT) >> 52) as i64 - 1022;
        (f64::from_bits(x.to_bits() & !EXPONENT | 1022 << 52), e - shift)
    };
    th.push_float(m);
    th.push_int(e)?;
    Ok(2)
}

/// m * 2^e, rounded once; `e` counts by its low 32 bits, as a C int.
fn ldexp(th: &mut Thread) -> Result<u32> {
    let m = th.check_number(1)?;
    th.ret_float(scale(m, th.check_int(2)? as i32))
}

fn scale(mut x: f64, mut e: i32) -> f64 {
    let power = |e: i32| f64::from_bits(((e + 1023) as u64) << 52);
    // Two steps reach any result from any float; what is beyond them is infinite or zero.
    for _ in 0..2 {
        if e > 1023 {
            x *= power(1023);
            e -= 1023;
        } else if e < -1022 {
            // The low step stops 53 bits above the smallest normal float, so that only the last product rounds.
            x *= power(-1022 + 53);
            e += 1022 - 53;
        }
    }
    x * power(e.clamp(-1022, 1023))
}

// ---- pseudo-random numbers ---------------------------------------------------------------------------------------

/// The state of the generator xoshiro256** by Blackman and Vigna.
type State = [u64; 4];

thread_local! {
    static STATE: Cell<Option<State>> = const { Cell::new(None) };
}

/// The next 64 pseudo-random bits.
fn next(state: &mut State) -> u64 {
    let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
    let shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = state[3].rotate_left(45);
    result
}

/// The state that PUC Lua makes of a seed of two integers, so that seeded programs give the same numbers.
fn state_of(seed: (u64, u64)) -> State {
    let mut state = [seed.0, 0xFF, seed.1, 0];
    for _ in 0..16 {
        next(&mut state);
    }
    state
}

/// A seed that differs between runs and OS threads.
fn fresh_seed() -> (u64, u64) {
    let keys = RandomState::new();
    (keys.hash_one(1), keys.hash_one(2))
}

/// `random()`: a float in [0, 1); `random(0)`: an integer of 64 random bits; `random(n)` and `random(m, n)`: an
/// integer from the interval, all equally likely.
fn random(th: &mut Thread) -> Result<u32> {
    let mut state = STATE.get().unwrap_or_else(|| state_of(fresh_seed()));
    let bits = next(&mut state);
    STATE.set(Some(state));
    let (low, high) = match th.arg_count() {
        // The 53 high bits are the digits of the float.
        0 => return th.ret_float((bits >> 11) as f64 * (0.5 / (1u64 << 52) as f64)),
        1 => match th.check_int(1)? {
            0 => return th.ret_int(bits as i64),
            high => (1, high),
        },
        2 => (th.check_int(1)?, th.check_int(2)?),
        _ => return Err(th.error("wrong number of arguments")),
    };
    if low > high {
        return Err(th.arg_error(1, "interval is empty"));
    }
    let offset = project(bits, (high as u64).wrapping_sub(low as u64), &mut state);
    STATE.set(Some(state));
    th.ret_int((low as u64).wrapping_add(offset) as i64)
}

/// A number in [0, limit] made of random bits: cut to the bits that `limit` has, drawn again while beyond it.
fn project(mut bits: u64, limit: u64, state: &mut State) -> u64 {
    let mask = u64::MAX.checked_shr(limit.leading_zeros()).unwrap_or(0);
    while bits & mask > limit {
        bits = next(state);
    }
    bits & mask
}

/// Seeds the state of the calling OS thread, with what is given or at random; returns the two integers of the seed.
fn random_seed(th: &mut Thread) -> Result<u32> {
    let seed = if th.has_arg(1) { (th.check_int(1)? as u64, th.opt_int(2, 0)? as u64) } else { fresh_seed() };
    STATE.set(Some(state_of(seed)));
    th.push_int(seed.0 as i64)?;
    th.push_int(seed.1 as i64)?;
    Ok(2)
}
