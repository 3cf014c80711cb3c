package archivetest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// perConversation is how many messages of a history a conversation has.
	perConversation = 5
	// between is the time between two messages, in milliseconds: 34,560 conversations are created in 30 days.
	between = 15_000
	// open is how long a conversation is open after its last message.
	open = 3_600_000
	// messageWords is how many words a message has.
	messageWords = 80
)

// history is a help desk whose messages came evenly until a moment. Each row is made when it is asked for, and the same each time.
type history struct {
	messages int
	end      time.Time
}

// at returns when a message came.
func (h history) at(message int) int64 {
	return h.end.UnixMilli() - int64(h.messages-message)*between - open
}

// message writes a message as exports give it: the customer asks, and an automatic message, two answers and thanks follow.
func (h history) message(w io.Writer, i int) {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	n := i % perConversation
	direction, author := "outbound", "Signe Toft"
	if n == 0 || n == perConversation-1 {
		direction, author = "inbound", "Emma Clarke"
	}
	var text []byte
	for range messageWords { // few words are common
		text = append(strconv.AppendInt(append(text, "word"...), int64(5000*r.Float64()*r.Float64()*r.Float64()), 10), ' ')
	}
	fmt.Fprintf(w, `{"id":"0c1a2b3c-4d5e-4f60-8a7b-%012d","csid":%d,"created_at":%d,"direction":%q,"is_automated_message":%t,"author_name":%q,"author_email":"someone@example.org","text":"%s"}`,
		i, i/perConversation+1, h.at(i), direction, n == 1, author, text)
}

// updated returns when a conversation was closed.
func (h history) updated(conversation int) int64 {
	return h.at(conversation*perConversation+perConversation-1) + open
}

// conversation writes a conversation as exports give it. Every third is rated.
func (h history) conversation(w io.Writer, i int) {
	r := rand.New(rand.NewPCG(2, uint64(i)))
	rating := ""
	if r.IntN(3) == 0 {
		rating = fmt.Sprintf(`"rating_score":%d,"rating_message":"Thank you",`, r.IntN(2))
	}
	queue, agent := r.IntN(8), r.IntN(30)
	fmt.Fprintf(w, `{"id":%d,"created_at":%d,"updated_at":%d,"closed_at":%d,"queued_at":%d,"assigned_at":%d,"last_message_created_at":%d,"initial_channel":"email","direction":"inbound","status":"closed",
		"queue_id":"queue-%d","queue_name":"Queue %d","assignee_id":"agent-%d","assignee_name":"Dixa agent %d","requester_id":"customer-%d","requester_name":"Emma Clarke",
		"requester_email":"someone@example.org","subject":"About my order",%s"exports_handling_duration":%d,"tags":["tag%d","tag%d"]}`,
		i+1, h.at(i*perConversation), h.updated(i), h.updated(i), h.at(i*perConversation), h.at(i*perConversation)+between, h.at(i*perConversation+perConversation-1),
		queue, queue, agent, agent, r.IntN(h.messages/perConversation), rating, r.IntN(2000), r.IntN(40), 40+r.IntN(20))
}

// ServeHTTP answers the requests of a sync as Dixa does.
func (h history) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	all := bufio.NewWriter(w)
	defer func() { _ = all.Flush() }() // a sync that breaks off fails by itself
	list := func(by string, n int, at func(int) int64, write func(io.Writer, int)) {
		after, _ := strconv.ParseInt(r.URL.Query().Get(by+"_after"), 10, 64)
		before, _ := strconv.ParseInt(r.URL.Query().Get(by+"_before"), 10, 64)
		separator := "["
		for i := range n {
			if ms := at(i); ms > after && ms < before {
				_, _ = io.WriteString(all, separator)
				write(all, i)
				separator = ","
			}
		}
		_, _ = io.WriteString(all, strings.TrimSuffix(separator, ",")+"]")
	}
	switch r.URL.Path {
	case "/v1/organization":
		_, _ = io.WriteString(all, `{"data":{"id":"org","name":"Havbris"}}`)
	case "/v1/message_export":
		list("created", h.messages, h.at, h.message)
	case "/v1/conversation_export":
		list("updated", h.messages/perConversation, h.updated, h.conversation)
	default:
		_, _ = io.WriteString(all, `{"data":[]}`)
	}
}
