-- Which resolved addresses may be reached: not the machine itself, not link-local services such as cloud metadata.
local _M = {}

local function allowed4(a, b)
  if a == 0 or a == 127 or a >= 224 then
    return false
  end
  return not (a == 169 and b == 254)
end

function _M.allowed(address)
  local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if a then
    return allowed4(tonumber(a), tonumber(b)) and tonumber(c) <= 255 and tonumber(d) <= 255
  end
  local groups = {}
  for group in address:gmatch("%x+") do
    groups[#groups + 1] = tonumber(group, 16)
  end
  if #groups ~= 8 then
    return false
  end
  local first = groups[1]
  -- fe80::/10 and ff00::/8.
  if (first >= 0xfe80 and first <= 0xfebf) or first >= 0xff00 then
    return false
  end
  -- ::/96 and ::ffff:0:0/96 hold this machine and IPv4 addresses in disguise.
  local zeros = groups[1] == 0 and groups[2] == 0 and groups[3] == 0 and groups[4] == 0 and groups[5] == 0
  return not (zeros and (groups[6] == 0 or groups[6] == 0xffff))
end

return _M
