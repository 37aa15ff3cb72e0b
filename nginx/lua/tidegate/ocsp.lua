-- Staples the word of a certificate's authority that it is not revoked (compat section 20.3). A handshake never waits for it:
-- what is missing is asked for in the background, and that handshake goes without.
local addresses = require "tidegate.addresses"
local dns = require "tidegate.dns"
local ocsp = require "ngx.ocsp"
local ssl = require "ngx.ssl"

local _M = {}
local cache = ngx.shared.ocsp_response_cache

-- Seconds.
local KEEP = 3 * 24 * 3600
local REFRESH = 3600
local RETRY = 60
local ASKING = 20
-- Milliseconds.
local CONNECT, SEND, READ = 1000, 1000, 2000
local MAXIMUM = 20000

-- An address of the responder that may be reached, or nil: certificates are written by strangers.
local function address_of(host, port)
  if host:match("^%d+%.%d+%.%d+%.%d+$") then
    return addresses.allowed(host) and host or nil
  end
  local peer = dns.peer(host, port)
  return peer and peer.host
end

local function exchange(socket, request)
  local ok, err = socket:send(request)
  if not ok then
    return nil, err
  end
  -- The other side closes the connection at the end.
  local all, read_err, part = socket:receive(MAXIMUM)
  local answer = all or part or ""
  local status, body = answer:match("^HTTP/1%.[01] (%d%d%d)[^\r\n]*\r\n.-\r\n\r\n(.*)$")
  if status ~= "200" then
    return nil, status and "status " .. status or read_err or "no answer"
  end
  return body
end

local function post(url, body)
  local host, port, path = url:match("^http://([%w.-]+):?(%d*)(.*)$")
  if not host then
    return nil, "the address is not a plain HTTP URL"
  end
  port = tonumber(port) or 80
  local address = address_of(host, port)
  if not address then
    return nil, "the address does not resolve, or must not be reached"
  end
  local socket = ngx.socket.tcp()
  socket:settimeouts(CONNECT, SEND, READ)
  local ok, err = socket:connect(address, port)
  if not ok then
    return nil, err
  end
  local answer, reason = exchange(socket, table.concat({
    "POST " .. (path == "" and "/" or path) .. " HTTP/1.0\r\n",
    "Host: " .. host .. "\r\n",
    "Content-Type: application/ocsp-request\r\n",
    "Content-Length: " .. #body .. "\r\n\r\n",
    body,
  }))
  socket:close()
  return answer, reason
end

local function ask(url, chain)
  local request, err = ocsp.create_ocsp_request(chain)
  if not request then
    return nil, err
  end
  local response, post_err = post(url, request)
  if not response then
    return nil, post_err
  end
  local good, reason = ocsp.validate_ocsp_response(response, chain)
  if not good then
    return nil, reason
  end
  return response
end

local function refresh(premature, id, url, chain)
  if premature then
    return
  end
  local response, err = ask(url, chain)
  if response then
    cache:set(id, response, KEEP)
  else
    ngx.log(ngx.WARN, "no OCSP response for certificate ", id, " from ", url, ": ", err)
    local known = cache:get(id)
    if known and not ocsp.validate_ocsp_response(known, chain) then
      cache:delete(id)
    end
  end
  cache:set("fresh " .. id, true, response and REFRESH or RETRY)
  cache:delete("asking " .. id)
end

-- Chain and address of the responder; false for a certificate that names none, or comes without its authority.
local function responder(certificate)
  if certificate.responder == nil then
    local chain = ssl.cert_pem_to_der(certificate.pem)
    local url = chain and ocsp.get_ocsp_responder_from_der_chain(chain)
    certificate.responder = url and { chain = chain, url = url } or false
  end
  return certificate.responder
end

-- @param id of one version of a certificate
function _M.staple(id, certificate)
  local asked = responder(certificate)
  if not asked then
    return
  end
  if not cache:get("fresh " .. id) and cache:add("asking " .. id, true, ASKING) then
    local ok, err = ngx.timer.at(0, refresh, id, asked.url, asked.chain)
    if not ok then
      ngx.log(ngx.ERR, "OCSP responses cannot be asked for: ", err)
    end
  end
  local response = cache:get(id)
  if response then
    local ok, err = ocsp.set_ocsp_status_resp(response)
    if not ok then
      ngx.log(ngx.ERR, "the OCSP response of certificate ", id, " cannot be stapled: ", err)
    end
  end
end

return _M
