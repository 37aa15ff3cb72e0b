-- What annotations of Tidegate's own ask for: redirects, and headers for services. Rules are JSON in variables of locations.
local cjson = require "cjson.safe"
local text = require "tidegate.text"

local _M = {}

-- Rules by their JSON. All come from the file, with which the worker ends.
local known = {}

local function rules_of(json)
  local rules = known[json]
  if not rules then
    rules = cjson.decode(json) or {}
    known[json] = rules
  end
  return rules
end
_M.rules_of = rules_of

-- Paths are decoded: what is taken from one must not end the header, or begin a query.
local function escape_path(value)
  return (value:gsub("[^%w%-%._~/!$&'()*+,;=:@]", function(sign)
    return ("%%%02X"):format(sign:byte())
  end))
end

-- As the client wrote it, but for what no URL may hold.
local function escape_raw(value)
  return (value:gsub('[^\33-\126]', function(sign)
    return ("%%%02X"):format(sign:byte())
  end):gsub('["<>\\^`{|}]', function(sign)
    return ("%%%02X"):format(sign:byte())
  end))
end

local function target_of(rule, captures, var)
  local target = rule.to:gsub("%$([%w_]+)", function(name)
    local digit, rest = name:match("^(%d)(.*)$")
    if digit then
      local capture = captures and captures[tonumber(digit)]
      return escape_path(capture or "") .. rest
    end
    return escape_raw(var[name] or "")
  end)
  -- Two slashes would begin with a host.
  return (target:gsub("^[/\\]+", "/"))
end

local function holds(condition, var)
  if condition == cjson.null then
    return true
  end
  local value = var[condition.variable]
  if not value or value == "" then
    return false
  end
  if condition.value == cjson.null then
    return true
  end
  return condition.value == (condition.variable:sub(1, 4) == "arg_" and ngx.unescape_uri(value) or value)
end

-- Whether it fits, and what its groups hold.
local function fits(rule, uri)
  if rule.match == "path" then
    return rule.from == uri
  end
  local captures, err = ngx.re.match(uri, rule.from, rule.match == "regex" and "jo" or "joi")
  if err then
    ngx.log(ngx.ERR, "the expression of a redirect fails: ", err)
  end
  return captures ~= nil, captures
end

-- Before the redirect to HTTPS, as all other redirects.
function _M.redirect()
  local var = ngx.var
  if ngx.is_subrequest then
    return
  end
  -- Browsers follow no redirect of a preflight.
  if ngx.req.get_method() == "OPTIONS" and var.cors_allow_origin ~= "" and var.http_origin then
    return
  end
  local uri = var.redirect_path
  for _, rule in ipairs(rules_of(var.redirect_rules)) do
    local fit, captures = fits(rule, uri)
    if fit and holds(rule.when, var) then
      return ngx.redirect(target_of(rule, captures, var), rule.code)
    end
  end
end

local function add(name, value)
  local present = ngx.req.get_headers(0)[name]
  if type(present) == "table" then
    present[#present + 1] = value
    return ngx.req.set_header(name, present)
  end
  ngx.req.set_header(name, present and { present, value } or value)
end

local function expanded(rule)
  rule.parts = rule.parts or text.parse(rule.value)
  return text.expand(rule.parts)
end

-- What services get. Values are those of the request as it came.
function _M.ask()
  if ngx.is_subrequest then
    return
  end
  local rules = rules_of(ngx.var.request_header_rules)
  local values = {}
  for index, rule in ipairs(rules) do
    values[index] = rule.value and expanded(rule)
  end
  for index, rule in ipairs(rules) do
    if rule.kind == "set" then
      ngx.req.set_header(rule.name, values[index])
    elseif rule.kind == "add" then
      add(rule.name, values[index])
    else
      ngx.req.clear_header(rule.name)
    end
  end
end

return _M
