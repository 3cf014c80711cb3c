package contract

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// typeName is the property that says which member of a union an object is.
const typeName = "_type"

// addType adds its discriminator to every union of objects. The documents show _type only in examples; the rule that
// fits them all is that it holds the title of the member's schema, not its key: Text2 is a "Text" (changes 1).
// A member is copied first, since where the same schema stands alone it carries no _type: ErrorResponse in the
// outcomes of notes, TimestampField in records, DeliveryDetail in logs (behaviour 12.2).
func addType(p *patcher) {
	for _, ref := range p.doc.Components.Schemas {
		union := ref.Value
		if len(union.OneOf) == 0 || slices.ContainsFunc(union.OneOf, isInline) {
			continue
		}
		union.Discriminator = &openapi3.Discriminator{PropertyName: typeName, Mapping: map[string]openapi3.MappingRef{}}
		for i, member := range union.OneOf {
			union.OneOf[i] = openapi3.NewSchemaRef(member.Ref, withType(member.Value, member.Value.Title))
			union.Discriminator.Mapping[member.Value.Title] = openapi3.MappingRef{Ref: member.Ref}
		}
	}
}

func isInline(ref *openapi3.SchemaRef) bool { return ref.Ref == "" }

// withType returns a copy of an object's schema that requires _type to be one of names and is closed.
func withType(s *openapi3.Schema, names ...string) *openapi3.Schema {
	typed := *s
	typed.Properties = maps.Clone(s.Properties)
	if typed.Properties == nil {
		typed.Properties = openapi3.Schemas{}
	}
	typed.Properties[typeName] = openapi3.NewSchemaRef("", stringOf(names))
	typed.Required = append(slices.Clone(s.Required), typeName)
	typed.AdditionalProperties = openapi3.AdditionalProperties{Has: openapi3.Ptr(false)}
	return &typed
}

// nameBulkOutcomes titles the outcomes of bulk operations as their _type is: BulkActionSuccess or BulkActionFailure,
// without the types of error and value (behaviour 12.2).
func nameBulkOutcomes(p *patcher) {
	for _, ref := range p.doc.Components.Schemas {
		if title, _, generic := strings.Cut(ref.Value.Title, "_"); generic &&
			(title == "BulkActionSuccess" || title == "BulkActionFailure") {
			ref.Value.Title = title
		}
	}
}

// acceptBareNames lets the unions of empty objects be a bare name too: entityType, activityType, businessHourType
// and status are objects in the schema and strings in the examples (behaviour 12.9, changes 1).
func acceptBareNames(p *patcher) {
	for _, name := range []string{
		"DeprecatedAnonymizationType", "DeprecatedActivityLogType",
		"BusinessHourStatus", "BusinessHourStatus1",
		"BusinessHourType", "BusinessHourRegularType", "BusinessHourExceptionType",
	} {
		union := p.schema(name)
		var titles []string
		for _, member := range union.OneOf {
			titles = append(titles, member.Value.Title)
		}
		union.OneOf = openapi3.SchemaRefs{
			openapi3.NewSchemaRef("", stringOf(titles)),
			openapi3.NewSchemaRef("", withType(object(), titles...)),
		}
	}
}

// acceptBareFormValues lets the value of a form's field be a bare string or array too: objects in the schema, bare
// in the example (behaviour 12.9).
func acceptBareFormValues(p *patcher) {
	value := p.schema("FormAttributeValue")
	objects := *value
	p.doc.Components.Schemas["FormAttributeValueObject"] = openapi3.NewSchemaRef("", &objects)
	*value = openapi3.Schema{Title: value.Title, OneOf: openapi3.SchemaRefs{
		openapi3.NewSchemaRef("", stringOf(nil)),
		openapi3.NewSchemaRef("", arrayOf(&openapi3.Schema{OneOf: openapi3.SchemaRefs{
			openapi3.NewSchemaRef("", stringOf(nil)),
			openapi3.NewSchemaRef("", p.schema("FileMeta")),
		}})),
		openapi3.NewSchemaRef("", &objects),
	}}
}

// wrapPresets makes Preset.value the object that every example and client sends, {"_type": "PreviousWeek"}, of the
// string that the schema says (behaviour 12.9, changes 1).
func wrapPresets(p *patcher) {
	value := p.property("Preset", "value")
	names := value.Enum // read from prose before
	*value = *withType(object())
	value.Properties[typeName].Value.Enum = names
}

// joinMetricInputs makes one object of each of the two unions without _type, so that errors name its fields: the
// members differ only in csidFilter and periodFilter, which exclude each other. Neither is required: {id, timezone}
// fits the member whose csidFilter is optional (behaviour 12.1).
func joinMetricInputs(p *patcher) {
	for _, name := range []string{"GetMetricDataInput", "GetMetricRecordsDataInput"} {
		joined := *p.schema(name + "CsidFilter")
		joined.Title = name
		joined.Properties = maps.Clone(joined.Properties)
		joined.Properties["periodFilter"] = p.schema(name + "PeriodFilter").Properties["periodFilter"]
		joined.Not = openapi3.NewSchemaRef("", &openapi3.Schema{
			Description: "csidFilter and periodFilter exclude each other",
			Required:    []string{"csidFilter", "periodFilter"},
		})
		*p.schema(name) = joined
	}
}

// typeImport adds the _type that every example of an import carries, though its schema is no member of a union
// (behaviour 12.1).
func typeImport(p *patcher) {
	s := p.schema("GenericConversationImport")
	*s = *withType(s, s.Title)
}

// requireEntityType asks for one of the two fields that say what an id to anonymize is: the schema requires
// neither (behaviour 12.12).
func requireEntityType(p *patcher) {
	p.schema("AnonymizeEntityInput").AnyOf = openapi3.SchemaRefs{
		openapi3.NewSchemaRef("", &openapi3.Schema{
			Description: "_type or entityType must say what the entity is", Required: []string{typeName}}),
		openapi3.NewSchemaRef("", &openapi3.Schema{Required: []string{"entityType"}}),
	}
}

func stringOf(names []string) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}, Enum: values(names)}
}

func arrayOf(items *openapi3.Schema) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeArray}, Items: openapi3.NewSchemaRef("", items)}
}

func object() *openapi3.Schema { return &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeObject}} }
