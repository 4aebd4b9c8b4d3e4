//! Lua patterns: compiled once, kept in a small cache of the OS thread, matched without recursion.
//!
//! A pattern has no alternation, so it compiles to a straight list of steps ([`Op`]). This makes static what the
//! reference implementation finds out while matching: which capture a `)` closes, whether `%1` is valid, and what may
//! follow a repetition. A malformed part is a step that raises its error, because the error must appear only when the
//! match gets that far.
//!
//! What may follow a repetition is a set of bytes (and perhaps the end of the subject). A repetition whose own set is
//! disjoint from it never needs to give back or take more, and leaves no trace to backtrack to; in any other case it
//! tries only positions where the next step can succeed.
//!
//! Captures are not undone when backtracking: every path to the end of the pattern passes through all of them again.
//!
//! A match works on the subject by offsets and has a budget: after some tens of thousands of steps it stops with
//! [`Stop::Pause`], so that its caller may reach a safepoint, fetch the subject again and go on with the same call.

use std::ops::Range;

mod cache;
mod class;
mod compile;

use cache::Ends;
pub use cache::Loan;
use class::{Bits, Set, has, set_at, with};

/// How many captures a pattern may have.
pub const MAX_CAPTURES: usize = 32;

/// How many repetitions may be open to reconsideration at a time.
const MAX_DEPTH: usize = 200;

/// Steps between two pauses.
const BUDGET: u32 = 1 << 16;

/// Why a search ended without an answer.
#[derive(Debug)]
pub enum Stop {
    /// The budget is spent: call `search` again with the same arguments.
    Pause,
    Malformed(Malformed),
}

/// What is wrong with a pattern, or with a use of its captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    EndsWithEscape,
    MissingBracket,
    MissingBalance,
    MissingFrontier,
    TooManyCaptures,
    PatternCapture,
    CaptureIndex(usize),
    UnfinishedCapture,
    TooComplex,
}

/// A successful match: where it starts and ends.
pub type Found = Option<Range<usize>>;

/// What a capture holds.
pub enum Capture {
    /// A part of the subject.
    Text(Range<usize>),
    /// A position in the subject, from 1.
    Position(usize),
}

/// A compiled pattern with the state of its match.
pub struct Matcher {
    /// The pattern, without the anchor.
    pattern: Vec<u8>,
    ends: Ends,
    ops: Vec<Op>,
    sets: Vec<Set>,
    follows: Vec<Follow>,
    /// What a match may start with, if that is restricted.
    head: Option<Follow>,
    /// What a match consists of, if it must end where the subject does.
    tail: Option<Tail>,
    /// The pattern, if it is one item alone: such patterns are the most common, and need no steps.
    lone: Option<Lone>,
    kinds: [Kind; MAX_CAPTURES],
    levels: usize,

    spans: [Span; MAX_CAPTURES],
    frames: Vec<Frame>,
    budget: u32,
    /// The start of the attempt that was interrupted by a pause.
    paused: Option<usize>,
}

/// One step. Steps with a `Single` consume bytes of that set.
#[derive(Clone, Copy)]
enum Op {
    One(Single),
    Optional {
        single: Single,
        ahead: Ahead,
    },
    /// `*` and `+`: as many as there are, then fewer.
    Greedy {
        single: Single,
        least: u32,
        ahead: Ahead,
    },
    /// `-`: none, then more.
    Lazy {
        single: Single,
        ahead: Ahead,
    },
    Open(u8),
    Close(u8),
    Position(u8),
    /// `$` at the end of the pattern.
    End,
    Balance(u8, u8),
    Frontier(u32),
    /// The text of a capture again.
    Again(u8),
    Fail,
    Raise(Malformed),
    Success,
}

/// What one item of a pattern matches.
#[derive(Clone, Copy)]
enum Single {
    Any,
    Byte(u8),
    /// An index for `set_at`.
    Set(u32),
}

/// A pattern of one item, alone or with `+`, without captures.
#[derive(Clone, Copy)]
struct Lone {
    single: Single,
    repeated: bool,
}

/// What a repetition knows of the steps behind it.
#[derive(Clone, Copy)]
enum Ahead {
    /// Nothing; every position must be tried.
    Open,
    /// Only the position reached first can lead on.
    Committed,
    /// Only positions that satisfy this entry of `follows`.
    Filter(u32),
}

