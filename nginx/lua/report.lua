-- What a worker says of itself, and what nginx says of a request that has ended.
local follow, health = ...
local ngx = ngx
local match, sub = string.match, string.sub

local report = {}

-- Whether nginx itself gave up on the last try: it had no answer to pass on. A backend's own 502 is an answer.
function report.last_try_failed()
    local times = ngx.var.upstream_header_time
    if not times or sub(times, -1) ~= "-" then return false end
    local status = match(ngx.var.upstream_status or "", "(%d+)$")
    return status == "502" or status == "504"
end

local function look()
    ngx.update_time()
    follow.check(ngx.now())
end

-- What no release has.
local NONE = "0000000000000000"

function report.release()
    look()
    ngx.say(ngx.worker.pid(), " ", follow.release or NONE, " ", ngx.var.nginx_version, " ", follow.structure or NONE)
end

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\" }

local function text(value)
    if value == nil then return "null" end
    return '"' .. value:gsub('["\\]', escapes):gsub("%c", " ") .. '"'
end

local function upstream(name, group)
    local down, aside, backup, seconds = 0, 0, 0, ngx.time()
    for _, server in ipairs(group.servers) do
        if server.is_down then
            down = down + 1
        elseif health.is_aside(health.state_of(server), seconds) then
            aside = aside + 1
        end
        if server.is_backup then backup = backup + 1 end
    end
    local counts = '%s:{"servers":%d,"down":%d,"aside":%d,"backup":%d}'
    return counts:format(text(name), #group.servers, down, aside, backup)
end

function report.status()
    look()
    local upstreams = {}
    for name, group in pairs(follow.groups) do upstreams[#upstreams + 1] = upstream(name, group) end
    table.sort(upstreams)
    local whole = '{"pid":%d,"release":%s,"structure":%s,"problem":%s,"upstreams":{%s}}'
    ngx.header.content_type = "application/json"
    ngx.say(whole:format(ngx.worker.pid(), text(follow.release), text(follow.structure), text(follow.problem),
        table.concat(upstreams, ",")))
end

return report
