-- Where an authentication service is. Its name is looked up and the addresses are judged here, since nginx would connect to whatever
-- a name leads to (compat/security.md 6, T5).
local balancer = require "ngx.balancer"
local addresses = require "tidegate.addresses"
local dns = require "tidegate.dns"

local _M = {}

local PORTS = { http = 80, https = 443 }

local function refuse(target, reason)
  ngx.log(ngx.ERR, "authentication service ", target, " cannot be asked: ", reason)
  return ngx.exit(503)
end

-- The target of the location with an address instead of the name.
function _M.run()
  local var = ngx.var
  local target = var.target
  local scheme, host, port, rest = target:match("^(https?)://([^/?:]+):?(%d*)(.*)$")
  if not scheme then
    return refuse(target, "not a URL with a host")
  end
  -- What a variable stands for.
  if host:find("^[%d.]+$") then
    return not addresses.allowed(host) and refuse(target, "its address must not be reached") or nil
  end
  local found = dns.peer(host, tonumber(port) or PORTS[scheme])
  if not found then
    return refuse(target, "no address that may be reached")
  end
  local peer = found.id
  local pool = var.auth_pool
  if pool and pool ~= "" then
    var.auth_peer = peer
    var.target = scheme .. "://" .. pool .. rest
  else
    var.target = scheme .. "://" .. peer .. rest
  end
end

-- Where the service is, for connections that are kept.
function _M.balance()
  local host, port = (ngx.var.auth_peer or ""):match("^(.+):(%d+)$")
  if not host then
    return ngx.exit(503)
  end
  local ok, err = balancer.set_current_peer(host, tonumber(port))
  if not ok then
    ngx.log(ngx.ERR, "authentication service ", host, ":", port, " cannot be asked: ", err)
    return ngx.exit(503)
  end
end

return _M
