package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/fold"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
)

// Options of custom attributes are named by the path to them: "Payment", "Double charge". Each step is a label or the value
// that Dixa has for it. A value that is written exactly so comes first, so that what worked without labels still does.

// optionsLast puts the options behind what else is named, since what they can be depends on the attribute.
func optionsLast(references []dixaclient.Reference) []dixaclient.Reference {
	slices.SortStableFunc(references, func(a, b dixaclient.Reference) int {
		switch isA, isB := a.Thing == dixaclient.OptionThing, b.Thing == dixaclient.OptionThing; {
		case isA == isB:
			return 0
		case isA:
			return 1
		}
		return -1
	})
	return references
}

// optionsOf returns the options of the Select with an id; none where it is no Select, or there is none.
func optionsOf(attributes directory.Entries, id string) []dixaclient.SelectOption {
	if e := attributes.ByID(id); e != nil && e.Attribute.InputDefinition.Type == "Select" {
		return e.Attribute.InputDefinition.Options
	}
	return nil
}

// option finds the values on the path that an argument names.
func (n *naming) option(ctx context.Context, r dixaclient.Reference) meaning {
	attribute := r.Of
	if !uuid.Is(attribute) {
		attribute = n.attributes[attribute]
	}
	if attribute == "" { // which is said of the attribute
		return meaning{open: true}
	}
	find := func(options []dixaclient.SelectOption) (path []string, said string) {
		reads := n.call.tool.Level == dixaclient.Read
		path, said = onPath(options, r.Path, reads, n.values.mustBeActive())
		if steps := strings.Split(r.Value, ">"); said != "" && !r.Steps && len(steps) > 1 {
			for i := range steps {
				steps[i] = strings.TrimSpace(steps[i])
			}
			path, said = onPath(options, steps, reads, n.values.mustBeActive())
		}
		return path, said
	}
	l, _ := directory.Of(dixaclient.AttributeThing)
	all, said := n.values.list(ctx, l, func(all directory.Entries) bool {
		_, said := find(optionsOf(all, attribute))
		return all.ByID(attribute) != nil && said == ""
	})
	options := optionsOf(all, attribute)
	if said != "" || options == nil {
		return meaning{open: true}
	}
	path, said := find(options)
	if said != "" {
		return noID("%s", said)
	}
	return meaning{path: path}
}

// put notes the values that an argument gets for the path that it names.
func (e edits) put(r dixaclient.Reference, path []string) {
	if !r.Steps {
		e[r.Argument] = strings.Join(path, dixaclient.PathSeparator)
		return
	}
	for i, value := range path {
		e[fmt.Sprintf("%s[%d]", r.Argument, i)] = value
	}
}

// onPath walks down the options of a Select, and returns the values on the way. said is why there is no such path.
func onPath(options []dixaclient.SelectOption, path []string, prefixes, active bool) (values []string, said string) {
	var above []string
	for _, step := range path {
		e, said := oneOption(options, step, above, prefixes, active)
		if said != "" {
			return nil, said
		}
		above, values = append(above, firstOf(e.Name(), e.ID)), append(values, e.ID)
		options = directory.Under(options, e.ID)
	}
	return values, ""
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// oneOption finds the option that one step of a path names.
func oneOption(options []dixaclient.SelectOption, step string, above []string, prefixes, active bool) (e directory.Entry, said string) {
	all := directory.Options(options)
	if i := slices.IndexFunc(all.All, func(e directory.Entry) bool { return e.ID == step }); i >= 0 && !(active && all.All[i].Inactive) {
		return all.All[i], ""
	}
	under := ""
	if len(above) > 0 {
		under = " under " + quoted(strings.Join(above, " > "))
	}
	found, inactive := all.Named(step, prefixes)
	switch {
	case len(found) == 1:
		return found[0], ""
	case len(found) > 1:
		return e, quoted(step) + " names more than one option" + under + ": give the value of one of " + list(found)
	case len(inactive) > 0 && active:
		return e, "the option " + shown(inactive[0]) + under + " is deactivated; there are " + list(all.Active())
	case len(inactive) > 0:
		return e, "the option " + shown(inactive[0]) + under + " is deactivated, and its label is not taken for it; give its value if it is meant"
	}
	return e, noOption(options, step, under, above)
}

// noOption says which option may be meant by a step that is none.
func noOption(options []dixaclient.SelectOption, step, under string, above []string) string {
	all := directory.Options(options)
	all.All = all.Active()
	if len(all.All) == 0 {
		return "there are no options" + under
	}
	unknown := "there is no option " + quoted(step) + under
	if path := deeper(options, step); path != nil {
		return unknown + "; give each option from the root: " + quotedList(append(slices.Clone(above), path...))
	}
	var words []string
	for _, e := range all.All {
		words = append(words, e.Names...)
	}
	if near := schemas.Nearest(step, words); near != "" {
		i := slices.IndexFunc(all.All, func(e directory.Entry) bool { return slices.Contains(e.Names, near) })
		return unknown + "; did you mean " + shown(all.All[i]) + "?"
	}
	if len(all.All) > mostListed {
		return unknown + "; there are " + list(all.All) + fmt.Sprintf(" and %d more", len(all.All)-mostListed)
	}
	return unknown + "; there are " + list(all.All)
}

// deeper finds the path to an option that is named without those above it, or with all of them in one text.
func deeper(options []dixaclient.SelectOption, text string) []string {
	for _, o := range options {
		for _, below := range o.NestedOptions {
			label := firstOf(below.Label, below.Value)
			if !below.IsDeactivated && (fold.Same(label, text) || fold.Same(o.Label+">"+label, text) || fold.Same(o.Value+">"+below.Value, text)) {
				return []string{firstOf(o.Label, o.Value), label}
			}
		}
		if path := deeper(o.NestedOptions, text); path != nil {
			return append([]string{firstOf(o.Label, o.Value)}, path...)
		}
	}
	return nil
}

func quotedList(list []string) string {
	var all []string
	for _, s := range list {
		all = append(all, quoted(s))
	}
	return strings.Join(all, ", ")
}

// label returns the label of an option, which is named as [view.OptionID] does.
func (v *values) label(ctx context.Context, id string, reads bool) string {
	attribute, path := view.OptionPath(id)
	l, _ := directory.Of(dixaclient.AttributeThing)
	all := v.forAnswer(ctx, l, reads, func(all directory.Entries) bool {
		options := optionsOf(all, attribute)
		return all.ByID(attribute) != nil && (options == nil || directory.Label(options, path) != "")
	})
	return directory.Label(optionsOf(all, attribute), path)
}
