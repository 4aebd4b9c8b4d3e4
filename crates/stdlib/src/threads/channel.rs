//! `threads.channel`: queues between threads, first in, first out.
//!
//! A value goes from a sender to the buffer, or at once to a receiver that waits; senders that find the buffer full
//! wait with their value in the queue, from where a receiver takes it. All of that happens under the channel's lock,
//! and whoever takes a party out of a queue claims its ticket first; so a send or receive happened, or it did not.
//!
//! Ch-1 Receivers wait only while buffer and senders' queue are empty; senders wait only while the buffer is full.
//! Ch-2 Values are stored with the channel as owner before the lock is taken: publishing takes time.

use super::{class, deadline, fail};
use luas_vm::native::{Payload, Result};
use luas_vm::thread::Thread;
use luas_vm::thread_control::{On, Ticket, Waked};
use luas_vm::value::{Held, Val};
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;

const META: &str = "luas.channel";
const NAME: &str = "channel";
/// In the case of a claim: the channel was closed. The rest of the case is the number the waiter gave.
pub const CLOSED: u32 = 1;

/// The payload of a channel.
pub struct Channel(pub Arc<ChannelCore>);

/// A channel.
pub struct ChannelCore {
    capacity: usize,
    state: Mutex<State>,
}

/// What the lock of a channel protects.
#[derive(Default)]
pub struct State {
    closed: bool,
    buffer: VecDeque<Held>,
    senders: VecDeque<Sender>,
    receivers: VecDeque<Receiver>,
}

struct Sender {
    ticket: Ticket,
    case: u32,
    item: Held,
}

struct Receiver {
    ticket: Ticket,
    case: u32,
}

/// What became of an offer.
pub enum Offer {
    /// Taken; a receiver may have to be woken.
    Sent(Option<Ticket>),
    Closed,
    /// No place: the value comes back.
    Full(Held),
    /// No memory for a longer buffer.
    NoMemory,
}

/// What there was to take.
pub enum Take {
    /// A value; a sender may have to be woken.
    Got(Held, Option<Ticket>),
    Closed,
    Empty,
}

impl Payload for Channel {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        // Free: its holders meet no safepoint, and tracing happens at safepoints or in publish, which comes first (Ch-2).
        let state = self.0.state.lock();
        state.buffer.iter().for_each(&mut *visit);
        state.senders.iter().for_each(|s| visit(&s.item));
    }
}

impl ChannelCore {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Takes a withdrawn or served ticket out of the queues.
    pub fn forget(&self, ticket: &Ticket) {
        let mut state = self.state.lock();
        state.senders.retain(|s| !s.ticket.is(ticket));
        state.receivers.retain(|r| !r.ticket.is(ticket));
    }

    /// Puts a value where it can go.
    pub fn offer(&self, state: &mut State, mut item: Held) -> Offer {
        if state.closed {
            return Offer::Closed;
        }
        while let Some(r) = state.receivers.pop_front() {
            match r.ticket.deliver(r.case, item) {
                Ok(()) => return Offer::Sent(Some(r.ticket)),
                Err(back) => item = back,
            }
        }
        if state.buffer.len() >= self.capacity {
            return Offer::Full(item);
        }
        if state.buffer.try_reserve(1).is_err() {
            return Offer::NoMemory;
        }
        state.buffer.push_back(item);
        Offer::Sent(None)
    }

    /// Takes the oldest value.
    pub fn take(&self, state: &mut State) -> Take {
        let first = state.buffer.pop_front();
        while let Some(s) = state.senders.pop_front() {
            if s.ticket.claim(s.case) {
                return match first {
                    // The sender's value moves up.
                    Some(item) => {
                        state.buffer.push_back(s.item);
                        Take::Got(item, Some(s.ticket))
                    }
                    None => Take::Got(s.item, Some(s.ticket)),
                };
            }
        }
        match first {
            Some(item) => Take::Got(item, None),
            None if state.closed => Take::Closed,
            None => Take::Empty,
        }
    }

    /// Waits for a receiver with `item`. Caller: `offer` has just said Full.
    pub fn queue_sender(&self, state: &mut State, ticket: &Ticket, case: u32, item: Held) {
        state.senders.push_back(Sender { ticket: ticket.clone(), case, item });
    }

    /// Waits for a value. Caller: `take` has just said Empty.
    pub fn queue_receiver(&self, state: &mut State, ticket: &Ticket, case: u32) {
        state.receivers.push_back(Receiver { ticket: ticket.clone(), case });
    }

    fn close(&self) {
        let mut woken = Vec::new();
        {
            let mut state = self.state.lock();
            state.closed = true;
            for r in std::mem::take(&mut state.receivers) {
                if r.ticket.claim(r.case | CLOSED) {
                    woken.push(r.ticket);
                }
            }
            for s in std::mem::take(&mut state.senders) {
                if s.ticket.claim(s.case | CLOSED) {
                    woken.push(s.ticket);
                }
            }
        }
        for ticket in woken {
            ticket.wake();
        }
    }
}

pub fn open(th: &Thread) -> Result<()> {
    let methods = &[("send", send as _), ("recv", recv as _), ("close", close as _), ("each", each as _)];
    let meta = class(th, META, NAME, methods)?;
    th.register(meta, &[("__len", len)])
}

