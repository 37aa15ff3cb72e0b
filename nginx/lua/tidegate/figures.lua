-- Times and sizes of requests, and histograms of them. All bounds of times are the same for a worker.
local _M = {}
local byte = string.byte

-- Sum, and how many values are in each bucket, the last one for those above all bounds.
function _M.histogram(bounds)
  local made = { sum = 0 }
  for index = 1, #bounds + 1 do
    made[index] = 0
  end
  return made
end

-- Number of the bucket of a value.
local function bucket_of(bounds, value)
  local last = #bounds + 1
  local at = 1
  while at < last and value > bounds[at] do
    at = at + 1
  end
  return at
end

function _M.observe(into, bounds, value)
  local at = bucket_of(bounds, value)
  into[at] = into[at] + 1
  into.sum = into.sum + value
end

-- What has been read last; one table for all requests.
local figures = {}
local POINT, BAR = 46, 124

-- Whole numbers, milliseconds and bytes; false for what is no number: nothing, or a list where several endpoints were asked. Byte by byte,
-- since LuaJIT compiles that, and no text is made.
-- @param text times with three digits behind the point, then sizes, with "|" between any two
function _M.read(text)
  local value, is_number, found = 0, false, 0
  for at = 1, #text do
    local sign = byte(text, at)
    if sign >= 48 and sign <= 57 then
      value, is_number = value and value * 10 + sign - 48, true
    elseif sign == BAR then
      found = found + 1
      figures[found] = is_number and value
      value, is_number = 0, false
    elseif sign ~= POINT then
      value = false
    end
  end
  figures[found + 1] = is_number and value
  return figures
end

-- Buckets of short times, by milliseconds: most are.
local buckets, SHORT = {}, 1000

function _M.observe_time(into, bounds, value)
  if not value then
    return
  end
  local at = buckets[value]
  if not at then
    at = bucket_of(bounds, value / 1000)
    if value < SHORT then
      buckets[value] = at
    end
  end
  into[at] = into[at] + 1
  into.sum = into.sum + value / 1000
end

return _M
