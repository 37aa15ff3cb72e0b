-- Settings that the Lua code needs; nginx.conf carries them, so that a generation is one file.
local _M = { values = {} }

function _M.set(values)
  _M.values = values
end

return _M
