-- Backends that answer instead of others: the default backend of an Ingress while its Service has no endpoints, and error
-- pages (compat sections 8 and 27). Decided for each request, so that endpoints come and go without a reload.
local balancer = require "tidegate.balancer"
local dns = require "tidegate.dns"
local live = require "tidegate.live"

local GLOBAL = "upstream-default-backend"

local _M = {}

-- Whether a backend has an endpoint now; asks for the addresses of a name.
function _M.usable(backend)
  if backend.external then
    dns.resolve(backend.external, backend.external_port)
  end
  local peers = balancer.peers(backend)
  return peers ~= nil and #peers > 0
end

function _M.usable_by_name(name)
  local backend = live.backend(name)
  return backend ~= nil and _M.usable(backend)
end

local function affinity_of(affinity, name)
  if not affinity then
    return nil
  end
  local copy = { key = ngx.md5(ngx.md5(name) .. name) }
  return setmetatable(copy, { __index = affinity })
end

-- How the stand-in's endpoints are chosen: as those of the backend that it stands in for.
local function settings_of(backend, name)
  backend.stand_ins = backend.stand_ins or {}
  local settings = backend.stand_ins[name]
  if not settings then
    settings = {
      backend = name,
      algorithm = backend.algorithm,
      hashBy = backend.hashBy,
      subset = backend.subset,
      affinity = affinity_of(backend.affinity, name),
    }
    backend.stand_ins[name] = settings
  end
  return settings
end

local function describe(var)
  -- As nginx does it, a header without a value is none; what the client says there never arrives.
  local function set(name, value)
    ngx.req.set_header(name, value ~= "" and value or nil)
  end
  set("X-Code", "503")
  set("X-Format", var.http_accept)
  set("X-Namespace", var.namespace)
  set("X-Ingress-Name", var.ingress_name)
  set("X-Service-Name", var.service_name)
  set("X-Service-Port", var.service_port)
end

-- Sends the request to the default backend of its Ingress, when there is one that can answer.
function _M.stand_in(var, backend)
  local name = var.stand_in
  if not name or name == "" or not _M.usable_by_name(name) then
    return false
  end
  describe(var)
  -- How its endpoints are chosen stands in the context of the request.
  live.backend(name).plain = false
  var.proxy_upstream_name = name
  var.proxy_alternative_upstream_name = ""
  ngx.ctx.tidegate_settings = backend and settings_of(backend, name) or nil
  return true
end

-- Runs in the named location of an error page: without an endpoint of its backend, the global default backend makes the page.
function _M.page()
  local var = ngx.var
  if _M.usable_by_name(var.proxy_upstream_name) then
    return
  end
  var.proxy_upstream_name = GLOBAL
  local backend = live.backend(GLOBAL)
  if not backend or not _M.usable(backend) then
    return ngx.exit(backend and backend.status or 503)
  end
end

return _M
