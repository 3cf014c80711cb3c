package offline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/body"
	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

var attributeRoutes = []route{
	{Pattern: "GET /v1/custom-attributes", Status: 200, Handle: listAttributes},
	{Pattern: "GET /v1/custom-attributes/{customAttributeId}", Status: 200, Handle: getAttribute, Plain: []string{"customAttributeId"}},
	{Pattern: "PATCH /v1/endusers/{userId}/custom-attributes", Status: 200, Handle: setUserAttributes},
	{Pattern: "PATCH /v1/conversations/{conversationId}/custom-attributes", Status: 200, Handle: setConversationAttributes},
}

// attribute is the definition of a custom attribute.
type attribute struct {
	id, entity, identifier, label, description string
	created                                    time.Time
	required, archived, deactivated            bool
	placeholder                                string    // of a Text
	options                                    []*option // of a Select
}

type option struct {
	ID            string    `json:"id"`
	Label         string    `json:"label"`
	Value         string    `json:"value"`
	NestedOptions []*option `json:"nestedOptions"`
	IsDeactivated bool      `json:"isDeactivated"`
	OrderIndex    int       `json:"orderIndex"`
}

type attributeWire struct {
	ID              string          `json:"id"`
	EntityType      string          `json:"entityType"`
	Identifier      string          `json:"identifier"`
	Label           string          `json:"label"`
	InputDefinition inputDefinition `json:"inputDefinition"`
	Description     string          `json:"description,omitzero"`
	CreatedAt       string          `json:"createdAt"`
	IsRequired      bool            `json:"isRequired"`
	IsArchived      bool            `json:"isArchived"`
	IsDeactivated   bool            `json:"isDeactivated"`
}

type inputDefinition struct {
	Options     []*option `json:"options,omitzero"`
	Placeholder string    `json:"placeholder,omitzero"`
	Type        string    `json:"_type"` // Select or Text
}

// attributeValue is the value of an attribute: a string for Text, the path of labels' values for Select.
type attributeValue struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
	Value      any    `json:"value"`
}

// seededAttributes: each line of options is "value:Label", those below it follow after ">".
var seededAttributes = []struct {
	entity, identifier, label, description, placeholder string
	options                                             []string
}{
	{"Conversation", "order_number", "Order number", "The order that the conversation is about", "HB-123456", nil},
	{"Conversation", "contact_reason", "Contact reason", "Why the customer got in touch", "", []string{
		"payment:Payment>refund:Refund>double_charge:Double charge>invoice:Invoice",
		"delivery:Delivery>late:Late>lost:Lost",
		"account:Account>login:Login>membership:Membership",
		"product:Product>damaged:Damaged>return:Return>question:Question",
		"other:Other",
	}},
	{"Conversation", "parcel_id", "Parcel ID", "Tracking number of the carrier", "JJD01234567890", nil},
	{"Conversation", "old_reference", "Old reference", "Reference in the system before", "", nil},
	{"Contact", "customer_number", "Customer number", "Number in the shop", "20000", nil},
	{"Contact", "loyalty_tier", "Loyalty tier", "Membership of Havbris Plus", "", []string{"none:None", "silver:Silver", "gold:Gold"}},
	{"Contact", "location", "Location", "Where the customer lives", "", []string{
		"denmark:Denmark>copenhagen:Copenhagen>aarhus:Aarhus",
		"uk:United Kingdom>london:London>bristol:Bristol",
		"germany:Germany", "sweden:Sweden", "france:France", "spain:Spain",
	}},
}

func (w *world) seedAttributes() {
	for i, s := range seededAttributes {
		a := &attribute{
			id: w.uuid("attribute", int64(i)), entity: s.entity, identifier: s.identifier, label: s.label, description: s.description,
			created: w.anchor.AddDate(0, -14, -i), placeholder: s.placeholder, archived: s.identifier == "old_reference",
		}
		order := 0
		for _, line := range s.options {
			parts := strings.Split(line, ">")
			o := w.newOption(a, parts[0], &order)
			for _, nested := range parts[1:] {
				o.NestedOptions = append(o.NestedOptions, w.newOption(a, nested, &order))
			}
			a.options = append(a.options, o)
		}
		w.attrs.add(a.id, a)
	}
}

func (w *world) newOption(a *attribute, text string, order *int) *option {
	value, label, _ := strings.Cut(text, ":")
	*order++
	return &option{ID: w.uuid("option "+a.identifier, int64(*order)), Label: label, Value: value, NestedOptions: []*option{}, OrderIndex: *order}
}

func (w *world) attributeNamed(identifier string) *attribute {
	for _, a := range w.attrs.list {
		if a.identifier == identifier {
			return a
		}
	}
	return nil
}

