-- Whether a password is right, without a stall: hashes that are slow by design are computed in threads, a few at a time for each
-- worker, and what has been found right is remembered.
local config = require "tidegate.config"
local crypt = require "tidegate.crypt"
local ffi = require "ffi"
local lrucache = require "resty.lrucache"
local semaphore = require "ngx.semaphore"

ffi.cdef [[
unsigned char *SHA256(const unsigned char *data, size_t length, unsigned char *digest);
int RAND_bytes(unsigned char *buffer, int length);
]]

local _M = {}

-- As many as the thread pool in nginx.conf has.
local THREADS = 2
-- Requests with passwords of one list that may wait for a thread, and seconds that they wait.
local MOST_WAITING, PATIENCE = 64, 60
-- No hash that the controller lets through takes as long: whatever was to give the thread back is gone.
local LOST = 120
-- Seconds. Who repeats a wrong password costs nothing; who sends many different ones costs no memory.
local KEEP_RIGHT, KEEP_WRONG = 3600, 5

local right = assert(lrucache.new(2000))
local wrong = assert(lrucache.new(500))

function _M.random(length)
  local buffer = ffi.new("unsigned char[?]", length)
  if ffi.C.RAND_bytes(buffer, length) ~= 1 then
    error("no random numbers")
  end
  return ffi.string(buffer, length)
end

local sum = ffi.new("unsigned char[32]")

function _M.sha256(text)
  ffi.C.SHA256(text, #text, sum)
  return ffi.string(sum, 32)
end

-- A key that nobody else has, so that what is remembered tells nothing about passwords. Another one in each worker.
local secret

local function name_of(user, password, hash)
  secret = secret or _M.random(32)
  return _M.sha256(table.concat({ secret, #user, ":", user, #password, ":", password, hash }))
end

-- Threads that are taken, with the time since when, and who waits for one: by list, and the lists in turn.
local taken, queues, turns = {}, {}, {}

local function free_slot()
  local now = ngx.now()
  for slot = 1, THREADS do
    if not taken[slot] or now - taken[slot] > LOST then
      return slot
    end
  end
  return nil
end

local function wait(list)
  local queue = queues[list]
  if not queue then
    queue = {}
    queues[list] = queue
    turns[#turns + 1] = list
  end
  if #queue >= MOST_WAITING then
    return nil
  end
  local waiter = { turn = semaphore.new(0) }
  queue[#queue + 1] = waiter
  local ok = waiter.turn:wait(PATIENCE)
  if not ok and not waiter.slot then
    waiter.gone = true
  end
  return waiter.slot
end

local function take(list)
  -- Nobody waits while one is free, unless it was lost.
  local slot = free_slot() or wait(list)
  if slot then
    taken[slot] = ngx.now()
  end
  return slot
end

local function next_of(queue)
  while #queue > 0 do
    local waiter = table.remove(queue, 1)
    if not waiter.gone then
      return waiter
    end
  end
  return nil
end

-- To the next list in turn, so that many wrong passwords for one do not keep out who logs in to another.
local function give(slot)
  while #turns > 0 do
    local list = table.remove(turns, 1)
    local queue = queues[list]
    local waiter = next_of(queue)
    if #queue > 0 then
      turns[#turns + 1] = list
    else
      queues[list] = nil
    end
    if waiter then
      waiter.slot, taken[slot] = slot, ngx.now()
      return waiter.turn:post(1)
    end
  end
  taken[slot] = nil
end

-- A worker that is to end does so when none of its requests waits for a time. So somebody does, besides the one who waits for the
-- thread.
local function compute_in_thread(password, hash)
  local answer
  local done = semaphore.new(0)
  ngx.thread.spawn(function()
    local ok, found = ngx.run_worker_thread(
      "tidegate_passwords", "tidegate.crypt", "check_in_thread", password, hash)
    if ok then
      answer = found
    else
      ngx.log(ngx.ERR, "a password cannot be compared: ", found)
    end
    done:post(1)
  end)
  done:wait(LOST)
  return answer
end

local function compute(password, hash)
  return (config.values.password_threads and compute_in_thread or crypt.check)(password, hash)
end

-- Computations that go on, by name, with those who want to know the same.
local pending = {}

local function follow(leader)
  local waiter = semaphore.new(0)
  leader[#leader + 1] = waiter
  waiter:wait(PATIENCE + LOST)
  return leader.answer
end

local function lead(list, name, password, hash)
  local followers = { since = ngx.now() }
  pending[name] = followers
  local slot = take(list)
  if slot then
    followers.answer = compute(password, hash)
    give(slot)
  end
  if pending[name] == followers then
    pending[name] = nil
  end
  for _, waiter in ipairs(followers) do
    waiter:post(1)
  end
  return followers.answer
end

local function slowly(list, name, password, hash)
  local leader = pending[name]
  if leader and ngx.now() - leader.since < PATIENCE + LOST then
    return follow(leader)
  end
  return lead(list, name, password, hash)
end

-- @param list whose turn it is when threads are few
-- @return true, false, or nil when too many want to know
function _M.verify(list, user, password, hash)
  if crypt.is_fast(hash) then
    return crypt.check(password, hash)
  end
  local name = name_of(user, password, hash)
  if right:get(name) then
    return true
  elseif wrong:get(name) then
    return false
  end
  local answer = slowly(list, name, password, hash)
  if answer then
    right:set(name, true, KEEP_RIGHT)
  elseif answer == false then
    wrong:set(name, true, KEEP_WRONG)
  end
  return answer
end

return _M
