-- Restores counts of a budget that the server does not have: those of a replica that was disconnected, or that it forgot.
-- KEYS: used, counts of the agent
-- ARGV: agent, then for each count: its field, the count
local time = redis.call('TIME')
for i = 2, #ARGV, 2 do
	if tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or '0') < tonumber(ARGV[i + 1]) then
		redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
	end
end
redis.call('PEXPIRE', KEYS[2], 172800000)
redis.call('ZADD', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
return {}
