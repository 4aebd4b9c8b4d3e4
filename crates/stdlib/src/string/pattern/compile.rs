//! From the text of a pattern to its steps.

use super::cache::Ends;
use super::class::{Bits, CLASSES, Set, class, class_of_locale, disjoint, has, set_at, union, with};
use super::{Ahead, BUDGET, Follow, Kind, Lone, MAX_CAPTURES, Malformed, Matcher, Op, Single, Span, Tail};
use luas_vm::ffi::locale;

/// Reads a pattern; `at` is the next byte.
struct Compiler<'p> {
    pattern: &'p [u8],
    at: usize,
    ops: Vec<Op>,
    sets: Vec<Set>,
    kinds: [Kind; MAX_CAPTURES],
    levels: usize,
}

impl Matcher {
    /// Compiles `pattern`, in which `^` at the start has no special meaning (cut it off and anchor the search).
    pub fn new(pattern: &[u8]) -> Matcher {
        let mut compiler = Compiler {
            pattern,
            at: 0,
            ops: Vec::with_capacity(pattern.len().min(64) + 1),
            sets: Vec::new(),
            kinds: [Kind::Unfinished; MAX_CAPTURES],
            levels: 0,
        };
        let last = compiler.steps().map_or_else(Op::Raise, |()| Op::Success);
        compiler.ops.push(last);
        let Compiler { mut ops, sets, kinds, levels, .. } = compiler;

        // From the last step to the first, so that what follows is known.
        let mut follows = Vec::new();
        let mut behind: Option<Follow> = None;
        let mut succeeds = false;
        for op in ops.iter_mut().rev() {
            let needs_one = matches!(op, Op::Greedy { least: 1, .. });
            let lazy = matches!(op, Op::Lazy { .. });
            match op {
                Op::Open(_) | Op::Close(_) | Op::Position(_) => continue,
                Op::One(single) => behind = Some(Follow::new(single.bits(&sets), false)),
                Op::Optional { single, ahead } | Op::Greedy { single, ahead, .. } | Op::Lazy { single, ahead } => {
                    let bits = single.bits(&sets);
                    *ahead = match &behind {
                        _ if succeeds => Ahead::Committed,
                        None => Ahead::Open,
                        // (A lazy one still has to look for where the other set begins.)
                        Some(follow) if !lazy && disjoint(&follow.bits, &bits) => Ahead::Committed,
                        Some(follow) => {
                            follows.push(*follow);
                            Ahead::Filter(follows.len() as u32 - 1)
                        }
                    };
                    behind = match behind {
                        _ if needs_one => Some(Follow::new(bits, false)),
                        Some(follow) => Some(Follow::new(union(&follow.bits, &bits), follow.end)),
                        None => None,
                    };
                }
                Op::End => behind = Some(Follow::new([0; 4], true)),
                Op::Balance(open, _) => behind = Some(Follow::new(with([0; 4], *open), false)),
                Op::Frontier(set) => {
                    let bits = set_at(&sets, *set).bits;
                    behind = Some(Follow::new(bits, has(&bits, 0)));
                }
                Op::Again(_) | Op::Fail | Op::Raise(_) | Op::Success => behind = None,
            }
            succeeds = matches!(op, Op::Success);
        }
        let lone = match ops[..] {
            [Op::One(single), Op::Success] => Some(Lone { single, repeated: false }),
            [Op::Greedy { single, least: 1, .. }, Op::Success] => Some(Lone { single, repeated: true }),
            _ => None,
        };
        let tail = Tail::of(&ops, &sets);
        Matcher {
            pattern: pattern.to_vec(),
            ends: Ends::of(pattern),
            ops,
            sets,
            follows,
            head: behind,
            tail,
            lone,
            kinds,
            levels,
            spans: [Span::default(); MAX_CAPTURES],
            frames: Vec::new(),
            budget: BUDGET,
            paused: None,
        }
    }
}

