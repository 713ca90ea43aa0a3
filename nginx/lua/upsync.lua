-- The balancer of upsync's upstreams: it follows the release that `current` names, with no reload.
--
-- A `balancer_by_lua_block` gets it by its absolute path, once in each worker, since `init_by_lua` and
-- `lua_package_path` may be the user's own already:
--
--   balancer_by_lua_block {
--       local key = "OUTPUT"
--       local upsync = package.loaded[key] or assert(loadfile("FOLDER/upsync.lua"))(key, "FOLDER", "VARIABLE")
--       upsync.round_robin("web1")
--   }
--
-- OUTPUT is the managed folder, FOLDER where this file lies, VARIABLE the nginx variable that holds the
-- structure that nginx was configured with: peers of releases with another structure are left alone.
--
-- The upstream needs one `server` line of its own. Where there are no peers at all (nothing readable since
-- nginx was started) it serves: it should point at what answers 503.
local output, folder, variable = ...

local base = require "resty.core.base"
local balancer = require "ngx.balancer"
local ffi = require "ffi"

local function part(name)
    return assert(loadfile(folder .. "/" .. name .. ".lua"))
end

local health = part("health")()
local pick = part("pick")(health)
local ring = part("ring")(health, pick)
local peers = part("peers")(health)
local follow = part("follow")(output, variable, peers)
local report = part("report")(follow, health)

local cast, tonumber, ngx = ffi.cast, tonumber, ngx
local get_request = base.get_request
local get_last_failure, set_more_tries = balancer.get_last_failure, balancer.set_more_tries
local set_current_peer = balancer.set_current_peer
local time, now, log, exit = ngx.time, ngx.now, ngx.log, ngx.exit

-- "No live upstreams", as nginx's own balancers say it: 502.
local NGX_BUSY = -3

-- What a request is at, by its address in memory: nothing is allocated for one that is not retried. Where no
-- `finish` ends them, entries stay until a request comes to lie at that address again.
local trying = {}  -- the peer that it was sent to last
local tried = {}   -- once one failed: the set of those that were tried

local function request()
    return tonumber(cast("intptr_t", get_request()))
end

-- One try of a request. `choose(group, seconds, tried, key)` gives a peer, or nil where none is left.
local function balance(name, choose, key)
    follow.look(now())
    local group = follow.groups[name]
    if not group then
        return log(ngx.ERR, "upsync: no peers of upstream ", name, ": ", follow.problem or "not in the release")
    end
    local id, seconds = request(), time()
    local failure = get_last_failure()
    local before
    if failure then
        local last = trying[id]
        if last then
            if failure == "failed" then health.failed(last, seconds) else health.passed(last) end
            before = tried[id] or {}
            before[last] = true
            tried[id] = before
        end
    else
        if tried[id] then tried[id] = nil end
        if group.tries > 1 then set_more_tries(group.tries - 1) end
    end
    local peer = choose(group, seconds, before, key)
    if not peer then
        trying[id] = nil
        log(ngx.ERR, "upsync: no live peer in upstream ", name)
        return exit(NGX_BUSY)
    end
    trying[id] = peer
    local done, why = set_current_peer(peer.host, peer.port)
    if not done then error(why) end
end

local upsync = {}

function upsync.round_robin(name)
    return balance(name, pick.round_robin)
end

-- As nginx's `hash KEY`; `key` is a string, or nil.
function upsync.hash(name, key)
    return balance(name, pick.hash, key or "")
end

-- As nginx's `hash KEY consistent`.
function upsync.consistent_hash(name, key)
    return balance(name, ring.choose, key or "")
end

function upsync.ip_hash(name)
    return balance(name, pick.ip_hash, ngx.var.binary_remote_addr)
end

function upsync.random(name)
    return balance(name, pick.random)
end

-- For `log_by_lua_block`: how a request's last try ended, which the balancer is not told. A template may leave it
-- out: then a failure that is not retried does not count, and a peer on trial is one again once `fail_timeout` has
-- gone without a failure. Nor does a first failure count that `error_page 502 =200` makes another status of.
function upsync.finish()
    local id = request()
    local peer = trying[id]
    if not peer then return end
    trying[id] = nil
    peer.is_told = true
    local before = tried[id]
    if before then
        tried[id] = nil
        for other in pairs(before) do other.is_told = true end
    end
    -- Nearly always there is nothing to learn, and to ask nginx for what it wrote down costs more than all the rest.
    if ngx.status < 500 and not health.has_failed(peer) then return end
    if report.last_try_failed() then health.failed(peer, time()) else health.passed(peer) end
end

-- For `content_by_lua_block`: "PID RELEASE NGINX_VERSION STRUCTURE" of this worker, after it has looked.
upsync.release = report.release

-- The same for people and machines, as JSON.
upsync.status = report.status

package.loaded[output] = upsync
return upsync
