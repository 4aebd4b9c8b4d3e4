//! `threads.select`: performs one of several sends and receives.
//!
//! All channels are locked at once, in the order of their addresses, while it looks for a case that is ready and,
//! when there is none, queues everywhere with one ticket. So nobody can serve one case while it takes another.

use super::after;
use super::channel::{CLOSED, Channel, ChannelCore, Offer, State, Take, item};
use luas_vm::native::{Result, Table};
use luas_vm::thread::Thread;
use luas_vm::thread_control::{On, Waked};
use luas_vm::value::{Held, Val};
use parking_lot::MutexGuard;
use std::sync::Arc;
use std::time::Instant;

const MAX_CASES: i64 = 1 << 16;

struct Case {
    channel: Arc<ChannelCore>,
    /// Place of its channel among the distinct ones.
    lock: usize,
    /// The value to send; None for a receive, or while an offer has it.
    item: Option<Held>,
    send: bool,
}

/// What a case that was ready came to.
enum Outcome {
    Sent(Offer),
    Received(Take),
}

/// select{ch1, {ch2, v}, timeout = s}: `i, v`, `i, true`, `i, nil, "closed"` or `nil, "timeout"`.
pub fn select(th: &mut Thread) -> Result<u32> {
    let deadline = timeout(th)?;
    th.set_top(1);
    let mut cases = read_cases(th, th.check_table(1)?)?;
    if cases.is_empty() && deadline.is_none() {
        return Err(th.arg_error(1, "no channels and no timeout"));
    }
    th.check_cancel()?;
    let channels = distinct(&mut cases);
    let ticket = th.begin_wait();
    let ready = {
        let mut locks: Vec<MutexGuard<'_, State>> = channels.iter().map(|c| c.lock()).collect();
        let ready = shuffled(cases.len()).into_iter().find_map(|i| {
            let case = &mut cases[i];
            attempt(case, &mut locks[case.lock]).map(|outcome| (i, outcome))
        });
        if ready.is_none() {
            for (i, case) in cases.iter_mut().enumerate() {
                let state = &mut locks[case.lock];
                let number = (i as u32) << 1;
                match case.item.take() {
                    Some(item) => case.channel.queue_sender(state, &ticket, number, item),
                    None => case.channel.queue_receiver(state, &ticket, number),
                }
            }
        }
        ready
    };
    if let Some((i, outcome)) = ready {
        return finish(th, i, outcome);
    }
    let waked = th.wait(&ticket, deadline, On::Anyone);
    for channel in &channels {
        channel.forget(&ticket);
    }
    match waked {
        Waked::Case(number) => {
            let i = (number >> 1) as usize;
            th.push_int(i as i64 + 1)?;
            if number & CLOSED != 0 {
                th.push_nil();
                th.push_bytes(b"closed")?;
                return Ok(3);
            }
            if cases[i].send {
                th.push_bool(true);
            } else {
                th.push(th.take_delivery());
            }
            Ok(2)
        }
        Waked::Timeout => super::fail(th, "timeout"),
        other => Err(th.wake_error(other)),
    }
}

fn timeout(th: &Thread) -> Result<Option<Instant>> {
    let v = th.raw_get_str(th.check_table(1)?, "timeout");
    if v.is_nil() {
        return Ok(None);
    }
    match v.to_number() {
        Some(s) if !s.is_nan() => Ok(after(s)),
        _ => Err(th.arg_error(1, "field 'timeout' must be a number")),
    }
}

/// The cases of the list; their channels, and values to send, stay reachable from slots pushed here.
fn read_cases(th: &Thread, list: Table<'_>) -> Result<Vec<Case>> {
    let n = th.raw_len(list);
    if n > MAX_CASES {
        return Err(th.arg_error(1, "too many cases"));
    }
    th.check_stack(2 * n as usize + 4)?;
    let mut cases = Vec::with_capacity(n as usize);
    for i in 1..=n {
        let entry = th.raw_get_int(list, i);
        let (channel, value) = match entry.as_table() {
            Some(pair) => {
                let value = th.raw_get_int(pair, 2);
                if value.is_nil() {
                    return Err(th.arg_error(1, format!("case {i}: nil cannot be sent")));
                }
                (th.raw_get_int(pair, 1), Some(value))
            }
            None => (entry, None),
        };
        let Some(c) = channel.as_userdata::<Channel>() else {
            return Err(th.arg_error(1, format!("case {i} is not a channel")));
        };
        th.push(channel);
        th.push(value.unwrap_or(Val::NIL));
        let item = value.map(|v| item(th, channel, v));
        cases.push(Case { channel: c.0.clone(), lock: 0, send: item.is_some(), item });
    }
    Ok(cases)
}

/// The channels without repetition, by address; tells each case its place.
fn distinct(cases: &mut [Case]) -> Vec<Arc<ChannelCore>> {
    let mut channels: Vec<_> = cases.iter().map(|c| c.channel.clone()).collect();
    channels.sort_by_key(Arc::as_ptr);
    channels.dedup_by(|a, b| Arc::ptr_eq(a, b));
    for case in cases {
        case.lock = channels.binary_search_by_key(&Arc::as_ptr(&case.channel), Arc::as_ptr).unwrap_or(0);
    }
    channels
}

fn attempt(case: &mut Case, state: &mut State) -> Option<Outcome> {
    match case.item.take() {
        Some(item) => match case.channel.offer(state, item) {
            Offer::Full(back) => {
                case.item = Some(back);
                None
            }
            done => Some(Outcome::Sent(done)),
        },
        None => match case.channel.take(state) {
            Take::Empty => None,
            done => Some(Outcome::Received(done)),
        },
    }
}

/// Pushes the results of case `i` (from 0). The locks are released.
fn finish(th: &Thread, i: usize, outcome: Outcome) -> Result<u32> {
    th.push_int(i as i64 + 1)?;
    let woken = match outcome {
        Outcome::Sent(Offer::Sent(woken)) => {
            th.push_bool(true);
            woken
        }
        Outcome::Received(Take::Got(item, woken)) => {
            th.push(item.get(th));
            woken
        }
        Outcome::Sent(Offer::NoMemory) => return Err(th.error_plain("not enough memory")),
        _ => {
            th.push_nil();
            th.push_bytes(b"closed")?;
            return Ok(3);
        }
    };
    if let Some(ticket) = woken {
        ticket.wake();
    }
    Ok(2)
}

/// 0..n in a random order.
fn shuffled(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    // Fairness needs no more than the clock's low bits, spread (SplitMix64).
    let mut x = super::clock_start().elapsed().as_nanos() as u64;
    for i in (1..n).rev() {
        x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = x;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        order.swap(i, ((z ^ z >> 31) % (i as u64 + 1)) as usize);
    }
    order
}
