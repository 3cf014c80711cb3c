package dixaclient

// CustomAttributeValue is the value of a custom attribute on a conversation or an end user; Value is a string, or the
// path of the chosen option as a list of strings.
type CustomAttributeValue struct {
	ID         UUID   `json:"id"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
	Value      any    `json:"value"`
}

// CustomAttribute is the definition of a custom attribute; EntityType is Contact or Conversation.
type CustomAttribute struct {
	ID              UUID                 `json:"id"`
	EntityType      string               `json:"entityType"`
	Identifier      string               `json:"identifier"`
	Label           string               `json:"label"`
	Description     string               `json:"description"`
	InputDefinition CustomAttributeInput `json:"inputDefinition"`
	IsRequired      bool                 `json:"isRequired"`
	IsArchived      bool                 `json:"isArchived"`
	IsDeactivated   bool                 `json:"isDeactivated"`
}

// CustomAttributeInput is how an attribute is filled in: Type is Text, or Select with options.
type CustomAttributeInput struct {
	Type    string         `json:"_type"`
	Options []SelectOption `json:"options"`
}

// SelectOption is an option of a Select attribute. An attribute's value is the path of Values down to an option.
type SelectOption struct {
	ID            UUID           `json:"id"`
	Label         string         `json:"label"`
	Value         string         `json:"value"`
	IsDeactivated bool           `json:"isDeactivated"`
	NestedOptions []SelectOption `json:"nestedOptions"`
}

// CustomAttributeSetting is one attribute to set or to clear. An empty text or list is sent as such; Clear sends null,
// which takes the value away.
type CustomAttributeSetting struct {
	ID     UUID     `json:"id"`
	Value  *string  `json:"value,omitzero" jsonschema_description:"Text"`
	Values []string `json:"values,omitzero" jsonschema_description:"Select: path of values from the root"`
	Clear  bool     `json:"clear,omitzero" jsonschema_description:"take the value away"`
}

// CustomAttributeSettings are the attributes to set; those that are not named stay as they are.
type CustomAttributeSettings struct {
	Attributes []CustomAttributeSetting `json:"attributes" check:"min=1,max=100"`
}

// Body returns Dixa's form of the settings, a map from ids to a text or a list.
func (s CustomAttributeSettings) Body() (any, error) {
	body := make(map[UUID]any, len(s.Attributes))
	for _, a := range s.Attributes {
		given := 0
		for _, is := range []bool{a.Value != nil, a.Values != nil, a.Clear} {
			if is {
				given++
			}
		}
		if given != 1 {
			return nil, &InputError{Field: "attributes", Problem: string("needs one of value (Text), values (Select) and clear for " + a.ID)}
		}
		if _, twice := body[a.ID]; twice {
			return nil, &InputError{Field: "attributes", Problem: string("may name an id once, not twice " + a.ID)}
		}
		switch {
		case a.Clear:
			body[a.ID] = nil
		case a.Value != nil:
			body[a.ID] = a.Value
		default:
			body[a.ID] = a.Values
		}
	}
	return body, nil
}

// SetEndUserAttributesIn sets custom attributes of an end user.
type SetEndUserAttributesIn struct {
	EndUserRef
	CustomAttributeSettings
}

// SetConversationAttributesIn sets custom attributes of a conversation.
type SetConversationAttributesIn struct {
	ConversationRef
	CustomAttributeSettings
}

// GetCustomAttributeIn names a definition.
type GetCustomAttributeIn struct {
	CustomAttributeID Name `json:"customAttributeId" in:"path"`
}

// The operations on custom attributes. Source: Dixa API v1, "Custom Attributes", "End Users", "Conversations".
var (
	ListCustomAttributes      = op[NoArguments, []CustomAttribute]("list_custom_attributes", "GET /v1/custom-attributes", Read, shared)
	GetCustomAttribute        = op[GetCustomAttributeIn, CustomAttribute]("get_custom_attribute", "GET /v1/custom-attributes/{customAttributeId}", Read, shared)
	SetEndUserAttributes      = op[SetEndUserAttributesIn, []CustomAttributeValue]("set_end_user_attributes", "PATCH /v1/endusers/{userId}/custom-attributes", Write, lookWith("get_end_user"))
	SetConversationAttributes = op[SetConversationAttributesIn, []CustomAttributeValue]("set_conversation_attributes", "PATCH /v1/conversations/{conversationId}/custom-attributes", Write, lookWith("get_conversation"))
)
