-- Requests as the controller counts them (compat/metrics.md, "Request metrics"). Each worker adds up what it has answered, and sends
-- the sums once a second; what cannot be sent stays in the sums.
local cjson = require "cjson.safe"
local config = require "tidegate.config"
local figures = require "tidegate.figures"

local _M = {}

-- Set before this file is read, and for good.
local settings = config.values
-- What counts in all histograms but that of bytes_sent; figures when there are no native ones.
local counting = settings.native_schema and require("tidegate.native").counting(settings.native_schema, settings.native_most) or figures
local observe, observe_time = counting.observe, counting.observe_time

-- Seconds between two reports, and the most series that may wait for one.
local PAUSE, MOST = 1, 10000
-- Milliseconds.
local CONNECT, SEND = 1000, 2000
-- Others are what clients make up.
local METHODS = {}
for method in ("GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK"):gmatch("%u+") do
  METHODS[method] = method
end

-- Of histograms, in the order in which the controller reads them, times first; bytes_sent follows, which never has native buckets.
local NAMES = { "request_duration", "connect_duration", "header_duration", "response_duration", "request_size", "response_size" }
local TIMES = 4

-- By the text of their labels.
local series, count = {}, 0
-- The same by what their locations are counted as, method and status.
local places = {}
local waits, sends = false, false
local lost, told = 0, nil

local function tell()
  local now = ngx.now()
  if lost > 0 and not (told and now >= told and now - told < 10) then
    ngx.log(ngx.WARN, "requests are not counted, ", lost, " since the last such line: too many hosts, paths and methods at once")
    lost, told = 0, now
  end
end

local function new_series(labels)
  local made = { labels = labels, count = 0, bytes_sent = figures.histogram(settings.size_buckets) }
  for index, name in ipairs(NAMES) do
    made[name] = counting.histogram(index <= TIMES and settings.time_buckets or settings.length_buckets)
  end
  return made
end

-- The host as the configuration names it; nil when nobody names it.
local function host_of(var)
  if not settings.metrics_per_host then
    return ""
  end
  if settings.metrics_undefined_host then
    return var.host or ""
  end
  local name = var.server_name
  -- A wildcard, which stands there as an expression (compat section 6.1).
  if name:sub(1, 1) == "~" then
    return "*" .. (var.host:match("%..*$") or "")
  end
  if name == "_" then
    return var.live_server ~= "" and var.live_server or nil
  end
  return var.host
end

-- Those of these labels; nil when there are too many already.
local function series_of(labels)
  local key = table.concat(labels, "\0")
  local found = series[key]
  if not found then
    if count >= MOST then
      lost = lost + 1
      return nil
    end
    found = new_series(labels)
    series[key] = found
    count = count + 1
  end
  return found
end

local function method_of()
  return METHODS[ngx.req.get_method()] or "OTHER"
end

-- As nginx writes it.
local function status_of()
  local status = ngx.status
  return status < 100 and ("%03d"):format(status) or tostring(status)
end

local function series_by_variables(var)
  local host = host_of(var)
  if not host then
    return nil
  end
  return series_of { host, var.namespace, var.ingress_name, var.service_name, var.proxy_alternative_upstream_name, var.location_path, method_of(), status_of() }
end

local function within(all, key)
  local one = all[key]
  if not one then
    one = {}
    all[key] = one
  end
  return one
end

-- Most locations say in one variable what they are counted as: reading variables is what takes time here.
local function series_by_place(var, place)
  local by_status = within(within(places, place), method_of())
  local status = ngx.status
  local found = by_status[status]
  if not found then
    found = series_by_variables(var)
    by_status[status] = found
  end
  return found
end

local function plain_of(histogram)
  local plain = { histogram.sum }
  for at = 1, #histogram do
    plain[at + 1] = histogram[at]
  end
  return plain
end

local function list_of(all)
  local list = {}
  for _, one in pairs(all) do
    local row = { l = one.labels, n = one.count, h = {}, x = counting.list and {} }
    for index, name in ipairs(NAMES) do
      row.h[index] = plain_of(one[name])
      if counting.list then
        row.x[index] = counting.list(one[name].native)
      end
    end
    row.h[#NAMES + 1] = plain_of(one.bytes_sent)
    list[#list + 1] = row
  end
  return list
end

local function deliver(text)
  local socket = ngx.socket.tcp()
  socket:settimeouts(CONNECT, SEND, SEND)
  local ok, err = socket:connect("unix:" .. settings.metrics_socket)
  if ok then
    ok, err = socket:send(text)
  end
  -- Its end is the end of the report.
  socket:close()
  return ok, err
end

local function merge(older)
  for key, one in pairs(older) do
    local now = series[key]
    if not now then
      series[key] = one
      count = count + 1
    else
      now.count = now.count + one.count
      for name, values in pairs(one) do
        if type(values) == "table" and values.sum then
          now[name].sum = now[name].sum + values.sum
          for at = 1, #values do
            now[name][at] = now[name][at] + values[at]
          end
          if values.native then
            counting.merge(now[name].native, values.native)
          end
        end
      end
    end
  end
end

local arm

local function report()
  waits = false
  if sends or count == 0 then
    return
  end
  sends = true
  local current = series
  series, count, places = {}, 0, {}
  local ran, ok = pcall(function()
    return deliver(cjson.encode(list_of(current)))
  end)
  sends = false
  if not ran or not ok then
    merge(current)
  end
  tell()
  if count > 0 then
    arm()
  end
end

arm = function()
  if waits or sends then
    return
  end
  -- A worker that ends makes no other timers than those without a delay.
  local exiting = ngx.worker.exiting()
  waits = ngx.timer.at(exiting and 0 or PAUSE, report) and true or false
end

-- After the answer, in locations of Ingresses.
function _M.count()
  local var = ngx.var
  if ngx.is_subrequest then
    return
  end
  local place = var.counted_as
  local found
  if place ~= "" then
    found = series_by_place(var, place)
  elseif var.proxy_upstream_name ~= "" then
    found = series_by_variables(var)
  end
  if not found then
    return
  end
  local time, length = settings.time_buckets, settings.length_buckets
  found.count = found.count + 1
  local read = figures.read(var.figures)
  observe_time(found.request_duration, time, read[1])
  observe_time(found.connect_duration, time, read[2])
  observe_time(found.header_duration, time, read[3])
  observe_time(found.response_duration, time, read[4])
  observe(found.request_size, length, read[5])
  observe(found.response_size, length, read[6])
  figures.observe(found.bytes_sent, settings.size_buckets, read[6])
  arm()
end

return _M
