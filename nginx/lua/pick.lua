-- nginx's own balancing methods, step by step: the same peers in the same order for the same requests.
-- Each method is `choose(group, seconds, tried, key)` and gives a peer, or nil where none is left.
local health = ...
local bit = require "bit"
local is_aside, is_free, chosen = health.is_aside, health.is_free, health.chosen
local crc32 = ngx.crc32_long
local byte = string.byte

local pick = {}

-- As long as they are looked for by chance or by hash; then round robin takes what is left.
local LONGEST_SEARCH = 20

-- Smooth weighted round robin. `effective` falls with failures and comes back by one a turn.
local function smooth(list, seconds, tried)
    local hot, best, most, total = list.hot, 0, 0, 0
    for i = 1, #list do
        local state = hot[i]
        if state.is_down == 0 and not is_aside(state, seconds) and not (tried and tried[list[i]]) then
            local effective = state.effective
            local current = state.current + effective
            state.current = current
            total = total + effective
            if effective < state.weight then state.effective = effective + 1 end
            if best == 0 or current > most then best, most = i, current end
        end
    end
    if best == 0 then return nil end
    hot[best].current = most - total
    return chosen(list[best], seconds)
end

function pick.round_robin(group, seconds, tried)
    local only = group.only
    if only then
        -- nginx does not put its only server aside.
        if only.is_down or (tried and tried[only]) then return nil end
        return only
    end
    return smooth(group.peers, seconds, tried) or smooth(group.backups, seconds, tried)
end

-- The peer at `point` of the weights laid end to end.
local function peer_at(peers, point)
    for i = 1, #peers do
        local peer = peers[i]
        if point < peer.weight then return peer end
        point = point - peer.weight
    end
end

-- Asks `next_point(state, turn)` for points until a free peer lies there.
local function search(group, seconds, tried, next_point, key)
    if group.only then return pick.round_robin(group, seconds, tried) end
    local peers, weight = group.peers, group.weight
    local state
    for turn = 0, LONGEST_SEARCH do
        state = next_point(state, turn, key)
        local peer = peer_at(peers, state % weight)
        if is_free(peer, seconds, tried) then return chosen(peer, seconds) end
    end
    return pick.round_robin(group, seconds, tried)
end

-- That of Cache::Memcached: the turn stands before the key, but for the first.
local function hash_point(state, turn, key)
    local crc = crc32(turn == 0 and key or turn .. key)
    return (state or 0) + bit.band(bit.rshift(crc, 16), 0x7fff)
end

function pick.hash(group, seconds, tried, key)
    if key == "" then return pick.round_robin(group, seconds, tried) end
    return search(group, seconds, tried, hash_point, key)
end

-- Of an IPv4 address the first three bytes, of an IPv6 one all, of anything else none.
local function address_point(state, _, address)
    local hash = state or 89
    local length = #address == 16 and 16 or 3
    for i = 1, length do
        hash = (hash * 113 + (#address < 4 and 0 or byte(address, i))) % 6271
    end
    return hash
end

function pick.ip_hash(group, seconds, tried, address)
    return search(group, seconds, tried, address_point, address)
end

-- Of its own: the state of `math.random` is the user's. xorshift32, which never comes to 0.
local seed = bit.bor(bit.bxor(ngx.worker.pid() * 7919, ngx.now() * 1000 % 0x7fffffff), 1)

local function random_point()
    seed = bit.bxor(seed, bit.lshift(seed, 13))
    seed = bit.bxor(seed, bit.rshift(seed, 17))
    seed = bit.bxor(seed, bit.lshift(seed, 5))
    return bit.band(seed, 0x7fffffff)
end

function pick.random(group, seconds, tried)
    return search(group, seconds, tried, random_point)
end

return pick
