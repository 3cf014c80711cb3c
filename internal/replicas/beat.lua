-- A heartbeat: announces a replica, and returns what changed.
-- KEYS: replicas, group, secret, used (agents by when they last used their budget)
-- ARGV: id ("" does not count), mode, latest time to count, seen for, fresh for, secret ("" for none), time of the last one
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local id, mode, latest, seenFor, freshFor = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

-- A heartbeat that was delayed is out of date.
if latest > 0 and now > latest then
	return redis.error_reply('LATE this heartbeat was held up')
end

-- A server that was restarted or replaced may have lost the last changes.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
if redis.call('HGET', KEYS[2], 'run') ~= run then
	redis.call('HSET', KEYS[2], 'run', run, 'since', string.format('%.0f', now))
end

local seen, before = 0, nil
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
	local at, how = string.match(all[i + 1], '^(%d+) (%a+)$')
	if now - at > seenFor then
		redis.call('HDEL', KEYS[1], all[i])
	else
		seen = seen + 1
		if all[i] == id then
			before = how == 'sharing' and now - at > freshFor and 'late' or how
		end
	end
end
if id ~= '' then
	-- What it took while disconnected is not known, and it may still wait for its last token: tokens that were saved up
	-- meanwhile must not be used on top of that.
	if mode == 'sharing' and before and before ~= 'sharing' then
		redis.call('HINCRBY', KEYS[2], 'returns', 1)
	end
	redis.call('HSET', KEYS[1], id, string.format('%.0f %s', now, mode))
	if not before then
		seen = seen + 1
	end
end

local same = 1
if ARGV[6] ~= '' then
	redis.call('SETNX', KEYS[3], ARGV[6])
	same = redis.call('GET', KEYS[3]) == ARGV[6] and 1 or 0
end

redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', string.format('%.0f', now - 3600000000))
local used = redis.call('ZRANGEBYSCORE', KEYS[4], ARGV[7], '+inf')
local known = redis.call('HMGET', KEYS[2], 'since', 'marks')
return { string.format('%.0f', now), seen, known[1], known[2] or '0', same, used }
