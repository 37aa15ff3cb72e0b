-- The spans of a worker on their way to the collector: OTLP over HTTP, in JSON. They are sent by one timer at a time; while the
-- collector is slow or gone, the queue fills, and what does not fit is dropped and counted.
local cjson = require "cjson.safe"
local config = require "tidegate.config"
local dns = require "tidegate.dns"

local _M = {}

-- Milliseconds.
local CONNECT, SEND, READ = 2000, 5000, 5000
-- Seconds between two lines of the log about spans that are lost.
local QUIET = 10

-- Spans as JSON from "first" to "last".
local queue, first, last = {}, 1, 0
-- Whether a timer waits, and whether one sends.
local waits, sends = false, false
local lost, told, reason = 0, nil, nil

local function tell()
  local now = ngx.now()
  if lost == 0 or told and now >= told and now - told < QUIET then
    return
  end
  ngx.log(ngx.WARN, "spans are lost, ", lost, " since the last such line: ", reason)
  lost, told = 0, now
end

local function lose(count, why)
  lost, reason = lost + count, why
  tell()
end

local function address_of(host, port)
  if host:find(":", 1, true) then
    return "[" .. host .. "]"
  end
  if host:find("^[%d.]+$") then
    return host
  end
  local peer = dns.peer(host, port)
  return peer and peer.host
end

local function request_of(values, list)
  local service = cjson.encode({ key = "service.name", value = { stringValue = values.otel_service_name } })
  local body = '{"resourceSpans":[{"resource":{"attributes":['
    .. service
    .. ']},"scopeSpans":[{"scope":{"name":"tidegate"},"spans":['
    .. table.concat(list, ",")
    .. "]}]}]}"
  local host = values.otlp_host:find(":", 1, true) and "[" .. values.otlp_host .. "]" or values.otlp_host
  return {
    "POST /v1/traces HTTP/1.1\r\nHost: ",
    host .. ":" .. values.otlp_port,
    "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ",
    tostring(#body),
    "\r\n\r\n",
    body,
  }
end

-- @return whether the collector has taken them, or else why not
local function deliver(list)
  local values = config.values
  local address = address_of(values.otlp_host, values.otlp_port)
  if not address then
    return nil, "the collector has no address that may be reached"
  end
  local socket = ngx.socket.tcp()
  socket:settimeouts(CONNECT, SEND, READ)
  local ok, err = socket:connect(address, values.otlp_port)
  if ok then
    ok, err = socket:send(request_of(values, list))
  end
  local line
  if ok then
    line, err = socket:receive("*l")
  end
  socket:close()
  if not line then
    return nil, "the collector cannot be reached: " .. tostring(err)
  end
  if not line:find("^HTTP/1%.%d 2%d%d") then
    return nil, "the collector answers " .. line:sub(1, 40)
  end
  return true
end

local function take(most)
  local list = {}
  while #list < most and first <= last do
    list[#list + 1] = queue[first]
    queue[first] = nil
    first = first + 1
  end
  return list
end

local arm

local function send_all(premature)
  local most = config.values.otel_batch
  repeat
    local list = take(most)
    local ran, ok, err = pcall(deliver, list)
    if not ran or not ok then
      lose(#list, ran and err or ok)
    end
  -- Others wait until their batch is full or their time has come; a worker that ends has no other time.
  until first > last or not (premature or ngx.worker.exiting() or last - first + 1 >= most)
end

local function work(premature)
  if sends or first > last then
    return
  end
  sends = true
  local ran, err = pcall(send_all, premature)
  sends = false
  if not ran then
    ngx.log(ngx.ERR, "spans cannot be sent: ", err)
  end
  tell()
  if first <= last then
    arm()
  end
end

local function work_later(premature)
  waits = false
  work(premature)
end

local now_wanted = false

local function work_now(premature)
  now_wanted = false
  work(premature)
end

-- A worker that ends makes no other timers than those without a delay.
local function at_once()
  if not now_wanted and not sends then
    now_wanted = ngx.timer.at(0, work_now) and true or false
  end
end

arm = function()
  if waits or sends then
    return
  end
  if ngx.worker.exiting() then
    return at_once()
  end
  waits = ngx.timer.at(config.values.otel_delay / 1000, work_later) and true or false
end

-- @param describe makes the span, when there is room for it
function _M.add(describe, var)
  local values = config.values
  if not values.otlp_host then
    return
  end
  local count = last - first + 1
  if count >= values.otel_queue then
    return lose(1, "the queue is full")
  end
  local text = cjson.encode(describe(var))
  if not text then
    return lose(1, "not to be written as JSON")
  end
  last = last + 1
  queue[last] = text
  if count + 1 >= values.otel_batch then
    return at_once()
  end
  arm()
end

return _M
