-- Sessions of an agent's clients.
-- KEYS: group, sessions of the agent by their last use, those that were ended by when that is forgotten
-- ARGV: what to do, session, most sessions, idle time in microseconds
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local what, session, idle = ARGV[1], ARGV[2], tonumber(ARGV[4])
local at = string.format('%.0f', now)

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - idle))
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', at)

local answer = 'yes'
if what == 'end' then
	redis.call('ZREM', KEYS[2], session)
	redis.call('ZADD', KEYS[3], string.format('%.0f', now + idle), session)
elseif redis.call('ZSCORE', KEYS[3], session) then
	answer = 'ended'
elseif not redis.call('ZSCORE', KEYS[2], session) then
	if what == 'begin' then
		-- The session that was idle longest ends.
		while redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) do
			redis.call('ZADD', KEYS[3], string.format('%.0f', now + idle), redis.call('ZPOPMIN', KEYS[2])[1])
		end
	-- A server whose memory is shorter than that cannot tell that a session was idle.
	elseif now - tonumber(redis.call('HGET', KEYS[1], 'since') or now) > idle then
		answer = 'idle'
	end
end
if answer == 'yes' and what ~= 'end' then
	redis.call('ZADD', KEYS[2], at, session)
end
local keep = string.format('%.0f', idle / 1000 + 1000)
redis.call('PEXPIRE', KEYS[2], keep)
redis.call('PEXPIRE', KEYS[3], keep)
return { answer }
