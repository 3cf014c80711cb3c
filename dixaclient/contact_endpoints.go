package dixaclient

// ContactEndpoint is an address or a number of the organization, which is its id too. Type is EmailEndpoint, with
// Address, or TelephonyEndpoint, with Number.
type ContactEndpoint struct {
	Type           string   `json:"_type"`
	Name           string   `json:"name"`
	Address        string   `json:"address"`
	SenderOverride string   `json:"senderOverride"`
	Number         string   `json:"number"`
	Functionality  []string `json:"functionality"` // Sms, VoiceInbound, VoiceOutbound
}

// ContactEndpointType is a kind of contact endpoint.
type ContactEndpointType string

// Values returns the two kinds.
func (ContactEndpointType) Values() []string { return []string{"EmailEndpoint", "TelephonyEndpoint"} }

// ListContactEndpointsIn lists the contact endpoints of one kind, or all.
type ListContactEndpointsIn struct {
	Type ContactEndpointType `json:"type,omitzero" in:"query" wire:"_type"`
}

// GetContactEndpointIn names a contact endpoint by its address or number.
type GetContactEndpointIn struct {
	ContactEndpointID Name `json:"contactEndpointId" in:"path" contact:"number" jsonschema_description:"email address or E.164 number"`
}

// The operations on contact endpoints. Source: Dixa API v1, "Contact Endpoints".
var (
	ListContactEndpoints = op[ListContactEndpointsIn, []ContactEndpoint]("list_contact_endpoints", "GET /v1/contact-endpoints", Read, shared)
	GetContactEndpoint   = op[GetContactEndpointIn, ContactEndpoint]("get_contact_endpoint", "GET /v1/contact-endpoints/{contactEndpointId}", Read, shared)
)
