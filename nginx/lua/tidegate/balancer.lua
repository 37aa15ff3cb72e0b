-- Chooses the endpoint of a request, again for each try. Takes everything from variables and live state; the request's
-- context only remembers settings other than those of the backend (of a canary, of a stand-in) and what was tried.
local balancer = require "ngx.balancer"
local config = require "tidegate.config"
local dns = require "tidegate.dns"
local ewma = require "tidegate.ewma"
local live = require "tidegate.live"
local pick = require "tidegate.pick"

-- Seconds. The address of a pod that is gone often answers nothing at all, and the API server tells later; two leave room for one
-- packet that is lost.
local CONNECT_TO_LEAVING = 2
-- Where no number of tries is asked for (0), there must be an end all the same.
local MOST_TRIES = 100

local _M = {}

-- The peers that a request may use now; names are resolved in the rewrite phase, here only the cache is read.
function _M.peers(backend)
  if backend.external then
    return dns.cached(backend.external, backend.external_port)
  end
  return backend.peers
end

-- What is kept between requests belongs to settings and lasts while the peers are the same table.
local function state_of(backend, settings, peers)
  local state = settings.state
  if not state or state.peers ~= peers then
    state = pick.state(
      { name = backend.name, peers = peers, draining = backend.draining },
      settings,
      config.values.load_balance
    )
    settings.state = state
  end
  return state
end

local function choice(ctx)
  local settings = ctx.tidegate_settings
  if settings then
    return settings.backend, settings
  end
  local alternative = ngx.var.proxy_alternative_upstream_name
  return alternative ~= "" and alternative or ngx.var.proxy_upstream_name, nil
end

-- nginx sends what was set before the endpoint answered along with its headers. A further try replaces the cookie of the
-- one that failed.
local function send_cookie(text, previous)
  local present = ngx.header["Set-Cookie"]
  local all = {}
  for _, cookie in ipairs(type(present) == "table" and present or { present }) do
    if cookie ~= previous then
      all[#all + 1] = cookie
    end
  end
  all[#all + 1] = text
  ngx.header["Set-Cookie"] = all
end

-- The first try at a plain backend leaves nothing behind but its address.
local function last_position(peers)
  local id = (ngx.var.upstream_addr or ""):match("([^%s,]+:%d+)[%s,:]*$")
  for index, peer in ipairs(peers) do
    if peer.id == id then
      return index - 1
    end
  end
  return nil
end

local function request_of(ctx, peers)
  local request = ctx.tidegate_request
  if not request then
    request = { position = balancer.get_last_failure() and last_position(peers) }
    ctx.tidegate_request = request
  elseif request.peer then
    request.failed = request.failed or {}
    request.failed[request.peer.id] = true
  end
  return request
end

local function use(peer, backend)
  local ok, err = balancer.set_current_peer(peer.host, peer.port)
  if not ok then
    ngx.log(ngx.ERR, "endpoint ", peer.id, " of backend ", backend.name, " cannot be used: ", err)
  end
end

local function balance_with_context()
  local ctx = ngx.ctx
  local name, other = choice(ctx)
  local backend = live.backend(name)
  local peers = backend and _M.peers(backend)
  if not peers or #peers == 0 then
    ngx.log(ngx.WARN, "backend ", name, " lost its last endpoint while a request waited")
    return ngx.exit(503)
  end
  local settings = other or backend
  local request = request_of(ctx, peers)
  local state = state_of(backend, settings, peers)
  local peer = pick.peer(state, request, settings)
  request.peer = peer
  if state.leaving[peer.id] then
    balancer.set_timeouts(CONNECT_TO_LEAVING)
  end
  if request.cookie then
    send_cookie(request.cookie, request.sent)
    request.sent, request.cookie = request.cookie, nil
  end
  request.tries = (request.tries or 0) + 1
  if request.tries < MOST_TRIES then
    balancer.set_more_tries(1)
  end
  use(peer, backend)
end

-- The context of a request is a table to be made and collected, so the usual first try does without. nginx grants it a second one
-- by itself, since the upstream has two placeholders.
function _M.balance()
  local backend = live.backend(ngx.var.proxy_upstream_name)
  if not (backend and backend.plain) or balancer.get_last_failure() then
    return balance_with_context()
  end
  local peers = backend.peers
  if #peers == 0 then
    return balance_with_context()
  end
  use(pick.next(state_of(backend, backend, peers)), backend)
end

-- After the response; only where some backend chooses by response time.
function _M.learn()
  -- A question to an authentication service, which shares the variables of the request that asks.
  if ngx.is_subrequest then
    return
  end
  local ctx = ngx.ctx
  local request = ctx.tidegate_request
  if request and request.learns and request.peer then
    ewma.learn(request.peer.id)
  end
end

return _M
