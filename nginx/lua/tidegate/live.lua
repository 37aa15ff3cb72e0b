-- The live state of the workers: endpoints and certificates, kept in shared memory by the control socket, decoded once per
-- worker and version. Versions only ever grow while a master lives, and are written after the value that they speak of.
local cjson = require "cjson.safe"
local config = require "tidegate.config"
local pick = require "tidegate.pick"

local backends = ngx.shared.configuration_data
local certificates = ngx.shared.certificate_data
local hosts = ngx.shared.certificate_servers
local versions = ngx.shared.tidegate_versions

local _M = {}
local decoded = {}

local function peers(endpoints)
  local list = {}
  for index, endpoint in ipairs(endpoints or {}) do
    local host, port = endpoint:match("^(.*):(%d+)$")
    list[index] = { host = host, port = tonumber(port), id = endpoint }
  end
  return list
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
  }
  decoded[name] = backend
  return backend
end

-- The backend of this name as it is now, or nil.
function _M.backend(name)
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

-- The key of the certificate of a host, of its wildcard, or nil: compat section 20.2.
function _M.certificate_key(host)
  return hosts:get(host) or hosts:get((host:gsub("^[^.]+", "*", 1)))
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
  end
  return nil
end

-- The controller will end this nginx soon: clients should not keep their connections.
function _M.drain()
  versions:set("#draining", 1)
end

function _M.draining()
  return versions:get("#draining") ~= nil
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
  if not ok then
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

local function describe(name)
  local value = cjson.decode(backends:get(name) or "") or {}
  local endpoints = {}
  for index, peer in ipairs(peers(value.endpoints)) do
    endpoints[index] = cjson.encode({ address = peer.host, port = tostring(peer.port) })
  end
  if value.external then
    endpoints[1] = cjson.encode({ address = value.external, port = tostring(value.externalPort) })
  end
  local balance = pick.name(value, config.values.load_balance)
  local rest = cjson.encode({ name = name, port = value.port, ["load-balance"] = balance })
  return rest:gsub("}$", ',"endpoints":' .. array(endpoints):gsub("%%", "%%%%") .. "}")
end

-- All backends as one JSON array, for tools.
function _M.dump()
  local list = {}
  local names = backends:get_keys(0)
  table.sort(names)
  for index, name in ipairs(names) do
    list[index] = (describe(name))
  end
  return array(list)
end

return _M
