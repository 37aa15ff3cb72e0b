-- Chooses the certificate of a connection from the name in its ClientHello, before nginx looks for the server. Only the
-- default server has an OpenSSL context; all others use it, which makes them free (docs/decisions/0002).
local clienthello = require "ngx.ssl.clienthello"
local config = require "tidegate.config"
local live = require "tidegate.live"
local lrucache = require "resty.lrucache"
local ssl = require "ngx.ssl"
-- Its memory is there when it is wanted only.
local ocsp = config.values.ocsp and require "tidegate.ocsp"

local _M = {}
local parsed = assert(lrucache.new(2000))

local function load(key)
  local pem, version = live.certificate(key)
  if not pem then
    return nil
  end
  local known = parsed:get(key)
  if known and known.version == version then
    return known
  end
  local chain, err = ssl.parse_pem_cert(pem)
  local private_key, key_err = ssl.parse_pem_priv_key(pem)
  if not chain or not private_key then
    ngx.log(ngx.ERR, "certificate ", key, " is not usable: ", err or key_err)
    return nil
  end
  local certificate = { version = version, chain = chain, key = private_key, pem = ocsp and pem }
  parsed:set(key, certificate)
  return certificate
end

local function present(certificate)
  local ok, err = ssl.clear_certs()
  if ok then
    ok, err = ssl.set_cert(certificate.chain)
  end
  if ok then
    ok, err = ssl.set_priv_key(certificate.key)
  end
  return ok, err
end

-- The certificate for a server name, nil for the one of nginx.conf, and its key.
-- @param name as the client says it; nil when it says none
local function find(name)
  local key
  if name then
    key = live.certificate_key((name:lower():gsub("%.$", "")))
  end
  if not key or key == "-" then
    key = live.certificate_key("_")
  end
  return key and load(key), key
end

local function choose_for(name)
  local certificate, key = find(name)
  if not certificate then
    return
  end
  local ok, err = present(certificate)
  if not ok then
    ngx.log(ngx.ERR, "certificate ", key, " cannot be served: ", err)
    return ngx.exit(ngx.ERROR)
  end
end

function _M.choose()
  choose_for(clienthello.get_client_hello_server_name())
end

-- Nothing can be stapled before the extensions of the ClientHello have been read.
function _M.staple()
  local certificate, key = find(ssl.server_name())
  if certificate then
    ocsp.staple(key .. " " .. certificate.version, certificate)
  end
end

-- In a server with an OpenSSL context of its own, where what has been chosen before is lost with the shared one.
function _M.choose_again()
  choose_for(ssl.server_name())
  if ocsp then
    _M.staple()
  end
end

return _M
