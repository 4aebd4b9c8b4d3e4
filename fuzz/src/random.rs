//! Random numbers: a small generator that every platform repeats, seeded by a campaign's seed and a program's index.

/// SplitMix64: one word of state, good enough to choose syntax.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of program `index` in the campaign of `seed`.
    pub fn new(seed: u64, index: u64) -> Random {
        let mut r = Random(seed.wrapping_mul(0xD129_0DD5_3A2B_4E7F) ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        r.word();
        r
    }

    /// 64 random bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not zero.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.word() >> 33) as usize) % n
    }

    /// A number between both, inclusive.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    /// True in one of `n` cases.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
