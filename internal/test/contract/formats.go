package contract

import (
	"errors"
	"regexp"

	"github.com/getkin/kin-openapi/openapi3"
)

// Formats of strings beside those of OpenAPI, set by patches.
const (
	formatUUIDOrAddress = "uuid-or-address" // of a person to be copied in a mail
	formatZoneless      = "zoneless"        // a time with or without its zone
	formatExportTime    = "export-time"     // yyyy-mm-dd or Unix milliseconds
)

const (
	minute  = `\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d`
	seconds = `(:[0-5]\d(\.\d+)?)` // java.time leaves them out when they are zero
	zone    = `(Z|[+-]\d{2}:\d{2})`
)

var (
	// Version and variant of a UUID are not looked at: Dixa makes its ids with java.util.UUID, which takes any.
	uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	address     = regexp.MustCompile(`^[^@\s]+@[^@\s<>",]+$`)
	instant     = regexp.MustCompile(`^` + minute + seconds + zone + `$`)
	javaInstant = regexp.MustCompile(`^` + minute + seconds + `?` + zone + `(\[[A-Za-z0-9/_+-]+\])?$`)
	zoneless    = regexp.MustCompile(`^` + minute + seconds + `?` + zone + `?$`)
	exportTime  = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}|\d+)$`)
)

func matching(reason string, patterns ...*regexp.Regexp) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(func(s string) error {
		for _, p := range patterns {
			if p.MatchString(s) {
				return nil
			}
		}
		return errors.New(reason)
	})
}

// requestOptions and answerOptions differ in the times they accept: Dixa appends a zone's id to many of its own,
// as in 2021-12-01T12:46:36.581Z[GMT] (behaviour 10), but what a client sends is to be plain ISO 8601.
var (
	requestOptions = visitOptions(matching("want yyyy-mm-ddThh:mm:ss and Z or an offset", instant))
	answerOptions  = visitOptions(matching("want yyyy-mm-ddThh:mm:ss, Z or an offset, perhaps [zone]", javaInstant))
)

func visitOptions(dateTime openapi3.StringFormatValidator) []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{
		openapi3.MultiErrors(),
		openapi3.DisableSchemaErrorDetails(), // else every message holds the whole schema
		openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
			"date-time":         dateTime,
			"uuid":              matching("want 8-4-4-4-12 hexadecimal digits", uuidPattern),
			formatUUIDOrAddress: matching("want an email address or a UUID", uuidPattern, address),
			formatZoneless:      matching("want yyyy-mm-ddThh:mm:ss, with or without a zone", zoneless),
			formatExportTime:    matching("want yyyy-mm-dd or Unix milliseconds", exportTime),
		}),
	}
}
