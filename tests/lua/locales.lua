-- What a locale changes: decimal points, the order of strings, classes and cases of bytes.
-- Locales that this machine lacks are named on the error output.
local function within(name, category, f)
    if os.setlocale(name, category) then
        f()
    else
        io.stderr:write("skipped: no locale ", name, "\n")
    end
    assert(os.setlocale("C"))
end

local function fails(f, ...)
    assert(not pcall(f, ...))
end

-- The C locale, before and after all others.
local function plain()
    assert(tostring(1.5) == "1.5" and 2.5 .. "" == "2.5" and string.format("%.2f", 0.25) == "0.25")
    assert(tonumber("1,5") == nil and tonumber("1.5") == 1.5)
    assert("B" < "a" and "a" < "b" and "a\0b" < "a\0c" and "a" < "a\0")
    assert(("\xE1"):upper() == "\xE1" and not ("\xE1"):find("%a") and ("\xE1"):find("%A"))
end
plain()

-- A comma in numbers; the point stays good for reading, and for source text.
within("pt_BR", "numeric", function()
    assert(tostring(1.5) == "1,5" and tostring(3.0) == "3,0" and tostring(1e100) == "1e+100" and tostring(-0.25) == "-0,25")
    assert(1.5 .. "" == "1,5" and tostring(1.25e-10) == "1,25e-10" and tostring(7) == "7")
    assert(string.format("%g %.2f %5.1f %e", 1.5, 1.5, 1.5, 1.5) == "1,5 1,50   1,5 1,500000e+00")
    assert(string.format("%q", 1.5) == "0x1.8p+0" and load("return " .. string.format("%q", 0.1))() == 0.1)
    assert(tonumber("1,5") == 1.5 and tonumber("1.5") == 1.5 and tonumber(" -,5e1 ") == -5.0 and tonumber("0x,8p1") == 1.0)
    assert("0x1.8" + "1,5" == 3.0 and ("x"):rep("2,0") == "xx")
    assert(not tonumber("1,5,5") and not tonumber("1.5,5") and not tonumber(",") and not tonumber("1.5.5"))
    assert(load("return 1.5")() == 1.5 and select("#", load("return 1,5")()) == 2)
    fails(function() return "1;5" + 1 end)
    local file <close> = assert(io.tmpfile())
    file:write(2.5, " 1.5 0x,8")
    file:seek("set")
    assert(file:read("n") == 2.5 and file:read("n") == 1.5 and file:read("n") == 0.5)
end)

-- Upper and lower case letters lie together in the order of most locales.
within("pt_BR", "collate", function()
    assert("a" < "B" and "B" < "c" and not ("c" <= "B") and "A" >= "a")
    assert("a\0B" > "a\0a" and "a" < "a\0" and "a\0" > "a" and "a\0b" <= "a\0b" and "" < "\0")
    local list = { "b", "C", "a", "B", "c", "A" }
    table.sort(list)
    assert(table.concat(list):lower() == "aabbcc")
    assert("a" == "a" and "a" ~= "A")
end)

-- Letters of one byte beyond ASCII.
within("pt_BR.iso88591", "ctype", function()
    local small, great = "\xE1\xE9\xED", "\xC1\xC9\xCD"
    assert(small:upper() == great and great:lower() == small)
    assert((small .. great):gsub("%l", "x") == "xxx" .. great and (small .. great):gsub("[%u]", "x") == small .. "xxx")
    assert((small .. "1 "):match("^[^%W]+") == small .. "1" and ("x\xD7y"):find("%p") == 2)
    assert(string.format("%q", "\x80") == '"\\128"')
    -- The pattern that was used here means something else there.
    os.setlocale("C")
    assert(not small:find("%l") and not small:find("[%u]"))
end)
within("pt_BR.iso88591", "ctype", function()
    assert(("\xE1"):find("%l"))
end)

plain()
print("ok")
