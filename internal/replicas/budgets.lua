-- What an agent has used of its budget. Each replica has a count of its own, so that counts can be merged after replicas were
-- disconnected or the server forgot them: of two counts of the same replica the larger is valid.
-- KEYS: replicas, used, counts of the agent (what/seconds/number of the hour or day/replica), token bucket of the agent
-- ARGV: what to do, id, agent, rate in tokens a second (0: none), burst, number of the token that is given back,
--       then for each line: what, seconds, most (0: no limit), how much it counts
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local what, rate, burst = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5])

if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then
	return redis.error_reply('STRANGER this replica is not announced')
end

local wait, last = 0, 0
local function bucket()
	local b = redis.call('HMGET', KEYS[4], 'turns', 'at', 'last')
	local tokens = math.min(burst, tonumber(b[1] or burst) + math.max(0, now - tonumber(b[2] or now)) / 1000000 * rate)
	last = tonumber(b[3] or '0')
	if what == 'take' then
		tokens, last = tokens - 1, last + 1
		wait = math.max(0, -tokens / rate * 1000000)
	elseif last == tonumber(ARGV[6]) then
		tokens, last = math.min(burst, tokens + 1), last - 1
	end
	redis.call('HSET', KEYS[4], 'turns', string.format('%.9f', tokens), 'at', string.format('%.0f', now), 'last', string.format('%.0f', last))
	redis.call('PEXPIRE', KEYS[4], string.format('%.0f', math.max(60000, burst / rate * 2000)))
end

if what == 'giveBack' then
	bucket()
	return {}
end

local used = {}
local all = redis.call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
	local line, seconds, window = string.match(all[i], '^(%a+/(%d+)/(%d+))/')
	if tonumber(window) < math.floor(now / 1000000 / tonumber(seconds)) then
		redis.call('HDEL', KEYS[3], all[i])
	else
		used[line] = (used[line] or 0) + tonumber(all[i + 1])
	end
end

local over, lines = 0, {}
for i = 7, #ARGV, 4 do
	local line = string.format('%s/%s/%.0f', ARGV[i], ARGV[i + 1], math.floor(now / 1000000 / tonumber(ARGV[i + 1])))
	lines[#lines + 1] = line
	local most = tonumber(ARGV[i + 2])
	if most > 0 and (used[line] or 0) + tonumber(ARGV[i + 3]) > most then
		over = 1
	end
end

if what == 'take' and over == 0 then
	for i = 1, #lines do
		redis.call('HINCRBY', KEYS[3], lines[i] .. '/' .. ARGV[2], ARGV[6 + i * 4])
	end
	redis.call('PEXPIRE', KEYS[3], 172800000)
	redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[3])
	if rate > 0 then
		bucket()
	end
end
return { string.format('%.0f', now), over, string.format('%.0f', math.ceil(wait)), string.format('%.0f', last), redis.call('HGETALL', KEYS[3]) }
