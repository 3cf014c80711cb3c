-- Writes an entry of the journal of writes.
-- KEYS: the entry, calls with its digest in the order in which they began, calls of its agent, how many began
-- ARGV: prefix of all keys, milliseconds to remember it, call, entry ("" to delete it), what happens ("begin" or "save"),
--       the newest call with its digest that was seen, the replica that runs it, how many entries of an agent there may be,
--       whether it wrote (1 or 0), how many things it changes, then these and what else it names
local prefix, keep, call, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if ARGV[5] == 'begin' then
	if (redis.call('ZREVRANGE', KEYS[2], 0, 0)[1] or '') ~= ARGV[6] then
		return { 'changed' }
	end
	local number = redis.call('INCR', KEYS[4])
	redis.call('ZADD', KEYS[2], number, call)
	redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -21) -- forgotten calls, in the end
	redis.call('ZADD', KEYS[3], number, call)
	redis.call('HSET', KEYS[1], 'run', ARGV[7])
	local excess = redis.call('ZCARD', KEYS[3]) - ARGV[8]
	if excess > 0 then
		for _, old in ipairs(redis.call('ZRANGE', KEYS[3], 0, excess - 1)) do
			redis.call('DEL', prefix .. 'journal:call:' .. old)
		end
		redis.call('ZREMRANGEBYRANK', KEYS[3], 0, excess - 1)
	end
elseif redis.call('EXISTS', KEYS[1]) == 0 then
	return { 'forgotten' }
elseif entry == '' then
	redis.call('DEL', KEYS[1])
	redis.call('ZREM', KEYS[2], call)
	redis.call('ZREM', KEYS[3], call)
	return { 'done' }
end
redis.call('HSET', KEYS[1], 'entry', entry)
for i = 1, 3 do
	redis.call('PEXPIRE', KEYS[i], keep)
end
for i = 11, #ARGV do
	local changes = i < 11 + ARGV[10]
	local thing = prefix .. (changes and 'journal:changes:' or 'journal:names:') .. ARGV[i]
	redis.call('SADD', thing, call)
	redis.call('PEXPIRE', thing, keep)
	if changes and ARGV[9] == '1' then
		for _, other in ipairs(redis.call('SMEMBERS', thing)) do
			local key = prefix .. 'journal:call:' .. other
			if redis.call('EXISTS', key) == 0 then
				redis.call('SREM', thing, other)
			elseif other ~= call then
				redis.call('HSET', key, 'overtaken', '1')
			end
		end
	end
end
return { 'done' }
