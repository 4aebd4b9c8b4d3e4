//! Long and deep programs: they compile or say why not, on a native stack of 1 MiB.

use luas_compiler::parser::MAX_LEVELS;
use luas_compiler::{compile, dump};

/// Compiles and drops a program on a small stack; the result is its message, if it has one.
fn on_small_stack(source: String) -> Option<String> {
    let compiling = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        let result = compile(source.as_bytes(), b"=c");
        result.err().map(|error| error.to_string())
    });
    compiling.expect("a thread starts").join().expect("the compiler does not panic")
}

#[track_caller]
fn compiles(source: String) {
    assert_eq!(on_small_stack(source), None);
}

#[track_caller]
fn fails(source: String, message: &str) {
    assert_eq!(on_small_stack(source).as_deref(), Some(message));
}

#[test]
fn long_chains_are_no_nesting() {
    compiles(format!("return x{}", " + x".repeat(100_000)));
    compiles(format!("return x{}", " + x * 2 < 3 and y".repeat(30_000)));
    compiles(format!("return x{}", " or x".repeat(100_000)));
    compiles(format!("return x{}", " and not x".repeat(100_000)));
    compiles(format!("return x{}", " == x".repeat(100_000)));
    compiles(format!("return x{}", ".y".repeat(100_000)));
    compiles(format!("return x{}", "[1]".repeat(100_000)));
    compiles(format!("x{}", "()".repeat(100_000)));
    compiles(format!("x{}", ":m()".repeat(100_000)));
    compiles(format!("x{}", "{}''".repeat(50_000)));
    compiles(format!("local x <const> = 1{}", " + 1".repeat(100_000)));
    compiles(format!("if x then {} end", "elseif x then y() ".repeat(10_000)));
    compiles(format!("if x == 1 then {} else z() end", "elseif x == 'a' then local a = b ".repeat(10_000)));
    compiles("local x = x; ".repeat(150) + &"x = 1; ".repeat(100_000));
    compiles(";".repeat(100_000));
    compiles("do end ".repeat(100_000));
    compiles(format!("while x do {} end", "if x then break end ".repeat(20_000)));
    compiles(format!("return {{{}}}", "1, ".repeat(200_000)));
    compiles(format!("return {{{}}}", "x = 1, ".repeat(200_000)));
    compiles("goto x; ".repeat(5_000) + "::x::");
}

#[test]
fn nesting_is_limited() {
    let most = MAX_LEVELS as usize;
    for (open, close, fits) in [
        ("do ", " end", most),
        ("local function f() ", " end", most),
        // The innermost condition is one level more.
        ("while x do ", " end", most - 1),
        ("repeat ", " until x", most - 1),
        ("if x then ", " end", most - 1),
        // These need registers or variables, and two levels.
        ("for i = 1, 2 do ", " end", 50),
        ("for k in x do ", " end", 40),
        ("return function() ", " end", most / 2),
    ] {
        let program = |count: usize| open.repeat(count) + &close.repeat(count);
        compiles(program(fits));
        if fits > 50 {
            fails(program(fits + 1), "C stack overflow");
        }
        assert!(on_small_stack(program(10_000)).is_some());
    }
    for (prefix, open, inside, close) in [
        ("return ", "(", "1", ")"),
        ("return ", "- ", "x", ""),
        ("return ", "not ", "x", ""),
        ("return ", "{", "", "}"),
        ("return ", "x .. ", "x", ""),
        ("return ", "x ^ ", "x", ""),
        ("return ", "x[", "1", "]"),
    ] {
        let program = |count: usize| prefix.to_string() + &open.repeat(count) + inside + &close.repeat(count);
        let fits = if open == "{" { most - 1 } else { most - 2 };
        compiles(program(fits));
        fails(program(fits + 1), "C stack overflow");
        fails(program(100_000), "C stack overflow");
    }
    fails("x = ".to_string() + &"{[x] = ".repeat(190) + "1", "c:1: '}' expected near <eof>");
    compiles("a, ".repeat(most - 2) + "a = 1");
    fails("a, ".repeat(most + 1) + "a = 1", "C stack overflow");
    fails("x{".repeat(100_000), "C stack overflow");
    fails("x(function() ".repeat(100_000), "C stack overflow");
    fails("::a".to_string() + &"::::a".repeat(10) + "::", "c:1: label 'a' already defined on line 1");
}

#[test]
fn trees_of_long_chains_can_be_listed() {
    let source = format!("return x{}", " + x".repeat(1_000));
    let text = dump::tree(source.as_bytes(), b"=c").expect("the program is right");
    assert_eq!(text.lines().filter(|line| line.contains("global x")).count(), 1_001);
}

#[test]
fn limits_are_reported_as_by_puc_lua() {
    let names = |prefix: &str, count: usize| (0..count).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().join(", ");
    compiles(format!("local {}", names("a", 200)));
    fails(
        format!("\nlocal {}\n", names("a", 201)),
        "c:3: too many local variables (limit is 200) in main function near <eof>",
    );
    fails(
        format!("\nfunction f()\nlocal {}, b, c = 1", names("a", 200)),
        "c:3: too many local variables (limit is 200) in function at line 2 near ','",
    );
    fails(
        format!("local {} for i = 1, 2 do end", names("a", 198)),
        "c:1: too many local variables (limit is 200) in main function near '='",
    );
    let captured = |count: usize| {
        let half = count / 2;
        format!(
            "local {}\nreturn function()\nlocal {}\nreturn function()\nreturn {}, {} end end",
            names("a", half),
            names("b", count - half),
            names("a", half),
            names("b", count - half),
        )
    };
    compiles(captured(253));
    fails(captured(256), "c:5: too many upvalues (limit is 255) in function at line 4 near 'end'");
    fails(
        format!("return f({})", "1, ".repeat(300) + "1"),
        "c:1: function or expression needs too many registers near '1'",
    );
    fails(
        format!("local {}\nreturn f({}x)", names("a", 200), "x,\n".repeat(60)),
        "c:56: function or expression needs too many registers near 'x'",
    );
    let functions = "f = function() end ".repeat(65_536);
    compiles(functions.clone());
    fails(functions + "f = function() end", "c:1: too many functions (limit is 65536) near <eof>");
}

#[test]
fn many_constants_use_registers() {
    let strings: String = (0..70_000)
        .map(|n| format!("x = 's{n}' .. x.f{n} x.f{n} = f{n} x:f{n}() y = x + 1.{n} y = x == 's{n}'\n"))
        .collect();
    compiles(strings);
}
