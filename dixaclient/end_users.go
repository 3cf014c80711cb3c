package dixaclient

// EndUserRef names the end user (Dixa's contact, the customer) that a request is about.
type EndUserRef struct {
	UserID UUID `json:"userId" in:"path"`
}

// OfEndUser returns the end user's id.
func (r EndUserRef) OfEndUser() UUID { return r.UserID }

// EndUser is a customer. Lists leave out the custom attributes.
type EndUser struct {
	ID        UUID `json:"id"`
	CreatedAt Time `json:"createdAt"`
	Person
	ExternalID       string                 `json:"externalId"`
	CustomAttributes []CustomAttributeValue `json:"customAttributes"`
}

// EndUserDetails are the optional arguments about an end user.
type EndUserDetails struct {
	Email *string `json:"email,omitzero" contact:"email"`
	PersonDetails
	ExternalID *string `json:"externalId,omitzero"`
}

// ListEndUsersIn finds end users by one of the three filters, or lists all.
type ListEndUsersIn struct {
	Email      string `json:"email,omitzero" in:"query" contact:"email"`
	Phone      string `json:"phone,omitzero" in:"query" contact:"phone"`
	ExternalID string `json:"externalId,omitzero" in:"query"`
	Page
}

// Body refuses what Dixa answers with 400: more than one filter. There is no body.
func (in ListEndUsersIn) Body() (any, error) {
	return nil, oneFilter(in.Email, in.Phone, in.ExternalID)
}

// oneFilter refuses more than one of an operation's filters.
func oneFilter(filters ...string) error {
	given := 0
	for _, f := range filters {
		if f != "" {
			given++
		}
	}
	if given > 1 {
		return &InputError{Problem: "only one of email, phone and externalId may be given"}
	}
	return nil
}

// CreateEndUserIn is a new end user.
type CreateEndUserIn struct {
	DisplayName *string `json:"displayName,omitzero"`
	EndUserDetails
}

// UpdateEndUserIn changes what is given and leaves the rest.
type UpdateEndUserIn struct {
	EndUserRef
	DisplayName *string `json:"displayName,omitzero"`
	EndUserDetails
}

// ReplaceEndUserIn replaces all that is known about an end user.
type ReplaceEndUserIn struct {
	EndUserRef
	DisplayName string `json:"displayName"`
	EndUserDetails
}

// ListEndUserConversationsIn names an end user.
type ListEndUserConversationsIn struct {
	EndUserRef
	Page
}

// The operations on end users one by one. Source: Dixa API v1, "End Users".
var (
	ListEndUsers             = op[ListEndUsersIn, []EndUser]("list_end_users", "GET /v1/endusers", Read, reaches(SomeEndUsers), paged)
	GetEndUser               = op[EndUserRef, EndUser]("get_end_user", "GET /v1/endusers/{userId}", Read)
	CreateEndUser            = op[CreateEndUserIn, EndUser]("create_end_user", "POST /v1/endusers", Write, lookWith("list_end_users"))
	UpdateEndUser            = op[UpdateEndUserIn, EndUser]("update_end_user", "PATCH /v1/endusers/{userId}", Write, lookWith("get_end_user"))
	ReplaceEndUser           = op[ReplaceEndUserIn, EndUser]("replace_end_user", "PUT /v1/endusers/{userId}", Write, lookWith("get_end_user"))
	ListEndUserConversations = op[ListEndUserConversationsIn, []Conversation]("list_end_user_conversations", "GET /v1/endusers/{userId}/conversations", Read, paged)
)
