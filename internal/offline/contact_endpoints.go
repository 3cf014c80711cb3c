package offline

import (
	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

var contactRoutes = []route{
	{Pattern: "GET /v1/contact-endpoints", Status: 200, Query: "_type", Handle: listContactEndpoints},
	{Pattern: "GET /v1/contact-endpoints/{contactEndpointId}", Status: 200, Handle: getContactEndpoint, Plain: []string{"contactEndpointId"}},
}

// endpoint is an address or a number of the organization. Its id is the address or the number itself.
type endpoint struct {
	Address        string   `json:"address,omitzero"`
	SenderOverride string   `json:"senderOverride,omitzero"`
	Number         string   `json:"number,omitzero"`
	Functionality  []string `json:"functionality,omitzero"`
	Name           string   `json:"name,omitzero"`
	Type           string   `json:"_type"`
}

const smsNumber = "+442079460101"

func (w *world) seedEndpoints() {
	for _, q := range seededQueues {
		if q.mailbox != "" {
			w.endpoints = append(w.endpoints, endpoint{Address: q.mailbox + "@email.dixa.io", SenderOverride: q.mailbox + "@example.com",
				Name: q.name, Type: "EmailEndpoint"})
		}
		if q.phone != "" {
			w.endpoints = append(w.endpoints, endpoint{Number: q.phone, Functionality: []string{"VoiceInbound", "VoiceOutbound"},
				Name: q.name + " line", Type: "TelephonyEndpoint"})
		}
	}
	w.endpoints = append(w.endpoints,
		endpoint{Address: "nordic@email.dixa.io", Name: "Nordic support", Type: "EmailEndpoint"},
		endpoint{Number: smsNumber, Functionality: []string{"Sms"}, Name: "UK SMS", Type: "TelephonyEndpoint"})
}

// endpointNamed finds an endpoint by its address or number.
func (w *world) endpointNamed(id string) (endpoint, bool) {
	for _, e := range w.endpoints {
		if id != "" && (e.Address == id || e.Number == id) {
			return e, true
		}
	}
	return endpoint{}, false
}

// chooseEndpoint says where a seeded conversation came to.
func (w *world) chooseEndpoint(r *fiction.RNG, c *conversation) {
	switch {
	case c.misplaced != "":
		c.endpoint = w.queues.byID[c.misplaced].Usages.Usages["Email"][0]
	case c.channel.mail() && (c.language == "da" || c.language == "sv") && r.Chance(60):
		c.endpoint = "nordic@email.dixa.io"
	case c.channel.mail():
		c.endpoint = "support@email.dixa.io"
		if u := w.queues.byID[c.queue].Usages.Usages["Email"]; len(u) > 0 {
			c.endpoint = u[0]
		}
	case c.channel.spoken():
		c.endpoint = "+442079460100"
	case c.channel.name == "Sms":
		c.endpoint = smsNumber
	}
}

func listContactEndpoints(c *call) (any, error) {
	kind := c.Query.Get("_type")
	if kind != "" && kind != "EmailEndpoint" && kind != "TelephonyEndpoint" {
		return nil, wire.ErrParam.Because("query parameter _type is neither EmailEndpoint nor TelephonyEndpoint")
	}
	found := []endpoint{}
	for _, e := range c.endpoints {
		if kind == "" || e.Type == kind {
			found = append(found, e)
		}
	}
	return wire.Data{Data: found}, nil
}

func getContactEndpoint(c *call) (any, error) {
	e, ok := c.endpointNamed(c.Vars["contactEndpointId"])
	if !ok {
		return nil, wire.ErrNotFound.Because("there is no contact endpoint %q", c.Vars["contactEndpointId"])
	}
	return wire.Data{Data: e}, nil
}
