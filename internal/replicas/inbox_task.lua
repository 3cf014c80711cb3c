-- Lets one process at a time do a task of the inbox.
-- KEYS: the task
-- ARGV: now, for how long others do not begin it again ("" to note that it was done), as of when it was done, how long an unused
--       key is kept, all in milliseconds
local task = redis.call('HMGET', KEYS[1], 'begun', 'done')
local begun, done = tonumber(task[1] or 0), tonumber(task[2] or 0)
local mine = 0
if ARGV[2] == '' then
	if tonumber(ARGV[3]) > done then
		redis.call('HSET', KEYS[1], 'done', ARGV[3])
	end
elseif ARGV[1] - begun < 0 or ARGV[1] - begun >= tonumber(ARGV[2]) then
	mine = 1
	redis.call('HSET', KEYS[1], 'begun', ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { mine, string.format('%.0f', done) }
