-- Which requests go to a canary (compat section 10.3). Several canaries of one path: sessions first, then the header rules
-- of all in order of age, then their cookies, then their weights as shares of the rest.
local cookies = require "tidegate.session_cookie"

local _M = {}

local function route_of(backend)
  local var = ngx.var
  local server, path, kind = cookies.server(var), var.location_path, var.location_kind
  for _, route in ipairs(backend.routes) do
    if route.server == server and route.path == path and route.kind == kind then
      return route
    end
  end
  return nil
end

-- "yes", "no", or nil when this rule does not decide.
local function by_header(canary)
  if not canary.header then
    return nil
  end
  local value = ngx.var["http_" .. canary.header:lower():gsub("-", "_")]
  if not value then
    return nil
  end
  if canary.headerValue then
    return value == canary.headerValue and "yes" or nil
  end
  if canary.headerPattern then
    local from, _, err = ngx.re.find(value, canary.headerPattern, "jo")
    if err then
      ngx.log(ngx.ERR, "canary-by-header-pattern of ", canary.backend, ": ", err)
      return "no"
    end
    return from and "yes" or nil
  end
  return value == "always" and "yes" or value == "never" and "no" or nil
end

local function by_cookie(canary)
  local value = canary.cookie and ngx.var["cookie_" .. canary.cookie]
  return value == "always" and "yes" or value == "never" and "no" or nil
end

-- The first that a rule wants, and those that none excludes.
local function ask(list, rule)
  local left = {}
  for _, canary in ipairs(list) do
    local answer = rule(canary)
    if answer == "yes" then
      return canary, left
    elseif not answer then
      left[#left + 1] = canary
    end
  end
  return nil, left
end

local function by_weight(list)
  local sum = 0
  for _, canary in ipairs(list) do
    sum = sum + canary.share
  end
  if sum == 0 then
    return nil
  end
  local at = math.random() * math.max(1, sum)
  for _, canary in ipairs(list) do
    at = at - canary.share
    if at < 0 then
      return canary
    end
  end
  return nil
end

-- The canary for this request, or nil. `usable` says whether a backend of this name has endpoints.
function _M.choose(backend, usable)
  if backend.affinity and cookies.belongs_to(backend.affinity) then
    return nil
  end
  local route = route_of(backend)
  if not route then
    return nil
  end
  local list = {}
  for _, canary in ipairs(route.canaries) do
    if usable(canary.backend) then
      list[#list + 1] = canary
    end
  end
  for _, canary in ipairs(list) do
    if canary.affinity and cookies.belongs_to(canary.affinity) then
      return canary
    end
  end
  local chosen
  chosen, list = ask(list, by_header)
  if not chosen then
    chosen, list = ask(list, by_cookie)
  end
  return chosen or by_weight(list)
end

return _M
