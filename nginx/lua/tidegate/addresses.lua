-- Which resolved addresses may be reached: not the machine itself, not link-local services such as cloud metadata.
local config = require "tidegate.config"

local _M = {}

local function allowed4(a, b)
  if a == 0 or a == 127 or a >= 224 then
    return false
  end
  return not (a == 169 and b == 254)
end

local function bits(value, count)
  local text = ""
  for _ = 1, count do
    text = value % 2 .. text
    value = (value - value % 2) / 2
  end
  return text
end

-- Whether the admin has named a network that it is in: see createReach in src/lib/addresses.ts.
local function excepted(kind, values, count)
  local list = config.values.allowed_addresses
  if not list then
    return false
  end
  local text = kind
  for _, value in ipairs(values) do
    text = text .. bits(value, count)
  end
  for network in list:gmatch("%S+") do
    if text:sub(1, #network) == network then
      return true
    end
  end
  return false
end

local function allowed6(groups)
  local first = groups[1]
  -- fe80::/10 and ff00::/8.
  if (first >= 0xfe80 and first <= 0xfebf) or first >= 0xff00 then
    return false
  end
  -- ::/96 and ::ffff:0:0/96 hold this machine and IPv4 addresses in disguise.
  local zeros = groups[1] == 0 and groups[2] == 0 and groups[3] == 0 and groups[4] == 0 and groups[5] == 0
  return not (zeros and (groups[6] == 0 or groups[6] == 0xffff))
end

function _M.allowed(address)
  local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if a then
    a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
    if a > 255 or b > 255 or c > 255 or d > 255 then
      return false
    end
    return allowed4(a, b) or excepted("4:", { a, b, c, d }, 8)
  end
  local groups = {}
  for group in address:gmatch("%x+") do
    groups[#groups + 1] = tonumber(group, 16)
  end
  if #groups ~= 8 then
    return false
  end
  return allowed6(groups) or excepted("6:", groups, 16)
end

return _M
