-- The live state of the workers: endpoints and certificates, kept in shared memory by the control socket, decoded once per
-- worker and version. Versions only ever grow while a master lives, and are written after the value that they speak of.
--
-- Every look into shared memory takes a lock that all workers share. So a worker remembers what it has seen, and looks once in a
-- millisecond whether anything has changed at all.
local cjson = require "cjson.safe"
local config = require "tidegate.config"
local pick = require "tidegate.pick"

local backends = ngx.shared.configuration_data
local certificates = ngx.shared.certificate_data
local hosts = ngx.shared.certificate_servers
local versions = ngx.shared.tidegate_versions
local routes = ngx.shared.tidegate_routes
local users = ngx.shared.tidegate_users

local _M = {}
local decoded = {}

-- What has been seen since the last change; false for what is not there.
local seen_backends, is_draining = {}, false
local epoch, looked = false, nil
-- Names of hosts come from clients, too.
local MOST_HOSTS = 10000

local by_host = {}
by_host.__index = by_host

-- What is known about hosts. @param find asks shared memory about one that has not been seen
local function new_by_host(find)
  return setmetatable({ find = find, seen = {}, count = 0 }, by_host)
end

function by_host:clear()
  self.seen, self.count = {}, 0
end

function by_host:get(host)
  local known = self.seen[host]
  if known == nil then
    if self.count >= MOST_HOSTS then
      self:clear()
    end
    known = self.find(host) or false
    self.seen[host], self.count = known, self.count + 1
  end
  return known or nil
end

local seen_hosts = new_by_host(function(host)
  return hosts:get(host) or hosts:get((host:gsub("^[^.]+", "*", 1)))
end)
local seen_routes = new_by_host(function(host)
  local text = routes:get(host)
  return text and cjson.decode(text)
end)

local function look()
  local now = ngx.now()
  if now == looked then
    return
  end
  looked = now
  local current = versions:get("#epoch")
  if current == epoch then
    return
  end
  epoch = current
  seen_backends = {}
  seen_hosts:clear()
  seen_routes:clear()
  is_draining = versions:get("#draining") ~= nil
end

local function peers(endpoints)
  local list = {}
  for index, endpoint in ipairs(endpoints or {}) do
    local host, port = endpoint:match("^(.*):(%d+)$")
    list[index] = { host = host, port = tonumber(port), id = endpoint }
  end
  return list
end

-- Whether all that a request needs is the next endpoint.
local function is_plain(value)
  if value.external or value.affinity or value.routes then
    return false
  end
  return pick.name(value, config.values.load_balance) == "round_robin"
end

local function decode(name, version)
  local text = backends:get(name)
  if not text then
    return nil
  end
  local value, err = cjson.decode(text)
  if not value then
    ngx.log(ngx.ERR, "live state of backend ", name, " is not JSON: ", err)
    return nil
  end
  local backend = {
    name = name,
    version = version,
    peers = peers(value.endpoints),
    draining = value.draining and peers(value.draining),
    status = value.status,
    external = value.external,
    external_port = value.externalPort,
    algorithm = value.algorithm,
    hashBy = value.hashBy,
    subset = value.subset,
    affinity = value.affinity,
    routes = value.routes,
    plain = is_plain(value),
  }
  decoded[name] = backend
  return backend
end

local function find_backend(name)
  local version = versions:get(name)
  if not version then
    decoded[name] = nil
    return nil
  end
  local known = decoded[name]
  if known and known.version == version then
    return known
  end
  return decode(name, version)
end

-- The backend of this name as it is now, or nil.
function _M.backend(name)
  look()
  local known = seen_backends[name]
  if known == nil then
    known = find_backend(name) or false
    seen_backends[name] = known
  end
  return known or nil
end

-- The key of the certificate of a host, of its wildcard, or nil: compat section 20.2.
function _M.certificate_key(host)
  look()
  return seen_hosts:get(host)
end

-- The routes of a host that is newer than the file, or nil.
function _M.routes(host)
  look()
  return seen_routes:get(host)
end

-- Another value as soon as anything may have changed.
function _M.epoch()
  look()
  return epoch
end

-- The PEM text of a certificate and its version.
function _M.certificate(key)
  local version = versions:get("certificate:" .. key)
  if not version then
    return nil
  end
  return certificates:get(key), version
end

local function dictionary(key)
  local kind, name = key:match("^(%l+):(.+)$")
  if kind == "backend" then
    return backends, name, name
  elseif kind == "certificate" then
    return certificates, name, key
  elseif kind == "host" then
    return hosts, name, nil
  elseif kind == "route" then
    return routes, name, nil
  elseif kind == "users" or kind == "list" then
    return users, key, nil
  end
  return nil
end

-- The controller will end this nginx soon: clients should not keep their connections.
function _M.drain()
  versions:set("#draining", 1)
end

function _M.draining()
  look()
  return is_draining
end

-- After all that belongs together has been written: from now on the workers look anew.
function _M.publish()
  versions:incr("#epoch", 1, 0)
end

-- Lists of users that do not fit keep nobody else from what is sent with them; their locations are closed.
local function left_out(dict, name, err)
  if dict ~= users then
    return false
  end
  dict:delete(name)
  -- No more of a digest than names it: from a whole one weak passwords could be guessed.
  ngx.log(ngx.ERR, (name:gsub("^(list:%x%x%x%x%x%x%x%x).*", "%1")), " is left out, and its locations answer 503: ", err)
  return true
end

-- Stores one value. Never evicts another to make room: a full dictionary is an error that the controller sees.
function _M.store(key, version, value)
  local dict, name, version_key = dictionary(key)
  if not dict then
    return nil, "unknown key " .. key
  end
  local ok, err = dict:safe_set(name, value)
  if ok and version_key then
    ok, err = versions:safe_set(version_key, version)
  end
  if not ok and not left_out(dict, name, err) then
    return nil, key .. ": " .. err
  end
  return true
end

function _M.remove(key)
  local dict, name, version_key = dictionary(key)
  if not dict then
    return nil, "unknown key " .. key
  end
  if version_key then
    versions:delete(version_key)
  end
  dict:delete(name)
  return true
end

-- Empty Lua tables would be encoded as objects, so arrays are put together here.
local function array(items)
  return "[" .. table.concat(items, ",") .. "]"
end

-- Keys in the order of ingress-nginx, since scripts look for text; a table has none.
local function endpoint(address, port)
  return '{"address":' .. cjson.encode(address) .. ',"port":' .. cjson.encode(tostring(port)) .. "}"
end

local function describe(name)
  local value = cjson.decode(backends:get(name) or "") or {}
  local endpoints = {}
  for index, peer in ipairs(peers(value.endpoints)) do
    endpoints[index] = endpoint(peer.host, peer.port)
  end
  if value.external then
    endpoints[1] = endpoint(value.external, value.externalPort)
  end
  local balance = pick.name(value, config.values.load_balance)
  return '{"name":' .. cjson.encode(name)
    .. ',"port":' .. cjson.encode(tonumber(value.port) or value.port or 0)
    .. ',"endpoints":' .. array(endpoints)
    .. ',"load-balance":' .. cjson.encode(balance) .. "}"
end

-- All backends as one JSON array, for tools.
function _M.dump()
  local list = {}
  local names = backends:get_keys(0)
  table.sort(names)
  for index, name in ipairs(names) do
    list[index] = describe(name)
  end
  return array(list)
end

return _M
