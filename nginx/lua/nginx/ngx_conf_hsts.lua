-- Replaces whatever the backend said (compat section 20.4).
if ngx.var.scheme == "https" and ngx.var.proxy_upstream_name ~= "" then
  ngx.header["Strict-Transport-Security"] = require("tidegate.config").values.hsts_header
end
