-- The inbox of events that servers share.
-- KEYS: what is known of it, the events by their numbers, their ids, the ids of events that were removed early
-- ARGV: what is done, a name for a new inbox, now, how long events are kept, how long ids are known at least, how many events and
--       bytes there may be, how many are removed at a time, how long unused keys are kept, the channel that tells of new events,
--       what one event takes besides its texts; then what is done is about. Times are in milliseconds.
local what, now, keep, known = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local mostEvents, mostBytes, atATime, idle = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]

local function text(n)
	return string.format('%.0f', n)
end

local meta = redis.call('HMGET', KEYS[1], 'name', 'run', 'newest', 'removed', 'bytes')
local name, newest, removed, bytes = meta[1], tonumber(meta[3] or 0), tonumber(meta[4] or 0), tonumber(meta[5] or 0)
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
if not name then
	name = ARGV[2]
	redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
	redis.call('HSET', KEYS[1], 'name', name, 'run', run)
elseif meta[2] ~= run then
	-- A server that was restarted or replaced may have lost the last events. Their numbers are not given again, since a reader may
	-- be behind them.
	newest = newest + 1e9
	redis.call('HSET', KEYS[1], 'run', run, 'newest', text(newest))
end

-- Half of a Redis at most: when it is full, nothing can be shared. To find out takes longer than all else, so it is left to large ones.
if bytes > 16e6 then
	local all = tonumber(string.match(redis.call('INFO', 'memory'), 'maxmemory:(%d+)') or 0)
	if all > 0 then
		mostBytes = math.min(mostBytes, all / 2)
	end
end

-- Removes what is beyond a bound, the oldest first. Reports whether there is more of it.
local function bound()
	local count, left, some = redis.call('XLEN', KEYS[2]), atATime, 1
	while count > 0 do
		local n, last = 0, ''
		for _, e in ipairs(redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', some)) do
			local received, id, size = tonumber(e[2][2]), e[2][4], #e[2][4] + #e[2][6] + ARGV[11]
			if received >= now - keep and count <= mostEvents and (bytes <= mostBytes or count == 1) then
				break
			end
			n, count, bytes, last = n + 1, count - 1, bytes - size, e[1]
			redis.call('SREM', KEYS[3], id)
			if received >= now - known then
				redis.call('ZADD', KEYS[4], text(received), id)
			end
		end
		if n > 0 then
			removed = tonumber(string.match(last, '^%d+'))
			redis.call('XTRIM', KEYS[2], 'MAXLEN', count)
			redis.call('HSET', KEYS[1], 'removed', text(removed), 'bytes', text(bytes))
		end
		left = left - n
		if n < some then
			break
		elseif left <= 0 then
			return true
		end
		some = math.min(100, left)
	end
	redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', '(' .. text(now - known))
	return false
end

if what == 'put' then
	local added = {}
	for i = 12, #ARGV, 2 do
		local id, event = ARGV[i], ARGV[i + 1]
		if redis.call('SISMEMBER', KEYS[3], id) == 1 or redis.call('ZSCORE', KEYS[4], id) then
			added[#added + 1] = 0
		else
			newest, bytes = newest + 1, bytes + #id + #event + ARGV[11]
			redis.call('XADD', KEYS[2], text(newest) .. '-0', 'r', text(now), 'i', id, 'e', event)
			redis.call('SADD', KEYS[3], id)
			added[#added + 1] = 1
		end
	end
	redis.call('HSET', KEYS[1], 'newest', text(newest), 'bytes', text(bytes))
	local more = bound() and 1 or 0
	for i = 1, 4 do
		redis.call('PEXPIRE', KEYS[i], idle)
	end
	redis.pcall('PUBLISH', ARGV[10], 'stored') -- a user without permission has the poll of those who wait
	return { more, added }
end
if bound() then
	return { 'again' }
end
if what == 'list' then
	local from, number, most = ARGV[12], tonumber(ARGV[13]), ARGV[14]
	local truncated = from ~= '' and (from ~= name or number < removed or number > newest)
	if from ~= name or number > newest then
		number = 0
	end
	return { 'done', name, text(newest), truncated and 1 or 0, redis.call('XRANGE', KEYS[2], text(number + 1), '+', 'COUNT', most) }
elseif what == 'status' then
	local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
	local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
	return { 'done', redis.call('XLEN', KEYS[2]), text(bytes), first and first[2][2] or '0', last and last[2][2] or '0' }
end
return { 'done', name, text(newest) }
