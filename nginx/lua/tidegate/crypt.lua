-- Compares a password with a hash as nginx's own auth_basic does: what libcrypt knows, and four formats of Apache and LDAP. Runs in
-- workers and in their threads, which know nothing of a request.
local bit = require "bit"
local ffi = require "ffi"

ffi.cdef [[
char *crypt_r(const char *phrase, const char *setting, void *data);
unsigned char *MD5(const unsigned char *data, size_t length, unsigned char *digest);
unsigned char *SHA1(const unsigned char *data, size_t length, unsigned char *digest);
int CRYPTO_memcmp(const void *a, const void *b, size_t length);
int setpriority(int which, unsigned int who, int priority);
]]

local C = ffi.C
local _M = {}

-- More than struct crypt_data has ever been.
local CRYPT_DATA = 256 * 1024
-- libcrypt takes no longer passwords.
local LONGEST = 512

local function library()
  if pcall(function() return C.crypt_r end) then
    return C
  end
  return ffi.load("libcrypt.so.1")
end
local crypt = library()
local data

local function sum(name, length)
  local buffer = ffi.new("unsigned char[?]", length)
  return function(text)
    C[name](text, #text, buffer)
    return ffi.string(buffer, length)
  end
end
local md5 = sum("MD5", 16)
local sha1 = sum("SHA1", 20)

-- Takes as long for what differs at the beginning as for what differs at the end.
function _M.equal(a, b)
  return #a == #b and C.CRYPTO_memcmp(a, b, #a) == 0
end

local ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

local function encode(value, length)
  local signs = {}
  for index = 1, length do
    local at = bit.band(value, 63) + 1
    signs[index] = ALPHABET:sub(at, at)
    value = bit.rshift(value, 6)
  end
  return table.concat(signs)
end

local function encode_digest(digest)
  local parts = {}
  for index = 1, 5 do
    local a, b, c = digest:byte(index), digest:byte(index + 6), digest:byte(index == 5 and 6 or index + 12)
    parts[index] = encode(bit.bor(bit.lshift(a, 16), bit.lshift(b, 8), c), 4)
  end
  parts[6] = encode(digest:byte(12), 2)
  return table.concat(parts)
end

local function start_of_apr1(password, salt)
  local parts = { password, "$apr1$", salt }
  local mixed = md5(password .. salt .. password)
  for left = #password, 1, -16 do
    parts[#parts + 1] = mixed:sub(1, left)
  end
  local left = #password
  while left > 0 do
    parts[#parts + 1] = left % 2 == 1 and "\0" or password:sub(1, 1)
    left = bit.rshift(left, 1)
  end
  return md5(table.concat(parts))
end

-- MD5 a thousand times over, as Apache's htpasswd has always done it.
local function apr1(password, salt)
  local digest = start_of_apr1(password, salt)
  for round = 0, 999 do
    local odd = round % 2 == 1
    digest = md5(table.concat({
      odd and password or digest,
      round % 3 ~= 0 and salt or "",
      round % 7 ~= 0 and password or "",
      odd and digest or password,
    }))
  end
  return "$apr1$" .. salt .. "$" .. encode_digest(digest)
end

local function by_libcrypt(password, hash)
  data = data or ffi.new("uint64_t[?]", CRYPT_DATA / 8)
  local result = crypt.crypt_r(password, hash, data)
  local text = result ~= nil and ffi.string(result) or "*"
  -- What has been derived from the password stays nowhere, and the next call wants zeros.
  ffi.fill(data, CRYPT_DATA)
  -- "*0" and "*1" are no hashes but failures.
  return text:byte() ~= 42 and _M.equal(text, hash)
end

local function by_prefix(prefix, rest, password)
  if prefix == "PLAIN" then
    return _M.equal(rest, password)
  end
  local stored = ngx.decode_base64(rest)
  if not stored or #stored < 20 then
    return false
  elseif prefix == "SHA" then
    return _M.equal(stored, sha1(password))
  end
  return prefix == "SSHA" and _M.equal(stored:sub(1, 20), sha1(password .. stored:sub(21)))
end

-- Whether a comparison takes microseconds.
function _M.is_fast(hash)
  return hash:byte() == 123
end

function _M.check(password, hash)
  if #password > LONGEST or password:find("\0", 1, true) then
    return false
  end
  local prefix, rest = hash:match("^{(%u+)}(.*)$")
  if prefix then
    return by_prefix(prefix, rest, password)
  end
  local salt = hash:match("^%$apr1%$([^$]*)%$")
  if salt then
    return _M.equal(apr1(password, salt:sub(1, 8)), hash)
  end
  return by_libcrypt(password, hash)
end

-- In a thread of its own, which leaves the CPU to requests when both want it.
function _M.check_in_thread(password, hash)
  C.setpriority(0, 0, 10)
  return _M.check(password, hash)
end

return _M
