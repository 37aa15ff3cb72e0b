-- Headers of answers that nginx decides about: HSTS (compat section 20.4) and CORS (section 21).
local config = require "tidegate.config"
local cors = require "tidegate.cors"

local _M = {}

-- Those of answers to questions for authentication services go nowhere, whatever is added to them.
function _M.run()
  if config.values.hide_server then
    ngx.header["Server"] = ""
  end
  local var = ngx.var
  local hsts = config.values.hsts_header
  if hsts and var.scheme == "https" and var.proxy_upstream_name ~= "" then
    -- Replaces whatever the backend said.
    ngx.header["Strict-Transport-Security"] = hsts
  end
  if var.special ~= "" then
    cors.add_headers(var)
  end
end

return _M
