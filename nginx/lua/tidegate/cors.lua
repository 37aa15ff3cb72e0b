-- CORS: who may use a backend from pages of other sites (compat section 21). Whole origins are compared.
local _M = {}
local parsed = {}

local function escape(text)
  return (text:gsub("[%-%.%+%[%]%(%)%$%^%%%?%*]", "%%%0"))
end

-- Exact origins as a set, those with a wildcard as Lua patterns: one label of letters, digits and "-".
local function parse(text)
  local known = parsed[text]
  if known then
    return known
  end
  local list = { exact = {}, patterns = {} }
  for origin in text:gmatch("[^,]+") do
    local scheme, rest = origin:match("^(%l+://)%*(%..+)$")
    if scheme then
      list.patterns[#list.patterns + 1] = "^" .. escape(scheme) .. "[%w%-]+" .. escape(rest) .. "$"
    else
      list.exact[origin] = true
    end
  end
  parsed[text] = list
  return list
end

local function allows(origins, origin)
  local list = parse(origins)
  local lower = origin:lower()
  if list.exact[lower] then
    return true
  end
  for _, pattern in ipairs(list.patterns) do
    if lower:find(pattern) then
      return true
    end
  end
  return false
end

-- The value of Access-Control-Allow-Origin, or nil.
local function allowed(var, origins)
  if not origins or origins == "" then
    return nil
  end
  if origins == "*" then
    return "*"
  end
  local origin = var.http_origin
  return origin and allows(origins, origin) and origin or nil
end

function _M.add_headers(var)
  local origin = allowed(var, var.cors_allow_origin)
  if not origin then
    return
  end
  local header = ngx.header
  header["Access-Control-Allow-Origin"] = origin
  -- What is empty is said in another way, or not at all.
  local function add(name, value)
    if value ~= "" then
      header[name] = value
    end
  end
  add("Access-Control-Allow-Credentials", var.cors_allow_credentials)
  add("Access-Control-Allow-Methods", var.cors_allow_methods)
  add("Access-Control-Allow-Headers", var.cors_allow_headers)
  add("Access-Control-Expose-Headers", var.cors_expose_headers)
  add("Access-Control-Max-Age", var.cors_max_age)
end

-- Answers OPTIONS for those who are allowed; everything else goes on.
function _M.preflight(var, origins)
  if ngx.req.get_method() ~= "OPTIONS" or not allowed(var, origins) then
    return
  end
  ngx.exit(204)
end

return _M
