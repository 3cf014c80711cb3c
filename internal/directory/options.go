package directory

import (
	"slices"

	d "dixa-mcp/dixaclient"
)

// Options returns the options of a custom attribute, or those under one of them. Their ids are the values that Dixa has.
func Options(options []d.SelectOption) Entries {
	e := Entries{Whole: true}
	for _, o := range options {
		e.All = append(e.All, Entry{ID: o.Value, Names: []string{o.Label, o.Value}, Inactive: o.IsDeactivated})
	}
	return e
}

// Under returns the options under the one that has a value.
func Under(options []d.SelectOption, value string) []d.SelectOption {
	i := slices.IndexFunc(options, func(o d.SelectOption) bool { return o.Value == value })
	if i < 0 {
		return nil
	}
	return options[i].NestedOptions
}

// Label returns the label of the option at the end of a path of values, "" where there is no such option.
func Label(options []d.SelectOption, path []string) string {
	for n, value := range path {
		if n == len(path)-1 {
			if i := slices.IndexFunc(options, func(o d.SelectOption) bool { return o.Value == value }); i >= 0 {
				return options[i].Label
			}
		}
		options = Under(options, value)
	}
	return ""
}
