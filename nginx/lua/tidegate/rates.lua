-- Limits by any key, shared by all workers. Each key has a moment until which its requests are paid for: a request moves it on by
-- the time that one may take, and is refused when the moment lies further ahead than a burst takes (GCRA). The moment is moved by
-- one atomic step, and forgotten as soon as it has come; memory is bounded, the oldest keys go first.
local config = require "tidegate.config"
local extras = require "tidegate.extras"
local text = require "tidegate.text"

local moments = ngx.shared.tidegate_rates

local _M = {}

-- Workers that may move a moment at once before they take it back.
local MOST_WORKERS = 128

-- How far ahead the moment of a key is now, with this request.
local function move(key, now, step, burst)
  local moment, err = moments:incr(key, step, now, step)
  if not moment then
    ngx.log(ngx.ERR, "a request cannot be counted: ", err)
    return 0
  end
  local ahead = moment - now
  -- No clock that runs on gets there: it has been set back.
  if ahead > step * (burst + 1 + MOST_WORKERS) then
    moments:set(key, now + step, step)
    ahead = step
  end
  return ahead
end

-- @return seconds until all is as before, and how many requests may still come
local function pay(key, limit, now)
  local step = limit.seconds / limit.count
  local ahead = move(key, now, step, limit.burst)
  -- Moments are rounded.
  if ahead > step * limit.burst + step / 1000 then
    moments:incr(key, -step)
    return nil, ahead - step * limit.burst
  end
  moments:expire(key, math.max(ahead, 0.001))
  return ahead, math.floor((step * limit.burst - ahead) / step + 0.001)
end

local function give_back(paid, now)
  for _, each in ipairs(paid) do
    local moment = moments:incr(each.key, -each.step)
    if moment and moment <= now then
      moments:delete(each.key)
    end
  end
end

-- draft-ietf-httpapi-ratelimit-headers-06.
local function tell(limit, remaining, reset)
  local header = ngx.header
  header["RateLimit-Limit"] = limit.burst
  header["RateLimit-Remaining"] = remaining
  header["RateLimit-Reset"] = math.max(1, math.ceil(reset))
end

local function value_of(limit)
  limit.parts = limit.parts or text.parse(limit.key)
  return text.expand(limit.parts)
end

-- Limits whose key has nothing in it but what was written do not count.
local function is_empty(limit, value)
  local written = 0
  for _, part in ipairs(limit.parts) do
    written = written + #(part.text or "")
  end
  return #value == written
end

local function key_of(var, index, value)
  return ngx.md5_bin(table.concat({ var.namespace, var.ingress_name, index, value }, "\0"))
end

-- In the rewrite phase. Counts a request for all limits of its Ingress, or for none of them.
function _M.enter()
  if ngx.is_subrequest then
    return
  end
  local var = ngx.var
  local now = ngx.now()
  local paid = {}
  local tightest
  for index, limit in ipairs(extras.rules_of(var.rate_limits)) do
    local value = value_of(limit)
    if not is_empty(limit, value) then
      local key = key_of(var, index, value)
      local ahead, remaining = pay(key, limit, now)
      if not ahead then
        give_back(paid, now)
        tell(limit, 0, remaining)
        ngx.header["Retry-After"] = math.max(1, math.ceil(remaining))
        return ngx.exit(config.values.limit_status)
      end
      paid[#paid + 1] = { key = key, step = limit.seconds / limit.count }
      if not tightest or remaining < tightest.remaining then
        tightest = { limit = limit, remaining = remaining, reset = ahead }
      end
    end
  end
  if tightest then
    tell(tightest.limit, tightest.remaining, tightest.reset)
  end
end

return _M
