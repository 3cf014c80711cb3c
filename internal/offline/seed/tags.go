package seed

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
)

const refundTagID = "77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"

var tagNames = strings.Fields("refund refund-pending double-charge payment invoice late-delivery lost-parcel damaged wrong-item return " +
	"exchange warranty login password-reset app bug subscription cancellation complaint escalated compliment urgent vip b2b gdpr " +
	"presale stock fraud-check translation voucher")

var inactiveTagNames = strings.Fields("black-friday summer-sale beta-test")

func (w *maker) seedTags() {
	for i, name := range append(slices.Clone(tagNames), inactiveTagNames...) {
		t := &desk.Tag{ID: w.UUID("tag", int64(i)), Name: name, Inactive: i >= len(tagNames)}
		if name == "refund" {
			t.ID = refundTagID
		}
		if i%2 == 0 {
			t.Color = fiction.Pick(w.Rand("tag", int64(i)), []string{"#e4572e", "#17bebb", "#ffc914", "#2e282a", "#76b041"})
		}
		w.Tags.Add(t.ID, t)
	}
}

func (w *maker) seedAttributes() {
	for i, s := range seededAttributes {
		a := &desk.Attribute{
			ID: w.UUID("attribute", int64(i)), Entity: s.entity, Identifier: s.identifier, Label: s.label, Description: s.description,
			Created: w.Anchor.AddDate(0, -14, -i), Placeholder: s.placeholder, Archived: s.identifier == "old_reference",
		}
		order := 0
		for _, line := range s.options {
			parts := strings.Split(line, ">")
			o := w.newOption(a, parts[0], &order)
			for _, nested := range parts[1:] {
				o.NestedOptions = append(o.NestedOptions, w.newOption(a, nested, &order))
			}
			a.Options = append(a.Options, o)
		}
		w.Attributes.Add(a.ID, a)
	}
}

func (w *maker) newOption(a *desk.Attribute, text string, order *int) *desk.Option {
	value, label, _ := strings.Cut(text, ":")
	*order++
	return &desk.Option{ID: w.UUID("option "+a.Identifier, int64(*order)), Label: label, Value: value, NestedOptions: []*desk.Option{}, OrderIndex: *order}
}
