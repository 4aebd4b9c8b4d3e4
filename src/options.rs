//! The command line, exactly as `lua` reads it, and `--check`, `--compile`, `--dump` and `--feedback`.

/// Something to do before the script.
pub enum Action {
    /// `-e code`
    Execute(Vec<u8>),
    /// `-l module` or `-l global=module`
    Require(Vec<u8>),
    /// `-W`
    Warnings,
}

/// What the command line asks for.
#[derive(Default)]
pub struct Options {
    /// `-v`
    pub version: bool,
    /// `-i`
    pub interactive: bool,
    /// `-E`
    pub ignore_environment: bool,
    /// `-e`, `-l` and `-W` in their order.
    pub actions: Vec<Action>,
    /// Index of the script's name among the arguments.
    pub script: Option<usize>,
    /// `--check FILE...`
    pub check: Option<Vec<Vec<u8>>>,
    /// What follows `--compile`.
    pub compile: Option<Vec<Vec<u8>>>,
    /// `--feedback`
    pub feedback: bool,
    /// `--dump=STAGE FILE`
    pub dump: Option<(String, Option<Vec<u8>>)>,
}

impl Options {
    /// Whether there was a `-e`: then neither standard input nor a prompt is the program.
    pub fn runs_code(&self) -> bool {
        self.actions.iter().any(|a| matches!(a, Action::Execute(_)))
    }
}

/// What is wrong with a command line: the argument, and what it needs.
pub struct Bad {
    /// The argument.
    pub argument: Vec<u8>,
    /// It lacks its own argument.
    pub needs_argument: bool,
}

/// Reads the arguments, of which the first is the program's name.
pub fn parse(arguments: &[Vec<u8>]) -> Result<Options, Bad> {
    let mut o = Options::default();
    let mut i = 1;
    while i < arguments.len() {
        let a = &arguments[i];
        if let Some(stage) = a.strip_prefix(b"--dump=") {
            o.dump = Some((String::from_utf8_lossy(stage).into_owned(), arguments.get(i + 1).cloned()));
            return Ok(o);
        }
        if a == b"--feedback" {
            o.feedback = true;
            i += 1;
            continue;
        }
        if a == b"--check" {
            o.check = Some(arguments[i + 1..].to_vec());
            return Ok(o);
        }
        if a == b"--compile" {
            o.compile = Some(arguments[i + 1..].to_vec());
            return Ok(o);
        }
        if a.first() != Some(&b'-') {
            o.script = Some(i);
            return Ok(o);
        }
        let bad = || Bad { argument: a.clone(), needs_argument: false };
        match a.get(1) {
            None => {
                o.script = Some(i);
                return Ok(o);
            }
            Some(b'-') if a.len() == 2 => {
                o.script = if i + 1 < arguments.len() { Some(i + 1) } else { None };
                return Ok(o);
            }
            Some(b'E') if a.len() == 2 => o.ignore_environment = true,
            Some(b'W') if a.len() == 2 => o.actions.push(Action::Warnings),
            Some(b'i') if a.len() == 2 => {
                o.interactive = true;
                o.version = true;
            }
            Some(b'v') if a.len() == 2 => o.version = true,
            Some(kind @ (b'e' | b'l')) => {
                let text = if a.len() > 2 {
                    a[2..].to_vec()
                } else {
                    i += 1;
                    match arguments.get(i) {
                        Some(t) if t.first() != Some(&b'-') => t.clone(),
                        _ => return Err(Bad { argument: a.clone(), needs_argument: true }),
                    }
                };
                o.actions.push(if *kind == b'e' { Action::Execute(text) } else { Action::Require(text) });
            }
            _ => return Err(bad()),
        }
        i += 1;
    }
    Ok(o)
}

/// Prints what is wrong, and how the program is used.
pub fn print_usage(program: &[u8], bad: &Bad) {
    let name = String::from_utf8_lossy(program);
    let argument = String::from_utf8_lossy(&bad.argument);
    if bad.needs_argument {
        eprintln!("{name}: '{argument}' needs argument");
    } else {
        eprintln!("{name}: unrecognized option '{argument}'");
    }
    eprintln!(
        "usage: {name} [options] [script [args]]\n\
         Available options are:\n  \
         -e stat   execute string 'stat'\n  \
         -i        enter interactive mode after executing 'script'\n  \
         -l mod    require library 'mod' into global 'mod'\n  \
         -l g=mod  require library 'mod' into global 'g'\n  \
         -v        show version information\n  \
         -E        ignore environment variables\n  \
         -W        turn warnings on\n  \
         --        stop handling options\n  \
         -         stop handling options and execute stdin\n  \
         --check FILE...   compile files without running them, '-' is standard input\n  \
         --compile [-s] -o OUT FILE   write the binary chunk of a file, with '-s' without debug information\n  \
         --dump=tokens|tree|bytecode FILE   print a stage of compilation\n  \
         --feedback     at the end print what the machine has learned of the program's functions, on stderr\n  \
         --dump=build   print how this program was built"
    );
}
