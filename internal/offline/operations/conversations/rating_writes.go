package conversations

import (
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var ratingRoutes = []call.Route{
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
func listRatings(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	all := []ratingWire{}
	for _, r := range c.RatingsOf(cv) {
		at := wire.PlainTime(r.Offered)
		v := ratingWire{ID: r.ID, RatingType: r.Kind, ConversationChannel: cv.Channel.Name, AgentID: r.Agent, UserID: r.User, RatingStatus: "Offered",
			Language: cv.Language, Timestamps: map[string]string{"created_at": at, "scheduled_at": at, "scheduled_for": at, "offered_at": at, "modified_at": at}}
		if !r.Rated.IsZero() {
			v.RatingStatus, v.RatingScore, v.RatingComment = "Rated", &r.Score, r.Comment
			v.Timestamps["rated_at"], v.Timestamps["modified_at"] = wire.PlainTime(r.Rated), wire.PlainTime(r.Rated)
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

func offerRating(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
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
		in.UserID = cv.Requester
	}
	if in.AgentID == "" {
		in.AgentID = lastAgent(c, cv)
	}
	if err := c.IsAgent(in.AgentID); err != nil {
		return nil, err
	}
	if !c.Users.Has(strings.ToLower(in.UserID)) {
		return nil, wire.Invalid("User not found")
	}
	r := &desk.Rating{ID: c.NewID(), Kind: in.RatingType, Agent: strings.ToLower(in.AgentID), User: strings.ToLower(in.UserID), Offered: in.OfferedAt, ByAPI: true}
	if r.Offered.IsZero() {
		r.Offered = c.Now
	}
	c.Detach(cv)
	cv.Ratings = append(cv.Ratings, r)
	cv.Touch(c.Now)
	logEntry(c, cv, "ConversationRatingOffered", r.Agent, desk.Offered{Agent: c.AuthorOf(r.Agent), User: c.AuthorOf(r.User), Type: "ConversationRatingOfferedAttribute"})
	c.Did(r.ID, r.Kind+" offered on conversation "+call.Itoa(cv.ID))
	return wire.Data{Data: offerWire{r.ID, r.User, r.Agent, r.Kind, wire.PlainTime(r.Offered)}}, nil
}

// lastAgent returns the Dixa agent who wrote last in a conversation, or else the one it is assigned to.
func lastAgent(c *call.Call, cv *desk.Conversation) string {
	for _, m := range slices.Backward(c.Thread(cv)) {
		if m.Out && c.Agents.Has(m.Author) {
			return m.Author
		}
	}
	return cv.Agent
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
func submitRating(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		UserID       string    `wire:"userId"` // no longer used
		RatingResult resultIn  `wire:"ratingResult,required"`
		Comment      string    `wire:"comment"`
		SubmittedAt  time.Time `wire:"submittedAt"`
	}](c)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.RatingsOf(cv), func(r *desk.Rating) bool { return r.ByAPI && r.ID == strings.ToLower(c.Vars["ratingId"]) })
	if i < 0 {
		return nil, wire.ErrParam.Because("conversation %d has no rating offer %s that was made through the API", cv.ID, c.Vars["ratingId"])
	}
	r := cv.Ratings[i] // offered through the API: the conversation holds its own
	kind, value, least, most := in.RatingResult.result()
	if kind != r.Kind || value < least || value > most {
		return nil, wire.ErrParam.Because("a %s was offered, and a %s is from %d to %d", r.Kind, kind, least, most)
	}
	r.Score, r.Comment, r.Rated = value, in.Comment, in.SubmittedAt
	if r.Rated.IsZero() {
		r.Rated = c.Now
	}
	cv.Touch(c.Now)
	logEntry(c, cv, "ConversationRated", r.User, desk.Rated{Agent: c.AuthorOf(r.Agent), Score: r.Score, Message: r.Comment, Type: "ConversationRatedAttribute"})
	c.Emit(cv, "ConversationRated", map[string]any{"agent": hooks.Person(c.World, r.Agent), "comment": r.Comment, "score": r.Score, "type": r.Kind})
	c.Did(r.ID, "rated "+call.Itoa(int64(value)))
	return wire.Data{Data: submittedWire{r.ID, r.User, resultWire{value, r.Kind}, r.Comment, wire.PlainTime(r.Rated)}}, nil
}