/// channel([cap])
pub fn new(th: &mut Thread) -> Result<u32> {
    let capacity = match th.opt_number(1, 0.0)? {
        f64::INFINITY => usize::MAX,
        _ => match usize::try_from(th.opt_int(1, 0)?) {
            Ok(n) => n,
            Err(_) => return Err(th.arg_error(1, "capacity is negative")),
        },
    };
    let core = Arc::new(ChannelCore { capacity, state: Mutex::new(State::default()) });
    let meta = th.raw_get_str(th.registry(), META).as_table();
    th.ret(th.new_userdata(Channel(core), meta, 0)?)
}

fn core(th: &Thread) -> Result<&Arc<ChannelCore>> {
    Ok(&th.check_userdata::<Channel>(1, NAME)?.0)
}

/// A value on its way through the channel `owner`.
pub fn item(th: &Thread, owner: Val<'_>, v: Val<'_>) -> Held {
    let item = Held::nil();
    item.set(th, owner, v);
    item
}

/// ch:send(v[, timeout])
fn send(th: &mut Thread) -> Result<u32> {
    core(th)?;
    if th.arg(2).is_nil() {
        return Err(th.arg_error(2, "nil cannot be sent"));
    }
    let deadline = deadline(th, 3)?;
    th.check_cancel()?;
    let ch = core(th)?;
    let item = item(th, th.arg(1), th.arg(2));
    let offer = ch.offer(&mut ch.lock(), item);
    let item = match offer {
        Offer::Full(item) => item,
        done => return sent(th, done),
    };
    let ch = ch.clone();
    let ticket = th.begin_wait();
    {
        // Again, since the lock was released; `item` is reached by no collector meanwhile, and needs none: the value
        // lies in the argument's slot.
        let mut state = ch.lock();
        match ch.offer(&mut state, item) {
            Offer::Full(item) => ch.queue_sender(&mut state, &ticket, 0, item),
            done => {
                drop(state);
                return sent(th, done);
            }
        }
    }
    match th.wait(&ticket, deadline, On::Anyone) {
        Waked::Case(CLOSED) => fail(th, "closed"),
        Waked::Case(_) => th.ret_bool(true),
        other => {
            ch.forget(&ticket);
            match other {
                Waked::Timeout => fail(th, "timeout"),
                other => Err(th.wake_error(other)),
            }
        }
    }
}

fn sent(th: &Thread, offer: Offer) -> Result<u32> {
    match offer {
        Offer::Sent(woken) => {
            if let Some(ticket) = woken {
                ticket.wake();
            }
            th.ret_bool(true)
        }
        Offer::Closed => fail(th, "closed"),
        Offer::Full(_) => fail(th, "timeout"),
        Offer::NoMemory => Err(th.error_plain("not enough memory")),
    }
}

/// ch:recv([timeout])
fn recv(th: &mut Thread) -> Result<u32> {
    let deadline = deadline(th, 2)?;
    th.check_cancel()?;
    let ch = core(th)?;
    let take = ch.take(&mut ch.lock());
    match take {
        Take::Empty => {
            let ch = ch.clone();
            recv_slow(th, ch, deadline)
        }
        done => received(th, done),
    }
}

/// The receiver's wait.
fn recv_slow(th: &mut Thread, ch: Arc<ChannelCore>, deadline: Option<std::time::Instant>) -> Result<u32> {
    let ticket = th.begin_wait();
    {
        let mut state = ch.lock();
        match ch.take(&mut state) {
            Take::Empty => ch.queue_receiver(&mut state, &ticket, 0),
            done => {
                drop(state);
                return received(th, done);
            }
        }
    }
    match th.wait(&ticket, deadline, On::Anyone) {
        Waked::Case(CLOSED) => fail(th, "closed"),
        Waked::Case(_) => th.ret(th.take_delivery()),
        other => {
            ch.forget(&ticket);
            match other {
                Waked::Timeout => fail(th, "timeout"),
                other => Err(th.wake_error(other)),
            }
        }
    }
}

fn received(th: &Thread, take: Take) -> Result<u32> {
    match take {
        Take::Got(item, woken) => {
            th.push(item.get(th));
            if let Some(ticket) = woken {
                ticket.wake();
            }
            Ok(1)
        }
        Take::Closed => fail(th, "closed"),
        Take::Empty => fail(th, "timeout"),
    }
}

/// ch:close()
fn close(th: &mut Thread) -> Result<u32> {
    core(th)?.close();
    Ok(0)
}

/// ch:each(): an iterator that receives until the channel is closed and empty.
fn each(th: &mut Thread) -> Result<u32> {
    core(th)?;
    th.push(th.arg(1));
    th.ret(th.new_native("each", each_next, 1)?)
}

fn each_next(th: &mut Thread) -> Result<u32> {
    th.check_cancel()?;
    let Some(ch) = th.upvalue(1).as_userdata::<Channel>() else { return th.ret_nil() };
    let take = ch.0.take(&mut ch.0.lock());
    match take {
        Take::Empty => {
            let ch = ch.0.clone();
            recv_slow(th, ch, None)
        }
        done => received(th, done),
    }
}

/// #ch: values in the buffer.
fn len(th: &mut Thread) -> Result<u32> {
    let n = core(th)?.lock().buffer.len();
    th.ret_int(n as i64)
}