func (w *world) seedUserAttributes(r *fiction.RNG, u *person, i int) {
	u.attrs[w.attributeNamed("customer_number").id] = fmt.Sprint(20000 + i*7)
	u.attrs[w.attributeNamed("loyalty_tier").id] = []string{fiction.Pick(r, []string{"none", "silver", "gold"})}
	if r.Chance(50) {
		u.attrs[w.attributeNamed("location").id] = fiction.Pick(r, fiction.CultureOf(u.language).Location)
	}
}

func (a *attribute) wire() attributeWire {
	in := inputDefinition{Type: "Text", Placeholder: a.placeholder}
	if a.options != nil {
		in = inputDefinition{Type: "Select", Options: a.options}
	}
	return attributeWire{a.id, a.entity, a.identifier, a.label, in, a.description, wire.ZonedTime(a.created), a.required, a.archived, a.deactivated}
}

// values writes attribute values in the order of the definitions.
func (w *world) values(held map[string]any) []attributeValue {
	values := []attributeValue{}
	for _, a := range w.attrs.list {
		if v, ok := held[a.id]; ok {
			values = append(values, attributeValue{a.id, a.label, a.identifier, v})
		}
	}
	return values
}

func listAttributes(c *call) (any, error) {
	all := []attributeWire{}
	for _, a := range c.attrs.list {
		all = append(all, a.wire())
	}
	return wire.Data{Data: all}, nil
}

func getAttribute(c *call) (any, error) {
	a, err := c.attrs.get(lower(c.Vars["customAttributeId"]))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: a.wire()}, nil
}

func setUserAttributes(c *call) (any, error) {
	u, err := c.users.get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	changed, err := c.patchValues(u.attrs, "Contact")
	if err != nil {
		return nil, err
	}
	u.attrs = changed
	c.did(u.ID, "custom attributes set")
	return wire.Data{Data: c.values(u.attrs)}, nil
}

func setConversationAttributes(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	changed, err := c.patchValues(cv.attrs, "Conversation")
	if err != nil {
		return nil, err
	}
	c.detach(cv)
	cv.attrs = changed
	cv.touch(c.now)
	c.log(cv, "ConversationCustomAttributesUpdated", c.owner(), updatedAttrsAttr{Values: changed, Type: "ConversationCustomAttributesUpdatedAttribute"})
	c.did(itoa(cv.id), "custom attributes set")
	return wire.Data{Data: c.values(cv.attrs)}, nil
}

// patchValues returns a copy of held with the body's values in it: a bare map from attribute ids to values, where null takes one away.
func (c *call) patchValues(held map[string]any, entity string) (map[string]any, error) {
	in, err := decode[map[string]any](c)
	if err != nil {
		return nil, err
	}
	changed := map[string]any{}
	for id, v := range held {
		changed[id] = v
	}
	for id, raw := range in {
		if !body.IsUUID(id) {
			return nil, wire.ErrBody.Because("%q is not a uuid", id)
		}
		a, err := c.attrs.get(lower(id))
		if err != nil {
			return nil, err
		}
		if a.entity != entity || a.archived || a.deactivated {
			return nil, wire.Invalid("Invalid input for patching").Because("%s cannot be set on a %s", a.identifier, entity)
		}
		if raw == nil {
			delete(changed, a.id)
			continue
		}
		v, err := a.value(raw)
		if err != nil {
			return nil, err
		}
		changed[a.id] = v
	}
	return changed, nil
}

// value checks a value: a string for a Text, the path of a known option as an array for a Select.
func (a *attribute) value(raw any) (any, error) {
	if s, ok := raw.(string); ok && a.options == nil {
		return s, nil
	}
	items, ok := raw.([]any)
	if !ok && a.options != nil {
		if _, text := raw.(string); text {
			return nil, wire.Invalid("Invalid input for patching").Because("%s is a Select, its value is an array", a.identifier)
		}
	}
	if !ok {
		return nil, wire.ErrBody.Because("the value of %s is neither a string nor an array", a.identifier)
	}
	path := []string{}
	for _, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, wire.ErrBody.Because("the value of %s has something in it that is not a string", a.identifier)
		}
		path = append(path, s)
	}
	if a.options == nil || !onPath(a.options, path) {
		return nil, wire.Invalid("Invalid input for patching").Because("%s has no option %s", a.identifier, strings.Join(path, " > "))
	}
	return path, nil
}

// onPath reports whether a path leads through the options.
func onPath(options []*option, path []string) bool {
	if len(path) == 0 {
		return false
	}
	i := slices.IndexFunc(options, func(o *option) bool { return o.Value == path[0] && !o.IsDeactivated })
	return i >= 0 && (len(path) == 1 || onPath(options[i].NestedOptions, path[1:]))
}
