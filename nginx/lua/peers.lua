-- Reads the peers file of a release. It is data, line by line, and nothing of it is ever run:
--
--   upsync-peers 1 RELEASE STRUCTURE
--   upstream NAME
--   ADDRESS WEIGHT MAX_FAILS FAIL_TIMEOUT up|down|backup       one line for each server, in nginx's order
--   …
--   end COUNT                                                  of the server lines: a truncated file has none
--
-- Whatever does not fit refuses the whole file, by an error that names the line.
local health = ...
local ffi = require "ffi"
local match, find, sub = string.match, string.find, string.sub
local tonumber, ffi_c = tonumber, ffi.C

pcall(ffi.cdef, "int inet_pton(int family, const char *text, void *address);")

local MAX = 65535
local IPV4, IPV6 = 2, 10
local scratch = ffi.new("char[16]")

local function is_host(host)
    local inside = match(host, "^%[(.*)%]$")
    return ffi_c.inet_pton(inside and IPV6 or IPV4, inside or host, scratch) == 1
end

-- A server as its line has it, unused so far. nil where the line is none.
local function parse_server(line)
    local address, host, port, weight, max_fails, fail_timeout, state =
        match(line, "^(([%x.:%[%]]+):(%d+)) (%d+) (%d+) (%d+) (%l+)$")
    if not address or not (state == "up" or state == "down" or state == "backup") or not is_host(host) then return nil end
    port, weight, max_fails, fail_timeout = tonumber(port), tonumber(weight), tonumber(max_fails), tonumber(fail_timeout)
    if port < 1 or port > MAX or weight < 1 or weight > MAX or max_fails > MAX then return nil end
    return {
        address = address, host = host, port = port, weight = weight, max_fails = max_fails,
        fail_timeout = fail_timeout, is_down = state == "down", is_backup = state == "backup", is_told = false,
        -- Where its state lies: see health.lua.
        hot = false, place = 0,
    }
end

-- Its servers in order, each the one of `before` where the line is the same. `first` is its number, for errors.
local function parse_section(section, before, first)
    local lines, servers, known, count = {}, {}, before and before.lines or {}, 0
    for line in string.gmatch(section, "[^\n]+") do
        count = count + 1
        if lines[line] then error("line " .. first + count .. " is there twice", 0) end
        local server = known[line] or parse_server(line)
        if not server then error("line " .. first + count .. " is no server", 0) end
        lines[line], servers[count] = server, server
    end
    return { section = section, lines = lines, servers = servers }
end

-- What has to stay of a server that changed: how it fared. A request that is under way reports to it.
local function carry_over(group, before)
    local known = {}
    for _, server in ipairs(before.servers) do known[server.address] = server end
    for i, server in ipairs(group.servers) do
        local old = known[server.address]
        if old and old ~= server then
            for _, key in ipairs { "weight", "max_fails", "fail_timeout", "is_down", "is_backup" } do
                old[key] = server[key]
            end
            group.servers[i] = old
        end
    end
    for line, server in pairs(group.lines) do group.lines[line] = known[server.address] or server end
end

-- The states of a list's servers in an array of their own: those that they have, or fresh ones.
local function gather(list)
    local hot = health.states(#list + 1)
    local current, stay = 0, 0
    for i, server in ipairs(list) do
        local state, lost = hot[i], 0
        if server.hot then
            local before = health.state_of(server)
            lost = before.weight - before.effective
            state.current, state.fails = before.current, before.fails
            state.accessed, state.checked = before.accessed, before.checked
            current, stay = current + before.current, stay + 1
        end
        state.weight, state.effective = server.weight, math.max(0, server.weight - lost)
        state.max_fails, state.fail_timeout = server.max_fails, server.fail_timeout
        state.is_down = server.is_down and 1 or 0
    end
    -- Turns stay where they were, but for what those that left owed: their sum is 0. Newcomers stand before the one
    -- whose turn it would be: they came to help.
    local next_turn
    for i, server in ipairs(list) do
        if server.hot then
            hot[i].current = hot[i].current - current / stay
            next_turn = math.max(next_turn or 0, hot[i].current + hot[i].effective)
        end
    end
    for i, server in ipairs(list) do
        if next_turn and not server.hot then hot[i].current = next_turn + 0.5 - server.weight end
        server.hot, server.place = hot, i
    end
    list.hot = hot
end

-- What the balancing methods need of it.
local function arrange(group)
    local peers, backups, weight, tries = {}, {}, 0, 0
    for _, server in ipairs(group.servers) do
        if server.is_backup then
            backups[#backups + 1] = server
        else
            peers[#peers + 1] = server
            weight = weight + server.weight
        end
        if not server.is_down then tries = tries + 1 end
    end
    gather(peers)
    gather(backups)
    group.peers, group.backups, group.weight, group.tries = peers, backups, weight, tries
    group.only = #group.servers == 1 and peers[1] or nil
end

local peers = {}

-- The release and the structure that the file is of.
function peers.head(text)
    local version, release, structure = match(text, "^upsync%-peers (%d+) (%x+) (%x+)\n")
    if not version then error("it does not begin as a peers file", 0) end
    if version ~= "1" then error("its format " .. version .. " is another upsync's", 0) end
    return release, structure
end

-- The groups of its upstreams by name. Those of `before` that did not change are used again, and so is each server
-- that stays. Before the last check has passed nothing of `before` is touched.
function peers.parse(text, before)
    local at = find(text, "\n", 1, true) + 1
    local count = match(sub(text, -24), "\nend (%d+)\n$")
    if not count then error("its end is missing", 0) end
    local last = #text - #count - 5
    local groups, fresh, number, total = {}, {}, 2, 0
    while at <= last do
        local name, from = match(text, "^upstream ([%w._-]+)\n()", at)
        if not name then error("line " .. number .. " is no upstream", 0) end
        if groups[name] then error("upstream " .. name .. " is there twice", 0) end
        local to = find(text, "\nupstream ", from - 1, true) or last
        local section, old = sub(text, from, to - 1), before[name]
        local group = old
        if not old or old.section ~= section then
            group = parse_section(section, old, number)
            fresh[name] = group
        end
        if #group.servers == 0 then error("upstream " .. name .. " has no server", 0) end
        groups[name] = group
        total, number, at = total + #group.servers, number + 1 + #group.servers, to + 1
    end
    if total ~= tonumber(count) then error("it has " .. total .. " servers instead of " .. count, 0) end
    for name, group in pairs(fresh) do
        local old = before[name]
        if old then
            carry_over(group, old)
            group.old_ring = old.ring or old.old_ring
        end
        arrange(group)
    end
    return groups
end

return peers
