package offline

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/wire"
)

var ratingRoutes = []route{
	{Pattern: "GET /v1/conversations/{conversationId}/ratings", Status: 200, Handle: listRatings},
	{Pattern: "GET /v1/conversations/{conversationId}/rating", Status: 200, Handle: listRatings}, // deprecated
	{Pattern: "POST /v1/conversations/{conversationId}/ratings/offer", Status: 201, Handle: offerRating},
	{Pattern: "POST /v1/conversations/{conversationId}/ratings/{ratingId}/submit", Status: 201, Handle: submitRating, Plain: []string{"ratingId"}},
}

type ratingWire struct {
	ID                  string            `json:"id"`
	RatingScore         *int32            `json:"ratingScore,omitzero"`
	RatingType          string            `json:"ratingType"`
	RatingComment       string            `json:"ratingComment,omitzero"`
	ConversationChannel string            `json:"conversationChannel"`
	AgentID             string            `json:"agentId,omitzero"`
	UserID              string            `json:"userId"`
	RatingStatus        string            `json:"ratingStatus"`
	Language            string            `json:"language,omitzero"`
	Timestamps          map[string]string `json:"timestamps"`
}

// listRatings answers with one element a question; the questions of a survey share an id.
func listRatings(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	all := []ratingWire{}
	for _, r := range c.ratingsOf(cv) {
		at := wire.PlainTime(r.offered)
		v := ratingWire{ID: r.id, RatingType: r.kind, ConversationChannel: cv.channel.name, AgentID: r.agent, UserID: r.user, RatingStatus: "Offered",
			Language: cv.language, Timestamps: map[string]string{"created_at": at, "scheduled_at": at, "scheduled_for": at, "offered_at": at, "modified_at": at}}
		if !r.rated.IsZero() {
			v.RatingStatus, v.RatingScore, v.RatingComment = "Rated", &r.score, r.comment
			v.Timestamps["rated_at"], v.Timestamps["modified_at"] = wire.PlainTime(r.rated), wire.PlainTime(r.rated)
		}
		all = append(all, v)
	}
	return wire.Data{Data: all}, nil
}

type offerWire struct {
	ID         string `json:"id"`
	UserID     string `json:"userId"`
	AgentID    string `json:"agentId"`
	RatingType string `json:"ratingType"`
	OfferedAt  string `json:"offeredAt,omitzero"`
}

func offerRating(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
		UserID     string    `wire:"userId"`
		AgentID    string    `wire:"agentId"`
		RatingType string    `wire:"ratingType,required,Csat|Nps|ThumbsUpOrDown"`
		OfferedAt  time.Time `wire:"offeredAt"`
	}](c)
	if err != nil {
		return nil, err
	}
	if !c.Beta && (in.UserID == "" || in.AgentID == "") {
		return nil, wire.ErrBody.Because("userId and agentId are required in v1")
	}
	if in.UserID == "" {
		in.UserID = cv.requester
	}
	if in.AgentID == "" {
		in.AgentID = c.lastAgent(cv)
	}
	if err := c.isAgent(in.AgentID); err != nil {
		return nil, err
	}
	if !c.users.has(lower(in.UserID)) {
		return nil, wire.Invalid("User not found")
	}
	r := &rating{id: c.newID(), kind: in.RatingType, agent: lower(in.AgentID), user: lower(in.UserID), offered: in.OfferedAt, byAPI: true}
	if r.offered.IsZero() {
		r.offered = c.now
	}
	c.detach(cv)
	cv.ratings = append(cv.ratings, r)
	cv.touch(c.now)
	c.log(cv, "ConversationRatingOffered", r.agent, offeredAttr{c.authorOf(r.agent), c.authorOf(r.user), "ConversationRatingOfferedAttribute"})
	c.did(r.id, r.kind+" offered on conversation "+itoa(cv.id))
	return wire.Data{Data: offerWire{r.id, r.user, r.agent, r.kind, wire.PlainTime(r.offered)}}, nil
}

// lastAgent returns the Dixa agent who wrote last in a conversation, or else the one it is assigned to.
func (c *call) lastAgent(cv *conversation) string {
	for _, m := range slices.Backward(c.thread(cv)) {
		if m.out && c.agents.has(m.author) {
			return m.author
		}
	}
	return cv.agent
}

// The results of a rating, by `_type`, each with its range.
type (
	resultIn interface {
		result() (kind string, value, least, most int32)
	}
	csatIn struct {
		Value int32 `wire:"value,required"`
	}
	npsIn struct {
		Value int32 `wire:"value,required"`
	}
	thumbsIn struct {
		Value int32 `wire:"value,required"`
	}
)

func (r csatIn) result() (kind string, value, least, most int32) { return "Csat", r.Value, 1, 5 }
func (r npsIn) result() (kind string, value, least, most int32)  { return "Nps", r.Value, 0, 10 }
func (r thumbsIn) result() (kind string, value, least, most int32) {
	return "ThumbsUpOrDown", r.Value, 0, 1
}

type resultWire struct {
	Value int32  `json:"value"`
	Type  string `json:"_type"`
}

type submittedWire struct {
	RatingID     string     `json:"ratingId"`
	UserID       string     `json:"userId,omitzero"`
	RatingResult resultWire `json:"ratingResult"`
	Comment      string     `json:"comment,omitzero"`
	SubmittedAt  string     `json:"submittedAt,omitzero"`
}

// submitRating takes the result of an offer that was made through the API, and no other.
func submitRating(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
		UserID       string    `wire:"userId"` // no longer used
		RatingResult resultIn  `wire:"ratingResult,required"`
		Comment      string    `wire:"comment"`
		SubmittedAt  time.Time `wire:"submittedAt"`
	}](c)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.ratingsOf(cv), func(r *rating) bool { return r.byAPI && r.id == lower(c.Vars["ratingId"]) })
	if i < 0 {
		return nil, wire.ErrParam.Because("conversation %d has no rating offer %s that was made through the API", cv.id, c.Vars["ratingId"])
	}
	r := cv.ratings[i] // offered through the API: the conversation holds its own
	kind, value, least, most := in.RatingResult.result()
	if kind != r.kind || value < least || value > most {
		return nil, wire.ErrParam.Because("a %s was offered, and a %s is from %d to %d", r.kind, kind, least, most)
	}
	r.score, r.comment, r.rated = value, in.Comment, in.SubmittedAt
	if r.rated.IsZero() {
		r.rated = c.now
	}
	cv.touch(c.now)
	c.log(cv, "ConversationRated", r.user, ratedAttr{c.authorOf(r.agent), r.score, r.comment, "ConversationRatedAttribute"})
	c.emit(cv, "ConversationRated", map[string]any{"agent": c.hooked(r.agent), "comment": r.comment, "score": r.score, "type": r.kind})
	c.did(r.id, "rated "+itoa(int64(value)))
	return wire.Data{Data: submittedWire{r.id, r.user, resultWire{value, r.kind}, r.comment, wire.PlainTime(r.rated)}}, nil
}
