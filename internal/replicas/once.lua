-- The single use of a confirmation.
-- KEYS: replicas, group, nonce
-- ARGV: id, when it was made and when it expires, in microseconds of this server's time
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local group = redis.call('HMGET', KEYS[2], 'run', 'since')
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 or group[1] ~= run then
	return redis.error_reply('STRANGER this replica is not announced')
end
if tonumber(ARGV[2]) < tonumber(group[2]) then
	return { 'forgotten' }
end
-- A minute longer than it is valid, for clocks that differ.
local left = math.max(0, tonumber(ARGV[3]) - now) / 1000 + 60000
if redis.call('SET', KEYS[3], '1', 'NX', 'PX', string.format('%.0f', left)) then
	return { 'first' }
end
return { 'used' }
