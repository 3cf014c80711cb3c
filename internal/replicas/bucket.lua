-- The token bucket for Dixa's rate limit of one API token.
-- KEYS: replicas, group, bucket
-- ARGV: what to do, id, tokens a second, burst, number of the token that is given back, maximum pace (the part of the rate
--       that is left after a 429), fresh for, seen for,
--       how many replicas the caller knows of
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local what, rate, burst = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])

-- A replica that is not known was disconnected, or the server lost its memory.
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then
	return redis.error_reply('STRANGER this replica is not announced')
end

-- Replicas that are disconnected use their share of the limit; this bucket has the rest.
local seen, here = 0, 0
local all = redis.call('HVALS', KEYS[1])
for i = 1, #all do
	local at, how = string.match(all[i], '^(%d+) (%a+)$')
	local age = now - at
	if age <= tonumber(ARGV[8]) then
		seen = seen + 1
		if how == 'sharing' and age <= tonumber(ARGV[7]) then
			here = here + 1
		end
	end
end
seen = math.max(1, seen, tonumber(ARGV[9]))
local full = rate * math.max(1, here) / seen

local group = redis.call('HMGET', KEYS[2], 'returns', 'marks')
local returns = tonumber(group[1] or '0')
local b = redis.call('HMGET', KEYS[3], 'turns', 'at', 'pace', 'lowered', 'changed', 'last', 'returns', 'busy', 'full')
-- A bucket that is not known begins empty: what was taken before is not known.
local tokens, at, pace = tonumber(b[1] or '0'), tonumber(b[2] or now), tonumber(b[3] or '1')
local lowered, changed = tonumber(b[4] or '0'), tonumber(b[5] or now)
local last, known = tonumber(b[6] or '0'), tonumber(b[7] or '0')

-- Each replica may wait for one token. If the machine stalls for a moment, those are all used late, and must not be joined by
-- as many that were saved up meanwhile.
local busy = tonumber(b[8] or '0')
if now - busy < 1000000 then
	burst = math.max(1, burst - here + 1)
end
-- What is here may have been less until just now.
tokens = math.min(burst, tokens + math.max(0, now - at) / 1000000 * math.min(full, tonumber(b[9] or full)) * pace)
if known ~= returns then -- each replica that reconnected may still wait for a token
	tokens = math.min(tokens, 0) - math.min(math.max(1, returns - known), seen)
end
if pace < 1 then
	local steps = math.floor((now - changed) / 2000000)
	if steps > 0 then
		pace, changed = math.min(1, pace + steps / 10), changed + steps * 2000000
	end
end
if tonumber(ARGV[6]) < pace then
	pace, changed = tonumber(ARGV[6]), now
end

local wait = 0
if what == 'reserve' then
	tokens, last = tokens - 1, last + 1
	if tokens < 0 then
		wait = -tokens / (full * pace) * 1000000
		busy = now + wait
	end
elseif what == 'giveBack' and last == tonumber(ARGV[5]) then
	tokens, last = math.min(burst, tokens + 1), last - 1
elseif what == 'throttled' and now - lowered >= 1000000 then
	pace, lowered, changed = math.max(1 / 16, pace / 2), now, now
end

redis.call('HSET', KEYS[3], 'turns', string.format('%.9f', tokens), 'at', string.format('%.0f', now),
	'pace', string.format('%.6f', pace), 'lowered', string.format('%.0f', lowered), 'changed', string.format('%.0f', changed),
	'last', string.format('%.0f', last), 'returns', string.format('%.0f', returns),
	'busy', string.format('%.0f', busy), 'full', string.format('%.9f', full))
redis.call('PEXPIRE', KEYS[3], 604800000)
return { string.format('%.0f', math.ceil(wait)), string.format('%.0f', last), string.format('%.6f', pace), group[2] or '0' }
