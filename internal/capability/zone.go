package capability

import (
	"time"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/internal/base/when"
)

// zone is a time zone; without a location where the file names none.
type zone struct{ *time.Location }

func (z *zone) decode(d *decoder, n *yaml.Node, key string) {
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	found, err := when.Zone(text)
	if err != nil {
		d.fail(place(n, key), "%v%s", err, didYouMean(text, commonZones))
		return
	}
	z.Location = found
}

// String names the zone in differences.
func (z zone) String() string {
	if z.Location == nil {
		return "the zone of the only schedule, else UTC"
	}
	return z.Location.String()
}

// commonZones are the zones that a misspelt one is compared with: the seats of help desks. Others are taken as well.
var commonZones = []string{
	"Europe/Copenhagen", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Madrid", "Europe/Paris", "Europe/Brussels",
	"Europe/Amsterdam", "Europe/Berlin", "Europe/Zurich", "Europe/Vienna", "Europe/Rome", "Europe/Oslo", "Europe/Stockholm",
	"Europe/Helsinki", "Europe/Tallinn", "Europe/Riga", "Europe/Vilnius", "Europe/Warsaw", "Europe/Prague", "Europe/Budapest",
	"Europe/Bucharest", "Europe/Athens", "Europe/Istanbul", "America/New_York", "America/Chicago", "America/Denver",
	"America/Los_Angeles", "America/Toronto", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Manila",
	"Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "Africa/Johannesburg", "UTC",
}
