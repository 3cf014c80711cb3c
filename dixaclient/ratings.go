package dixaclient

import "fmt"

// RatingType is a scale.
type RatingType string

// Values returns the three scales.
func (RatingType) Values() []string { return []string{"Csat", "Nps", "ThumbsUpOrDown"} }

// The lowest and the highest value of a scale. Source: Dixa API v1, the descriptions of the three schemas.
var ratingRange = map[RatingType][2]int{"Csat": {1, 5}, "Nps": {0, 10}, "ThumbsUpOrDown": {0, 1}}

// ConversationRating is the state of one question of a survey; all questions of a survey have the same ID. Status is
// Unscheduled, Scheduled, Offered, Rated or Cancelled.
type ConversationRating struct {
	ID         Name              `json:"id"`
	Type       RatingType        `json:"ratingType"`
	Status     string            `json:"ratingStatus"`
	Score      *int              `json:"ratingScore"`
	Comment    string            `json:"ratingComment"`
	Channel    Channel           `json:"conversationChannel"`
	AgentID    Name              `json:"agentId"`
	UserID     Name              `json:"userId"`
	Language   string            `json:"language"`
	Timestamps map[string]string `json:"timestamps"`
}

// OfferRatingIn asks an end user to rate a Dixa agent.
type OfferRatingIn struct {
	ConversationRef
	RatingType RatingType `json:"ratingType"`
	UserID     Name       `json:"userId,omitzero" v1:"required" jsonschema_description:"end user who rates"`
	AgentID    UUID       `json:"agentId,omitzero" v1:"required" jsonschema_description:"rated Dixa agent"`
	OfferedAt  Time       `json:"offeredAt,omitzero"`
}

// OtherEndUsers returns the end user who is asked for the rating; without one Dixa asks the conversation's requester.
func (in OfferRatingIn) OtherEndUsers() []UUID {
	if in.UserID == "" {
		return nil
	}
	return []UUID{UUID(in.UserID)}
}

// RatingOffer is an offer; its ID is what [SubmitRating] needs.
type RatingOffer struct {
	ID         Name       `json:"id"`
	UserID     Name       `json:"userId"`
	AgentID    Name       `json:"agentId"`
	RatingType RatingType `json:"ratingType"`
	OfferedAt  Time       `json:"offeredAt"`
}

// SubmitRatingIn answers an offer that was made with [OfferRating].
type SubmitRatingIn struct {
	ConversationRef
	RatingID    Name       `json:"ratingId" in:"path"`
	RatingType  RatingType `json:"ratingType"`
	Value       int        `json:"value" jsonschema_description:"Csat 1-5, Nps 0-10, ThumbsUpOrDown 0-1"`
	Comment     string     `json:"comment,omitzero"`
	SubmittedAt Time       `json:"submittedAt,omitzero"`
}

// Parts returns the rating that is answered.
func (in SubmitRatingIn) Parts() []Part { return []Part{{RatingPart, string(in.RatingID)}} }

// RatingScore is Dixa's union of the scales.
type RatingScore struct {
	Type  RatingType `json:"_type"`
	Value int        `json:"value"`
}

// RatingResult is a rating that was given.
type RatingResult struct {
	RatingID     Name        `json:"ratingId,omitzero"`
	RatingResult RatingScore `json:"ratingResult"`
	Comment      string      `json:"comment,omitzero"`
	SubmittedAt  Time        `json:"submittedAt,omitzero"`
}

// Body returns Dixa's form of the rating. It refuses a value that is not on the scale.
func (in SubmitRatingIn) Body() (any, error) {
	if r := ratingRange[in.RatingType]; in.Value < r[0] || in.Value > r[1] {
		return nil, &InputError{Field: "value", Problem: fmt.Sprintf("must be %d to %d for %s", r[0], r[1], in.RatingType)}
	}
	return RatingResult{"", RatingScore{in.RatingType, in.Value}, in.Comment, in.SubmittedAt}, nil
}

// The operations on ratings. Source: Dixa API v1, "Conversations".
var (
	ListRatings  = op[ConversationRef, []ConversationRating]("list_ratings", "GET /v1/conversations/{conversationId}/ratings", Read)
	GetRating    = op[ConversationRef, []ConversationRating]("get_rating", "GET /v1/conversations/{conversationId}/rating", Read, deprecated)
	OfferRating  = op[OfferRatingIn, RatingOffer]("offer_rating", "POST /v1/conversations/{conversationId}/ratings/offer", Send, lookWith("list_ratings"))
	SubmitRating = op[SubmitRatingIn, RatingResult]("submit_rating", "POST /v1/conversations/{conversationId}/ratings/{ratingId}/submit", Write, lookWith("list_ratings"))
)
