-- stderr: luas: syntax_eof.lua:4: 'end' expected (to close 'if' at line 2) near <eof>
if x then
print(1)
