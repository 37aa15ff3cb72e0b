-- DNS messages (RFC 1035) as far as address look-ups need them.
local bit = require "bit"

local _M = {}

local TYPES = { A = 1, AAAA = 28 }
local TYPE_A, TYPE_AAAA = 1, 28

local function word(number)
  return string.char(math.floor(number / 256) % 256, number % 256)
end

local function read_word(data, at)
  local high, low = data:byte(at, at + 1)
  return low and high * 256 + low
end

-- The query and its id.
function _M.query(name, kind)
  local id = math.random(0, 65535)
  local labels = {}
  for label in name:gmatch("[^.]+") do
    labels[#labels + 1] = string.char(#label) .. label
  end
  local question = table.concat(labels) .. "\0" .. word(TYPES[kind]) .. word(1)
  -- Recursion desired, one question.
  return word(id) .. word(0x0100) .. word(1) .. word(0) .. word(0) .. word(0) .. question, id
end

-- Position after a possibly compressed name, or nil.
local function skip_name(data, at)
  for _ = 1, 128 do
    local length = data:byte(at)
    if not length then
      return nil
    elseif length == 0 then
      return at + 1
    elseif length >= 192 then
      return at + 2
    end
    at = at + 1 + length
  end
  return nil
end

local function address_of(data, at, kind)
  if kind == TYPE_A then
    return ("%d.%d.%d.%d"):format(data:byte(at, at + 3))
  end
  local groups = {}
  for index = 1, 8 do
    groups[index] = ("%x"):format(read_word(data, at + index * 2 - 2))
  end
  return table.concat(groups, ":")
end

local function read_record(data, at, records)
  at = skip_name(data, at)
  if not at or at + 9 > #data then
    return nil
  end
  local kind, length = read_word(data, at), read_word(data, at + 8)
  local ttl = read_word(data, at + 4) * 65536 + read_word(data, at + 6)
  at = at + 10
  if at + length - 1 > #data then
    return nil
  end
  if (kind == TYPE_A and length == 4) or (kind == TYPE_AAAA and length == 16) then
    records[#records + 1] = { address = address_of(data, at, kind), ttl = ttl }
  end
  return at + length
end

-- {truncated, records = {{address, ttl}, …}} of an answer to the query of this id, or nil when it is none.
function _M.parse(data, id)
  if #data < 12 or read_word(data, 1) ~= id then
    return nil
  end
  local flags = read_word(data, 3)
  local code = bit.band(flags, 15)
  -- Only answers, and only success or "no such name": anything else is the server's trouble, and another may know.
  if bit.band(flags, 0x8000) == 0 or (code ~= 0 and code ~= 3) then
    return nil
  end
  if bit.band(flags, 0x0200) ~= 0 then
    return { truncated = true, records = {} }
  end
  local at = 13
  for _ = 1, read_word(data, 5) do
    at = skip_name(data, at)
    at = at and at + 4
    if not at then
      return nil
    end
  end
  local records = {}
  for _ = 1, read_word(data, 7) do
    at = read_record(data, at, records)
    if not at then
      return nil
    end
  end
  return { truncated = false, records = records }
end

return _M
