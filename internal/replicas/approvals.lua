-- Writes requests for approval, if nothing has changed since they were read.
-- KEYS: version, requests by when they are forgotten, group
-- ARGV: version that was read, version from now on, prefix of all keys, now, then for each request:
--       number, text, milliseconds until it is forgotten, when that is, agent, digest, whether it is pending (1 or 0), call
local group = redis.call('HGET', KEYS[3], 'run')
if group ~= (string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or '') then
	return redis.error_reply('STRANGER the server was started again')
end
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
	return { 'changed' }
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
for i = 5, #ARGV, 8 do
	local number, keep = ARGV[i], ARGV[i + 2]
	redis.call('SET', ARGV[3] .. 'approval:' .. number, ARGV[i + 1], 'PX', keep)
	redis.call('ZADD', KEYS[2], ARGV[i + 3], number)
	for _, digest in ipairs({ ARGV[i + 5], ARGV[i + 7] }) do
		if digest ~= '' then
			local same = ARGV[3] .. 'approvals:' .. ARGV[i + 4] .. ':' .. digest
			redis.call('SADD', same, number)
			redis.call('PEXPIRE', same, keep)
		end
	end
	local pending = ARGV[3] .. 'pending:' .. ARGV[i + 4]
	if ARGV[i + 6] == '1' then
		redis.call('SADD', pending, number)
		redis.call('PEXPIRE', pending, keep)
	else
		redis.call('SREM', pending, number)
	end
end
return { 'done' }
