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
  local special = var.special
  -- A location that allows all origins says so itself; but its words do not reach the one that makes its error pages.
  if special ~= "" and (special ~= "cors" or ngx.req.is_internal()) then
    cors.add_headers(var)
  end
end

return _M