/// The bytes that the next step can start with.
#[derive(Clone, Copy)]
struct Follow {
    bits: Bits,
    /// Whether it can also succeed at the end of the subject.
    end: bool,
    /// The only byte in `bits`, if `end` is false.
    byte: Option<u8>,
}

/// What is known of the matches of a pattern that ends in `$`.
#[derive(Clone, Copy)]
struct Tail {
    /// All bytes of a match are among these.
    bits: Bits,
    /// It has at most so many.
    widest: usize,
}

/// A repetition that may still be reconsidered: it began (or must not fall below) `low`, and reached `at`.
#[derive(Clone, Copy)]
struct Frame {
    op: u32,
    low: u32,
    at: u32,
}

#[derive(Clone, Copy, Default)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unfinished,
    Text,
    Position,
}

impl Matcher {
    /// The first match at or behind `from`, or only exactly there when `anchored`. A match that ends at `barred`
    /// does not count (the end of the previous match, so that an empty match does not repeat it).
    ///
    /// `from` is at most the length of the subject, and at least what is barred.
    #[inline]
    pub fn search(
        &mut self,
        subject: &[u8],
        from: usize,
        anchored: bool,
        barred: Option<usize>,
    ) -> Result<Found, Stop> {
        debug_assert!(barred.is_none_or(|end| end <= from));
        match self.lone {
            // Its matches are not empty, so none ends where one is barred.
            Some(lone) => Ok(lone.search(&self.sets, subject, from, anchored)),
            None => self.search_steps(subject, from, anchored, barred),
        }
    }

    fn search_steps(
        &mut self,
        subject: &[u8],
        from: usize,
        anchored: bool,
        barred: Option<usize>,
    ) -> Result<Found, Stop> {
        let (mut start, mut resume) = match self.paused.take() {
            Some(start) => (start, true),
            None if anchored => (from, false),
            None => (self.tail.map_or(from, |tail| tail.earliest(subject, from)), false),
        };
        loop {
            if !resume {
                if !anchored {
                    match self.candidate(subject, start) {
                        Some(candidate) => start = candidate,
                        None => return Ok(None),
                    }
                }
                self.frames.clear();
            }
            match self.attempt(subject, start, resume) {
                Ok(Some(end)) if barred != Some(end) => return Ok(Some(start..end)),
                Ok(_) => {}
                Err(stop) => {
                    self.paused = matches!(stop, Stop::Pause).then_some(start);
                    return Err(stop);
                }
            }
            resume = false;
            start += 1;
            if anchored || start > subject.len() {
                return Ok(None);
            }
        }
    }

    /// How many captures the pattern has.
    pub fn captures(&self) -> usize {
        self.levels
    }

    /// Capture `index` (from 0) of the match that lies at `whole`; index 0 of a pattern without captures is the
    /// whole match.
    pub fn capture(&self, index: usize, whole: &Range<usize>) -> Result<Capture, Malformed> {
        if index >= self.levels {
            return if index == 0 { Ok(Capture::Text(whole.clone())) } else { Err(Malformed::CaptureIndex(index + 1)) };
        }
        let span = self.spans[index];
        match self.kinds[index] {
            Kind::Text => Ok(Capture::Text(span.start as usize..span.end as usize)),
            Kind::Position => Ok(Capture::Position(span.start as usize + 1)),
            Kind::Unfinished => Err(Malformed::UnfinishedCapture),
        }
    }

    /// The first position at or behind `start` where a match can begin.
    fn candidate(&self, subject: &[u8], start: usize) -> Option<usize> {
        let Some(head) = &self.head else { return Some(start) };
        let rest = &subject[start..];
        let skipped = match head.byte {
            Some(byte) => memchr::memchr(byte, rest),
            None => rest.iter().position(|&c| has(&head.bits, c)).or(head.end.then_some(rest.len())),
        };
        skipped.map(|n| start + n)
    }

