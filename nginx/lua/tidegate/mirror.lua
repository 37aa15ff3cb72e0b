-- Copies of requests for another service (compat section 26.1). nginx makes a subrequest of its own for each, and keeps the
-- connection of the client until that has ended; so it ends at once, and the copy is sent behind its back. A body that is in a file
-- cannot be read from here, since nginx has removed its name: such a copy takes a detour by the status port, where it can.
local addresses = require "tidegate.addresses"
local dns = require "tidegate.dns"

local _M = {}

local PORTS = { http = 80, https = 443 }
-- Milliseconds.
local CONNECT, SEND, READ = 5000, 60000, 60000
-- Of one worker: copies that are under way, for one Ingress and in all, and what they hold in memory.
local MOST_EACH, MOST, MOST_BYTES = 64, 200, 32 * 1024 * 1024
-- Bytes that are read from a file, or from an answer, at once.
local PIECE = 65536
-- An answer that goes on and on is not read to its end.
local MOST_ANSWER = 64 * 1024 * 1024
-- Seconds between two lines of the log about the same Ingress.
local QUIET = 10

-- Headers that are about the connection, or are written anew.
local DROPPED = {
  ["host"] = true,
  ["connection"] = true,
  ["content-length"] = true,
  ["transfer-encoding"] = true,
  ["keep-alive"] = true,
  ["expect"] = true,
  ["te"] = true,
  ["upgrade"] = true,
  ["http2-settings"] = true,
  ["x-mirrored-by"] = true,
  -- Of the detour.
  ["x-mirror-token"] = true,
  ["x-mirror-of"] = true,
  ["x-mirror-target"] = true,
  ["x-mirror-host"] = true,
  ["x-mirror-judged"] = true,
}

local running, total, held = {}, 0, 0
local told = {}

-- What this worker writes into its copies, so that one which comes back is not copied once more.
local function make_mark()
  local file = io.open("/dev/urandom", "rb")
  local bytes = file and file:read(8) or ngx.now() .. "-" .. ngx.worker.pid()
  if file then
    file:close()
  end
  return ngx.md5(bytes):sub(1, 16)
end
local mark = make_mark()
local MOST_MARKS = 16

local function tell(name, reason)
  local now = ngx.now()
  local last = told[name]
  if last and now >= last and now - last < QUIET then
    return
  end
  told[name] = now
  ngx.log(ngx.WARN, "copies of requests (", name, ") are lost: ", reason)
end

