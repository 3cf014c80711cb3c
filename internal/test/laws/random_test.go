package laws

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
)

// maker fills requests with random values that their types allow. What only fits together in some ways comes about by
// chance and by heeding the operation's refusals.
type maker struct {
	*rand.Rand
	given   float64 // how likely an optional argument is given
	contact string  // the tag contact of the field that is filled
}

// request makes arguments of an operation, as a pointer to its request.
func (m *maker) request(op *d.Spec) any {
	in := reflect.New(op.In())
	m.given = m.Float64()
	m.fill(in.Elem(), "")
	return in.Interface()
}

// mend takes the argument that a refusal names away, or fills it in anew where it cannot be missing, as a caller would.
func (m *maker) mend(in any, argument string) bool {
	argument, _, item := strings.Cut(argument, "[")
	v := reflect.ValueOf(in).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" || name != argument {
			continue
		}
		if field := v.FieldByIndex(f.Index); item || options == "" || field.IsZero() {
			m.fill(field, f.Tag.Get("check"))
		} else {
			field.SetZero()
		}
		return true
	}
	return false
}

// special makes values of the types whose fields depend on each other or on more than their type says.
func (m *maker) special(of any) any {
	switch in := of.(type) {
	case d.Time:
		return m.time()
	case d.EventName:
		return d.EventName(m.pick(d.WebhookEvent("").Values()))
	case d.ArticleImage:
		png := "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", m.IntN(100))
		return d.ArticleImage{Filename: m.word() + ".png", Base64: base64.StdEncoding.EncodeToString([]byte(png))}
	case d.SearchCondition:
		for {
			c := m.condition()
			if _, err := d.SearchConversations.Spec.Request(&d.SearchConversationsIn{Conditions: []d.SearchCondition{c}}); err == nil {
				return c
			}
		}
	case d.ExportConversationsIn:
		if m.chance(0.3) {
			return d.ExportConversationsIn{CSIDs: []int32{1 + m.Int32N(9000), 1 + m.Int32N(9000)}}
		}
		in.UpdatedAfter, in.UpdatedBefore = m.window()
		in.CreatedAfter, in.CreatedBefore = m.window()
		in.ClosedAfter, in.ClosedBefore = m.window()
		in.LastMessageCreatedAfter, in.LastMessageCreatedBefore = m.window()
		return in
	case d.ExportMessagesIn:
		in.CreatedAfter, in.CreatedBefore = m.window()
		return in
	}
	return nil
}

// fill sets one value and all below it; limits are those of its field.
func (m *maker) fill(v reflect.Value, limits string) {
	if own := m.special(v.Interface()); own != nil {
		v.Set(reflect.ValueOf(own))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.Anonymous && strings.Contains(f.Tag.Get("json"), ",omit") && !m.chance(m.given) {
				continue
			}
			if f.Name == "Cc" || f.Name == "Bcc" { // Dixa's examples have addresses, its schema ids of users
				v.Field(i).Set(reflect.ValueOf([]string{m.address(), m.uuid()}))
				continue
			}
			if f.Tag.Get("time") == "zone" {
				v.Field(i).SetString(m.pick([]string{"UTC", "Europe/Copenhagen", "America/New_York"}))
				continue
			}
			m.contact = f.Tag.Get("contact")
			m.fill(v.Field(i), f.Tag.Get("check"))
			m.contact = ""
		}
	case reflect.Pointer:
		defer m.giving(m.given)
		m.giving(m.Float64())
		v.Set(reflect.New(v.Type().Elem()))
		m.fill(v.Elem(), limits)
	case reflect.Slice:
		defer m.giving(m.given)
		least, most := bounds(limits, 1, 3)
		n := int(m.between(least, min(most, least+2)))
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range v.Len() {
			m.giving(m.Float64())
			if m.fill(v.Index(i), ""); i > 0 && m.chance(0.1) {
				v.Index(i).Set(v.Index(0)) // the same twice
			}
		}
	case reflect.String:
		v.SetString(m.text(v, limits))
	case reflect.Bool:
		v.SetBool(m.chance(0.5))
	case reflect.Int, reflect.Int32, reflect.Int64:
		least, most := bounds(limits, 0, 1<<31-1)
		if m.chance(0.5) { // scales end at 1, 5 or 10
			most = min(most, least+10)
		}
		v.SetInt(m.between(least, most))
	default:
		panic(fmt.Sprintf("laws: no random %s", v.Type()))
	}
}

// text makes a string of a type that may name its values or its form.
func (m *maker) text(v reflect.Value, limits string) string {
	switch t := v.Interface().(type) {
	case interface{ Values() []string }:
		return m.pick(t.Values())
	case interface{ Format() string }:
		if t.Format() == "uuid" {
			return m.uuid()
		}
		return m.pick([]string{"e8a1b2c3-0000-4000-8000-00000000abcd", "closed_conversations", "support@email.dixa.io", "+4512345678", "en", "1001"})
	}
	switch m.contact {
	case "email":
		return m.address()
	case "number", "phone":
		return fmt.Sprintf("+45%08d", m.IntN(1e8))
	}
	least, _ := bounds(limits, 0, 0)
	if least == 0 && m.chance(0.05) {
		return ""
	}
	if m.chance(0.5) {
		return m.word()
	}
	return m.pick([]string{"vip@example.com", `<p>"Tak" & farvel</p>`, "two\nlines\t\\", "日本語 🙂", "https://example.com/?a=1&b=2", "\u2028 é"})
}

// condition makes one condition of a search, which mostly does not fit together.
func (m *maker) condition() d.SearchCondition {
	type plain d.SearchCondition
	var c plain
	m.given = 0.3
	m.fill(reflect.ValueOf(&c).Elem(), "")
	of := map[d.SearchField][]string{"Channel": d.SearchChannel("").Values(), "Status": d.SearchStatus("").Values(),
		"Direction": d.SearchDirection("").Values(), "ConversationId": {"1001", "42"}, "CustomAttribute": {"vip", "Refund > Late"}}[c.Field]
	for i := range c.Values {
		if c.Values[i] = m.uuid(); of != nil {
			c.Values[i] = m.pick(of)
		}
	}
	return d.SearchCondition(c)
}

func (m *maker) giving(likely float64) { m.given = likely }

func (m *maker) between(least, most int64) int64 { return least + m.Int64N(most-least+1) }
func (m *maker) chance(p float64) bool           { return m.Float64() < p }
func (m *maker) pick(values []string) string     { return values[m.IntN(len(values))] }
func (m *maker) word() string                    { return fmt.Sprintf("word%d", m.IntN(1000)) }
func (m *maker) address() string                 { return m.word() + "@example.com" }
func (m *maker) time() d.Time                    { return d.Time{Time: time.UnixMilli(m.Int64N(2e12)).UTC()} }
func (m *maker) uuid() string {
	a, b := m.Uint64(), m.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// window makes both ends of a window, or none.
func (m *maker) window() (after, before d.Millis) {
	if m.chance(0.4) {
		return
	}
	from := m.time()
	return d.Millis{Time: from}, d.Millis{Time: d.Time{Time: from.Add(time.Duration(1 + m.Int64N(int64(d.MaxExportSpan)))).Truncate(time.Millisecond)}}
}

// bounds reads the tag check.
func bounds(tag string, least, most int64) (int64, int64) {
	for part := range strings.SplitSeq(tag, ",") {
		name, number, _ := strings.Cut(part, "=")
		n, _ := strconv.ParseInt(number, 10, 64) // the schema refuses a tag that is no number
		switch name {
		case "min":
			least = n
		case "max":
			most = n
		}
	}
	return least, max(least, most)
}