impl Compiler<'_> {
    fn steps(&mut self) -> Result<(), Malformed> {
        while let Some(&c) = self.pattern.get(self.at) {
            let next = self.pattern.get(self.at + 1).copied();
            match (c, next) {
                (b'(', Some(b')')) => {
                    let level = self.open(Kind::Position)?;
                    self.ops.push(Op::Position(level));
                    self.at += 2;
                }
                (b'(', _) => {
                    let level = self.open(Kind::Unfinished)?;
                    self.ops.push(Op::Open(level));
                    self.at += 1;
                }
                (b')', _) => {
                    let unfinished = self.kinds[..self.levels].iter().rposition(|k| *k == Kind::Unfinished);
                    let level = unfinished.ok_or(Malformed::PatternCapture)?;
                    self.kinds[level] = Kind::Text;
                    self.ops.push(Op::Close(level as u8));
                    self.at += 1;
                }
                (b'$', None) => {
                    self.ops.push(Op::End);
                    self.at += 1;
                }
                (b'%', Some(b'b')) => {
                    let Some(&[open, close]) = self.pattern.get(self.at + 2..self.at + 4) else {
                        return Err(Malformed::MissingBalance);
                    };
                    self.ops.push(Op::Balance(open, close));
                    self.at += 4;
                }
                (b'%', Some(b'f')) => {
                    self.at += 2;
                    if self.pattern.get(self.at) != Some(&b'[') {
                        return Err(Malformed::MissingFrontier);
                    }
                    let set = self.bracket()?;
                    self.ops.push(Op::Frontier(set));
                }
                (b'%', Some(digit @ b'0'..=b'9')) => {
                    let again = self.again(digit)?;
                    self.ops.push(again);
                    self.at += 2;
                }
                _ => {
                    let item = self.item()?;
                    self.ops.push(item);
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, kind: Kind) -> Result<u8, Malformed> {
        let level = self.levels;
        *self.kinds.get_mut(level).ok_or(Malformed::TooManyCaptures)? = kind;
        self.levels += 1;
        Ok(level as u8)
    }

    /// The step of `%1` to `%9` (`%0` is invalid).
    fn again(&self, digit: u8) -> Result<Op, Malformed> {
        let index = usize::from(digit - b'0');
        match index.checked_sub(1).filter(|&level| level < self.levels).map(|level| self.kinds[level]) {
            Some(Kind::Text) => Ok(Op::Again(index as u8 - 1)),
            Some(Kind::Position) => Ok(Op::Fail), // a position is no text
            Some(Kind::Unfinished) | None => Err(Malformed::CaptureIndex(index)),
        }
    }

    /// One single with its suffix.
    fn item(&mut self) -> Result<Op, Malformed> {
        let single = match self.pattern[self.at] {
            b'.' => {
                self.at += 1;
                Single::Any
            }
            b'%' => {
                let &letter = self.pattern.get(self.at + 1).ok_or(Malformed::EndsWithEscape)?;
                self.at += 2;
                self.class(letter).map_or(Single::Byte(letter), Single::Set)
            }
            b'[' => Single::Set(self.bracket()?),
            byte => {
                self.at += 1;
                Single::Byte(byte)
            }
        };
        let ahead = Ahead::Open;
        let op = match self.pattern.get(self.at) {
            Some(b'?') => Op::Optional { single, ahead },
            Some(b'*') => Op::Greedy { single, least: 0, ahead },
            Some(b'+') => Op::Greedy { single, least: 1, ahead },
            Some(b'-') => Op::Lazy { single, ahead },
            _ => return Ok(Op::One(single)),
        };
        self.at += 1;
        Ok(op)
    }

    /// The class of `%letter`; None when the letter stands for itself.
    fn class(&mut self, letter: u8) -> Option<u32> {
        if locale::is_ascii() {
            return class(letter);
        }
        self.sets.push(class_of_locale(letter)?);
        Some((CLASSES.len() + self.sets.len() - 1) as u32)
    }

    /// The set written in brackets, from the `[` at `at`.
    fn bracket(&mut self) -> Result<u32, Malformed> {
        let byte = |at: usize| self.pattern.get(at).copied();
        let negated = byte(self.at + 1) == Some(b'^');
        let first = self.at + 1 + usize::from(negated);
        // A `]` that comes first, or behind a `%`, does not close.
        let mut end = first;
        loop {
            match byte(end).ok_or(Malformed::MissingBracket)? {
                b'%' if end + 1 < self.pattern.len() => end += 2,
                _ => end += 1,
            }
            if byte(end) == Some(b']') {
                break;
            }
        }
        let inside = &self.pattern[first..end];
        let mut bits = [0; 4];
        let mut at = 0;
        while at < inside.len() {
            match inside[at..] {
                [b'%', letter, ..] => {
                    bits = match self.class(letter) {
                        Some(set) => union(&bits, &set_at(&self.sets, set).bits),
                        None => with(bits, letter),
                    };
                    at += 2;
                }
                [low, b'-', high, ..] => {
                    for c in low..=high {
                        bits = with(bits, c);
                    }
                    at += 3;
                }
                [c, ..] => {
                    bits = with(bits, c);
                    at += 1;
                }
                [] => break,
            }
        }
        if negated {
            bits = bits.map(|word| !word);
        }
        self.at = end + 1;
        self.sets.push(Set::new(bits));
        Ok((CLASSES.len() + self.sets.len() - 1) as u32)
    }
}

impl Tail {
    /// Of steps that end with `$` and before it only have items of one byte, repeated or not, and captures.
    fn of(ops: &[Op], sets: &[Set]) -> Option<Tail> {
        let [items @ .., Op::End, Op::Success] = ops else { return None };
        let mut tail = Tail { bits: [0; 4], widest: 0 };
        for op in items {
            let (single, most) = match op {
                Op::Open(_) | Op::Close(_) | Op::Position(_) => continue,
                Op::One(single) | Op::Optional { single, .. } => (single, 1),
                Op::Greedy { single, .. } | Op::Lazy { single, .. } => (single, usize::MAX),
                _ => return None,
            };
            tail.bits = union(&tail.bits, &single.bits(sets));
            tail.widest = tail.widest.saturating_add(most);
        }
        Some(tail)
    }
}

impl Follow {
    pub(super) fn new(bits: Bits, end: bool) -> Follow {
        let single = !end && bits.iter().map(|word| word.count_ones()).sum::<u32>() == 1;
        let byte = if single { (0..=u8::MAX).find(|&c| has(&bits, c)) } else { None };
        Follow { bits, end, byte }
    }
}