    /// Matches from `start`, or goes on at the last frame when `resume`; the end of the match.
    fn attempt(&mut self, subject: &[u8], start: usize, resume: bool) -> Result<Option<usize>, Stop> {
        let Matcher { ops, sets, follows, spans, frames, budget, .. } = self;
        let mut at = start;
        let mut pc = 0;
        let mut go_on = !resume;
        loop {
            // Forward, until a step fails.
            while go_on {
                match ops[pc] {
                    Op::One(single) => {
                        go_on = at < subject.len() && single.has(sets, subject[at]);
                        at += 1;
                    }
                    Op::Optional { single, ahead } => {
                        if at < subject.len() && single.has(sets, subject[at]) {
                            if !matches!(ahead, Ahead::Committed) {
                                push(frames, pc, at, at + 1)?;
                            }
                            at += 1;
                        }
                    }
                    Op::Greedy { single, least, ahead } => {
                        let end = single.run(sets, subject, at);
                        let low = at + least as usize;
                        go_on = end >= low;
                        if end > low && !matches!(ahead, Ahead::Committed) {
                            push(frames, pc, low, end)?;
                        }
                        at = end;
                    }
                    Op::Lazy { single, ahead } => match single.grow(sets, follows, ahead, subject, at) {
                        Some(reached) => {
                            if !matches!(ahead, Ahead::Committed) {
                                push(frames, pc, at, reached)?;
                            }
                            at = reached;
                        }
                        None => go_on = false,
                    },
                    Op::Open(level) | Op::Position(level) => spans[level as usize].start = at as u32,
                    Op::Close(level) => spans[level as usize].end = at as u32,
                    Op::End => go_on = at == subject.len(),
                    Op::Balance(open, close) => match balance(subject, at, open, close) {
                        Some(end) => at = end,
                        None => go_on = false,
                    },
                    Op::Frontier(set) => {
                        let table = &set_at(sets, set).table;
                        let before = if at == 0 { 0 } else { subject[at - 1] };
                        let here = subject.get(at).copied().unwrap_or(0);
                        go_on = !table[before as usize] && table[here as usize];
                    }
                    Op::Again(level) => {
                        let span = spans[level as usize];
                        let text = &subject[span.start as usize..span.end as usize];
                        go_on = subject[at..].starts_with(text);
                        at += text.len();
                    }
                    Op::Fail => go_on = false,
                    Op::Raise(malformed) => return Err(Stop::Malformed(malformed)),
                    Op::Success => return Ok(Some(at)),
                }
                pc += 1;
            }
            // Back to the last repetition that has another way.
            if *budget == 0 {
                *budget = BUDGET;
                return Err(Stop::Pause);
            }
            *budget -= 1;
            let Some(frame) = frames.last_mut() else { return Ok(None) };
            let reached = frame.at as usize;
            pc = frame.op as usize + 1;
            let next = match ops[frame.op as usize] {
                Op::Optional { ahead, .. } | Op::Greedy { ahead, .. } => {
                    ahead.shrink(follows, subject, frame.low as usize, reached)
                }
                Op::Lazy { single, ahead } => match subject.get(reached) {
                    Some(&c) if single.has(sets, c) => single.grow(sets, follows, ahead, subject, reached + 1),
                    _ => None,
                },
                _ => None,
            };
            match next {
                Some(next) => {
                    frame.at = next as u32;
                    at = next;
                    go_on = true;
                    if frame.at == frame.low {
                        // A greedy frame has no way left below `low`; a lazy one is always above it by now.
                        frames.pop();
                    }
                }
                None => {
                    frames.pop();
                }
            }
        }
    }
}

impl Tail {
    /// A position at or behind `from` before which no match begins. So `%.lua$` looks at four bytes, and `[^/]+$` at the
    /// last name alone.
    fn earliest(&self, subject: &[u8], from: usize) -> usize {
        let low = from.max(subject.len().saturating_sub(self.widest));
        if self.bits == [u64::MAX; 4] {
            return low;
        }
        subject[low..].iter().rposition(|&c| !has(&self.bits, c)).map_or(low, |n| low + n + 1)
    }
}

impl Lone {
    /// See [`Matcher::search`].
    #[inline(always)]
    fn search(self, sets: &[Set], subject: &[u8], from: usize, anchored: bool) -> Found {
        let start = match self.single {
            _ if anchored => subject.get(from).is_some_and(|&c| self.single.has(sets, c)).then_some(from)?,
            Single::Any => (from < subject.len()).then_some(from)?,
            Single::Byte(byte) => from + memchr::memchr(byte, &subject[from..])?,
            Single::Set(set) => {
                let table = &set_at(sets, set).table;
                from + subject[from..].iter().position(|&c| table[c as usize])?
            }
        };
        let end = if self.repeated { self.single.run(sets, subject, start + 1) } else { start + 1 };
        Some(start..end)
    }
}

