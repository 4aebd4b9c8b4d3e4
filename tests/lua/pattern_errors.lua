-- torture: light
-- Malformed patterns and patterns that are too deep.
local bad = {"%", "[", "[a", "[^", "[]", "[%", "[a-", "(", ")", "(a", "a)", "((a)", "(()", "%b", "%bx", "%f", "%fa", "%1", "(a)%2", "(%1)", "a%", "[%a", "%g%", "[]a", "()%2", "%0", "[[:alpha:]", "x**", "++", "(*)", "^^", "$$", "a$b", "[a-%z]", "[%a-z]", "%b()%", ".%"}
for _, p in ipairs(bad) do
  print(p, pcall(string.find, "aab)(", p))
  print(p, pcall(string.match, "aab)(", p))
  print(p, pcall(string.gsub, "aab)(", p, "x"))
  print(p, pcall(string.gmatch("aab)(", p)))
end
print(pcall(string.find, ("a"):rep(300), ("a?"):rep(10) .. "b"))
print(pcall(string.match, ("("):rep(10000), ("(."):rep(300)))
print(pcall(string.rep, "x", -5), ("x"):find("x", 1, false), ("x"):find("%a", 1, nil))
print(#((("x"):rep(220000)):match(".-$")), #((("x"):rep(220000)):match("x*")), select("#", (("x"):rep(220000)):find("^(x-)$")))
