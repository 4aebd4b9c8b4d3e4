//! House rules that a machine can check: it reminds, with the file and the line.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All text files of the repository, without what git or cargo made.
fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != ".git" && !name.starts_with("target") {
                walk(&path, found);
            }
        } else if ["rs", "md", "lua", "toml", "sh", "yml", "out"].iter().any(|e| name.ends_with(&format!(".{e}")))
            || name == "run"
        {
            found.push(path);
        }
    }
}

fn repository() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(root(), &mut paths);
    paths.sort();
    let show = |p: &Path| p.strip_prefix(root()).expect("inside").display().to_string();
    paths
        .iter()
        .map(|p| (show(p), String::from_utf8_lossy(&std::fs::read(p).expect("readable")).into_owned()))
        .collect()
}

fn remind(what: &str, problems: Vec<String>) {
    assert!(problems.is_empty(), "{what}\n{}", problems.join("\n"));
}

#[test]
fn the_repository_stands_alone() {
    // Spelled in parts, so that this file does not contain what it looks for.
    let outside = [["..", "/shared"].concat(), ["/work", "/"].concat()];
    let mut problems = Vec::new();
    for (path, text) in repository() {
        for (n, line) in text.lines().enumerate() {
            if outside.iter().any(|o| line.contains(o.as_str())) {
                problems.push(format!("{path}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    remind("these lines point outside the repository", problems);
}

#[test]
fn the_map_is_there() {
    let mut problems = Vec::new();
    for path in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
        "docs/contracts.md",
        "docs/glossary.md",
    ] {
        if !root().join(path).is_file() {
            problems.push(format!("missing: {path}"));
        }
    }
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap_or_default();
    for entry in std::fs::read_dir(root().join("crates")).expect("crates") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if !map.contains(&format!("crates/{name}")) {
            problems.push(format!("ARCHITECTURE.md does not name crates/{name}"));
        }
    }
    let log = std::fs::read_to_string(root().join("CHANGELOG.md")).unwrap_or_default();
    if !log.contains("## Unreleased") {
        problems.push("CHANGELOG.md has no section Unreleased".to_string());
    }
    remind("the map", problems);
}

#[test]
fn source_files_open_with_what_they_are() {
    let mut problems = Vec::new();
    for (path, text) in repository() {
        if path.ends_with(".rs") && !text.starts_with("//!") {
            problems.push(format!("{path}: does not open with a //! comment"));
        }
        if path.ends_with("/mod.rs") {
            problems.push(format!("{path}: modules are folder.rs and folder/, not mod.rs"));
        }
        for name in ["utils.rs", "common.rs", "misc.rs", "helpers.rs"] {
            if path.ends_with(&format!("/{name}")) {
                problems.push(format!("{path}: a file is about one noun"));
            }
        }
    }
    remind("source files", problems);
}

#[test]
fn safe_crates_forbid_unsafe_code() {
    let mut problems = Vec::new();
    for name in ["compiler", "stdlib", "luas"] {
        let path = root().join("crates").join(name).join("src/lib.rs");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if !text.contains("#![forbid(unsafe_code)]") {
            problems.push(format!("{}: lacks #![forbid(unsafe_code)]", path.display()));
        }
    }
    remind("crates without unsafe code", problems);
}

#[test]
fn lua_tests_have_their_expected_output() {
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(root().join("tests/lua")).expect("tests/lua") {
        let path = entry.expect("an entry").path();
        let (other, why) = match path.extension().and_then(|e| e.to_str()) {
            Some("lua") => (path.with_extension("out"), "has no .out; run with LUAS_BLESS=1"),
            Some("out") => (path.with_extension("lua"), "has no program"),
            _ => continue,
        };
        if !other.is_file() {
            problems.push(format!("{}: {why}", path.display()));
        }
    }
    remind("tests/lua", problems);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut problems = Vec::new();
    for (path, text) in repository() {
        if !path.ends_with(".md") {
            continue;
        }
        let dir = root().join(&path).parent().expect("a folder").to_path_buf();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or("").split('#').next().unwrap_or("");
            if !target.is_empty() && !target.contains("://") && !dir.join(target).exists() {
                problems.push(format!("{path}: {target}"));
            }
        }
    }
    remind("links", problems);
}
