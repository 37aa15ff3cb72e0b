-- Text with variables, as upstream-hash-by has it: $name, ${name}, and \$ for a dollar sign (compat section 12.3).
local _M = {}

-- Text and variables in turn, so that a request only has to put them together.
function _M.parse(text)
  local parts = {}
  local at = 1
  while at <= #text do
    local from, to, escape, name = text:find("(\\?)%${?([%w_]+)}?", at)
    if not from then
      parts[#parts + 1] = { text = text:sub(at) }
      break
    end
    if from > at then
      parts[#parts + 1] = { text = text:sub(at, from - 1) }
    end
    if escape ~= "" then
      parts[#parts + 1] = { text = text:sub(from + 1, to) }
    else
      parts[#parts + 1] = { variable = tonumber(name) or name }
    end
    at = to + 1
  end
  return parts
end

-- Variables that do not exist are empty.
function _M.expand(parts)
  local var = ngx.var
  local values = {}
  for index, part in ipairs(parts) do
    values[index] = part.text or var[part.variable] or ""
  end
  return table.concat(values)
end

return _M
