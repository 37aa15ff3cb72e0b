-- Names of requests, as $request_id has them: 32 hexadecimal digits. nginx asks OpenSSL for random numbers for each of them, which takes
-- longer than all else that the controller's Lua does for a request. Here it is asked once for many, and xoshiro128** goes on from
-- there (Blackman and Vigna, https://prng.di.unimi.it). Nothing may take such a name for a secret: clients may choose their own.
local bit = require "bit"
local ffi = require "ffi"

local _M = {}

local band, bxor, lshift, rol, rshift, tobit = bit.band, bit.bxor, bit.lshift, bit.rol, bit.rshift, bit.tobit

-- Names from one seed.
local MOST = 1024
local DIGITS = {}
for value = 0, 15 do
  DIGITS[value] = ("0123456789abcdef"):byte(value + 1)
end

local text = ffi.new("char[32]")
local a, b, c, d = 0, 0, 0, 0
local left = 0

-- @param id of nginx itself
local function seed(id)
  local function word(at)
    return tobit(tonumber(id:sub(at, at + 7), 16))
  end
  a, b, c, d = word(1), word(9), word(17), word(25)
  left = MOST
end

local function next_word()
  -- Products stay below 2^53, so that numbers of Lua hold them.
  local result = tobit(rol(tobit(b * 5), 7) * 9)
  local shifted = lshift(b, 9)
  c = bxor(c, a)
  d = bxor(d, b)
  b = bxor(b, c)
  a = bxor(a, d)
  c = bxor(c, shifted)
  d = rol(d, 11)
  return result
end

-- @param var variables of the request
function _M.make(var)
  if left == 0 then
    seed(var.request_id)
  end
  left = left - 1
  for word = 0, 24, 8 do
    local value = next_word()
    for at = word, word + 7 do
      text[at] = DIGITS[band(value, 15)]
      value = rshift(value, 4)
    end
  end
  return ffi.string(text, 32)
end

return _M
