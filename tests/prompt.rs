//! The prompt on a terminal, and Ctrl-C: sessions typed into a pseudo terminal that `script` (of util-linux) makes.

#[path = "harness/run.rs"]
mod run;

use run::luas;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a session may take for one answer.
const LIMIT: Duration = Duration::from_secs(120);

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    (0..=text.len().checked_sub(what.len())?).find(|&i| text[i..].starts_with(what))
}

/// A prompt on a terminal.
struct Session {
    child: Child,
    keys: ChildStdin,
    shown: Arc<Mutex<Vec<u8>>>,
    /// How much of `shown` was expected already.
    at: usize,
    /// Where the answer to the last question begins.
    before: usize,
}

impl Session {
    /// None where there is no `script`.
    fn start(history: &std::path::Path) -> Option<Session> {
        let version = Command::new("script").arg("--version").stdout(Stdio::piped()).stderr(Stdio::null()).output();
        if !version.is_ok_and(|v| String::from_utf8_lossy(&v.stdout).contains("util-linux")) {
            println!("no script of util-linux on this machine: nothing of the terminal is tested");
            return None;
        }
        let mut command = Command::new("script");
        // `exec`: a shell that waits for the program would take the interrupts that are meant for it as its own.
        let program = format!("exec {}", luas().get_program().to_str().expect("a path in UTF-8"));
        command.args(["-qec", &program, "/dev/null"]);
        command.env("TERM", "xterm").env("LUAS_HISTORY", history).env_remove("LUA_INIT");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("script starts");
        let keys = child.stdin.take().expect("a pipe");
        let mut out = child.stdout.take().expect("a pipe");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let store = shown.clone();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(n) = out.read(&mut piece) {
                if n == 0 {
                    break;
                }
                store.lock().expect("no panic inside").extend_from_slice(&piece[..n]);
            }
        });
        let mut session = Session { child, keys, shown, at: 0, before: 0 };
        session.expect("> ");
        Some(session)
    }

    fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits until this text is shown, after what was expected before.
    fn expect(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            {
                let shown = self.shown.lock().expect("no panic inside");
                if let Some(i) = find(&shown[self.at..], text.as_bytes()) {
                    self.at += i + text.len();
                    return;
                }
                if start.elapsed() > LIMIT {
                    let _ = self.child.kill();
                    panic!("no {text:?} in {:?}", String::from_utf8_lossy(&shown[self.at..]));
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Types a line, and waits for an answer and the next prompt.
    fn ask(&mut self, line: &str, answer: &str) {
        self.type_in(line);
        self.type_in("\n");
        // What is typed is shown too: the answer comes after the newline.
        self.expect("\r\n");
        self.before = self.at;
        self.expect(answer);
        self.expect("> ");
    }

    /// What was shown last, a few lines of it.
    fn last_answer(&self) -> String {
        let shown = self.shown.lock().expect("no panic inside");
        String::from_utf8_lossy(&shown[self.before..self.at]).into_owned()
    }

    /// Ends the input; all that was shown.
    fn end(mut self) -> String {
        self.type_in("\x04");
        let start = Instant::now();
        while self.child.try_wait().expect("a child").is_none() {
            assert!(start.elapsed() < LIMIT, "the end of input does not end the prompt");
            std::thread::sleep(Duration::from_millis(2));
        }
        let status = self.child.wait().expect("a child");
        let shown = String::from_utf8_lossy(&self.shown.lock().expect("no panic inside")).into_owned();
        assert!(status.success(), "{status}: {shown}");
        shown
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Without its terminal the prompt ends too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let dir = std::env::temp_dir().join(format!("luas-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary folder");
        Folder(dir)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn lines_are_edited_and_completed() {
    let dir = Folder::new("edit");
    let Some(mut s) = Session::start(&dir.0.join("history")) else { return };
    s.ask("print(6 * 7)", "42\r\n");
    // A key to the left, and a letter in the middle.
    s.ask("prnt(9)\x1b[D\x1b[D\x1b[D\x1b[D\x1b[Di", "9\r\n");
    s.type_in("string.re\t\t");
    s.expect("reverse");
    s.ask("verse('abc')", "cba\r\n");
    s.ask("text, t = 'x', setmetatable({}, {__index = function() print('called') end})", "");
    s.ask("text:uppe\t()", "X\r\n");
    s.ask("o = setmetatable({}, {__index = setmetatable({own = 1}, {__index = {lengthy = 'found'}})})", "");
    s.ask("o.len\t", "found\r\n");
    s.type_in("t.some\t.other\t");
    s.type_in("\x03");
    s.expect("> ");
    s.ask("print('next', (1 +\n2)) whi\x08\x08\x08", "next\t3\r\n");
    let shown = s.end();
    assert!(!shown.contains("called\r\n") && !shown.contains("error"), "{shown}");
}

#[test]
fn the_history_is_kept() {
    let dir = Folder::new("history");
    let file = dir.0.join("state/history");
    let Some(mut s) = Session::start(&file) else { return };
    s.type_in("a = [[one\\n\n");
    s.expect(">> ");
    s.ask("two]]", "");
    s.ask("a", "two\r\n");
    s.end();
    let Some(mut s) = Session::start(&file) else { return };
    s.ask("\x1b[A\x1b[A", "");
    s.ask("#a", "9\r\n");
    s.end();
    let kept = std::fs::read_to_string(&file).expect("a history");
    assert_eq!(kept, "a = [[one\\\\n\\ntwo]]\na\na = [[one\\\\n\\ntwo]]\n#a\n");
}

#[test]
fn interrupts_stop_the_command_alone() {
    let dir = Folder::new("interrupt");
    let Some(mut s) = Session::start(&dir.0.join("history")) else { return };
    s.ask("n, c = 0, threads.channel()", "");
    s.ask("t = threads.run({daemon = true}, function() while true do n = n + #{{}} c:recv(0) end end)", "");
    // The thread and its collections go on while the prompt waits.
    s.ask("before = n", "");
    let start = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(20));
        s.ask("n > before or 'not yet'", "\r\n");
        if s.last_answer().contains("true") {
            break;
        }
        assert!(start.elapsed() < LIMIT, "the thread stands still");
    }
    for command in ["while true do end", "while true do x = {} end", "c:recv()", "threads.sleep(100)", "io.read()"] {
        s.type_in(&format!("print('begin') {command}\n"));
        s.expect("\r\nbegin\r\n");
        // An interrupt that comes before a read begins is seen only when the read ends, so it must have begun.
        std::thread::sleep(Duration::from_millis(if command == "io.read()" { 500 } else { 20 }));
        s.type_in("\x03");
        s.expect("interrupted!");
        s.expect("> ");
    }
    s.ask("t:status()", "running\r\n");
    // At the prompt it drops what was typed.
    s.type_in("error('typed\x03");
    s.expect("> ");
    s.ask("'alive'", "alive\r\n");
    s.ask("'second'", "second\r\n");
    s.end();
}

/// In a script: caught by pcall as any error, and no interrupt is lost, whatever the program does at that moment.
#[test]
fn interrupts_of_scripts() {
    let busy = ["while true do end", "while true do x = {{}, {}} end", "while true do x = ('x'):rep(1000) .. #x end"];
    for round in 0..60 {
        let body = busy[round % busy.len()];
        let script = format!("x = '' print(pcall(function() print(1) {body} end)) {body}");
        let mut child = luas()
            .args(["-e", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut line = || out.next().expect("a line").expect("a line");
        let interrupt = |pid: u32| {
            std::thread::sleep(Duration::from_micros(round as u64 * 97 % 3000));
            assert!(Command::new("sh").args(["-c", &format!("kill -INT {pid}")]).status().expect("a shell").success());
        };
        assert_eq!(line(), "1");
        interrupt(child.id());
        let caught = line();
        assert_eq!(caught, "false\tinterrupted!");
        // The second one, caught or not, is the default action's.
        interrupt(child.id());
        let done = child.wait_with_output().expect("an end");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&done.status), Some(2), "{done:?}");
    }
    let mut child = luas()
        .args(["-e", "local function f() print(1) while true do end end f()"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
    let done = child.wait_with_output().expect("an end");
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{err}");
    assert!(err.contains("(command line):1: interrupted!\nstack traceback:\n"), "{err}");
}
