-- nginx's `hash KEY consistent`: Cache::Memcached::Fast's ring of 160 points for each unit of weight. A key goes to
-- the same peer as with nginx's own balancer, so switching between the two moves no key.
local health, pick = ...
local ffi = require "ffi"
local bit = require "bit"
local bxor, band, rshift = bit.bxor, bit.band, bit.rshift
local crc32 = ngx.crc32_long
local byte = string.byte

local POINTS = 160
local LONGEST_SEARCH = 20
local DIGITS, BASE = 11, 2048

local words = ffi.typeof("uint32_t[?]")

local crc_table = words(256)
for i = 0, 255 do
    local crc = i
    for _ = 1, 8 do
        crc = band(crc, 1) == 1 and bxor(rshift(crc, 1), 0xedb88320) or rshift(crc, 1)
    end
    crc_table[i] = crc
end

local function feed(crc, value)
    return bxor(crc_table[band(bxor(crc, value), 0xff)], rshift(crc, 8))
end

-- nginx hashes "HOST NUL PORT" and then the point before, each time anew from there.
local function seed_of(peer)
    local text = peer.host .. "\0" .. peer.port
    local crc = 0xffffffff
    for i = 1, #text do crc = feed(crc, byte(text, i)) end
    return crc
end

-- Orders `hashes`, and `owners` with them, by three rounds of counting: a comparison sort of Lua's is too slow
-- for a million points.
local function sort(hashes, owners, count)
    local other_hashes, other_owners, starts = words(count), words(count), words(BASE + 1)
    for shift = 0, 2 * DIGITS, DIGITS do
        ffi.fill(starts, ffi.sizeof(starts))
        for i = 0, count - 1 do
            local digit = band(rshift(hashes[i], shift), BASE - 1)
            starts[digit + 1] = starts[digit + 1] + 1
        end
        for digit = 1, BASE do starts[digit] = starts[digit] + starts[digit - 1] end
        for i = 0, count - 1 do
            local digit = band(rshift(hashes[i], shift), BASE - 1)
            local at = starts[digit]
            starts[digit] = at + 1
            other_hashes[at], other_owners[at] = hashes[i], owners[i]
        end
        hashes, other_hashes, owners, other_owners = other_hashes, hashes, other_owners, owners
    end
    return hashes, owners
end

-- The points of those `peers` whose numbers `fresh` lists, in order.
local function points_of(peers, fresh)
    local count = 0
    for _, number in ipairs(fresh) do count = count + peers[number].weight * POINTS end
    local hashes, owners, at = words(count), words(count), 0
    for _, number in ipairs(fresh) do
        local seed, before = seed_of(peers[number]), 0
        for _ = 1, peers[number].weight * POINTS do
            local crc = feed(feed(feed(feed(seed, before), rshift(before, 8)), rshift(before, 16)), rshift(before, 24))
            before = bxor(crc, 0xffffffff)
            hashes[at], owners[at] = before, number
            at = at + 1
        end
    end
    hashes, owners = sort(hashes, owners, count)
    return { hashes = hashes, owners = owners, count = count }
end

-- Both sets of points in one. `renumbered` has the new number of each owner in `old`, 0 where it has none.
local function merge(old, renumbered, new)
    local count = old.count + new.count
    local hashes, owners, at = words(count), words(count), 0
    local old_hashes, old_owners, new_hashes, new_owners = old.hashes, old.owners, new.hashes, new.owners
    local next_new, new_count = 0, new.count
    for i = 0, old.count - 1 do
        local owner, hash = renumbered[old_owners[i]], old_hashes[i]
        if owner ~= 0 then
            while next_new < new_count and new_hashes[next_new] < hash do
                hashes[at], owners[at] = new_hashes[next_new], new_owners[next_new]
                at, next_new = at + 1, next_new + 1
            end
            hashes[at], owners[at] = hash, owner
            at = at + 1
        end
    end
    for i = next_new, new_count - 1 do
        hashes[at], owners[at] = new_hashes[i], new_owners[i]
        at = at + 1
    end
    return { hashes = hashes, owners = owners, count = at }
end

-- The ring of `peers`. Points of the ring before are used again: ten thousand servers have more than a million, and
-- to make them all takes longer than a request should wait.
local function build(peers, old)
    local fresh, renumbered = {}, words(old and #old.peers + 1 or 0)
    for i, peer in ipairs(peers) do
        local number = peer.number
        if old and number and old.peers[number] == peer and old.weights[number] == peer.weight then
            renumbered[number] = i
        else
            fresh[#fresh + 1] = i
        end
    end
    local points = points_of(peers, fresh)
    if old then points = merge(old, renumbered, points) end
    points.peers, points.weights = peers, {}
    for i, peer in ipairs(peers) do
        peer.number, points.weights[i] = i, peer.weight
    end
    return points
end

-- The first point at or behind `hash`; the count of all where there is none.
local function find(points, hash)
    local hashes, low, high = points.hashes, 0, points.count
    while low < high do
        local middle = rshift(low + high, 1)
        if hashes[middle] < hash then low = middle + 1 else high = middle end
    end
    return low
end

local ring = {}

function ring.choose(group, seconds, tried, key)
    if key == "" or group.only then return pick.round_robin(group, seconds, tried) end
    local points = group.ring
    if not points then
        points = build(group.peers, group.old_ring)
        group.ring, group.old_ring = points, nil
    end
    local at = find(points, crc32(key))
    for i = at, at + LONGEST_SEARCH do
        local peer = group.peers[points.owners[i % points.count]]
        if health.is_free(peer, seconds, tried) then return health.chosen(peer, seconds) end
    end
    return pick.round_robin(group, seconds, tried)
end

return ring
