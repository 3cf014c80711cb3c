package pgstore

import (
	"fmt"
	"strings"

	"dixa-mcp/internal/archive"
)

// arguments are those of a statement.
type arguments []any

// in returns SQL with the number of an argument in the place of each ?.
func (a *arguments) in(sql string, value any) string {
	*a = append(*a, value)
	return strings.ReplaceAll(sql, "?", fmt.Sprintf("$%d", len(*a)))
}

// filter returns the conditions of a filter, all of which must hold. id is the column with the conversation's number.
func (a *arguments) filter(f archive.Filter, id string) (all []string) {
	one := func(condition, value string) {
		if value != "" {
			all = append(all, a.in(condition, clean(value)))
		}
	}
	one(`(lower(queue_name) = lower(? COLLATE "C") OR queue_id = ?)`, f.Queue)
	one(`channel = ?`, f.Channel)
	one(`(lower(assignee_name) = lower(? COLLATE "C") OR assignee_id = ?)`, f.Agent)
	one(`EXISTS (SELECT FROM tag WHERE lower(tag.name) = lower(? COLLATE "C") AND tag.conversation = `+id+`)`, f.Tag)
	among := func(condition string, list []string) {
		if len(list) == 0 {
			return
		}
		var values []string
		for _, v := range list {
			values = append(values, clean(v))
		}
		all = append(all, a.in(condition, values))
	}
	among(`queue_id = ANY (?)`, f.Within.Queues)
	among(`channel = ANY (?)`, f.Within.Channels)
	among(`assignee_id = ANY (?)`, f.Within.Agents)
	among(`conversation.direction = ANY (?)`, f.Within.Directions)
	among(`EXISTS (SELECT FROM tag WHERE lower(tag.name) IN (SELECT lower(name COLLATE "C") FROM unnest(?::text[]) AS given (name)) AND tag.conversation = `+id+`)`, f.Within.Tags)
	return all
}

// waitingSince is when a customer wrote what was not answered; NULL where all was.
const waitingSince = `(SELECT min(i.created_at) FROM message i WHERE i.conversation = conversation.id AND i.direction = 'inbound' AND i.created_at >
	coalesce((SELECT max(o.created_at) FROM message o WHERE o.conversation = conversation.id AND o.direction = 'outbound' AND NOT o.automated), 0))`

// rated returns the condition that a customer gave such a rating. Thumbs can also be in a field of their own, which Dixa deprecates.
func rated(r archive.Rating) string {
	return `EXISTS (SELECT FROM conversation_rest WHERE conversation_rest.id = conversation.id AND (
		` + r.SQL(`'thumbs'`, number(`rest::json -> 'rating_score'`)) + `
		OR EXISTS (SELECT FROM json_array_elements(CASE json_typeof(rest::json -> 'ratings') WHEN 'array' THEN rest::json -> 'ratings' ELSE '[]' END) AS one
			WHERE coalesce(lower(one ->> 'rating_status'), '') <> 'offered' AND ` + r.SQL(`lower(one ->> 'rating_type')`, number(`one -> 'rating_score'`)) + `)))`
}

// number returns SQL for the whole number that a JSON value is; NULL for another.
func number(value string) string {
	return `(CASE WHEN json_typeof(` + value + `) = 'number' AND (` + value + `)::text ~ '^[0-9]{1,9}$' THEN (` + value + `)::text::bigint END)`
}