impl Single {
    #[inline]
    fn has(self, sets: &[Set], c: u8) -> bool {
        match self {
            Single::Any => true,
            Single::Byte(byte) => byte == c,
            Single::Set(set) => set_at(sets, set).table[c as usize],
        }
    }

    /// The end of the longest run of bytes of this kind that begins at `at`.
    #[inline]
    fn run(self, sets: &[Set], subject: &[u8], at: usize) -> usize {
        let rest = &subject[at..];
        let length = match self {
            Single::Any => None,
            Single::Byte(byte) => rest.iter().position(|&c| c != byte),
            Single::Set(set) => {
                let table = &set_at(sets, set).table;
                rest.iter().position(|&c| !table[c as usize])
            }
        };
        length.map_or(subject.len(), |n| at + n)
    }

    /// The first position at or behind `at` where the next step can succeed, with only bytes of this kind before it.
    #[inline]
    fn grow(self, sets: &[Set], follows: &[Follow], ahead: Ahead, subject: &[u8], at: usize) -> Option<usize> {
        let Ahead::Filter(follow) = ahead else { return Some(at) };
        let follow = &follows[follow as usize];
        let rest = &subject[at..];
        if let (Single::Any, Some(byte)) = (self, follow.byte) {
            return memchr::memchr(byte, rest).map(|n| at + n);
        }
        for (n, &c) in rest.iter().enumerate() {
            if has(&follow.bits, c) {
                return Some(at + n);
            }
            if !self.has(sets, c) {
                return None;
            }
        }
        follow.end.then_some(subject.len())
    }

    fn bits(self, sets: &[Set]) -> Bits {
        match self {
            Single::Any => [u64::MAX; 4],
            Single::Byte(byte) => with([0; 4], byte),
            Single::Set(set) => set_at(sets, set).bits,
        }
    }
}

impl Ahead {
    /// The last position in `low..at` where the next step can succeed.
    #[inline]
    fn shrink(self, follows: &[Follow], subject: &[u8], low: usize, at: usize) -> Option<usize> {
        match self {
            Ahead::Open => (at > low).then(|| at - 1),
            Ahead::Committed => None,
            Ahead::Filter(follow) => {
                let follow = &follows[follow as usize];
                let taken = &subject[low..at];
                let length = match follow.byte {
                    Some(byte) => memchr::memrchr(byte, taken),
                    None => taken.iter().rposition(|&c| has(&follow.bits, c)),
                };
                length.map(|n| low + n)
            }
        }
    }
}

#[inline]
fn push(frames: &mut Vec<Frame>, op: usize, low: usize, at: usize) -> Result<(), Stop> {
    if frames.len() >= MAX_DEPTH {
        return Err(Stop::Malformed(Malformed::TooComplex));
    }
    frames.push(Frame { op: op as u32, low: low as u32, at: at as u32 });
    Ok(())
}

/// The end of the balanced text that begins at `at`.
fn balance(subject: &[u8], at: usize, open: u8, close: u8) -> Option<usize> {
    if subject.get(at) != Some(&open) {
        return None;
    }
    let mut depth = 1_usize;
    for (n, &c) in subject.iter().enumerate().skip(at + 1) {
        if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(n + 1);
            }
        } else if c == open {
            depth += 1;
        }
    }
    None
}

