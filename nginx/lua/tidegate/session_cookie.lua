-- The cookie that remembers the endpoint of a session (compat section 13): "<key>|<key of the backend>".
local _M = {}

-- The key of the endpoint and that of the backend, or nil; cookies of old versions lack the second.
function _M.read(affinity)
  local value = ngx.var["cookie_" .. affinity.name]
  if not value or value == "" then
    return nil
  end
  local bar = value:find("|", 1, true)
  if not bar then
    return value
  end
  return value:sub(1, bar - 1), value:sub(bar + 1)
end

function _M.belongs_to(affinity)
  local _, backend = _M.read(affinity)
  return backend ~= nil and backend == affinity.key
end

-- Browsers that take SameSite=None for Strict.
local function knows_same_site_none(agent)
  for _, text in ipairs({ "Chrome/4", "Chrome/5", "Chrome/6", "CPU iPhone OS 12", "iPad; CPU OS 12" }) do
    if agent:find(text, 1, true) then
      return false
    end
  end
  local mac = agent:find("Macintosh", 1, true) and agent:find("Intel Mac OS X 10_14", 1, true)
  return not (mac and agent:find("Safari", 1, true) and not agent:find("Chrome", 1, true))
end

local function same_site(affinity)
  if affinity.sameSite == "None" and affinity.conditional and not knows_same_site_none(ngx.var.http_user_agent or "") then
    return nil
  end
  return affinity.sameSite
end

function _M.text(affinity, key)
  local var = ngx.var
  local parts = { affinity.name .. "=" .. key .. "|" .. affinity.key }
  if affinity.expires then
    parts[#parts + 1] = "Expires=" .. ngx.cookie_time(ngx.time() + affinity.expires)
  end
  if affinity.maxAge then
    parts[#parts + 1] = string.format("Max-Age=%d", affinity.maxAge)
  end
  if affinity.domain then
    parts[#parts + 1] = "Domain=" .. affinity.domain
  end
  parts[#parts + 1] = "Path=" .. (affinity.path or var.location_path)
  if affinity.secure or var.https == "on" then
    parts[#parts + 1] = "Secure"
  end
  parts[#parts + 1] = "HttpOnly"
  local site = same_site(affinity)
  if site then
    parts[#parts + 1] = "SameSite=" .. site
  end
  return table.concat(parts, "; ")
end

-- The name of the server as Ingresses have it, also for a host that is newer than the file.
function _M.server(var)
  local name = var.live_server
  return name and name ~= "" and name or var.server_name
end

-- Whether the Ingresses of this host and path want the cookie; other users of the backend only follow it.
function _M.wanted(affinity)
  local var = ngx.var
  local path = var.location_path
  for _, wanted in ipairs(affinity.locations[_M.server(var)] or {}) do
    if wanted == path then
      return true
    end
  end
  return false
end

return _M
