-- Consistent hashing as clients of ingress-nginx know it (compat section 12.3): a key keeps its node when other nodes come
-- and go.
local crc32 = ngx.crc32_long

local POINTS = 160

local _M = {}

local function bytes(number)
  return string.char(
    bit.band(number, 0xff),
    bit.band(bit.rshift(number, 8), 0xff),
    bit.band(bit.rshift(number, 16), 0xff),
    bit.band(bit.rshift(number, 24), 0xff)
  )
end

-- A ring of the given ids; the position of an id in the list is what a look-up gives.
function _M.new(ids)
  local points = {}
  for index, id in ipairs(ids) do
    local previous = 0
    for _ = 1, POINTS do
      previous = crc32(id .. bytes(previous))
      points[#points + 1] = { hash = previous, index = index, id = id }
    end
  end
  -- Equal hashes in the order of the ids, so that all workers and replicas agree.
  table.sort(points, function(a, b)
    if a.hash ~= b.hash then
      return a.hash < b.hash
    end
    return a.id < b.id
  end)
  return points
end

-- The index of the node that a key belongs to, or nil.
function _M.find(points, key)
  local count = #points
  if count == 0 then
    return nil
  end
  local hash = crc32(key)
  local low, high = 1, count + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if points[middle].hash < hash then
      low = middle + 1
    else
      high = middle
    end
  end
  return points[low > count and 1 or low].index
end

return _M
