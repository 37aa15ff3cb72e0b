-- Basic and digest authentication (compat section 22). Runs at the end of the access phase, so that nginx's own "satisfy" holds for it
-- together with addresses and authentication services.
local digest = require "tidegate.digest"
local hashing = require "tidegate.hashing"
local users = require "tidegate.users"

local _M = {}

-- User and password of a header, as nginx reads them.
function _M.credentials(header)
  local encoded = header and header:match("^[Bb][Aa][Ss][Ii][Cc] +([^ ]+) *$")
  local text = encoded and ngx.decode_base64(encoded)
  if not text or text:find("\0", 1, true) then
    return nil
  end
  return text:match("^([^:]+):(.*)$")
end

-- The words are those of nginx's own module, since tools look for them.
local function report(user, what)
  ngx.log(ngx.ERR, 'user "', user:sub(1, 100):gsub('[%c"\\\127-\255]', "?"), '"', what)
end

local function judge_basic(var, list)
  local user, password = _M.credentials(var.http_authorization)
  if not user then
    return "no"
  end
  local hash = list.users[user]
  if not hash then
    report(user, " was not found")
    return "no"
  end
  local good = hashing.verify(var.auth_users, user, password, hash)
  if good then
    return "yes"
  elseif good == nil then
    return "busy"
  end
  report(user, ": password mismatch")
  return "no"
end

-- @return "yes", "no", "stale", "busy", or "closed"
local function judge(var)
  local list = users.list(var.auth_users)
  if not list then
    return "closed"
  end
  return (var.auth_type == "digest" and digest.judge or judge_basic)(var, list)
end

-- What has been found out while the service was to be asked.
local function judged(var)
  local verdict = var.auth_verdict
  var.auth_verdict = ""
  return verdict ~= "" and verdict
end

local function challenge(var, verdict)
  if var.auth_type ~= "digest" then
    ngx.header["WWW-Authenticate"] = 'Basic realm="' .. var.auth_realm .. '"'
    return
  end
  ngx.header["WWW-Authenticate"] = digest.challenge(var, users.list(var.auth_users) or {}, verdict)
end

-- @param asked whether the location asks an authentication service, too
function _M.access(asked)
  local var = ngx.var
  local verdict = asked and judged(var) or judge(var)
  if verdict == "yes" then
    return
  elseif verdict == "busy" or verdict == "closed" then
    return ngx.exit(503)
  end
  challenge(var, verdict)
  return ngx.exit(401)
end

-- In the location that asks an authentication service. nginx's own module looks at the password before that: who has a wrong one is
-- not asked about, nor is who needs no more than a right one.
function _M.question()
  local var = ngx.var
  local verdict = judge(var)
  var.auth_verdict = verdict
  if (verdict == "yes") == (var.auth_satisfy == "any") then
    return ngx.exit(204)
  end
end

return _M
