-- Keeps a job.
-- KEYS: the job, jobs of its agent in the order in which they began, how many began
-- ARGV: the text that is there now ("" for none), the new one ("" to remove it), in how many milliseconds it expires (0 to leave it), the prefix of
--       jobs' keys, the handle, how many jobs of an agent there may be
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
	return { 'changed' }
end
if ARGV[2] == '' then
	redis.call('DEL', KEYS[1])
	return { 'done' }
end
if ARGV[3] == '0' then
	redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
if ARGV[1] ~= '' then
	return { 'done' }
end
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
local excess = redis.call('ZCARD', KEYS[2]) - ARGV[6]
if excess > 0 then
	for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
		redis.call('DEL', ARGV[4] .. old)
	end
	redis.call('ZREMRANGEBYRANK', KEYS[2], 0, excess - 1)
end
return { 'done' }
