package offline

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/hours"
	"dixa-mcp/internal/offline/wire"
)

// The size of the helpdesk.
const (
	firstConversation = 1001
	seedConversations = 2000
	seedUsers         = 600
	seedAgents        = 40
	seedDays          = 60 // over which the conversations were created, up to the anchor
)

// world is the data: the seed, and what has been written since. Threads, notes, ratings and activity of a conversation are made from
// the seed whenever they are read, until the conversation is written to.
type world struct {
	seed   uint64
	anchor time.Time
	made   int64 // things created since, for their ids

	delivered int64 // events delivered since, for their ids

	org       organization
	agents    register[*person]
	users     register[*person]
	teams     register[*team]
	queues    register[*queue]
	tags      register[*tag]
	attrs     register[*attribute]
	webhooks  register[*webhook]
	requests  register[*anonymization]
	templates register[*template]
	schedules register[*hours.Schedule]
	knowledge knowledge
	endpoints []endpoint
	presence  map[string]*presence

	// What the seed is made with.
	zone       *time.Location   // of Customer Care
	care, line hours.Calendar   // when Customer Care and the phone line are open
	arrivals   []int            // see seedArrivals
	seats      map[string]int   // places of Dixa agents by id, also of those who were deleted
	serving    map[string][]int // places of Dixa agents by queue
	inLanguage map[string]int   // how many conversations there are in each language

	conversations []*conversation // id is the index + firstConversation
	byRequester   map[string][]*conversation
}

// newWorld makes the data of a seed.
func newWorld(seed uint64, anchor time.Time) *world {
	w := &world{seed: seed, anchor: anchor, byRequester: map[string][]*conversation{}, inLanguage: map[string]int{}}
	w.seedOrganization()
	w.seedAttributes()
	w.seedSchedules()
	w.seedAgents()
	w.seedTags()
	w.seedQueues()
	w.seedTeams()
	w.seedUsers()
	w.seedWebhooks()
	w.seedTemplates()
	w.seedKnowledge()
	w.seedArrivals()
	w.conversations = make([]*conversation, 0, seedConversations+64)
	for i := range seedConversations {
		w.addConversation(w.seedConversation(int64(firstConversation + i)))
	}
	return w
}

// newID returns the id of something created now: the same in every run with the same seed and the same writes.
func (w *world) newID() string {
	w.made++
	return w.uuid("created", w.made)
}

func (w *world) addConversation(c *conversation) {
	w.conversations = append(w.conversations, c)
	w.byRequester[c.requester] = append(w.byRequester[c.requester], c)
}

// conversation finds a conversation by its id.
func (w *world) conversation(id int64) (*conversation, error) {
	i := id - firstConversation
	if i < 0 || i >= int64(len(w.conversations)) {
		return nil, wire.ErrNotFound.Because("there is no conversation %d", id)
	}
	return w.conversations[i], nil
}

// thisConversation returns the conversation in the path.
func (c *call) thisConversation() (*conversation, error) {
	return c.conversation(c.Number("conversationId"))
}

// register keeps things by id, in the order in which they came.
type register[T any] struct {
	list []T
	byID map[string]T
}

func (r *register[T]) add(id string, v T) {
	if r.byID == nil {
		r.byID = map[string]T{}
	}
	r.list = append(r.list, v)
	r.byID[id] = v
}

// get finds a thing, or answers as Dixa does for an id that it does not know.
func (r *register[T]) get(id string) (T, error) {
	v, ok := r.byID[id]
	if !ok {
		return v, wire.ErrNotFound.Because("there is nothing with the id %s", id)
	}
	return v, nil
}

func (r *register[T]) has(id string) bool {
	_, ok := r.byID[id]
	return ok
}

// remove takes a thing out; same tells it from the others.
func (r *register[T]) remove(id string, same func(T) bool) {
	delete(r.byID, id)
	r.list = slices.DeleteFunc(r.list, same)
}
