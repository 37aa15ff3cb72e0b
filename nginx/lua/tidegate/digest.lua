-- Digest authentication (RFC 7616) with qop=auth; users as htdigest writes them, with MD5 or SHA-256.
local crypt = require "tidegate.crypt"
local hashing = require "tidegate.hashing"

local nonces = ngx.shared.tidegate_nonces

local _M = {}

-- Seconds.
local LIFETIME = 60

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function sha256(text)
  return hex(hashing.sha256(text))
end

local algorithms = { ["md5"] = { name = "MD5", sum = ngx.md5 }, ["sha-256"] = { name = "SHA-256", sum = sha256 } }

-- One for all workers, as long as the master lives.
local function nonce_key()
  local key = nonces:get("#key")
  if not key then
    nonces:safe_add("#key", hashing.random(32))
    key = nonces:get("#key")
  end
  return key
end

-- @param place that the nonce is good for
local function sign(stamp, place)
  return hex(ngx.hmac_sha1(nonce_key(), stamp .. " " .. place)):sub(1, 32)
end

local function new_nonce(place)
  local stamp = ("%08x"):format(ngx.time()) .. hex(hashing.random(8))
  return stamp .. sign(stamp, place)
end

-- Seconds that a nonce is still good for, or nil.
local function time_left(nonce, place)
  local stamp, signature = nonce:match("^(" .. ("%x"):rep(24) .. ")(" .. ("%x"):rep(32) .. ")$")
  if not stamp or not crypt.equal(sign(stamp, place), signature) then
    return nil
  end
  local left = tonumber(stamp:sub(1, 8), 16) + LIFETIME - ngx.time()
  return left > 0 and left <= LIFETIME and left or nil
end

-- Whether a count of a nonce comes for the first time.
local function is_fresh(nonce, count, left)
  local name = nonce:sub(9, 24) .. count
  local ok, err = nonces:safe_add(name, true, left + 1)
  if not ok and err == "no memory" then
    nonces:flush_expired(1000)
    ok = nonces:safe_add(name, true, left + 1)
  end
  return ok
end

-- The text of a quoted string that begins at a place, and where it is over.
local function unquote(text, at)
  local parts = {}
  at = at + 1
  while true do
    local _, stop, plain, sign_ = text:find('^([^"\\]*)(["\\])', at)
    if not stop then
      return nil
    end
    parts[#parts + 1] = plain
    if sign_ == '"' then
      return table.concat(parts), stop + 1
    end
    parts[#parts + 1] = text:sub(stop + 1, stop + 1)
    at = stop + 2
  end
end

-- The parameters of a header, or nil when it is none, or not well-formed.
function _M.parse(header)
  local text = header and header:match("^[Dd][Ii][Gg][Ee][Ss][Tt] +(.*)$")
  if not text then
    return nil
  end
  local found, at = {}, 1
  while at <= #text do
    local _, stop, name = text:find("^[%s,]*([%w_*-]+)%s*=%s*", at)
    if not stop then
      return text:find("^[%s,]*$", at) and found or nil
    end
    name, at = name:lower(), stop + 1
    local value
    if text:byte(at) == 34 then
      value, at = unquote(text, at)
    else
      _, stop, value = text:find("^([^%s,\"]+)", at)
      at = stop and stop + 1
    end
    if not value or found[name] then
      return nil
    end
    found[name] = value
  end
  return found
end

local REQUIRED = { "username", "realm", "nonce", "uri", "response", "nc", "cnonce", "qop" }

local function is_complete(given)
  for _, name in ipairs(REQUIRED) do
    if not given[name] then
      return false
    end
  end
  return given.qop:lower() == "auth" and given.nc:find("^%x%x%x%x%x%x%x%x$") ~= nil
end

-- Whether it was made for this very request; proxies may be asked for a whole URL.
local function is_about(given, var)
  return (given.uri:gsub("^https?://[^/]*", "", 1)) == var.request_uri
end

local function place_of(var)
  return var.auth_users .. " " .. var.auth_realm
end

-- @return "yes", "no", or "stale" from somebody who knows the password, but must ask again
function _M.judge(var, list)
  local given = _M.parse(var.http_authorization)
  if not given or not is_complete(given) or given.realm ~= var.auth_realm or not is_about(given, var) then
    return "no"
  end
  local algorithm = algorithms[(given.algorithm or "md5"):lower()]
  local known = algorithm and list.users[algorithm.name .. ":" .. given.username .. ":" .. given.realm]
  if not known then
    return "no"
  end
  local sum = algorithm.sum
  local asked = sum(var.request_method .. ":" .. given.uri)
  local expected = sum(table.concat({ known, given.nonce, given.nc, given.cnonce, given.qop, asked }, ":"))
  if not crypt.equal(expected, given.response:lower()) then
    return "no"
  end
  local left = time_left(given.nonce, place_of(var))
  return left and is_fresh(given.nonce, given.nc:lower(), left) and "yes" or "stale"
end

-- The best first; in one header, since nginx has only one of this name.
function _M.challenge(var, list, verdict)
  local nonce = new_nonce(place_of(var))
  local rest = verdict == "stale" and ", stale=true" or ""
  local made = {}
  for _, algorithm in ipairs(list.sha256 and { "SHA-256", "MD5" } or { "MD5" }) do
    made[#made + 1] = ('Digest realm="%s", qop="auth", algorithm=%s, nonce="%s"%s'):format(
      var.auth_realm, algorithm, nonce, rest)
  end
  return table.concat(made, ", ")
end

return _M
