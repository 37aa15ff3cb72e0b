-- Who may log in: lists of users as the controller posted them. The key of a list stays as long as an Ingress names its Secret; what it
-- says changes without a reload, and lists of equal content are one.
local cjson = require "cjson.safe"
local live = require "tidegate.live"

local dict = ngx.shared.tidegate_users

local _M = {}
local known, seen, epoch = {}, {}, nil
-- By what they say, as long as a key leads to them.
local lists = setmetatable({}, { __mode = "v" })

local function decode(digest)
  local list = lists[digest]
  if not list then
    local text = dict:get("list:" .. digest)
    list = text and cjson.decode(ngx.decode_base64(text) or "")
    lists[digest] = list
  end
  return list
end

local function find(key)
  local digest = dict:get("users:" .. key)
  if not digest or digest == "" then
    known[key] = nil
    return nil
  end
  local entry = known[key]
  if not entry or entry.digest ~= digest then
    local list = decode(digest)
    entry = list and { digest = digest, list = list }
    known[key] = entry
  end
  return entry and entry.list
end

-- The list of this key, or nil: nobody gets in then.
function _M.list(key)
  local now = live.epoch()
  if now ~= epoch then
    epoch, seen = now, {}
  end
  local list = seen[key]
  if list == nil then
    list = find(key) or false
    seen[key] = list
  end
  return list or nil
end

return _M
