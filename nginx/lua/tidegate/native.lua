-- Native histograms of Prometheus: exponential buckets, of which only those exist that something has fallen into. Buckets of schema s
-- grow by 2^(2^-s); bucket i holds what is above 2^((i - 1) / 2^s) and not above 2^(i / 2^s).
local figures = require "tidegate.figures"

local _M = {}
local ceil, floor, log = math.ceil, math.floor, math.log

-- What is not above it is counted as nothing, and the schema with the widest buckets.
local NOTHING, WIDEST = 2 ^ -128, -4
local LOG_2 = log(2)
-- Numbers below it, of milliseconds or bytes, are remembered with their buckets: most are.
local SMALL = 4096

-- Powers of two are exact.
local function bound(index, density)
  local octave = floor(index / density)
  return 2 ^ (index / density - octave) * 2 ^ octave
end

-- @param density buckets between a power of two and the next
local function index_of(value, density)
  local index = ceil(log(value) / LOG_2 * density)
  -- Logarithms are not exact.
  if value > bound(index, density) then
    return index + 1
  end
  if value <= bound(index - 1, density) then
    return index - 1
  end
  return index
end

-- Each two buckets become one.
local function widen(native)
  local counts, size = {}, 0
  for index, count in pairs(native.counts) do
    local at = ceil(index / 2)
    if not counts[at] then
      size = size + 1
    end
    counts[at] = (counts[at] or 0) + count
  end
  native.schema, native.counts, native.size = native.schema - 1, counts, size
end

local function add(native, index, count)
  local counts = native.counts
  local before = counts[index]
  counts[index] = (before or 0) + count
  if before then
    return
  end
  native.size = native.size + 1
  while native.size > native.most and native.schema > WIDEST do
    widen(native)
  end
end

-- The bucket that one of this schema has become part of.
local function within(native, schema, index)
  return ceil(index / 2 ^ (schema - native.schema))
end

-- Those of another one, of the same labels.
local function merge(into, from)
  while into.schema > from.schema do
    widen(into)
  end
  into.zero = into.zero + from.zero
  for index, count in pairs(from.counts) do
    add(into, within(into, from.schema, index), count)
  end
end

-- As the controller reads it: schema, how many are nothing, then index and count of each bucket.
local function list(native)
  local plain, length = { native.schema, native.zero }, 2
  for index, count in pairs(native.counts) do
    plain[length + 1], plain[length + 2] = index, count
    length = length + 2
  end
  return plain
end

-- @param unit how many of what is counted make one of what is shown
local function observer(schema, unit)
  local density, remembered = 2 ^ schema, {}
  return function(native, value)
    if value / unit <= NOTHING then
      native.zero = native.zero + 1
      return
    end
    local index = remembered[value]
    if not index then
      index = index_of(value / unit, density)
      if value < SMALL then
        remembered[value] = index
      end
    end
    add(native, within(native, schema, index), 1)
  end
end

-- What counts in place of figures.lua, classic buckets included.
-- @param schema of new histograms
-- @param most buckets, beyond which they are widened; 0: any number
function _M.counting(schema, most)
  local limit = most > 0 and most or math.huge
  local observe_size, observe_milliseconds = observer(schema, 1), observer(schema, 1000)
  return {
    histogram = function(bounds)
      local made = figures.histogram(bounds)
      made.native = { schema = schema, most = limit, zero = 0, size = 0, counts = {} }
      return made
    end,
    observe = function(into, bounds, value)
      figures.observe(into, bounds, value)
      observe_size(into.native, value)
    end,
    observe_time = function(into, bounds, value)
      figures.observe_time(into, bounds, value)
      if value then
        observe_milliseconds(into.native, value)
      end
    end,
    merge = merge,
    list = list,
  }
end

return _M
