package contract

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"dixa-mcp/internal/openapi"
)

// patch corrects one oddity of a document in memory. The comments cite the notes that lie beside the documents:
// "behaviour 12.6" is section 12, number 6 of behaviour.md, "changes 1" is section 1 of changes.md.
type patch func(*patcher)

// v1Patches run in this order: addType copies members of unions, so it must see everything else done.
var v1Patches = []patch{
	closeObjects,
	readProse,
	rangeRatings,
	readQuotes,
	limitUploads,
	nameBulkOutcomes,
	acceptBareNames,
	acceptBareFormValues,
	wrapPresets,
	joinMetricInputs,
	typeImport,
	requireEntityType,
	acceptAddresses,
	acceptAttachmentsAlone,
	acceptNull,
	acceptLooseTimes,
	checkAttributeKeys,
	addType,
}

var exportsPatches = []patch{
	closeObjects,
	checkExportTimes,
}

// closeObjects refuses undeclared properties in every object that declares some, so that an invented or misspelt
// field fails. Maps and objects without any declared property stay open; addType closes the empty members of unions.
func closeObjects(p *patcher) {
	p.walk(func(s *openapi3.Schema) {
		if len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties.Has = openapi3.Ptr(false)
		}
	})
}

// readProse makes enums of the values that descriptions list as "values: [A, B]", the only place where Dixa names
// them (behaviour 12.11): of strings, items of arrays, keys of maps and parameters.
func readProse(p *patcher) {
	p.walk(func(s *openapi3.Schema) { restrict(s, s.Description) })
	for _, path := range p.doc.Paths.Map() {
		for _, op := range path.Operations() {
			for _, param := range op.Parameters {
				restrict(param.Value.Schema.Value, param.Value.Description)
			}
		}
	}
}

func restrict(s *openapi3.Schema, prose string) {
	names := openapi.ProseValues(prose)
	if names == nil {
		return
	}
	switch {
	case s.Type.Is(openapi3.TypeString):
		s.Enum = values(names)
	case s.Type.Is(openapi3.TypeArray) && s.Items.Value.Type.Is(openapi3.TypeString):
		s.Items.Value.Enum = values(names)
	case s.Type.Is(openapi3.TypeObject) && s.AdditionalProperties.Schema != nil:
		s.Properties = openapi3.Schemas{}
		for _, name := range names {
			s.Properties[name] = s.AdditionalProperties.Schema
		}
		s.AdditionalProperties = openapi3.AdditionalProperties{Has: openapi3.Ptr(false)}
	}
}

// rangeRatings bounds the scores, which only descriptions do (behaviour 12.11).
func rangeRatings(p *patcher) {
	for name, bounds := range map[string][2]float64{"Csat": {1, 5}, "Nps": {0, 10}, "ThumbsUpOrDown": {0, 1}} {
		value := p.property(name, "value")
		value.Min, value.Max = &bounds[0], &bounds[1]
	}
}

// readQuotes makes enums of the values that two descriptions quote in a sentence (behaviour 12.11).
func readQuotes(p *patcher) {
	p.property("GenericConversationImport", "genericChannelName").Enum = values([]string{"email", "genericapimessaging"})
	p.property("CreateRatingOfferInput", "ratingType").Enum = values([]string{"Csat", "ThumbsUpOrDown", "Nps"})
}

// limitUploads bounds the files of one upload: the description asks for at least one and at most five. Type and
// size are judged file by file in the answer (partialErrors), so they are not part of the request's contract.
func limitUploads(p *patcher) {
	files := p.property("UploadAttachmentsInput", "files")
	files.MinItems, files.MaxItems = 1, openapi3.Ptr(uint64(5))
	p.schema("UploadAttachmentsInput").Required = []string{"files"}
}

// acceptAddresses takes addresses in Outbound.cc and bcc: UUIDs in the schema, addresses in the examples
// (behaviour 12.6).
func acceptAddresses(p *patcher) {
	for _, name := range []string{"cc", "bcc"} {
		if items := p.property("Outbound", name).Items; items != nil {
			items.Value = &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}, Format: formatUUIDOrAddress}
		}
	}
}

