-- Keeps a text of a sign-in.
-- KEYS: the text, keys of its owner in the order in which they began, how many began, keys of its kind by when they expire
-- ARGV: the text that is there now ("" for none), the new one ("" to remove it), in how many milliseconds it expires (0 to leave
--       it), the time in milliseconds, the prefix of texts' keys, the key, how many texts of an owner there may be, for how many milliseconds the
--       list of an owner's keys is kept
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
	return { 'changed' }
end
if ARGV[2] == '' then
	redis.call('DEL', KEYS[1])
	redis.call('ZREM', KEYS[4], ARGV[6])
	return { 'done' }
end
if ARGV[3] == '0' then
	redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
	redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[4])
	redis.call('ZADD', KEYS[4], ARGV[4] + ARGV[3], ARGV[6])
end
if ARGV[1] ~= '' then
	return { 'done' }
end
for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
	if redis.call('EXISTS', ARGV[5] .. old) == 0 then
		redis.call('ZREM', KEYS[2], old)
	end
end
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[8])
redis.call('PEXPIRE', KEYS[3], ARGV[8])
local excess = redis.call('ZCARD', KEYS[2]) - ARGV[7]
if excess > 0 then
	for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
		redis.call('DEL', ARGV[5] .. old)
		redis.call('ZREM', KEYS[4], old)
	end
	redis.call('ZREMRANGEBYRANK', KEYS[2], 0, excess - 1)
end
return { 'done' }