impl Malformed {
    pub fn message(self) -> String {
        match self {
            Malformed::EndsWithEscape => "malformed pattern (ends with '%')".into(),
            Malformed::MissingBracket => "malformed pattern (missing ']')".into(),
            Malformed::MissingBalance => "malformed pattern (missing arguments to '%b')".into(),
            Malformed::MissingFrontier => "missing '[' after '%f' in pattern".into(),
            Malformed::TooManyCaptures => "too many captures".into(),
            Malformed::PatternCapture => "invalid pattern capture".into(),
            Malformed::CaptureIndex(index) => format!("invalid capture index %{index}"),
            Malformed::UnfinishedCapture => "unfinished capture".into(),
            Malformed::TooComplex => "pattern too complex".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first match of `pattern`, through all pauses, or the error's message.
    fn first(subject: &[u8], pattern: &[u8]) -> Result<Found, String> {
        let mut matcher = Matcher::new(pattern);
        loop {
            match matcher.search(subject, 0, false, None) {
                Ok(found) => return Ok(found),
                Err(Stop::Pause) => {}
                Err(Stop::Malformed(malformed)) => return Err(malformed.message()),
            }
        }
    }

    fn check(subject: &str, pattern: &str, expected: Option<&str>) {
        let found = first(subject.as_bytes(), pattern.as_bytes()).unwrap();
        assert_eq!(found.map(|whole| &subject[whole]), expected, "{pattern} in {subject}");
    }

    #[test]
    fn matches_at_the_end_begin_where_they_can() {
        check("a/b/name.lua", "[^/]+$", Some("name.lua"));
        check("a/b/", "[^/]+$", None);
        check("a/b/", "[^/]*$", Some(""));
        check("a.lua.lua", "%.lua$", Some(".lua"));
        check("a.luac", "%.lua$", None);
        check("text  x  ", "%s+$", Some("  "));
        check("text", "%s*$", Some(""));
        check("aXbXc", "X.-$", Some("XbXc"));
        check("aab", "a?b$", Some("ab"));
        check("ab12", "(%a)%d?%d?$", Some("b12"));
        check("ab123", "(%a)%d?%d?$", None);
        check("x$", "%$$", Some("$"));
        check("", "a?$", Some(""));
        check("", "a$", None);
        check("a$b", "a$b", Some("a$b"));
        check("abcabc", "abc$", Some("abc"));
    }

    #[test]
    fn repetitions_give_back_and_take_more() {
        check("key = value", "%w+%s*=%s*%w+", Some("key = value"));
        check("aaab", "a-b", Some("aaab"));
        check("aaab", "a*ab", Some("aaab"));
        check("aaa", "a?a?a?a", Some("aaa"));
        check("x[[a]b]]", "%b[]", Some("[[a]b]"));
        check("THE (quick) fox", "%f[%a]%a+%f[%A]", Some("THE"));
        check("-a1-", "%a-%d", Some("a1"));
        check("abab", "(ab)%1$", Some("abab"));
        check("abc", "^abc", None); // the anchor is the caller's business
    }

    #[test]
    fn one_item_alone_is_found_as_with_steps() {
        let subjects: [&[u8]; 6] = [b"", b"a", b"  a b", b"12ab.", b"..", b"\0\xFF%"];
        for item in [".", "a", "%a", "%d", "[^%s]", "%%", "[ab%d]", "%S"] {
            for (subject, suffix, anchored) in
                subjects.iter().flat_map(|s| ["", "+"].map(|suffix| [false, true].map(|a| (s, suffix, a)))).flatten()
            {
                let mut lone = Matcher::new(format!("{item}{suffix}").as_bytes());
                let mut steps = Matcher::new(format!("({item}{suffix})").as_bytes());
                assert!(lone.lone.is_some() && steps.lone.is_none());
                for from in 0..=subject.len() {
                    let barred = Some(from);
                    assert_eq!(
                        lone.search(subject, from, anchored, barred).unwrap(),
                        steps.search(subject, from, anchored, barred).unwrap(),
                        "{item}{suffix} in {subject:?} from {from}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_error_appears_only_where_the_match_gets() {
        assert_eq!(first(b"a", b"b["), Ok(None));
        assert_eq!(first(b"b", b"b["), Err("malformed pattern (missing ']')".into()));
        assert_eq!(first(b"a", b"(%1)"), Err("invalid capture index %1".into()));
        assert_eq!(first(b"a", "(".repeat(33).as_bytes()), Err("too many captures".into()));
    }

    #[test]
    fn depth_is_limited() {
        let subject = "a".repeat(300);
        check(&subject, &"a?".repeat(80), Some(&subject[..80]));
        assert_eq!(first(subject.as_bytes(), "a?b?".repeat(300).as_bytes()), Err("pattern too complex".into()));
    }

    #[test]
    fn a_long_match_pauses_and_goes_on() {
        let subject = "a".repeat(120) + "bbb";
        let mut matcher = Matcher::new(b"a*a*a*a*b*c");
        let mut pauses = 0;
        while let Err(stop) = matcher.search(subject.as_bytes(), 0, true, None) {
            assert!(matches!(stop, Stop::Pause));
            pauses += 1;
        }
        assert!(pauses > 0);
    }

    #[test]
    fn the_cache_lends_a_pattern_twice() {
        let outer = Loan::new(b"(%a)(%d)");
        let inner = Loan::new(b"(%a)(%d)");
        assert_eq!((outer.captures(), inner.captures()), (2, 2));
    }
}
