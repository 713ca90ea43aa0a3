-- Passive health, as nginx's round robin keeps it: `max_fails` within `fail_timeout` put a peer aside for
-- `fail_timeout`; then one request tries it. Times are whole seconds, as there.
--
-- What each request looks at of each peer lies close together in one array for a group, `hot`: ten thousand tables
-- would be gone through six times as slowly. `state_of(peer)` is a peer's place in it.
local ffi = require "ffi"
local max, floor = math.max, math.floor
local ngx = ngx

local states = ffi.typeof [[
    struct {
        double current;      /* weight that it has gathered since its last turn */
        double accessed;     /* when it failed last */
        double checked;      /* when it failed last, or was tried after fail_timeout */
        int32_t weight, effective, fails, max_fails, fail_timeout, is_down;
    }[?]
]]

local health = { states = states }

function health.state_of(peer)
    return peer.hot[peer.place]
end

local state_of = health.state_of

function health.is_aside(state, seconds)
    local max_fails = state.max_fails
    return max_fails > 0 and state.fails >= max_fails and seconds - state.checked <= state.fail_timeout
end

local is_aside = health.is_aside

-- Whether it may have a request that tried those of `tried` before.
function health.is_free(peer, seconds, tried)
    local state = state_of(peer)
    return state.is_down == 0 and not is_aside(state, seconds) and not (tried and tried[peer])
end

local function pass(state)
    if state.accessed < state.checked then state.fails = 0 end
end

-- A peer was chosen for a request.
function health.chosen(peer, seconds)
    local state = state_of(peer)
    if seconds - state.checked > state.fail_timeout then
        -- Where nobody tells how requests end, no failure since the last trial is all that there is to know.
        if not peer.is_told then pass(state) end
        state.checked = seconds
    end
    return peer
end

function health.failed(peer, seconds)
    local state = state_of(peer)
    state.fails = state.fails + 1
    state.accessed, state.checked = seconds, seconds
    if state.max_fails > 0 then
        state.effective = max(0, state.effective - floor(state.weight / state.max_fails))
        if state.fails >= state.max_fails then
            ngx.log(ngx.WARN, "upsync: ", peer.address, " is put aside for ", peer.fail_timeout, " s")
        end
    end
end

function health.has_failed(peer)
    return state_of(peer).fails > 0
end

-- A request to a peer ended well: if it was sent after the last failure, that is forgotten.
function health.passed(peer)
    pass(state_of(peer))
end

return health
