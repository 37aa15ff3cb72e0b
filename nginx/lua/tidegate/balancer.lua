-- Round robin over the endpoints of the backend that the location names. Takes everything from variables and live state;
-- the request's context only remembers where its first try went.
local balancer = require "ngx.balancer"
local dns = require "tidegate.dns"
local live = require "tidegate.live"

local _M = {}

-- The peers that a request may use now; names are resolved in the rewrite phase, here only the cache is read.
function _M.peers(backend)
  if backend.external then
    return dns.cached(backend.external, backend.external_port)
  end
  return backend.peers
end

function _M.balance()
  local name = ngx.var.proxy_upstream_name
  local backend = live.backend(name)
  local peers = backend and _M.peers(backend)
  if not peers or #peers == 0 then
    ngx.log(ngx.WARN, "backend ", name, " lost its last endpoint while a request waited")
    return ngx.exit(503)
  end
  local ctx = ngx.ctx
  local position = ctx.tidegate_position
  if position then
    position = position + 1
  else
    position = backend.position
    backend.position = (position + 1) % #peers
  end
  ctx.tidegate_position = position
  local peer = peers[position % #peers + 1]
  balancer.set_more_tries(1)
  local ok, err = balancer.set_current_peer(peer.host, peer.port)
  if not ok then
    ngx.log(ngx.ERR, "endpoint ", peer.host, ":", peer.port, " of backend ", name, " cannot be used: ", err)
  end
end

return _M
