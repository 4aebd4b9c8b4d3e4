//! A program that starts no thread pays for none: it executes no atomic read-modify-write, no fence and no lock of
//! ours (contract 10). Checked builds count them.

use luas::Lua;

/// A bit of everything that a program without threads does.
const PROGRAM: &str = r##"
    local t, s = {}, 0
    for i = 1, 2000 do t[i] = {i, x = i / 2, name = "n" .. i} end
    for i, v in ipairs(t) do s = s + v[1] + v.x end
    for k, v in pairs(t) do t[k] = k % 3 == 0 and v or nil end
    global = setmetatable({}, {__index = function(_, k) return k end, __newindex = rawset, __len = function() return 7 end})
    for i = 1, 100 do global[i] = global[i] .. #global end
    math.huge2, string.mine = 1, function(a) return a:upper() end
    s = s .. ("x"):mine() .. table.concat({1, 2, 3}, ",")
    local parts = {}
    for w in ("the quick brown fox"):gmatch("%a+") do parts[#parts + 1] = w:gsub("o", "0") end
    table.sort(parts, function(a, b) return a > b end)
    table.insert(parts, 1, string.format("%5.2f %q", 1.5, "x")) table.remove(parts)
    s = s .. string.pack("<i4s1", 7, "abc"):byte(1, -1) .. utf8.char(228, 8364)
    local co = coroutine.wrap(function(...) local n = select("#", ...) while true do n = n + coroutine.yield(n) end end)
    co(1, 2) for i = 1, 100 do co(i) end
    print(pcall(error, {})) print(xpcall(function() local x = nil; return x.y end, debug.traceback))
    do local c <close> = setmetatable({}, {__close = function() global.closed = true end}) end
    local weak, ephemeron = setmetatable({}, {__mode = "v"}), setmetatable({}, {__mode = "k"})
    for i = 1, 100 do weak[i] = {} ephemeron[{}] = {} setmetatable({}, {__gc = function() global.gc = true end}) end
    collectgarbage() collectgarbage("step") collectgarbage("count")
    local garbage = 0
    for i = 1, 200000 do local x = {i, tostring(i), function() return i end} garbage = garbage + #x end
    local big = math.maxinteger for i = 1, 100 do big = big - i * 3 end
    local f = load("local a = ... return function() a = a + 1 return a, big end") f(1)()
    local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end deep(10000)
    local name = os.tmpname() local file = io.open(name, "w") file:write("a\n", 1, "\n") file:close()
    for line in io.lines(name) do s = s .. line end os.remove(name)
    package.preload.mine = function() return {} end require "mine"
    assert(math.random(10) <= 10 and os.time() > 0 and os.clock() >= 0 and global.gc and global.closed)
    assert(#s > 0)
"##;

#[test]
fn no_synchronization_without_threads() {
    let before = luas_vm::sync::expensive_operations();
    {
        let mut lua = Lua::new().expect("memory for a state");
        lua.exec(PROGRAM).expect("the program runs");
    }
    let counted = luas_vm::sync::expensive_operations() - before;
    if cfg!(debug_assertions) {
        assert_eq!(counted, 0, "read-modify-writes, fences or locks in a program without threads");
        // The counter does count.
        let mut lua = Lua::new().expect("memory for a state");
        lua.exec("threads.run(function() end):join()").expect("a thread");
        assert_ne!(luas_vm::sync::expensive_operations(), before);
    }
}