// acceptAttachmentsAlone takes an outbound message without content: required in the schema, not for WhatsApp in the
// operation's description (changes 3.1, 5).
func acceptAttachmentsAlone(p *patcher) {
	outbound := p.schema("Outbound")
	outbound.Required = slices.DeleteFunc(outbound.Required, func(name string) bool { return name == "content" })
}

// acceptNull allows null where prose or observation does, since the documents never say nullable (behaviour 12.10):
// the userId of a rating, a custom attribute to be cleared, and the links of the last page (behaviour 2).
func acceptNull(p *patcher) {
	p.property("CreateRatingResultInput", "userId").Nullable = true
	if values := p.schema("Map_UUID_Option_AttributeValue").AdditionalProperties.Schema; values != nil {
		values.Value.Nullable = true
	}
	p.schema("PaginationLinks").Nullable = true
	p.property("PaginationLinks", "previous").Nullable = true
	p.property("PaginationLinks", "next").Nullable = true
}

// acceptLooseTimes adds a format to times that are plain strings in the schema: those of presence have no zone,
// those of templates and of a sent message have one (behaviour 12.14).
func acceptLooseTimes(p *patcher) {
	p.property("UserPresence", "requestTime").Format = formatZoneless
	p.property("UserPresence", "lastSeen").Format = formatZoneless
	for _, name := range []string{"EmailAutoReply", "QuickResponse"} {
		p.property(name, "createdAt").Format = "date-time"
		p.property(name, "lastEditedAt").Format = "date-time"
	}
	p.property("CreateMessageOutputData", "createdAt").Format = "date-time"
}

// checkAttributeKeys notes that the keys of a map of custom attributes are their UUIDs, as the schema's name says.
// kin-openapi ignores propertyNames in a 3.0 document; checkJSON looks at it.
func checkAttributeKeys(p *patcher) {
	p.schema("Map_UUID_Option_AttributeValue").PropertyNames = openapi3.NewSchemaRef("",
		&openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}, Format: "uuid"})
}

// checkExportTimes adds to the bounds of an export the two forms that their descriptions allow (behaviour 5).
func checkExportTimes(p *patcher) {
	for _, path := range p.doc.Paths.Map() {
		for _, param := range path.Get.Parameters {
			if n := param.Value.Name; strings.HasSuffix(n, "_after") || strings.HasSuffix(n, "_before") {
				param.Value.Schema.Value.Format = formatExportTime
			}
		}
	}
}

// patcher finds places of a document by name and collects those that are missing, since a patch for a place that
// is gone means that the document changed.
type patcher struct {
	doc     *openapi3.T
	missing []error
}

func (p *patcher) err() error { return errors.Join(p.missing...) }

// schema returns the named component, or a stand-in when it is missing.
func (p *patcher) schema(name string) *openapi3.Schema {
	if ref := p.doc.Components.Schemas[name]; ref != nil {
		return ref.Value
	}
	p.missing = append(p.missing, fmt.Errorf("schema %s is gone: its patch has to be looked at again", name))
	return &openapi3.Schema{Properties: openapi3.Schemas{}}
}

// property returns the named property of a component, or a stand-in when it is missing.
func (p *patcher) property(schema, name string) *openapi3.Schema {
	if ref := p.schema(schema).Properties[name]; ref != nil {
		return ref.Value
	}
	p.missing = append(p.missing, fmt.Errorf("property %s.%s is gone: its patch has to be looked at again", schema, name))
	return &openapi3.Schema{}
}

// walk visits every schema that a component holds, following no references: those lead to components.
func (p *patcher) walk(visit func(*openapi3.Schema)) {
	var inner func(*openapi3.SchemaRef)
	each := func(s *openapi3.Schema) {
		visit(s)
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			inner(s.Properties[name])
		}
		inner(s.Items)
		inner(s.AdditionalProperties.Schema)
		for _, ref := range s.OneOf {
			inner(ref)
		}
	}
	inner = func(ref *openapi3.SchemaRef) {
		if ref != nil && ref.Ref == "" {
			each(ref.Value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.doc.Components.Schemas)) {
		each(p.doc.Components.Schemas[name].Value)
	}
}

func values(names []string) []any {
	all := make([]any, len(names))
	for i, name := range names {
		all[i] = name
	}
	return all
}
