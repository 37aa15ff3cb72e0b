-- Spans of requests for a collector of OpenTelemetry, and the W3C header that carries traces on (compat section 26.7). A request
-- only writes its span into the queue of its worker; a timer sends what is there (tidegate/spans.lua).
local config = require "tidegate.config"
local spans = require "tidegate.spans"

local _M = {}

local NO_TRACE, NO_SPAN = ("0"):rep(32), ("0"):rep(16)
-- Bytes of an attribute.
local MOST_TEXT = 1024
local FLAVORS = { [0.9] = "0.9", [1] = "1.0", [1.1] = "1.1", [2] = "2.0", [3] = "3.0" }

-- Trace, span and flags of a client; nil when the header is none (W3C Trace Context, section 3.2).
local function parse(text)
  if not text or #text < 55 or text:find("%u") then
    return nil
  end
  local version, trace, span, flags, rest = text:match("^(%x%x)%-(%x+)%-(%x+)%-(%x%x)(.*)$")
  if not version or #trace ~= 32 or #span ~= 16 or version == "ff" or trace == NO_TRACE or span == NO_SPAN then
    return nil
  end
  if rest ~= "" and (version == "00" or rest:sub(1, 1) ~= "-") then
    return nil
  end
  return trace, span, tonumber(flags, 16) % 2 == 1
end

-- The last 52 bits of a trace are as good as random, and the same for all who see it.
local function is_in_share(trace, ratio)
  return tonumber(trace:sub(-13), 16) / 2 ^ 52 < ratio
end

local function is_sampled(trace, parent, sampled)
  local values = config.values
  if parent and values.otel_parent_based then
    return sampled
  end
  if values.otel_sampler == "TraceIdRatioBased" then
    return is_in_share(trace, values.otel_ratio)
  end
  return values.otel_sampler == "AlwaysOn"
end

-- Names the trace and the span of a request.
local function begin(var, trusts)
  local trace, parent, sampled
  if trusts then
    trace, parent, sampled = parse(var.http_traceparent)
  end
  -- 16 bytes that nobody can foresee.
  local random = var.request_id
  trace = trace or random
  local span = ngx.md5(random):sub(1, 16)
  local keeps = is_sampled(trace, parent, sampled)
  var.opentelemetry_trace_id = trace
  var.opentelemetry_span_id = span
  var.telemetry_parent = parent or ""
  var.opentelemetry_context_traceparent = "00-" .. trace .. "-" .. span .. (keeps and "-01" or "-00")
  return parent
end

-- In the rewrite phase, before everything else that Lua does there. Whoever is asked next learns of the trace, kept or not.
function _M.enter()
  local var = ngx.var
  -- Questions and copies carry what the request carries. What was redirected inside has its names.
  if ngx.is_subrequest or var.opentelemetry_span_id ~= "" then
    return
  end
  local parent = begin(var, var.telemetry == "trust")
  ngx.req.set_header("traceparent", var.opentelemetry_context_traceparent)
  if not parent and var.http_tracestate then
    ngx.req.clear_header("tracestate")
  end
end

-- JSON is UTF-8, and clients write what they like.
local function plain(text)
  text = text:sub(1, MOST_TEXT)
  if text:find("[^\32-\126]") then
    text = text:gsub("[^\32-\126]", function(byte)
      return ("%%%02X"):format(byte:byte())
    end)
  end
  return text
end

local function add(list, key, text)
  if text and text ~= "" then
    list[#list + 1] = { key = key, value = { stringValue = plain(text) } }
  end
end

local function add_number(list, key, text)
  if tonumber(text) then
    list[#list + 1] = { key = key, value = { intValue = tostring(tonumber(text)) } }
  end
end

-- Those of the module of OpenTelemetry for nginx, and what says whose request it was.
local function attributes(var)
  local list = {}
  add(list, "http.method", var.request_method)
  add(list, "http.target", var.request_uri)
  add(list, "http.flavor", FLAVORS[ngx.req.http_version()])
  add(list, "http.scheme", var.scheme)
  add(list, "http.host", var.http_host or var.host)
  add(list, "http.server_name", var.server_name)
  add(list, "http.user_agent", var.http_user_agent)
  add(list, "http.route", var.location_path)
  add_number(list, "http.status_code", var.status)
  add_number(list, "http.request_content_length", var.content_length)
  add(list, "net.host.name", var.host)
  add_number(list, "net.host.port", var.server_port)
  add(list, "net.peer.ip", var.remote_addr)
  add_number(list, "net.peer.port", var.remote_port)
  add(list, "ingress.namespace", var.namespace)
  add(list, "ingress.name", var.ingress_name)
  add(list, "ingress.service_name", var.service_name)
  add(list, "ingress.upstream", var.proxy_upstream_name)
  return list
end

local function nanoseconds(seconds)
  return ("%.0f000000"):format(seconds * 1000)
end

local function describe(var)
  local name = var.telemetry_name
  if name == "" then
    name = var.request_method .. " " .. (var.location_path or "")
  end
  local parent = var.telemetry_parent
  local start = ngx.req.start_time()
  return {
    traceId = var.opentelemetry_trace_id,
    spanId = var.opentelemetry_span_id,
    parentSpanId = parent ~= "" and parent or nil,
    name = plain(name),
    -- SPAN_KIND_SERVER
    kind = 2,
    startTimeUnixNano = nanoseconds(start),
    -- The clock may have been set back.
    endTimeUnixNano = nanoseconds(math.max(start, ngx.now())),
    attributes = attributes(var),
    -- STATUS_CODE_ERROR
    status = { code = (tonumber(var.status) or 0) >= 500 and 2 or 0 },
  }
end

-- After the answer.
function _M.leave()
  local var = ngx.var
  if var.telemetry == "" or ngx.is_subrequest then
    return
  end
  -- nginx has answered by itself before Lua was asked.
  if var.opentelemetry_span_id == "" then
    begin(var, var.telemetry == "trust")
  end
  if var.opentelemetry_context_traceparent:sub(-1) == "1" then
    spans.add(describe, var)
  end
end

return _M
