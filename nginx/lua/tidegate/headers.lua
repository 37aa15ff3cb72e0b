-- Headers of answers that nginx decides about: HSTS (compat section 20.4) and CORS (section 21).
local config = require "tidegate.config"
local cors = require "tidegate.cors"

local _M = {}

function _M.run()
  -- A question to an authentication service, which shares the variables of the request that asks.
  if ngx.is_subrequest then
    return
  end
  local var = ngx.var
  if config.values.hide_server then
    ngx.header["Server"] = ""
  end
  local hsts = config.values.hsts_header
  if hsts and var.scheme == "https" and var.proxy_upstream_name ~= "" then
    -- Replaces whatever the backend said.
    ngx.header["Strict-Transport-Security"] = hsts
  end
  local origins = var.cors_allow_origin
  if origins and origins ~= "" then
    cors.add_headers(var, origins)
  end
end

return _M
