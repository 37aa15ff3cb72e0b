-- The ways to choose an endpoint (compat sections 12 and 13). Each takes what is kept between requests for these settings,
-- and what is known about this request: `failed` holds the ids of endpoints that it was sent to in vain.
local cookies = require "tidegate.session_cookie"
local ewma = require "tidegate.ewma"
local ring = require "tidegate.ring"
local text = require "tidegate.text"

local _M = {}

local function ids(peers)
  local list = {}
  for index, peer in ipairs(peers) do
    list[index] = peer.id
  end
  return list
end

local round_robin = {}

function round_robin.start(state)
  -- Workers start at different places, so that a first endpoint does not get all first requests.
  state.position = math.random(0, #state.peers - 1)
end

local function advance(state)
  local position = state.position
  state.position = (position + 1) % #state.peers
  return position
end

function round_robin.pick(state, request)
  local position = request.position
  position = position and position + 1 or advance(state)
  request.position = position
  return state.peers[position % #state.peers + 1]
end

local fastest = {}

function fastest.start(state)
  ewma.start(state.peers)
end

function fastest.pick(state, request)
  local peer = ewma.pick(state.peers, request.failed)
  request.learns = true
  return peer
end

local hash = {}

function hash.start(state, settings)
  state.parts = text.parse(settings.hashBy)
  state.ring = ring.new(ids(state.peers))
end

function hash.pick(state)
  return state.peers[ring.find(state.ring, text.expand(state.parts))]
end

local subset = {}

function subset.start(state, settings)
  local size = settings.subset
  local count = #state.peers
  local names, sets = {}, {}
  for number = 1, math.ceil(count / size) do
    local set = {}
    for index = 1, size do
      -- The last one is filled up from the beginning.
      set[index] = state.peers[((number - 1) * size + index - 1) % count + 1]
    end
    sets[number] = set
    names[number] = "set" .. number
  end
  state.parts = text.parse(settings.hashBy)
  state.ring, state.sets = ring.new(names), sets
end

function subset.pick(state)
  local set = state.sets[ring.find(state.ring, text.expand(state.parts))]
  return set[math.random(1, #set)]
end

local function others(peers, failed)
  local list = {}
  for _, peer in ipairs(peers) do
    if not (failed and failed[peer.id]) then
      list[#list + 1] = peer
    end
  end
  return #list > 0 and list or peers
end

local balanced = {}

function balanced.start(state)
  state.ring = ring.new(ids(state.all))
end

function balanced.find(state, key)
  return state.all[ring.find(state.ring, key)]
end

function balanced.new(state, failed)
  for attempt = 1, 100 do
    local key = string.format("%.3f.%d.%d", ngx.now() + attempt, ngx.worker.pid(), math.random(0, 999999))
    local peer = balanced.find(state, key)
    local spent = attempt <= 20 and failed and failed[peer.id]
    if not spent and not state.leaving[peer.id] then
      return peer, key
    end
  end
  -- Nearly all are leaving: no key that was tried leads to one that stays, so the session begins later.
  return state.peers[1]
end

local persistent = {}

local function persistent_key(backend, peer)
  return ngx.md5(backend .. peer.id)
end

function persistent.start(state)
  state.by_key = {}
  for _, peer in ipairs(state.all) do
    state.by_key[persistent_key(state.backend, peer)] = peer
  end
end

function persistent.find(state, key)
  return state.by_key[key]
end

function persistent.new(state, failed)
  local list = others(state.peers, failed)
  local peer = list[math.random(1, #list)]
  return peer, persistent_key(state.backend, peer)
end

-- One that leaves keeps its sessions only while it answers: a closed port is the end of it, which the API server tells later.
local function is_gone(state, failed, peer)
  if not state.leaving[peer.id] then
    return false
  end
  if failed and failed[peer.id] then
    state.gone[peer.id] = true
  end
  return state.gone[peer.id] == true
end

-- Sessions, in one of the two modes.
local function sticky(mode)
  return {
    start = mode.start,
    pick = function(state, request, settings)
      local affinity = settings.affinity
      local key = cookies.read(affinity)
      if key and not (request.failed and affinity.changeOnFailure) then
        local peer = mode.find(state, key)
        if peer and not is_gone(state, request.failed, peer) then
          return peer
        end
      end
      local peer, new = mode.new(state, request.failed)
      if new and cookies.wanted(affinity) then
        request.cookie = cookies.text(affinity, new)
      end
      return peer
    end,
  }
end

local ways = {
  balanced = sticky(balanced),
  persistent = sticky(persistent),
  chash = hash,
  chashsubset = subset,
  ewma = fastest,
  round_robin = round_robin,
}

-- The name of the way for these settings, which sessions win over hashes (compat section 12.1).
function _M.name(settings, default)
  if settings.affinity then
    return settings.affinity.mode
  elseif settings.hashBy then
    return settings.subset and "chashsubset" or "chash"
  end
  local name = settings.algorithm or default
  return ways[name] and name or "round_robin"
end

-- Endpoints that go away come last, and only sessions that are with them still use them.
local function with_leaving(peers, draining)
  if not draining then
    return peers, {}
  end
  local all, leaving = { unpack(peers) }, {}
  for _, peer in ipairs(draining) do
    all[#all + 1] = peer
    leaving[peer.id] = true
  end
  return all, leaving
end

-- What is kept for a backend and its settings while its endpoints stay the same.
function _M.state(backend, settings, default)
  local state = { backend = backend.name, peers = backend.peers, gone = {} }
  state.all, state.leaving = with_leaving(backend.peers, backend.draining)
  state.way = ways[_M.name(settings, default)]
  if state.way.start then
    state.way.start(state, settings)
  end
  return state
end

-- The endpoint of a first request in turn, where nothing needs to be known about the request.
function _M.next(state)
  return state.peers[advance(state) + 1]
end

function _M.peer(state, request, settings)
  return state.way.pick(state, request, settings)
end

return _M
