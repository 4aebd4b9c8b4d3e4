//! A worker: one process of luas or of the reference that runs program after program (`worker.lua`), with a limit on
//! time and memory. A worker that died or hangs is replaced.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a worker is to do with a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// Run it; the answer is its outcome and what it printed.
    Run,
    /// Load it; the answer is the syntax error.
    Load,
}

/// How a request ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The answer: a line with the outcome, then the text.
    Answer(Vec<u8>),
    /// The process ended; its status and the end of what it wrote on its error output.
    Died(String),
    /// No answer within the time.
    TimedOut,
}

/// Address space of a worker, in KiB. A mutated program may ask for any amount of memory.
const MEMORY_KIB: u64 = 3 << 20;

/// One process and its pipes.
pub struct Worker {
    program: PathBuf,
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<Vec<u8>>,
    errors: Arc<Mutex<Vec<u8>>>,
}

impl Worker {
    /// Starts `program` on `worker.lua`. Errors: it cannot be started.
    pub fn start(program: &Path) -> io::Result<Worker> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("worker.lua");
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("ulimit -c 0; ulimit -v {MEMORY_KIB}; exec \"$0\" \"$1\""))
            .arg(program)
            .arg(&script);
        for name in ["LUA_INIT", "LUA_INIT_5_4", "LUA_PATH", "LUA_PATH_5_4", "LUA_CPATH", "LUA_CPATH_5_4"] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("TZ", "UTC");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (input, output, error) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let Some(output) = output else { return };
            let mut output = BufReader::with_capacity(1 << 16, output);
            while let Some(answer) = read_answer(&mut output) {
                if sender.send(answer).is_err() {
                    break;
                }
            }
        });
        let errors = Arc::new(Mutex::new(Vec::new()));
        let kept = errors.clone();
        std::thread::spawn(move || {
            let Some(mut error) = error else { return };
            let mut part = [0; 4096];
            while let Ok(n) = error.read(&mut part)
                && n > 0
            {
                let mut kept = kept.lock().unwrap_or_else(|e| e.into_inner());
                if kept.len() < 1 << 16 {
                    kept.extend_from_slice(&part[..n]);
                }
            }
        });
        Ok(Worker { program: program.to_path_buf(), child, input, answers, errors })
    }

    /// Sends a request; its reply is then read by [`Worker::receive`].
    pub fn send(&mut self, request: Request, source: &[u8]) {
        let kind = if request == Request::Run { 'R' } else { 'S' };
        if let Some(input) = &mut self.input {
            let mut message = format!("{kind} {}\n", source.len()).into_bytes();
            message.extend_from_slice(source);
            // A broken pipe shows in `receive`.
            let _ = input.write_all(&message).and_then(|()| input.flush());
        }
    }

    /// The reply to the request that was sent. A worker that died or hangs has been replaced when this returns.
    pub fn receive(&mut self, limit: Duration) -> io::Result<Reply> {
        match self.answers.recv_timeout(limit) {
            Ok(answer) => Ok(Reply::Answer(answer)),
            Err(RecvTimeoutError::Timeout) => {
                self.replace()?;
                Ok(Reply::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait()?;
                // The reader of the error output may be a moment late.
                std::thread::sleep(Duration::from_millis(20));
                let text = String::from_utf8_lossy(&self.errors.lock().unwrap_or_else(|e| e.into_inner())).into_owned();
                self.replace()?;
                Ok(Reply::Died(format!("{status}\n{text}")))
            }
        }
    }

    /// Sends and receives.
    pub fn ask(&mut self, request: Request, source: &[u8], limit: Duration) -> io::Result<Reply> {
        self.send(request, source);
        self.receive(limit)
    }

    /// The resident memory of the process in KiB, where the system tells.
    pub fn memory_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// A fresh process in place of this one.
    pub fn replace(&mut self) -> io::Result<()> {
        self.stop();
        *self = Worker::start(&self.program)?;
        Ok(())
    }

    fn stop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

fn read_answer(output: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut head = String::new();
    output.read_line(&mut head).ok()?;
    let mut answer = vec![0; head.trim().parse().ok()?];
    output.read_exact(&mut answer).ok()?;
    Some(answer)
}
