package sqlitestore

import (
	"encoding/json"
	"strings"

	"dixa-mcp/internal/archive"
)

// conditions are those of a search, all of which must hold, and their arguments.
type conditions struct {
	all  []string
	args []any
}

func (c *conditions) add(condition string, args ...any) {
	c.all, c.args = append(c.all, condition), append(c.args, args...)
}

// String returns the conditions for WHERE.
func (c conditions) String() string {
	if len(c.all) == 0 {
		return "true"
	}
	return strings.Join(c.all, " AND ")
}

// filter adds the conditions of a filter. id is the column with the conversation's number.
func (c *conditions) filter(f archive.Filter, id string) {
	if f.Queue != "" {
		c.add(`(queue_name = ? COLLATE NOCASE OR queue_id = ?)`, f.Queue, f.Queue)
	}
	if f.Channel != "" {
		c.add(`channel = ?`, f.Channel)
	}
	if f.Agent != "" {
		c.add(`(assignee_name = ? COLLATE NOCASE OR assignee_id = ?)`, f.Agent, f.Agent)
	}
	if f.Tag != "" {
		c.add(`EXISTS (SELECT 1 FROM tag WHERE tag.name = ? AND tag.conversation = `+id+`)`, f.Tag)
	}
	c.among(`queue_id IN `, "", f.Within.Queues)
	c.among(`channel IN `, "", f.Within.Channels)
	c.among(`assignee_id IN `, "", f.Within.Agents)
	c.among(`conversation.direction IN `, "", f.Within.Directions)
	c.among(`EXISTS (SELECT 1 FROM tag WHERE tag.conversation = `+id+` AND tag.name IN `, `)`, f.Within.Tags)
}

// among adds the condition that a value is in a list, unless the list is empty.
func (c *conditions) among(before, after string, list []string) {
	if len(list) == 0 {
		return
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // a list of texts has JSON
	}
	c.add(before+`(SELECT value FROM json_each(?))`+after, string(text))
}

// waitingSince is when a customer wrote what was not answered; NULL where all was.
const waitingSince = `(SELECT min(i.created_at) FROM message i WHERE i.conversation = conversation.id AND i.direction = 'inbound' AND i.created_at >
	coalesce((SELECT max(o.created_at) FROM message o WHERE o.conversation = conversation.id AND o.direction = 'outbound' AND o.automated = 0), 0))`

// rated returns the condition that a customer gave such a rating. Thumbs can also be in a field of their own, which Dixa deprecates.
func rated(r archive.Rating) string {
	return `EXISTS (SELECT 1 FROM conversation_rest WHERE conversation_rest.id = conversation.id AND (
		json_type(rest, '$.rating_score') = 'integer' AND ` + r.SQL(`'thumbs'`, `json_extract(rest, '$.rating_score')`) + `
		OR EXISTS (SELECT 1 FROM json_each(rest, '$.ratings') one WHERE json_type(rest, one.fullkey || '.rating_score') = 'integer'
			AND coalesce(lower(json_extract(rest, one.fullkey || '.rating_status')), '') <> 'offered'
			AND ` + r.SQL(`lower(json_extract(rest, one.fullkey || '.rating_type'))`, `json_extract(rest, one.fullkey || '.rating_score')`) + `)))`
}
