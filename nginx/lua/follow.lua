-- Follows the release that `current` names. Where it moved, the peers of the new one are read; where they cannot
-- be, those before stay; a worker that has none yet takes those that nginx was last seen to run, or the copy of them
-- that lies beside the releases. A release never changes, so its name tells whether there is anything to read.
local output, variable, peers = ...
local ffi = require "ffi"
local ngx = ngx
local read_link = ffi.C

pcall(ffi.cdef, "long readlink(const char *path, char *buffer, unsigned long size);")

-- Seconds between two looks, and until what was refused is tried again: it may have been a want of descriptors.
local PAUSE, PATIENCE = 0.001, 1
local LENGTH = 4096

local buffer = ffi.new("char[?]", LENGTH)
local links = { current = output .. "/current", proven = output .. "/proven" }
-- A folder with a copy of the peers that `proven` named.
local spare = "spare"

local function target_of(link)
    local length = read_link.readlink(link, buffer, LENGTH)
    if length < 0 or length >= LENGTH then return nil end
    return ffi.string(buffer, length)
end

local follow = {
    groups = {},       -- by the name of their upstream
    release = nil,     -- whose peers these are
    structure = nil,   -- that nginx was configured with
    problem = nil,     -- why they are not those of `current`
}

-- What the links named: the release whose peers are in use, and the last that was refused.
local taken, refused, retry_at = nil, nil, 0
local looked_at = 0

-- Throws what is wrong; gives what merely does not fit, as it is with the workers that a reload is about to replace.
local function take(target)
    local path = (target:sub(1, 1) == "/" and "" or output .. "/") .. target .. "/peers"
    local file, why = io.open(path, "rb")
    if not file then error(why, 0) end
    local text
    text, why = file:read("*a")
    file:close()
    if not text then error(path .. ": " .. (why or "cannot be read"), 0) end
    local release, structure = peers.head(text)
    if structure ~= follow.structure then
        return "it is of structure " .. structure .. ", and nginx runs " .. follow.structure
    end
    local groups = peers.parse(text, follow.groups)
    follow.groups, follow.release, taken = groups, release, target
end

local function refuse(target, now, level, why)
    local problem = output .. "/" .. (target or "current") .. ": " .. why
    if problem ~= follow.problem then
        local after = follow.release and "; those of " .. follow.release .. " stay" or ""
        ngx.log(level, "upsync: peers not taken: ", problem, after)
    end
    follow.problem, refused, retry_at = problem, target, now + PATIENCE
end

-- Looks now. `now` is in seconds.
function follow.check(now)
    looked_at = now
    local target = target_of(links.current)
    if target and target == taken then
        if follow.problem then follow.problem = nil end
        return
    end
    if target == refused and now < retry_at then return end
    follow.structure = follow.structure or ngx.var[variable] or "?"
    local done, why = false, "the link cannot be read"
    if target then done, why = pcall(take, target) end
    if done and not why then
        follow.problem, refused, retry_at = nil, nil, 0
        return
    end
    refuse(target, now, done and ngx.NOTICE or ngx.ERR, why)
    -- A worker that has none yet: better those that nginx was last seen to run than none.
    for _, other in ipairs { target_of(links.proven) or spare, spare } do
        if not taken then pcall(take, other) end
    end
end

-- Looks, unless it did a moment ago.
function follow.look(now)
    if now - looked_at >= PAUSE or now < looked_at then follow.check(now) end
end

return follow
