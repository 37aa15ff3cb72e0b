-- Resolves the names of ExternalName Services when a request needs them: A and AAAA over UDP, TCP when the answer was cut,
-- search list and ndots as in resolv.conf (compat section 12.7). Answers live in the worker for their TTL.
local addresses = require "tidegate.addresses"
local config = require "tidegate.config"
local lrucache = require "resty.lrucache"
local message = require "tidegate.dns_message"

local _M = {}
-- Clients may choose names by $host, so that there must be an end.
local cache = assert(lrucache.new(1000))
local pending = {}

local TIMEOUT = 2000
local ATTEMPTS = 2
local MINIMUM_TTL = 1
local MAXIMUM_TTL = 3600
-- A name that does not resolve is asked again after this many seconds; the last good answer serves for so long meanwhile.
local RETRY = 2
local STALE = 60

local function ask_udp(server, query)
  local socket = ngx.socket.udp()
  socket:settimeout(TIMEOUT)
  local ok, err = socket:setpeername(server, 53)
  if ok then
    ok, err = socket:send(query)
  end
  local data
  if ok then
    data, err = socket:receive(4096)
  end
  socket:close()
  return data, err
end

local function ask_tcp(server, query)
  local socket = ngx.socket.tcp()
  socket:settimeout(TIMEOUT)
  local ok, err = socket:connect(server, 53)
  if ok then
    ok, err = socket:send(string.char(math.floor(#query / 256), #query % 256) .. query)
  end
  local length = ok and socket:receive(2)
  local data
  if length then
    data, err = socket:receive(length:byte(1) * 256 + length:byte(2))
  end
  socket:close()
  return data, err
end

local function ask(name, kind)
  local last = "no nameserver is configured"
  for _ = 1, ATTEMPTS do
    for _, server in ipairs(config.values.nameservers or {}) do
      local query, id = message.query(name, kind)
      local data, err = ask_udp(server, query)
      local answer = data and message.parse(data, id)
      if answer and answer.truncated then
        data, err = ask_tcp(server, query)
        answer = data and message.parse(data, id)
      end
      if answer then
        return answer
      end
      last = err or "malformed answer"
    end
  end
  return nil, last
end

local function candidates(name)
  if name:sub(-1) == "." then
    return { (name:gsub("%.$", "")) }
  end
  local list = {}
  local _, dots = name:gsub("%.", "")
  local absolute_first = dots >= (config.values.ndots or 1)
  if absolute_first then
    list[1] = name
  end
  for _, suffix in ipairs(config.values.search or {}) do
    list[#list + 1] = name .. "." .. suffix
  end
  if not absolute_first then
    list[#list + 1] = name
  end
  return list
end

local function collect(found, answer)
  for _, record in ipairs(answer.records) do
    if addresses.allowed(record.address) then
      found.list[#found.list + 1] = record.address
    else
      ngx.log(ngx.WARN, "address ", record.address, " of an external name must not be reached and is left out")
    end
    found.ttl = math.min(found.ttl, record.ttl)
  end
end

local function look_up(name)
  local err
  for _, candidate in ipairs(candidates(name)) do
    local found = { list = {}, ttl = MAXIMUM_TTL }
    for _, kind in ipairs(config.values.ipv6_dns and { "A", "AAAA" } or { "A" }) do
      local answer, reason = ask(candidate, kind)
      err = reason or err
      if answer then
        collect(found, answer)
      end
    end
    if #found.list > 0 then
      return found
    end
  end
  return nil, err or "no such name, or no address that may be used"
end

local function wait_for(name)
  -- Another request of this worker asks already.
  for _ = 1, 100 do
    ngx.sleep(0.05)
    if not pending[name] then
      return
    end
  end
end

local function refresh(name)
  if pending[name] then
    return wait_for(name)
  end
  pending[name] = true
  local ran, found, err = pcall(look_up, name)
  pending[name] = nil
  local now = ngx.now()
  if ran and found then
    table.sort(found.list)
    cache:set(name, {
      list = found.list,
      peers = {},
      made = now,
      expires = now + math.max(MINIMUM_TTL, found.ttl),
      good = now,
    })
    return
  end
  ngx.log(ngx.ERR, "external name ", name, " does not resolve: ", ran and err or found)
  local known = cache:get(name)
  if known and now - known.good < STALE then
    known.made, known.expires = now, now + RETRY
  else
    cache:set(name, { list = {}, peers = {}, made = now, expires = now + RETRY, good = 0 })
  end
end

-- Also when the clock has been set back since then, which would keep an answer for as long.
local function is_stale(known)
  local now = ngx.now()
  return known.expires <= now or known.made > now
end

-- Makes sure that a fresh answer is cached; may yield.
function _M.resolve(name, _port)
  local known = cache:get(name)
  if not known or is_stale(known) then
    refresh(name)
  end
end

-- The peers of a name as last resolved, or nil; never yields.
function _M.cached(name, port)
  local known = cache:get(name)
  if not known then
    return nil
  end
  local peers = known.peers[port]
  if not peers then
    peers = {}
    for index, address in ipairs(known.list) do
      local host = address:find(":", 1, true) and "[" .. address .. "]" or address
      peers[index] = { host = host, port = port, id = host .. ":" .. port }
    end
    known.peers[port] = peers
  end
  return peers
end

-- One of the peers of a name, which is asked for when it is not known, or nil; may yield.
function _M.peer(name, port)
  _M.resolve(name)
  local peers = _M.cached(name, port)
  return peers and #peers > 0 and peers[math.random(1, #peers)] or nil
end

return _M
