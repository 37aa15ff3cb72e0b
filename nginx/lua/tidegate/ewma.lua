-- Peak EWMA of response times, the better of two random endpoints (compat section 12.5). Scores are shared by the workers.
local scores = ngx.shared.balancer_ewma
local touched = ngx.shared.balancer_ewma_last_touched_at
local locks = ngx.shared.balancer_ewma_locks

local DECAY = 10
local LOCK = 0.1
-- Scores of endpoints that nobody asks any more go by themselves; by then they have decayed to nothing.
local KEEP = 600

local _M = {}

local function weight(id, now)
  local last = touched:get(id)
  return last and math.exp(-math.max(0, now - last) / DECAY) or 0
end

local function score(id, now)
  local value = scores:get(id)
  return value and value * weight(id, now) or 0
end

-- New endpoints start with the mean of the known ones, or all requests would rush to them.
function _M.start(peers)
  local now = ngx.now()
  local sum, known, unknown = 0, 0, {}
  for _, peer in ipairs(peers) do
    if scores:get(peer.id) then
      sum, known = sum + score(peer.id, now), known + 1
    else
      unknown[#unknown + 1] = peer.id
    end
  end
  if known == 0 then
    return
  end
  for _, id in ipairs(unknown) do
    if scores:add(id, sum / known, KEEP) then
      touched:set(id, now, KEEP)
    end
  end
end

local function untried(peers, failed)
  local list = {}
  for _, peer in ipairs(peers) do
    if not failed[peer.id] then
      list[#list + 1] = peer
    end
  end
  return #list > 0 and list or peers
end

-- The peer and its score.
function _M.pick(peers, failed)
  local list = failed and untried(peers, failed) or peers
  local now = ngx.now()
  if #list == 1 then
    return list[1], score(list[1].id, now)
  end
  local first = math.random(1, #list)
  local second = math.random(1, #list - 1)
  if second >= first then
    second = second + 1
  end
  local a, b = score(list[first].id, now), score(list[second].id, now)
  if b < a then
    return list[second], b
  end
  return list[first], a
end

local function last(text)
  return tonumber((text or ""):match("([%d.]+)%s*$"))
end

-- After the response: what this endpoint took.
function _M.learn(id)
  local connect, response = last(ngx.var.upstream_connect_time), last(ngx.var.upstream_response_time)
  if not connect or not response or not locks:add(id, 1, LOCK) then
    return
  end
  local now = ngx.now()
  local w = weight(id, now)
  scores:set(id, (scores:get(id) or 0) * w + (connect + response) * (1 - w), KEEP)
  touched:set(id, now, KEEP)
  locks:delete(id)
end

return _M