local function add_header(lines, name, value)
  local text = tostring(value)
  -- Nothing that a header could not hold in HTTP/1.1.
  if not name:find("[^%w!#$%%&'*+%-.^_`|~]") and not text:find("[%z\r\n]") then
    lines[#lines + 1] = name .. ": " .. text
  end
end

-- Nil when it has come back.
local function marks_of(headers)
  local present = headers["X-Mirrored-By"]
  if not present then
    return mark
  end
  local text = type(present) == "table" and table.concat(present, ", ") or tostring(present)
  local _, count = text:gsub("[^, ]+", "")
  if text:find(mark, 1, true) or count >= MOST_MARKS then
    return nil
  end
  return text .. ", " .. mark
end

-- Nil when it is in a file that has no name any more.
local function body_here(wanted)
  local data = wanted and ngx.req.get_body_data()
  if not data then
    return not (wanted and ngx.req.get_body_file()) and { length = 0 } or nil
  end
  return { data = data, length = #data }
end

-- Opened now, since nginx removes it with the request.
local function body_in_file()
  local path = ngx.req.get_body_file()
  local file = path and io.open(path, "rb")
  if not file then
    return nil
  end
  local length = file:seek("end")
  file:seek("set", 0)
  return { file = file, length = length }
end

-- The copy without its body.
local function head_of(job, headers)
  local lines = { job.method .. " " .. job.path .. " HTTP/1.1", "Host: " .. job.name }
  for name, value in pairs(headers) do
    if not DROPPED[name:lower()] then
      for _, each in ipairs(type(value) == "table" and value or { value }) do
        add_header(lines, name, each)
      end
    end
  end
  lines[#lines + 1] = "X-Mirrored-By: " .. job.marks
  lines[#lines + 1] = "Connection: close"
  if job.body.length > 0 then
    lines[#lines + 1] = "Content-Length: " .. job.body.length
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function split(target)
  local scheme, host, port, path = target:match("^(https?)://(%[[%x:]+%]):?(%d*)(.*)$")
  if not scheme then
    scheme, host, port, path = target:match("^(https?)://([^/?:%[]+):?(%d*)(.*)$")
  end
  if not scheme or path:find("[%c ]") then
    return nil
  end
  if path:sub(1, 1) ~= "/" then
    path = "/" .. path
  end
  return { scheme = scheme, host = host, port = tonumber(port) or PORTS[scheme], path = path }
end

-- An address to connect to, or nil. One that the file names as such has been judged.
local function address_of(job)
  local host = job.host
  if job.judged or host:find("^[%d.]+$") then
    return (job.judged or addresses.allowed(host)) and host or nil
  end
  local peer = dns.peer(host, job.port)
  return peer and peer.host
end

local function send_body(socket, body)
  if body.data then
    return socket:send(body.data)
  end
  while body.file do
    local piece = body.file:read(PIECE)
    if not piece then
      return true
    end
    local ok, err = socket:send(piece)
    if not ok then
      return nil, err
    end
  end
  return true
end

-- Nobody wants the answer, but a service may stop its work when nobody waits for it.
local function read_answer(socket)
  local size = 0
  while size < MOST_ANSWER do
    local data, err = socket:receiveany(PIECE)
    if not data then
      return size > 0, err
    end
    size = size + #data
  end
  return true
end

local function send(job)
  local address = address_of(job)
  if not address then
    return nil, "no address that may be reached"
  end
  local socket = ngx.socket.tcp()
  socket:settimeouts(CONNECT, SEND, READ)
  local ok, err = socket:connect(address, job.port)
  if ok and job.scheme == "https" then
    ok, err = socket:sslhandshake(false, job.host, false)
  end
  if ok then
    ok, err = socket:send(job.head)
  end
  if ok then
    ok, err = send_body(socket, job.body)
  end
  if ok then
    ok, err = read_answer(socket)
  end
  socket:close()
  return ok, err
end

local function forget(job)
  if job.body.file then
    job.body.file:close()
  end
  local left = running[job.key] - 1
  running[job.key] = left > 0 and left or nil
  total = total - 1
  held = held - job.size
end

local function work(premature, job)
  local ran, ok, err = true, true, nil
  if not premature then
    ran, ok, err = pcall(send, job)
  end
  forget(job)
  if not ran or not ok then
    tell(job.key, ran and err or ok)
  end
end

-- What is to be sent, or nothing when that would be in vain.
local function plan(asked, headers)
  local job = split(asked.target)
  local marks = marks_of(headers)
  if not job then
    return tell(asked.key, "not a URL with a host")
  end
  if not marks then
    return tell(asked.key, "they come back to where they were made")
  end
  if (running[asked.key] or 0) >= MOST_EACH or total >= MOST or held >= MOST_BYTES then
    return tell(asked.key, "too many are under way")
  end
  job.key, job.marks, job.name = asked.key, marks, asked.host
  job.judged, job.method = asked.judged == "yes", ngx.req.get_method()
  return job
end

local function start(job, headers, body)
  job.body = body
  job.head = head_of(job, headers)
  job.size = #job.head + (body.data and body.length or 0)
  running[job.key], total, held = (running[job.key] or 0) + 1, total + 1, held + job.size
  local ok, err = ngx.timer.at(0, work, job)
  if not ok then
    forget(job)
    tell(job.key, err)
  end
end

-- Known to all workers, those of older generations too.
local function token()
  local versions = ngx.shared.tidegate_versions
  local known = versions:get("mirror token")
  if not known then
    versions:safe_add("mirror token", make_mark())
    known = versions:get("mirror token")
  end
  return known
end

-- In the location of copies. What returns goes on to the status port.
function _M.run()
  local var = ngx.var
  local headers = ngx.req.get_headers(0, true)
  local asked = { key = var.mirror_of, target = var.mirror_target, host = var.mirror_host, judged = var.mirror_judged }
  local job = plan(asked, headers)
  local body = job and body_here(var.mirror_body == "on")
  if job and not body then
    var.mirror_token = token()
    return nil
  end
  if job then
    start(job, headers, body)
  end
  return ngx.exit(204)
end

-- At the status port.
function _M.relay()
  local headers = ngx.req.get_headers(0, true)
  if headers["X-Mirror-Token"] ~= token() then
    return ngx.exit(404)
  end
  local asked = {
    key = headers["X-Mirror-Of"],
    target = headers["X-Mirror-Target"],
    host = headers["X-Mirror-Host"],
    judged = headers["X-Mirror-Judged"],
  }
  ngx.req.read_body()
  local job = plan(asked, headers)
  local body = job and (body_here(true) or body_in_file())
  if body then
    start(job, headers, body)
  end
  return ngx.exit(204)
end

return _M
