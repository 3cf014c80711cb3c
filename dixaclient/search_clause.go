package dixaclient

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// clause writes a condition in Dixa's form, and refuses what does not fit together.
func (c SearchCondition) clause() (searchClause, error) {
	allowed, known := searchOperators[c.Field]
	if !known {
		return searchClause{}, fmt.Errorf("field must be one of %s, not %q", strings.Join(c.Field.Values(), ", "), c.Field)
	}
	if !slices.Contains(allowed, c.Operator) {
		return searchClause{}, fmt.Errorf("operator of %s must be one of %s, not %q", c.Field, strings.Join(texts(allowed), ", "), c.Operator)
	}
	operator := map[string]any{"_type": c.Operator}
	if err := c.operands(operator); err != nil {
		return searchClause{}, fmt.Errorf("%s %s %w", c.Field, c.Operator, err)
	}
	field := map[string]any{"_type": c.Field, "operator": operator}
	switch {
	case c.Field == "CustomAttribute" && c.AttributeID == "":
		return searchClause{}, errors.New("CustomAttribute needs attributeId")
	case c.Field == "CustomAttribute":
		field["attributeId"] = c.AttributeID
	case c.AttributeID != "":
		return searchClause{}, fmt.Errorf("attributeId goes with CustomAttribute, not with %s", c.Field)
	}
	return searchClause{field}, nil
}

// operands adds to the operator what it takes, and refuses what it does not take.
func (c SearchCondition) operands(operator map[string]any) error {
	var takes string
	switch c.Operator {
	case "IsEmpty", "IsNotEmpty":
	case "Since":
		takes, operator["timestamp"] = "from", c.From
	case "Until":
		takes, operator["timestamp"] = "to", c.To
	case "LongerThanOrEqualTo":
		takes, operator["duration"] = "min", c.Min
	case "ShorterThanOrEqualTo":
		takes, operator["duration"] = "max", c.Max
	case "Between":
		if c.Field == "Duration" {
			takes, operator["min"], operator["max"] = "min max", c.Min, c.Max
		} else {
			takes, operator["timestampFrom"], operator["timestampTo"] = "from to", c.From, c.To
		}
	default:
		takes, operator["values"] = "values", c.values()
	}
	given := map[string]bool{"values": len(c.Values) > 0, "from": !c.From.IsZero(), "to": !c.To.IsZero(), "min": c.Min != 0, "max": c.Max != 0}
	for _, name := range []string{"values", "from", "to", "min", "max"} {
		needed := slices.Contains(strings.Fields(takes), name)
		if needed && !given[name] && name != "min" { // a duration may begin at 0
			return fmt.Errorf("needs %s", name)
		}
		if !needed && given[name] {
			return fmt.Errorf("takes no %s", name)
		}
	}
	switch {
	case c.From.After(c.To.Time) && !c.To.IsZero():
		return fmt.Errorf("needs from before to, not %s and %s", c.From, c.To)
	case c.Min > c.Max && c.Max != 0:
		return fmt.Errorf("needs min below max, not %d and %d", c.Min, c.Max)
	}
	return c.checkValues()
}

// values returns the operator's values: for a custom attribute each is a path of options, written parent > child.
func (c SearchCondition) values() any {
	if c.Field != "CustomAttribute" {
		return c.Values
	}
	paths := make([][]string, len(c.Values))
	for i, v := range c.Values {
		paths[i] = strings.Split(v, PathSeparator)
	}
	return paths
}

// checkValues compares the values with what the field knows, since Dixa does not say which one was wrong.
func (c SearchCondition) checkValues() error {
	allowed := searchVocabulary[c.Field]
	switch c.Field {
	case "AgentId", "QueueId", "ContactId", "TagId":
		for _, v := range c.Values {
			if err := UUID(v).Check(); err != nil {
				return fmt.Errorf("values must be %w, not %q", err, v)
			}
		}
	}
	for _, v := range c.Values {
		if allowed.Values != nil && !slices.Contains(allowed.Values, v) {
			return fmt.Errorf("values must be of %s, not %q", strings.Join(allowed.Values, ", "), v)
		}
	}
	return nil
}
