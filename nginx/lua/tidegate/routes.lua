-- Hosts that are newer than the file: the controller posts what it would print, and the default server sends their requests
-- on to the location of the policy, before anything else is looked at (docs/decisions/0009).
local live = require "tidegate.live"

local _M = {}
local sets = {}

-- The names of a list, as a set.
local function names(list)
  local set = sets[list]
  if not set then
    set = {}
    for name in list:gmatch("%S+") do
      set[name] = true
    end
    sets[list] = set
  end
  return set
end

-- As nginx chooses among exact locations and prefixes that end with a slash.
local function find(routes, uri)
  local exact = routes.exact[uri]
  if exact then
    return exact
  end
  local prefixes = routes.prefix
  for at = #uri, 1, -1 do
    if uri:byte(at) == 47 then
      local found = prefixes[uri:sub(1, at)]
      if found then
        return found
      end
    end
  end
  return nil
end

-- @param list names of the locations that this generation has
function _M.enter(list)
  local var = ngx.var
  local host = var.host
  local routes = live.routes(host)
  local route = routes and find(routes, var.uri)
  -- After a reload that took a policy away, the route is gone a moment later.
  if not route or not names(list)[route.policy] then
    return
  end
  -- nginx compares it while it looks for a location, which does not happen here.
  local length = route.limit > 0 and tonumber(var.content_length)
  if length and length > route.limit then
    return ngx.exit(413)
  end
  for name, value in pairs(route.set) do
    var[name] = value
  end
  var.live_server = host
  return ngx.exec(route.policy)
end

return _M
