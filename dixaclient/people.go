package dixaclient

// Person is what Dixa answers about a Dixa agent and an end user alike.
type Person struct {
	DisplayName            string   `json:"displayName"`
	Email                  string   `json:"email"`
	PhoneNumber            string   `json:"phoneNumber"`
	AdditionalEmails       []string `json:"additionalEmails"`
	AdditionalPhoneNumbers []string `json:"additionalPhoneNumbers"`
	FirstName              string   `json:"firstName"`
	LastName               string   `json:"lastName"`
	MiddleNames            []string `json:"middleNames"`
	AvatarURL              string   `json:"avatarUrl"`
}

// PersonDetails are the optional arguments about a person. nil leaves a field alone; an empty text or list is sent.
type PersonDetails struct {
	PhoneNumber            *string     `json:"phoneNumber,omitzero" contact:"number"`
	AdditionalEmails       Set[string] `json:"additionalEmails,omitzero" contact:"email"`
	AdditionalPhoneNumbers Set[string] `json:"additionalPhoneNumbers,omitzero" contact:"number"`
	FirstName              *string     `json:"firstName,omitzero"`
	LastName               *string     `json:"lastName,omitzero"`
	MiddleNames            []string    `json:"middleNames,omitzero"`
	AvatarURL              *string     `json:"avatarUrl,omitzero"`
}

// NoArguments is the request of an operation that takes none.
type NoArguments struct{}
