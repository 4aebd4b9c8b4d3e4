-- Counts the words of files with several threads, in two ways, and compares them.
--
--   luas examples/wordcount.lua [-t N] [--mode shared|merge|both] FILE...
--
-- A word is a run of letters, as it is written. The files are cut into pieces of about one mebibyte; a thread takes
-- the next piece whenever it is done with one, so one large file and many small ones keep all threads busy.
--
--   shared   each word is one atomic addition to one table that all threads share
--   merge    each thread counts into a table of its own and adds that to the shared table at the end
--
-- For each mode: the wall time and the 20 most frequent words (count, word). With both, the counts must agree.

local PIECE <const> = 1 << 20   -- bytes of a file that a thread takes at a time
local AHEAD <const> = 4096      -- bytes read at a time to complete the last word of a piece
local TOP <const> = 20          -- words shown

local USAGE <const> = "usage: luas wordcount.lua [-t N] [--mode shared|merge|both] FILE..."

local function fail(message)
  io.stderr:write("wordcount: ", message, "\n")
  os.exit(1)
end

if not threads then fail("this example needs the threads library: run it with luas") end

local add = threads.atomic.add
local clock = threads.clock or os.time

---------------------------------------------------------------------------------------------------------------------
-- Options
---------------------------------------------------------------------------------------------------------------------

local MODES <const> = { shared = { "shared" }, merge = { "merge" }, both = { "shared", "merge" } }

-- The options of a command line: number of threads, list of modes, list of file names.
local function parse(arguments)
  local count, modes, names = threads.cpus(), MODES.both, {}
  local function value(i, option)
    return arguments[i] or fail("option '" .. option .. "' needs a value\n" .. USAGE)
  end
  local i, options = 1, true
  while i <= #arguments do
    local a = arguments[i]
    if not options or a:sub(1, 1) ~= "-" then
      names[#names + 1] = a
    elseif a == "--" then
      options = false
    elseif a == "-h" or a == "--help" then
      print(USAGE)
      os.exit(0)
    elseif a == "-t" then
      i = i + 1
      local text = value(i, a)
      count = math.tointeger(tonumber(text))
      if not count or count < 1 or count > 1024 then
        fail("'" .. text .. "' is no number of threads (1 to 1024)")
      end
    elseif a == "--mode" then
      i = i + 1
      local text = value(i, a)
      modes = MODES[text] or fail("unknown mode '" .. text .. "' (shared, merge or both)")
    else
      fail("unknown option '" .. a .. "'\n" .. USAGE)
    end
    i = i + 1
  end
  if #names == 0 then fail("no files\n" .. USAGE) end
  return count, modes, names
end

---------------------------------------------------------------------------------------------------------------------
-- Pieces
---------------------------------------------------------------------------------------------------------------------

-- The list of pieces { name =, from =, to = } (bytes from, inclusive, to, exclusive) and the bytes in all of them.
local function cut(names)
  local pieces, total = {}, 0
  for _, name in ipairs(names) do
    local file <close>, reason = io.open(name, "rb")
    if not file then fail("cannot open " .. reason) end
    -- A directory opens, but cannot be read.
    local _, unreadable = file:read(0)
    if unreadable then fail("cannot read " .. name .. ": " .. unreadable) end
    local size, unseekable = file:seek("end")
    if not size then fail("cannot seek in " .. name .. ": " .. unseekable) end
    for from = 0, size - 1, PIECE do
      pieces[#pieces + 1] = { name = name, from = from, to = math.min(from + PIECE, size) }
    end
    total = total + size
  end
  return pieces, total
end

-- The text of the words that begin in a piece: a word that began before it is left out, the last word is complete.
local function read(file, piece)
  local from = math.max(piece.from - 1, 0)   -- one byte more tells whether a word is cut
  assert(file:seek("set", from))
  local text, reason = file:read(piece.to - from)
  if reason then error("cannot read " .. piece.name .. ": " .. reason, 0) end
  text = text or ""   -- the file has become shorter
  local begins = 1
  if piece.from > 0 then
    begins = text:match("^%a+()") or 2
  end
  -- Nothing begins here when one word covers it all; else the last word may go on behind the end.
  if begins <= #text and text:find("%a$") then
    local parts = { text }
    repeat
      local more = file:read(AHEAD)
      if not more then break end
      local rest = more:match("^%a*")
      parts[#parts + 1] = rest
    until #rest < #more
    text = table.concat(parts)
  end
  return text, begins
end

---------------------------------------------------------------------------------------------------------------------
-- Counting
---------------------------------------------------------------------------------------------------------------------

-- What each thread does: takes pieces until none is left. `queue.next` is the last piece taken by anybody.
local function work(pieces, queue, count)
  local file, name
  while true do
    local piece = pieces[add(queue, "next", 1)]
    if not piece then break end
    if piece.name ~= name then
      if file then file:close() end
      file, name = assert(io.open(piece.name, "rb")), piece.name
    end
    count(read(file, piece))
  end
  if file then file:close() end
end

local workers = {}

function workers.shared(pieces, queue, total)
  work(pieces, queue, function(text, begins)
    for word in text:gmatch("%a+", begins) do
      add(total, word, 1)
    end
  end)
end

function workers.merge(pieces, queue, total)
  local mine = {}
  work(pieces, queue, function(text, begins)
    for word in text:gmatch("%a+", begins) do
      mine[word] = (mine[word] or 0) + 1
    end
  end)
  for word, n in pairs(mine) do
    add(total, word, n)
  end
end

-- Runs `worker` in `count` threads over all pieces; the table of counts and the seconds it took.
local function run(worker, count, pieces)
  local total, queue = {}, { next = 0 }
  local start = clock()
  local running = {}
  for i = 1, count do
    running[i] = threads.run({ name = "counter " .. i, quiet = true }, worker, pieces, queue, total)
  end
  for _, thread in ipairs(running) do
    local ok, reason = pcall(thread.join, thread)
    if not ok then fail(tostring(reason)) end
  end
  return total, clock() - start
end

---------------------------------------------------------------------------------------------------------------------
-- Results
---------------------------------------------------------------------------------------------------------------------

-- All words, the most frequent first, equally frequent ones in the order of their bytes; and the sum of the counts.
local function ranking(counts)
  local words, sum = {}, 0
  for word, n in pairs(counts) do
    words[#words + 1] = word
    sum = sum + n
  end
  table.sort(words, function(a, b)
    local m, n = counts[a], counts[b]
    if m ~= n then return m > n end
    return a < b
  end)
  return words, sum
end

-- A word that two tables count differently, or nil.
local function difference(a, b)
  for word, n in pairs(a) do
    if b[word] ~= n then return word end
  end
  for word in pairs(b) do
    if a[word] == nil then return word end
  end
end

local count, modes, names = parse(arg)
local pieces, bytes = cut(names)
print(("%d file(s), %.1f MB in %d piece(s), %d thread(s)"):format(#names, bytes / 1e6, #pieces, count))

local first
for _, mode in ipairs(modes) do
  local counts, seconds = run(workers[mode], count, pieces)
  local words, sum = ranking(counts)
  print()
  print(("%s: %.3f s, %d words, %d different"):format(mode, seconds, sum, #words))
  for i = 1, math.min(TOP, #words) do
    print(("%10d %s"):format(counts[words[i]], words[i]))
  end
  if first then
    local word = difference(first, counts)
    if word then
      fail(("the modes disagree: '%s' is counted %s and %s times"):format(word, first[word] or 0, counts[word] or 0))
    end
    print()
    print("both modes agree")
  end
  first = first or counts
end
