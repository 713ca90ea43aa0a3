-- Passive health, as nginx's round robin keeps it: `max_fails` within `fail_timeout` put a peer aside for
-- `fail_timeout`; then one request tries it. Times are whole seconds, as there.
local max, floor = math.max, math.floor
local ngx = ngx

local health = {}

function health.is_aside(peer, seconds)
    return peer.max_fails > 0 and peer.fails >= peer.max_fails and seconds - peer.checked <= peer.fail_timeout
end

-- A peer was chosen for a request.
function health.chosen(peer, seconds)
    if seconds - peer.checked > peer.fail_timeout then
        -- Where nobody tells how requests end, no failure since the last trial is all that there is to know.
        if not peer.is_told then health.passed(peer) end
        peer.checked = seconds
    end
    return peer
end

function health.failed(peer, seconds)
    peer.fails = peer.fails + 1
    peer.accessed, peer.checked = seconds, seconds
    if peer.max_fails > 0 then
        peer.effective = max(0, peer.effective - floor(peer.weight / peer.max_fails))
        if peer.fails >= peer.max_fails then
            ngx.log(ngx.WARN, "upsync: ", peer.address, " is put aside for ", peer.fail_timeout, " s")
        end
    end
end

-- A request to a peer ended well: if it was sent after the last failure, that is forgotten.
function health.passed(peer)
    if peer.accessed < peer.checked then peer.fails = 0 end
end

return health
