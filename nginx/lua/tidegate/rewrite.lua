-- Runs for every proxied request after nginx's own rewrite directives: CORS, redirects, then a check that the backend can
-- answer (compat sections 17 and 18.1).
local canaries = require "tidegate.canary"
local config = require "tidegate.config"
local cors = require "tidegate.cors"
local errors = require "tidegate.errors"
local live = require "tidegate.live"
local request_ids = require "tidegate.request_ids"
local users = require "tidegate.users"

local _M = {}

local function on(value, default)
  if not value or value == "" then
    return default
  end
  return value == "true"
end

local function needs_redirect(var)
  local values = config.values
  if var[values.scheme] ~= "http" or var.force_no_ssl_redirect == "true" then
    return false
  end
  if on(var.force_ssl_redirect, values.force_ssl_redirect) then
    return true
  end
  return on(var.ssl_redirect, values.ssl_redirect) and live.certificate_key(var.host) ~= nil
end

local function redirect(var)
  local uri = var.request_uri
  if not on(var.preserve_trailing_slash, config.values.preserve_trailing_slash) then
    uri = uri:gsub("/$", "", 1)
  end
  local host = var.best_http_host
  -- An IPv6 literal keeps its brackets and loses only the port.
  host = host:match("^(%[[^%]]*%])") or host:match("^[^:]*")
  if on(var.use_port_in_redirects, config.values.use_port_in_redirects) then
    host = host .. ":" .. config.values.https_port
  end
  return ngx.redirect("https://" .. host .. uri, config.values.http_redirect_code)
end

-- permanent-redirect and temporal-redirect of locations with CORS; nginx itself does it for all others.
local function redirect_elsewhere(var, code)
  ngx.header.location = var.redirect_url
  return ngx.exit(tonumber(code))
end

local function with_canary(var, primary)
  local canary = canaries.choose(primary, errors.usable_by_name)
  if not canary then
    return primary
  end
  var.proxy_alternative_upstream_name = canary.backend
  if config.values.metrics_socket then
    -- As something else than the rest of its location.
    var.counted_as = ""
  end
  ngx.ctx.tidegate_settings = canary
  return live.backend(canary.backend)
end

-- A client that closes by itself cannot have sent a request at the moment in which nginx closes. HTTP/2 has frames for that, and
-- an upgraded connection has no end that a header could ask for.
local function part(var)
  if live.draining() and ngx.req.http_version() < 2 and not var.http_upgrade then
    ngx.header.connection = "close"
  end
end

local function decide(var)
  -- A question to an authentication service, which shares the variables of the request that asks.
  if ngx.is_subrequest then
    return
  end
  part(var)
  local name = var.proxy_upstream_name
  if not name or name == "" then
    return
  end
  -- While a Secret cannot be used, nothing of its Ingress is open (compat section 22).
  local list = var.auth_users
  if list ~= "" and not users.list(list) then
    return ngx.exit(503)
  end
  local header = config.values.client_address_header
  if header then
    ngx.req.set_header(header, var.forwarded_for_proxy_protocol)
  end
  local origins = var.cors_allow_origin
  if origins and origins ~= "" then
    cors.preflight(var, origins)
    local code = var.redirect_code
    if code and code ~= "" then
      return redirect_elsewhere(var, code)
    end
  end
  if needs_redirect(var) then
    return redirect(var)
  end
  if var.needs_escaped_uri == "true" then
    var.escaped_request_uri = ngx.escape_uri(var.request_uri)
  end
  local primary = live.backend(name)
  local backend = primary
  if primary and primary.routes then
    backend = with_canary(var, primary)
  end
  if backend and errors.usable(backend) or errors.stand_in(var, primary) then
    return
  end
  return ngx.exit(backend and backend.status or 503)
end

-- Locations that have words of their own about what is decided here say so in a variable; "cors": only about preflights.
local function is_special(var)
  local special = var.special
  return special ~= "" and (special ~= "cors" or ngx.req.get_method() == "OPTIONS")
end

-- Whether the request goes on as it is. Most do, and reading variables is what takes time here.
local function is_usual(var)
  local values = config.values
  if values.client_address_header or is_special(var) or live.draining() then
    return false
  end
  local redirects = values.force_ssl_redirect or values.ssl_redirect and live.certificate_key(var.host)
  if redirects and var[values.scheme] == "http" then
    return false
  end
  local backend = live.backend(var.proxy_upstream_name)
  return backend and not backend.routes and not backend.external and #backend.peers > 0
end

function _M.run()
  local var = ngx.var
  if config.values.request_ids and not ngx.is_subrequest then
    var.made_request_id = request_ids.make(var)
  end
  if not is_usual(var) then
    return decide(var)
  end
end

return _M
