-- Headers of CORS (compat section 21), where nginx cannot say them itself: the origin is one of several, or another location answers.
local cors = require "tidegate.cors"

local _M = {}

function _M.run()
  local var = ngx.var
  if var.special ~= "" then
    cors.add_headers(var)
  end
end

return _M
