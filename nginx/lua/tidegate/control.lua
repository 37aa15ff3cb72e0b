-- The control socket: the controller posts what changed, one entry for each key; nothing secret can be read back.
local cjson = require "cjson.safe"
local live = require "tidegate.live"

local versions = ngx.shared.tidegate_versions

local _M = {}

local function answer(status, text)
  ngx.status = status
  ngx.print(text)
  return ngx.exit(status)
end

local function body()
  ngx.req.read_body()
  local data = ngx.req.get_body_data()
  if data then
    return data
  end
  local name = ngx.req.get_body_file()
  local file = name and io.open(name, "rb")
  if not file then
    return nil
  end
  data = file:read("*a")
  file:close()
  return data
end

-- The reason why it could not be done to the end, or nil.
local function apply(change)
  for _, entry in ipairs(change.set or {}) do
    local ok, reason = live.store(entry[1], entry[2], entry[3])
    if not ok then
      return reason
    end
  end
  for _, key in ipairs(change.remove or {}) do
    live.remove(key)
  end
  if change.draining then
    live.drain()
  end
  return nil
end

-- POST {"set": [[key, version, value], …], "remove": [key, …], "complete": true, "draining": true}
function _M.update()
  if ngx.req.get_method() ~= "POST" then
    return answer(405, "POST only\n")
  end
  local change, err = cjson.decode(body() or "")
  if type(change) ~= "table" then
    return answer(400, "not JSON: " .. tostring(err) .. "\n")
  end
  local reason = apply(change)
  live.publish()
  if reason then
    return answer(507, reason .. "\n")
  end
  if change.complete then
    versions:set("#complete", 1)
  end
  return answer(200, "ok\n")
end

-- Whether the controller has sent everything at least once since this master started.
function _M.initialized()
  if versions:get("#complete") then
    return answer(200, "OK")
  end
  return answer(500, "backends have not been received yet\n")
end

function _M.backends()
  if ngx.req.get_method() ~= "GET" then
    return answer(405, "GET only\n")
  end
  ngx.header.content_type = "application/json"
  return answer(200, live.dump())
end

return _M
